"""HTML that feeds cannot contain keeps its meaning, and the changes that a reader would notice are counted."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest

from topicfeeds.text.html import sanitize, sanitize_and_count

BASE = "https://www.example.org/news/1"
REL = ' rel="noopener noreferrer"'
PNG = b"\x89PNG\r\n\x1a\n"


def data(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def link(address: str, text: str | None = None) -> str:
    return f'<a href="{address}"{REL}>{text or address}</a>'


EMBEDDED = [
    (
        '<div class="fb-video" data-href="//fb.com/videos/1/"></div>',
        f"<p>{link('https://fb.com/videos/1/')}</p>",
        "player",
    ),
    ('<p>a<span data-oembed-url="https://e.org/x"></span>b</p>', f"<p>a {link('https://e.org/x')} b</p>", "frame"),
    ('<iframe data-lazy-embed="https://e.org/x"></iframe>', link("https://e.org/x"), "frame"),
    ('<div class="lazyYT" data-youtube-id="a-1" data-video-title="F"></div>', ">F</a>", "1 player became a link"),
    ('<div class="youtube" data-embed="a-1"><i></i></div>', "https://www.youtube.com/watch?v=a-1", "player"),
    ('<div class="youtube" id="dQw4w9WgXcQ"></div>', "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "player"),
    ('<lite-youtube id="dQw4w9WgXcQ"></lite-youtube>', "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "player"),
    ('a<div class="x vimeo-player" id="76979871"><b></b></div>', "<p>" + link("https://vimeo.com/76979871"), "player"),
    ('a<div class="youtube" id="yt-player-1"></div>', "a<div></div>", "1 player without an address was left out"),
    ('<div class="youtube" id="VideoPlayer"></div>', "<div></div>", "1 player without an address was left out"),
    ('<div class="youtube" id="76979871"></div>', "<div></div>", "1 player without an address was left out"),
    ('<div class="youtube" id="dQw4w9WgXcQ">a</div>', "<div>a</div>", ""),
    ('<span class="youtube-icon" id="icon"></span>a', "<span></span>a", ""),
    (
        '<ul><li class="youtube"><a class="icon-youtube" href="https://e.org/"><i></i></a></li></ul>',
        f"<ul><li>{link('https://e.org/', '<i></i>')}</li></ul>",
        "",
    ),
    ('<div class="g-ytsubscribe" data-channelid="UC1"></div>', "https://www.youtube.com/channel/UC1", "player"),
    ('<div data-plyr-provider="vimeo" data-plyr-embed-id="1"></div>', "https://vimeo.com/1", "player"),
    ('<div data-attrs=\'{"id": 1, "url": "https:\\/\\/x.com\\/1"}\'></div>', link("https://x.com/1"), "frame"),
    ('<blockquote class="twitter-tweet"><a href="https://x.com/1"></a></blockquote>', link("https://x.com/1"), "frame"),
    (
        '<blockquote cite="https://e.org/@a/video/1" data-video-id="1"> </blockquote>',
        "https://e.org/@a/video/1",
        "player",
    ),
    (
        '<div class="elementor-video" data-id="7a" data-settings=\'{"youtube_url": "https:\\/\\/youtu.be"}\'></div>',
        link("https://youtu.be"),
        "player",
    ),
    (
        '<div class="elementor-widget-video" data-id="7a2b" data-settings=\'{"video_type": "youtube"}\'></div>a',
        "<div></div>a",
        "",
    ),
    (
        '<div data-block-json="&#123;&quot;html&quot;: 1, &quot;url&quot;: &quot;//e.org/x&quot;}"></div>',
        link("https://e.org/x"),
        "frame",
    ),
    ('<div data-html="&lt;iframe width=1 src=&quot;//e.org/x&quot;&gt;"></div>', link("https://e.org/x"), "frame"),
    (
        '<div class="youtube-wrap" data-attrs=\'{"videoId": "a-1"}\'></div>',
        "https://www.youtube.com/watch?v=a-1",
        "player",
    ),
    ('<div class="flourish-embed" data-src="visualisation/1"></div>', "<div></div>", "1 frame without an address"),
    ('<div class="infogram-embed" data-id="_/1"></div>', "<div></div>", "1 frame without an address"),
    ('<div class="w-embed" data-w-id="1">a</div>', "<div>a</div>", ""),
    ('<a data-pin-do="embedPin" href="https://e.org/pin/1"></a>', link("https://e.org/pin/1"), "frame"),
    (f'<div class="fb-comments" data-href="{BASE}"></div>a', "<div></div>a", ""),
    ('<div data-href="https://e.org/x">a</div>', "<div>a</div>", ""),
]
"""Empty elements that a script fills."""

FILM = link("https://player.vimeo.com/video/1", "The film")


def check(written: str, published: str, changes: str = "") -> None:
    made = sanitize_and_count(written, BASE)
    assert made.html == published
    assert made.changes == changes
    assert sanitize(made.html, BASE) == made.html


def check_parts(written: str, published: str, changes: str) -> str:
    made = sanitize_and_count(written, BASE)
    assert published in made.html
    assert changes in made.changes
    assert bool(changes) == bool(made.changes)
    assert sanitize(made.html, BASE) == made.html
    return made.html


@pytest.mark.parametrize(
    ("written", "published", "changes"),
    [
        (
            '<iframe src="https://player.vimeo.com/video/1" title="The film">old browser</iframe>',
            f"<p>{FILM}</p>",
            "1 player became a link",
        ),
        ('<p>See<iframe data-src="//e.org/x"></iframe>!</p>', f"<p>See {link('https://e.org/x')}!</p>", "frame"),
        ('<a href="/a">x<iframe src="/b" title="T"></iframe></a>', link("https://www.example.org/a", "x T"), "frame"),
        ('a<iframe src="/b"/>b', f"a<p>{link('https://www.example.org/b')}</p>b", "player"),
        ('<frameset><frame src="/b"></frameset>', f"<p>{link('https://www.example.org/b')}</p>", "player"),
        ("a<iframe srcdoc='<p>x</p>'></iframe>b", "a b", "1 frame without an address was left out"),
        ("<h6>a<iframe>b</h4></iframe>c</h6>d", "<h6>a c</h6>d", "1 frame without an address was left out"),
        ('<p>a<iframe src="/b"></p>c', f"{link('https://www.example.org/b')}</p>c", "frame"),
        ('a<iframe src="/ns" width="0" height="0"></iframe>b', "ab", ""),
        ('<embed src="a.swf"><embed src="b.swf">', "", "2 players became links"),
        ('<embed src="/a.png" type="image/png">', '<img src="https://www.example.org/a.png">', ""),
        ('<figure class="media"><oembed url="https://youtu.be/x"></oembed></figure>', "", "player"),
        ('<lite-youtube videoid="a-1" title="F"></lite-youtube>', "https://www.youtube.com/watch?v=a-1", "player"),
        ('<map name="m"><area href="/n" alt="North"><area alt="x"></map>', ">North</a>", "1 area of a picture"),
        ('<p>a</p><iframe src="/b"><p>c</p>', f"<p>{link('https://www.example.org/b')}</p><p>c</p>", "frame"),
        (
            '<iframe src="about:blank" data-src-cmplz="https://youtu.be/x"></iframe>',
            link("https://youtu.be/x"),
            "player",
        ),
        (
            '<iframe data-placeholder-src="/a.jpg" data-cookieblock-src="//e.org/x"></iframe>',
            link("https://e.org/x"),
            "frame",
        ),
        ('<iframe src="//cdn.e.org/empty.html" suppressedsrc="//e.org/x"></iframe>', link("https://e.org/x"), "frame"),
        ('<iframe uc-src="//e.org/x"></iframe>', link("https://e.org/x"), "frame"),
        ('<iframe consent-original-src-_="//e.org/x"></iframe>', link("https://e.org/x"), "frame"),
        ("<script src='//gist.github.com/u/1f.js'></script>", link("https://gist.github.com/u/1f"), "1 frame"),
        *EMBEDDED,
        ('<gmp-map src="/map?at=1"></gmp-map>', "https://www.example.org/map?at=1", "1 map became a link"),
    ],
)
def test_a_frame_a_player_or_a_map_becomes_a_link(written: str, published: str, changes: str) -> None:
    check_parts(written, published, changes)


@pytest.mark.parametrize(
    ("written", "published", "changes"),
    [
        ('<object data="/a.pdf" title="Plan"></object>', "/a.pdf", "1 frame became a link"),
        ('<object data="/a.swf"><a href="/b">b</a></object>', link("https://www.example.org/b", "b"), ""),
        (
            '<object><param name="movie" value="/a.swf"><embed src="/a.swf"></object>',
            "/a.swf",
            "1 player became a link",
        ),
        ('<object data="/a.png" type="image/png">A &amp; B</object>', 'alt="A &amp; B"', ""),
        ("a<noscript><b>x</b></noscript>b", "a <b>x</b> b", ""),
        ('a<noscript><img src="/a.jpg"></noscript>', 'a<img src="https://www.example.org/a.jpg">', ""),
        ("<h6>a<noembed>b</h4></noembed>c</h6>d", "<h6>a b c</h6>d", ""),
        ("<h6>a<noframes>b<noembed><i>c</i></h4></noframes>d</h6>e", "<h6>a b <i>c</i> d</h6>e", ""),
        ("<canvas>Sales: <b>7</b></canvas>", "Sales: <b>7</b>", ""),
        ("a<button>Go</button>b", "a Go b", ""),
        ('<video><a href="/v">v</a></video>', link("https://www.example.org/v", "v"), "1 player without an address"),
        (
            '<audio controls><source data-src="/a.mp3" type="audio/mpeg">None</audio>',
            '<audio controls=""><source type="audio/mpeg" src="https://www.example.org/a.mp3">None</audio>',
            "",
        ),
        ('<audio src="/a.mp3"></audio>', '<audio controls="" src="https://www.example.org/a.mp3"></audio>', ""),
        ('<applet code="x">old <i>page</i></applet>', "old <i>page</i>", ""),
    ],
)
def test_the_content_for_other_readers_is_kept(written: str, published: str, changes: str) -> None:
    assert check_parts(written, published, changes).count("<a ") <= 1


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ('<img src="/blank.gif" data-src="/a.jpg" alt="A">', "/a.jpg"),
        ('<img data-lazy-srcset="/a.jpg 300w, /b.jpg 1.5w" alt="A">', "/a.jpg"),
        ('<img srcset="/a,1.jpg, /b.jpg 2x,/c.jpg 1x" alt="A">', "/b.jpg"),
        ('<img src="data:image/svg+xml,x" srcset="data:image/gif;base64,R0lGOD 9x, /a.jpg" alt="A">', "/a.jpg"),
        ('<img src=" # " data-echo="/a.jpg" alt="A">', "/a.jpg"),
        ('<picture><source srcset="/a.webp"><source srcset="/a.jpg"><img alt="A"></picture>', "/a.jpg"),
        ('<picture><source data-srcset="/a.jpg 2x"></picture>', "/a.jpg"),
        ('<picture><source srcset="/a.webp"><img src="/a.jpg" alt="A"></picture>', "/a.jpg"),
        ('<noscript><img src="/a.jpg" alt="A"></noscript><img data-src="/a-small.jpg" alt="A">', "/a.jpg"),
        ('<span class="lazy"><img alt="A"></span>\n<noscript><p><img src="/a.jpg"></p></noscript>', "/a.jpg"),
        ('<p><img data-src="/a.jpg"></p><div><noscript><img src="/a.jpg"></noscript></div>', "/a.jpg"),
        ('<amp-img src="/a.jpg" alt="A"></amp-img>', "/a.jpg"),
        ('<img src="/blank.gif" data-flickity-lazyload="/a.jpg" alt="A">', "/a.jpg"),
        ('<img src="https://x.example/1x1.gif" data-pagespeed-lazy-src="/a.jpg" alt="A">', "/a.jpg"),
        ('<img data-cfsrc="/a.jpg" style="display:none"><noscript><img src="/a.jpg" alt="A"></noscript>', "/a.jpg"),
        ('<img src="data:image/gif;base64,R0lGODlh" nitro-lazy-src="/a.jpg" alt="A">', "/a.jpg"),
        ('<img src="/blank.gif" data-ll-src="/a.jpg" alt="A">', "/a.jpg"),
        ('<img src="data:image/gif;base64,R0lGODlh" data-b-src="/a.jpg" alt="A">', "/a.jpg"),
        ("<img data-image=https://www.example.org/a.jpg data-link=/page alt=A>", "/a.jpg"),
        ('<img src="/a.jpg" data-original="true" data-src=\'{"a": 1.5}\' alt="A">', "/a.jpg"),
        ('<amp-img srcset="/a.jpg 2x, /b.jpg" alt="A"></amp-img>', "/a.jpg"),
        ('<image src="/a.jpg" alt="A">', "/a.jpg"),
        ('<picture><source data-srcset="/a.jpg 2x"><img src="/i.gif" alt="A"></picture>', "/a.jpg"),
        ('<picture><source srcset="/a.jpg 2x"><img src="/img/placeholder.png"></picture>', "/a.jpg"),
        ('<picture><source data-srcset="/b.jpg"><img src="/i.gif" data-src="/a.jpg"></picture>', "/a.jpg"),
        ('<img src="/spacer-2.gif" srcset="/a.jpg 1x">', "/a.jpg"),
        ('<img src="/spacer.gif" data-x-srcset="/b.jpg, /a.jpg 3x">', "/a.jpg"),
        ('<img src="/a-20.jpg" data-srcset="/b.jpg 480w, /a.jpg 800w" alt="A">', "/a.jpg"),
        ('<div data-bg="https://www.example.org/a.jpg"></div>', "/a.jpg"),
        ('<picture><source data-srcset="/a.jpg 2x"><img src="data:image/gif;base64,R0lGODlh"></picture>', "/a.jpg"),
    ],
)
def test_a_picture_that_a_script_would_load_gets_its_address_once(written: str, address: str) -> None:
    made = sanitize_and_count(written, BASE)
    assert made.html.count("<img ") == made.html.count(' src="') == 1
    assert f' src="https://www.example.org{address}"' in made.html
    assert "<source" not in made.html
    assert not made.changes
    assert sanitize(made.html, BASE) == made.html


@pytest.mark.parametrize(
    "written",
    [
        '<img data-src="/a.jpg"><noscript><img src="/a.jpg"></noscript>\n<img data-src="/b.jpg">',
        '<img data-src="/a.jpg"><noscript><img src="/a.jpg"></noscript><img src="" data-lazy-src="/b.jpg">',
        '<img data-src="/a.jpg"><noscript><img src="/a.jpg"></noscript>'
        '<img data-src="/b.jpg"><noscript><img src="/b.jpg"></noscript>',
        '<noscript><img src="/a.jpg"></noscript><img data-src="/a.jpg"><p>b</p><img data-src="/b.jpg">',
    ],
)
def test_two_pictures_stay_two_if_only_one_of_them_is_there_for_other_readers(written: str) -> None:
    made = sanitize(written, BASE)
    assert re.findall('src="https://www.example.org/([ab])', made) == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "published", "changes"),
    [
        ('a<img src="" alt="A &lt; B">b', "a A &lt; B b", "1 picture became its description"),
        ('<img src="#" alt="A"><img alt="B">', "A B", "2 pictures became their descriptions"),
        ("a<img>b", "a b", "1 picture without an address was left out"),
        ("<source src=/a.mp3>x", "x", ""),
        (f'<img src="{data(PNG)}" alt="A">', f'<img src="{data(PNG)}" alt="A">', ""),
        (f'<img src="{data(b"<svg>", "png")}" alt="A">', "A", "1 picture became its description"),
        (f'<img src="{data(PNG, "svg+xml")}" alt="A">', "A", "1 picture became its description"),
        (f'<img src="{data(PNG + bytes(8192))}" alt="A">', "A", "1 picture became its description"),
        (f'<img src="{data(PNG + bytes(8184))}" alt="A">', None, ""),
        (f'<img src="{data(b"RIFF0000WEBP", "webp")}">', f'<img src="{data(b"RIFF0000WEBP", "webp")}">', ""),
        (f'<img src="{data(b"RIFF0000WAVE", "webp")}" alt="A">', "A", "1 picture became its description"),
        (f'<a href="{data(PNG)}">x</a>', f"<a{REL}>x</a>", "1 link with an unsupported address became text"),
    ],
)
def test_no_picture_is_without_an_address(written: str, published: str | None, changes: str) -> None:
    made = sanitize_and_count(written, BASE)
    assert made.html == (written if published is None else published)
    assert made.changes.startswith(changes)
    assert bool(changes) == bool(made.changes)
    assert sanitize(made.html, BASE) == made.html


ONE = "1 formula became text"


def stack(*rows: str, low: bool = False) -> str:
    """Return what KaTeX writes below each other, from below."""
    lines = "".join(f'<span style="top:-3em;"><span class="pstrut"></span>{row}</span>' for row in rows)
    more = " vlist-t2" if low else ""
    return f'<span class="vlist-t{more}"><span class="vlist-r"><span class="vlist">{lines}</span></span></span>'


def scripts(*rows: str, low: bool = False) -> str:
    return f'<span class="msupsub">{stack(*rows, low=low)}</span>'


def katex(*parts: str) -> str:
    written = "".join(part if "<" in part else f'<span class="mord">{part}</span>' for part in parts)
    return f'<span class="katex"><span class="katex-html" aria-hidden="true">{written}</span></span>'


KATEX_HALF = f'<span class="mfrac">{stack("2", "<span class=frac-line></span>", "1", low=True)}</span>'


@pytest.mark.parametrize(
    ("written", "published", "changes"),
    [
        ('a<math alttext="x^2"><mi>x</mi></math>b', "a x^2 b", ONE),
        ("<math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math>", "√(x + 1)", ONE),
        (
            "<math><msqrt><msqrt><mn>2</mn></msqrt><mo>+</mo><mn>1</mn></msqrt></math>",
            "√(√(2) + 1)",
            ONE,
        ),
        ("<math><msup><mrow><mi>a</mi><mo>−</mo><mi>b</mi></mrow><mn>2</mn></msup></math>", "(a − b)^2", ONE),
        ("<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover></math>", "∑_i^n", ONE),
        ("<math></math>", "", ""),
        ("<math><mi>sin</mi><mo>&#x2061;</mo><mi>x</mi></math>", "sin x", ONE),
        (
            "<math><mi>f</mi><mfenced><mi>a</mi><mi>b</mi></mfenced><mtext>if</mtext><mn>3</mn></math>",
            "f(a, b) if 3",
            ONE,
        ),
        ("<math><mroot><mn>8</mn><mn>3</mn></mroot></math>", "8^(1/3)", ONE),
        ("<math><msup><mi>e</mi><mrow><mi>i</mi><mi>π</mi></mrow></msup></math>", "e^(iπ)", ONE),
        ("<math><mfrac><mrow><mn>2</mn><mi>a</mi></mrow><mi>b</mi></mfrac></math>", "(2a)/b", ONE),
        ('<script type="math/tex; mode=display">a < b</script>', "a &lt; b", ONE),
        (
            '<span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi>'
            '<annotation encoding="application/x-tex">\\alpha</annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true">α</span></span>',
            "\\alpha",
            ONE,
        ),
        ('<mjx-container><mjx-math aria-hidden="true">x</mjx-math><math><mi>x</mi></math></mjx-container>', "x", ONE),
        ('<span class="katex"><span class="katex-html" aria-hidden="true">α</span></span>', "α", ONE),
        (katex("c", scripts("2")), "c^2", ONE),
        (katex("x", scripts("i", low=True), "y", scripts("1", "n", low=True)), "x_i y_1^n", ONE),
        (f'<span class="katex-display">{katex(KATEX_HALF, "x")}</span>', "1/2 x", ONE),
        (katex(f'<span class="mop op-limits">{stack("i", "∑", "n", low=True)}</span>'), "∑_i^n", ONE),
        (katex('<span class="sqrt">', "x", '<span class="mbin">+</span>', "1", "</span>"), "√(x + 1)", ONE),
        (f"a{katex()}b", "ab", "1 formula was left out"),
        (
            '<mjx-container><mjx-math><mjx-msup><mjx-mi><mjx-c class="mjx-c1D450 TEX-I"></mjx-c></mjx-mi><mjx-script>'
            '<mjx-c class="mjx-c32"></mjx-c></mjx-script></mjx-msup></mjx-math></mjx-container>',
            "c^2",
            ONE,
        ),
        (
            '<mjx-container><svg><g data-mml-node="mfrac"><g data-mml-node="mn"><use data-c="31"></use></g>'
            '<g data-mml-node="mn"><use data-c="32"></use></g><rect></rect></g></svg></mjx-container>',
            "1/2",
            ONE,
        ),
        ("<math><mn>2</mn><mfrac><mn>1</mn><mn>3</mn></mfrac><mi>x</mi></math>", "2 1/3 x", ONE),
        ("<math><msub><mi>x</mi><mn>1</mn></msub><mn>2</mn><mi>y</mi></math>", "x_1 2y", ONE),
        ("<math><mmultiscripts><mi>C</mi><mn>6</mn><mn>14</mn></mmultiscripts></math>", "C 6 14", ONE),
        ("<math><mfenced open='[' close=']'><mi>a</mi><mphantom>b</mphantom></mfenced></math>", "[a, ]", ONE),
        ("<mml:math><mml:mfrac><mml:mn>1</mml:mn><mml:mn>3</mml:mn></mml:mfrac></mml:math>", "1/3", ONE),
        ('<script type="math/mml"><math><mi>x</mi></math></script>', "x", ONE),
        ('<script type="math/asciimath">x < y</script>', "x &lt; y", ONE),
        ('<script type="math/tex">% <![CDATA[\na < b %]]></script>', "a &lt; b", ONE),
        (
            'a <span class="MathJax_Preview"></span><span class="MathJax" id="E"><nobr><span class="mi">x</span></nobr>'
            '<span class="MJX_Assistive_MathML"><math><msup><mi>x</mi><mn>2</mn></msup></math></span></span>'
            '<script type="math/tex">x^2</script> b',
            "a x^2 b",
            ONE,
        ),
        (
            '<div class="MathJax_Display"><span class="MathJax_SVG"><svg><path/></svg></span></div>\n'
            '<script type="math/tex; mode=display">x^2</script>',
            "x^2",
            ONE,
        ),
        (
            'a <span class="mjx-chtml MathJax_CHTML"><span class="mjx-mi">x</span></span>'
            '<script type="math/mml"><math><mi>x</mi></math></script>, b <i>y</i><script type="math/tex">z</script>',
            "a x, b <i>y</i> z",
            "2 formulas became text",
        ),
        (
            '<mjx-container class="MathJax"><mjx-math><mjx-mi><mjx-c class="mjx-c1D465"></mjx-c></mjx-mi></mjx-math>'
            "</mjx-container> <math><mi>y</mi></math>",
            "x y",
            "2 formulas became text",
        ),
        (
            '<img src="a.png" alt="A"> <math><mi>x</mi></math>',
            '<img src="https://www.example.org/news/a.png" alt="A"> x',
            ONE,
        ),
        ("<svg><text><tspan>5</tspan><tspan>20</tspan></text></svg>", "5 20", "1 drawing became text"),
        ("a<svg><title>Quay &amp; crane</title><path/></svg>", "a Quay &amp; crane", "1 drawing became text"),
        ("<svg><text>Depth</text><g><text>7 m</text></g></svg>", "Depth 7 m", "1 drawing became text"),
        ("<svg><text>A <tspan>B</tspan> <text>C</text></text></svg>", "A B C", "1 drawing became text"),
        (
            "<svg><foreignObject><p>A</p><p>B <i>c</i> d</p></foreignObject><text>E</text></svg>",
            "A B c d E",
            "1 drawing became text",
        ),
        (
            "<svg><switch><foreignObject><p>Start</p></foreignObject><text>St...</text></switch></svg>",
            "Start",
            "1 drawing became text",
        ),
        ('<p>a<span data-latex="x^2"></span>b</p>', "<p>a x^2 b</p>", ONE),
        ('<p data-tex="x"><img src="https://e.org/x.png"></p>', '<p><img src="https://e.org/x.png"></p>', ""),
        ('<svg aria-hidden="true"><path/></svg><svg><path/></svg>', "", "1 drawing was left out"),
    ],
)
def test_a_formula_or_a_drawing_becomes_text(written: str, published: str, changes: str) -> None:
    made = sanitize_and_count(written, BASE)
    assert made.html.replace("<span>", "").replace("</span>", "") == published
    assert made.changes == changes


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("<hgroup><h1>A</h1></hgroup><search>B</search>C", "<div><h1>A</h1></div><div>B</div>C"),
        ("<dialog>A</dialog><fieldset>B</fieldset>", "<div>A</div><div>B</div>"),
        ("<dir><li>A</li></dir>", "<ul><li>A</li></ul>"),
        ("A<x-card>B</x-card>C <x-card>D</x-card>, E", "A B C D, E"),
        ("<x-card><p>A</p></x-card>B", "<div><p>A</p></div>B"),
        ("<text>A</text><text>B</text>", "A B"),
        ("Number <label>A</label>5<output>6</output>", "Number A 5 6"),
        ("Li<wbr>chen <font>re</font>d", "Lichen red"),
        ("<tr><th>A</th><td>5</td><td></td><td>20</td></tr>B", "<br> A  5    20 <br>B"),
        ("<form><tr>w9</form>w10", "<div><br>w9</div>w10"),
        ('5<span style="color:red; DISPLAY: block">20</span>30', "5 20 30"),
        ('<b style="display: block">A</b>B<i style="display:block">C</i>', "<b>A</b> B <i>C</i>"),
        ('A<bdo dir="rtl">B</bdo>C', "ABC"),
        ("<menu><menuitem>A</menuitem><menuitem>B</menuitem></menu>", "<ul><li>A</li><li>B</li></ul>"),
        (
            "<strike>A</strike><tt>B</tt><acronym title='C'>D</acronym>",
            '<s>A</s><code>B</code><abbr title="C">D</abbr>',
        ),
        ("<listing>A</listing><xmp><b></xmp>", "<pre>A</pre><pre>&lt;b&gt;</pre>"),
        ("<li><input type=checkbox checked>A<li><input type=checkbox> B", "<li>☑ A</li><li>☐ B</li>"),
        ("<![CDATA[<p>A</p>]]>B<![CDATA[C", "<p>A</p>BC"),
    ],
)
def test_words_stay_apart_and_old_elements_become_new_ones(written: str, published: str) -> None:
    check(written, published)


@pytest.mark.parametrize(
    ("written", "published", "changes"),
    [
        ("<p hidden>A</p>B", "B", "1 hidden part was left out"),
        ('<p style="color: red; DISPLAY : none">A</p>B', "B", "1 hidden part was left out"),
        ('<p style="display:none">A</p><p class="c">B</p>', "<p>B</p>", "1 hidden part was left out"),
        ('<img style="display:none" src="https://count.example/1">A', "A", ""),
        ('<p hidden="until-found">A</p><p aria-hidden="true">B</p>', "<p>A</p><p>B</p>", ""),
        ("A<select><option>B</select>C<textarea>D</textarea>E", "A C E", "2 form fields were left out"),
        ('A<input type="hidden" value="B">', "A", ""),
    ],
)
def test_hidden_parts_and_form_fields_are_left_out(written: str, published: str, changes: str) -> None:
    check(written, published, changes)


def test_a_picture_inside_of_an_element_with_an_address_is_kept() -> None:
    picture = '<img src="https://e.org/a.png" alt="A">'
    assert picture in sanitize(f'<my-card url="https://e.org/a">{picture}</my-card>', BASE)


@pytest.mark.parametrize(
    ("written", "changes"),
    [
        ('<drupal-media data-entity-uuid="a-1"></drupal-media>', "1 unknown tag was removed"),
        ("Use <name> or List<String> here", "2 unknown tags were removed"),
        ("A<o:p></o:p><x-card>B</x-card><label>C</label>", ""),
        ('<a href="t3://page?uid=1">A</a><a href="entry:1">B</a>', "2 links with unsupported addresses became text"),
    ],
)
def test_unknown_tags_and_addresses_are_counted(written: str, changes: str) -> None:
    assert sanitize_and_count(written, BASE).changes == changes


def test_elements_nested_very_deeply_stay_in_order() -> None:
    deep = "<section>" * 2000 + "A" + "</section>" * 1000 + "B<p>C"
    assert sanitize(deep, BASE).replace("<div>", "").replace("</div>", "") == "AB<p>C</p>"

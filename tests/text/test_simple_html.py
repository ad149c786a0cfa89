"""Plain fragments are cleaned without a parser; that it makes the same is in test_html.py."""

from __future__ import annotations

import pytest

from topicfeeds.text.simple_html import _check_cached_tag, sanitize_simple

LINK = '<a href="https://e.org/" rel="noopener noreferrer">'
FAR = '<a href="https://e.org/page/b" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("fragment", "made"),
    [
        ("", ""),
        (" plain &amp; simple\n", "plain &amp; simple"),
        ('<h2 class="c" id="i">x</h2><hr /><p>a<br/>b</p>', "<h2>x</h2><hr><p>a<br>b</p>"),
        (f"<ul>\n<li><p>x <b><i>y</i></b><br>{LINK}z</a></p></li>\n</ul>",) * 2,
        (
            '<p><a class="c" href="/b">x <em>y</em></a></p>',
            f"<p>{FAR}x <em>y</em></a></p>",
        ),
        ('<img alt="é" style="x" src="/b">', '<img alt="é" src="https://e.org/page/b">'),
        ("<ol><li>a<ul><li><p>b</p></li></ul></li></ol>",) * 2,
        ("<blockquote>\n<p>a</p></blockquote>",) * 2,
    ],
)
def test_what_is_plain_needs_no_parser(fragment: str, made: str) -> None:
    assert sanitize_simple(fragment, lambda address, _: address.replace("/b", "https://e.org/page/b", 1)) == made


@pytest.mark.parametrize(
    "fragment",
    [
        *["<b></i>", "</p>", "<p>", "<p><p></p></p>", "<b><b></b></b>", "<i><b><i></i></b></i>", "<li></li>", "a < b"],
        *["<p>\r</p>", "<td></td>", "a & b", "&quot;", "&ampere;", "\xa0", "\ufeff", "a > b", "<b><p></p></b>"],
        *["<a>x</a>", "<a href=x>", f"{LINK}{LINK}x</a></a>", f'<a title="t" {LINK[3:]}x</a>', f"<p {LINK[3:]}x</p>"],
        *["<p class='c'>x</p>", '<p class="c" class="d">x</p>', "<p/>", '<p lang="fr">x</p>', "<P>x</P>"],
        *["<script>x</script>", "<!-- x -->", "<ul>x</ul>", "<pre>\n</pre>", '<img src="https://e.org/" alt="&lt;">'],
        *['<p class="katex">x</p>', '<a class="twitter-timeline" href="https://e.org/">x</a>'],
        *['<a href="javascript:x">x</a>', '<a href="https://e.org/?a=b">x</a>'],
    ],
)
def test_what_parsers_may_read_in_another_way_is_left_to_one(fragment: str) -> None:
    assert sanitize_simple(fragment, lambda address, _: address) is None


@pytest.mark.parametrize(
    "host", ["999.999.999.999", "1.2.3.4", "1", "localhost.1", "xn--a", "a.xn--a.org", "a.0x1", "a..b", "a-.b"]
)
def test_what_may_be_no_host_is_left_to_the_sanitiser(host: str) -> None:
    fragment = f'<a href="https://{host}/x" rel="noopener noreferrer">t</a>'
    assert sanitize_simple(fragment, lambda address, _: address) is None


def test_a_body_of_very_many_tags_is_left_to_the_sanitiser() -> None:
    """The pattern keeps some 5 KB for each."""
    assert sanitize_simple("<b>x</b>" * 500, lambda *_: None)
    assert sanitize_simple("<b>x</b>" * 501, lambda *_: None) is None


def test_a_tag_that_holds_a_picture_is_not_kept_in_mind() -> None:
    before = _check_cached_tag.cache_info().currsize
    assert sanitize_simple(f'<img src="data:image/png;base64,{"x" * 1000}">', lambda *_: None) is None
    assert _check_cached_tag.cache_info().currsize == before


def test_an_address_that_nobody_should_follow_is_left_to_the_sanitiser() -> None:
    assert sanitize_simple('<a href="/x">x</a>', lambda *_: None) is None


@pytest.mark.parametrize(
    "part", ["<b>a</b>", "<li>a<ul><li>x</li></ul></li>", "&amp;", '<a href="/x">y<b>z</b></a>', "<p>", " "]
)
def test_a_long_fragment_that_ends_badly_is_left_at_once(part: str) -> None:
    """A pattern that tried one way after another would take years; of more tags than these none is asked."""
    for start in ("", "<p>", "<ul>", "<blockquote>"):
        assert sanitize_simple(start + part * 300 + "<", lambda *_: "https://e.org/") is None

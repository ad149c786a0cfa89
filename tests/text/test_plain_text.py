"""HTML becomes text, and text becomes HTML, with line breaks and paragraphs."""

from __future__ import annotations

import pytest

from topicfeeds.text.html import explain_excess, to_plain_text
from topicfeeds.text.plain_text import write_html, write_plain_text

LINK = '<a href="https://e.org/x?y=1&amp;z=2" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<div>One</div><div>Two</div>three<h2>Four</h2>five", "One\nTwo\nthree\n\nFour\n\nfive"),
        ("a<br>b<br><br><br>c <b> d</b>", "a\nb\n\nc d"),
        ("<p>&nbsp;</p><p>a</p><p><br></p><p>b&nbsp;c</p>", "a\n\nb\xa0c"),
        ("<ul><li>A<ul><li>B</li><li></li></ul></li><li><p>C</p></li></ul>", "- A\n  - B\n- C"),
        ('<ol start="3"><li>A</li><li>B</li></ol><ol start="x"><li>C</li></ol>', "3. A\n4. B\n\n1. C"),
        ("<ol>\n<li>A</li>\nB</ol>", "1. A\nB"),
        ("<dl><dt>A</dt><dd>B</dd></dl>", "A\nB"),
        (
            "<table><caption>T</caption><tbody><tr><th>A</th><td><p>1</p><p>2</p></td><td></td></tr>"
            "<tr><td>B</td></tr></tbody></table>",
            "T\nA\t1  2\nB",
        ),
        ("<table><tr><td><p>One</p><p>Two</p></td></tr></table>", "One\n\nTwo"),
        ("<table><tr><td>A</td></tr><tr><td></td><td></td></tr><tr><td>B</td></tr></table>", "A\nB"),
        ("<pre>a\n  b\n</pre>c", "a\n  b\n\nc"),
        ('x<img src="https://e.org/a.png" alt="A">y', "xAy"),
        (
            'At the quay<img src="https://e.org/a.png" alt="Old crane">The tour starts',
            "At the quay Old crane The tour starts",
        ),
        (
            '<img src="https://e.org/a.png" alt="Old crane">, (<img src="https://e.org/a.png" alt="Mast">)',
            "Old crane, (Mast)",
        ),
        ("<q>A</q> <ruby>漢<rt>kan</rt></ruby> <ruby>字<rp>(</rp><rt>ji</rt><rp>)</rp></ruby>", '"A" 漢(kan) 字(ji)'),
        ("10<sup>−6</sup>, 1<sup>st</sup>, XX<sup>e</sup>, H<sub>2</sub>O", "10⁻⁶, 1st, XXᵉ, H₂O"),
        ("x<sup>n+1</sup> a<sub>n+1</sub> v<sub>max</sub> b<sub>i</sub>", "xⁿ⁺¹ a_(n+1) v_max b_i"),
        (
            "e<sup><i>ix</i></sup> x<sup>a/b</sup> f<sup>(k)</sup> e<sup>x<sup>2</sup></sup>",
            "e^ix x^(a/b) f^(k) e^(x²)",
        ),
        ("x<sup>n(n+1)</sup> e<sup>-E/(kT)</sup>", "x^(n(n+1)) e^(-E/(kT))"),
        (
            "<ul><li><sup>2</sup> A</li><li><sup>3</sup> B</li></ul><p>C</p><p><sup>14</sup>C",
            "- ² A\n- ³ B\n\nC\n\n¹⁴C",
        ),
        ("In 2020<sup>1, 2</sup> A<sup>®</sup> B<sup>[3]</sup> <sup>4</sup> C", "In 2020¹, ² A® B[3] ⁴ C"),
        ("<p>A <sub>Photo by B</sub></p>C<sup> 2 </sup>D<sup></sup>E", "A Photo by B\n\nC ² DE"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("<del>18:00</del><ins>19:00</ins> colo<ins>u</ins>r", "18:00 19:00 colour"),
        ('<ol><li>A</li><li value="9">B</li><li>C</li></ol>', "1. A\n9. B\n10. C"),
        ('<ol reversed=""><li>A</li><li>B</li></ol>', "2. A\n1. B"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert write_plain_text(html) == text
    assert write_plain_text(html, with_links=True) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"{LINK}Book here</a>.", "Book here (https://e.org/x?y=1&z=2)."),
        (f"{LINK}https://e.org/x?y=1&amp;z=2</a>", "https://e.org/x?y=1&z=2"),
        ('<a href="https://e.org/">e.org</a>', "e.org"),
        ('<a href="mailto:a@e.org">a@e.org</a> <a href="tel:+321">Call</a>', "a@e.org Call (+321)"),
        (f"x{LINK}<img></a>y", "x https://e.org/x?y=1&z=2 y"),
        ('<audio><source src="https://e.org/a.mp3">Listen</audio>', "Listen (https://e.org/a.mp3)"),
        ("<a>x</a>", "x"),
        ('In 2020<sup><a href="https://e.org/#fn1">1</a></sup>.', "In 2020¹ (https://e.org/#fn1)."),
        (f"{LINK}A</a>{LINK}B</a>!", "A (https://e.org/x?y=1&z=2) B (https://e.org/x?y=1&z=2)!"),
        ('<a href="mailto:a@e.org?subject=Hi%20you">Write</a>', "Write (a@e.org)"),
    ],
)
def test_the_address_of_a_link_follows_its_text_if_they_differ(html: str, text: str) -> None:
    assert write_plain_text(html, with_links=True) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("<p>A<section>B</section><td>C", "A\n\nB\nC"),
        ('See <a href="/x">this</a><script>x</script>', "See this"),
        ('<p>Film: <iframe src="https://e.org/f" title="T"></iframe></p>', "Film: T"),
        ('<img class="emoji" alt="🎉"> Party', "🎉 Party"),
        ('<img src="https://e.org/a.png" alt="Mast"><img src="https://e.org/b.png" alt="Rope">', "Mast Rope"),
        ("a\x01b<b>c\ufffe</b>&#2;", "a\x01bc\ufffe\x02"),
        ("&#1 a &#169;", "\x01 a \xa9"),
        (f"a&#{'1' * 5000};b", "a\ufffeb"),
    ],
)
def test_any_html_becomes_text(html: str, text: str) -> None:
    assert to_plain_text(html) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        (" a ", " a "),
        ("a\nb\r\nc\rd", "a<br>b<br>c<br>d"),
        ("a\n\nb\nc\n \n\nd\n", "<p>a</p><p>b<br>c</p><p>d</p>"),
        ("\n<b>\n", "&lt;b&gt;"),
    ],
)
def test_text_becomes_html(text: str, html: str) -> None:
    assert write_html(text).strip() == html.strip()


def test_html_that_takes_too_long_to_sanitise_becomes_text_without_its_tags() -> None:
    attributes = " ".join(f"a{n}='>'" for n in range(5001))
    assert to_plain_text("<div>" * 2000 + "a &amp; b").strip() == "a & b"
    assert explain_excess(f"<p {attributes}>a") == "has a tag with more than 5000 attributes (remove them)"
    assert not explain_excess("<p title='" + "word " * 6000 + "'>" + "word " * 6000)

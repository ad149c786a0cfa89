"""Text and HTML come out safe and whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from support.markup import ADDRESSES, dangers
from topicfeeds.text import html
from topicfeeds.text.characters import strip_forbidden, to_one_line
from topicfeeds.text.html import nesting_depth, sanitize, to_plain_text

BASE = "https://www.example.org/news/1"
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
PIECES = [
    *[
        "<script>",
        "</script>",
        "<p onclick='x'>",
        "</p>",
        "<svg>",
        "<math>",
        "<style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
    ],
    *[
        "<noscript>",
        "<template>",
        "<xmp>",
        "<title>",
        "<textarea>",
        "<select>",
        "<listing>",
        "<table>",
        "<td>",
        "<form>",
    ],
    *["<a href=", "javascript:alert(1)", "'", '"', ">", "<", "/", "&lt;", "&#1;", "&#x6a;", "\x00", "x", " ", "data:,"],
    *["<img src=x onerror=alert(1)>", "<foreignObject>", "<annotation-xml>", "<mtext>", "<mglyph>", "<iframe src=//e>"],
    *["<pre>", "\n", "\n\n", "<tr>", "<a title=t href=", "</a>", "</table>", "<b>", "<ruby>", "<rt>", "<details>"],
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
TAGS = ["p", "b", "i", "a", "ul", "ol", "li", "h2", "blockquote", "code", "span", "table", "td", "div", "u"]


def element(name: str, inside: list[str], end: str) -> str:
    """Spell an element, whether it is closed or not, or wrongly."""
    return f"<{name} href=/a>{''.join(inside)}{end and f'{end}{name}>'}"


NESTED = st.recursive(
    st.sampled_from(["x", " ", "&amp;", "&lt;", "&#13;", "\n", "<br>", '<img src=/y alt="&quot;&gt;">']),
    lambda inside: st.builds(
        element, st.sampled_from(TAGS), st.lists(inside, max_size=3), st.sampled_from(["</", "", "</x"])
    ),
)
# What is plain, or nearly: lists in lists, links and pictures, attributes that are kept, dropped, or looked at.
LINES = st.recursive(
    st.sampled_from(["x", " ", "é\n", "&amp;", "&lt;", "&nbsp;", "<br>", "<br/>", "&quot;", "\t", "\xa0", ">"])
    | st.builds('<img src="{}" alt="{}">'.format, ADDRESSES, st.sampled_from(["", "a & b", "é"])),
    lambda inside: (
        st.builds(
            "<{0}{1}>{2}</{0}>".format,
            st.sampled_from(["b", "em", "code", "u", "span", "q"]),
            st.sampled_from(["", "", ' class="c"', " id='i'", ' title="t"', ' class="c" class="d"', " /"]),
            st.lists(inside, max_size=3).map("".join),
        )
        | st.builds(
            '<a{1} href="{0}"{2}>{3}</a>'.format,
            ADDRESSES | st.sampled_from(["/a", "../b", "https://e.org/", "mailto:a@e.org"]),
            st.sampled_from(["", "", ' class="c"', ' rel="x"']),
            st.sampled_from(["", "", ' target="_blank"', ' rel="noopener noreferrer"']),
            st.lists(inside, max_size=3).map("".join),
        )
    ),
    max_leaves=6,
)
BLOCKS = st.recursive(
    st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["p", "p", "h2", "h7", "div", "pre"]), LINES)
    | LINES
    | st.sampled_from(["<hr>", "<hr />", "\n", "</p>", "<p>"]),
    lambda inside: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(["ul", "ol", "blockquote"]),
        st.lists(st.builds("<li>{}</li>\n".format, inside) | inside, max_size=3).map("".join),
    ),
    max_leaves=8,
)
PLAIN = st.lists(BLOCKS, max_size=4).map("".join)


def clean(fragment: str) -> str:
    return sanitize(strip_forbidden(fragment), BASE)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("<p>Ten <b>houses</b></p>", "<p>Ten <b>houses</b></p>"),
        ("plain & simple", "plain &amp; simple"),
        ("<p onclick='x' class=c id=i style='x' lang=fr>a</p>", '<p lang="fr">a</p>'),
        ("a<script>alert(1)</script>b", "ab"),
        ("a<style>p {}</style><template>t</template>b", "ab"),
        ("<form action=x>kept</form><unknown>kept too</unknown>", "<div>kept</div>kept too"),
        ('<q cite="javascript:x">a</q>', "<q>a</q>"),
        ('<img src="1.png" srcset="2.png 2x" alt="A">', '<img src="https://www.example.org/news/1.png" alt="A">'),
        ('<img src="data:image/png;base64,AA">', ""),
        ("a<!-- comment -->b<?php x ?>", "ab"),
        ("<b>open", "<b>open</b>"),
        ("<o:p>Word</o:p>", "Word"),
        ("<td colspan=2>x</td>", "x"),
        ("a\x08b\ufffec&#1;&#xFFFF;d", "abcd"),
        (" \ufeff &#xFEFF;a\ufeff ", "a"),
        ("<audio controls src=/x.mp3></audio>", '<audio controls="" src="https://www.example.org/x.mp3"></audio>'),
    ],
)
def test_a_fragment_keeps_what_is_harmless(written: str, published: str) -> None:
    assert clean(written) == published


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("/map", "https://www.example.org/map"),
        ("map?a=1&b=2", "https://www.example.org/news/map?a=1&amp;b=2"),
        ("#top", "https://www.example.org/news/1#top"),
        ("//other.example/x", "https://other.example/x"),
        ("http://other.example/x", "http://other.example/x"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("tel:+32123", "tel:+32123"),
        ("https://user:pw@example.org/", None),
        ("https:\\\\evil.example", None),
        ("http://[::1", None),
        ("//[::1", None),
        ("http:///x", None),
        ("https://e.example/|e.example", "https://e.example/%7Ce.example"),
        ("javascript:alert(1)", None),
        ("JaVa\tScRiPt:alert(1)", None),
        ("&#106;avascript:alert(1)", None),
        ("\x01javascript:alert(1)", None),
        ("&nbsp;javascript://e.org/%0aalert(1)", "https://www.example.org/news/&nbsp;javascript:/e.org/%0aalert(1)"),
        ("\u3000vbscript://e.org/x", "https://www.example.org/news/\u3000vbscript:/e.org/x"),
        ("file://e.org/x", None),
        ("ftp://example.org/x", None),
        ("vbscript:x", None),
        ("data:text/html,x", None),
        ("blob:https://example.org/x", None),
        ("feed:https://example.org/", None),
        ("view-source:https://example.org", None),
        ("  /map\n", "https://www.example.org/map"),
        ("/a b|c%41%zz[d]", "https://www.example.org/a%20b%7Cc%41%25zz%5Bd%5D"),
        ("HTTPS://Example.ORG:8443/a", "https://Example.ORG:8443/a"),
    ],
)
def test_an_address_is_made_absolute_or_goes(written: str, published: str | None) -> None:
    href = f' href="{published}"' if published else ""
    assert clean(f'<a href="{written}">x</a>') == f'<a{href} rel="noopener noreferrer">x</a>'


@pytest.mark.parametrize("scheme", ["mailto:a@example.org", "tel:+32123"])
def test_a_picture_is_no_letter_and_no_call(scheme: str) -> None:
    assert clean(f'<img alt="x" src="{scheme}">') == "x"


def test_what_parsers_never_agree_on_is_published_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    fragment = "<a href=/a>x &lt; <table><a href=/b>y<table>" * 2
    assert "<table>" in clean(fragment)
    monkeypatch.setattr(html, "_MAX_PASSES", 1)
    assert clean(fragment) == "<p>x &lt; y</p><p>x &lt;</p><p>y</p>"


@given(HOSTILE)
def test_nothing_in_a_fragment_acts_in_a_reader(fragment: str) -> None:
    assert dangers(clean(fragment)) == []


@given(HOSTILE | NESTED | ANY_TEXT)
def test_cleaning_twice_changes_nothing(fragment: str) -> None:
    assert clean(clean(fragment)) == clean(fragment)


@example('<a href="https://"></a>')
@example('<img src="https://" alt="">')
@given(NESTED | HOSTILE | PLAIN)
def test_what_is_skimmed_is_what_the_sanitiser_makes(fragment: str) -> None:
    """What is taken as it is, before or after one look, is what more looks would give."""
    once = clean(fragment)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(html, "sanitize_simple", lambda *_: None)
        assert clean(fragment) == once


@pytest.mark.parametrize(
    "fragment",
    [
        "<pre>\n\n\nx</pre>",
        "<a href=/a>b<table><a href=/c>d</table>e",
        "<table><b>x<tr><td><a href=/a>y</table>",
        "<p><b><i><p>x<p>y</b><table><tr><b>z<td><a href=http://é.org/x>q<a href='http://a@b'>r",
        '<a title="t" href="javascript:x" lang="en">x</a>',
        "<a href='ftp://a.b' title=t hreflang=en>x</a>",
    ],
)
def test_what_parsers_move_is_moved_before_it_is_published(fragment: str) -> None:
    assert clean(clean(fragment)) == clean(fragment)
    assert dangers(clean(fragment)) == []


@given(HOSTILE | ANY_TEXT)
def test_what_is_clean_can_stand_in_xml(fragment: str) -> None:
    for text in (clean(fragment), strip_forbidden(fragment), to_one_line(fragment)):
        element = etree.Element("x")
        element.text = text
        assert etree.fromstring(etree.tostring(element)).text in (text, text.replace("\r", "") or None)


@given(ANY_TEXT)
def test_a_line_is_one_line_and_stays_so(text: str) -> None:
    line = to_one_line(text)
    assert not re.search("[\n\r\t]|  ", line)
    assert to_one_line(line) == line


def test_text_keeps_line_breaks_and_all_scripts_and_loses_what_xml_forbids() -> None:
    assert (
        strip_forbidden("a\tb\nc\u2028d 住宅 👩‍👩‍👧\x85\x7f\x0b\ufffe\U0001fffe\U0010ffff\ufdd0\ud800")
        == "a\tb\nc\u2028d 住宅 👩‍👩‍👧\ufffd"
    )
    assert to_one_line(" \ufeffa\r\n\tb\u00a0c ") == "a b\u00a0c"


def test_plain_text_has_nothing_of_what_is_no_text() -> None:
    assert to_plain_text("<p>a &lt; b</p><title>c</title><svg><path/></svg><style>e</style>") == "a < b"


@pytest.mark.parametrize(
    ("fragment", "deep"),
    [
        ("<b>" * 100, 100),
        ("<b>" * 101, 101),
        ("<b></b>" * 60, 1),
        ("</b>" * 60 + "<b>" * 60, 60),
        ("<i><b></b>" * 60, 61),
        ("<b></i></i>" * 60, 1),
        ("<p>x<br>" * 60, 0),
        ("<P>" * 101 + "<DIV>", 1),
        ("< b" * 101, 0),
    ],
)
def test_depth_counts_what_may_be_nested(fragment: str, deep: int) -> None:
    assert nesting_depth(fragment) == deep

"""What browsers and readers see in fragments of HTML, and addresses that make it hard."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import html5lib
from hypothesis import strategies as st

ADDRESSES = st.lists(
    st.sampled_from(["http://", "https://", "//", "/", "..", ".", "e.org", "a", "B7", "-~_", "%41", "é"])
    | st.sampled_from(list("?#:;&%@\\[]{|\t "))
    | st.text(max_size=2),
    max_size=8,
).map("".join)
ADDRESS = re.compile("(https?://[^/@]+(/|$)|mailto:|tel:)")
PICTURE = re.compile("data:image/(png;base64,iVBORw0KGg|jpeg;base64,/9j/|gif;base64,R0lGOD|webp;base64,UklGR)")
"""The start of a picture in an address: its type, and its first bytes."""
ACTIVE = {"script", "style", "iframe", "object", "embed", "form", "input", "base", "meta", "link", "svg", "math"}


class Reader(HTMLParser):
    """Collects the elements and attributes that Python's parser sees."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str, str]] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [(tag, "", ""), *((tag, name, value or "") for name, value in attrs)]


def elements(fragment: str) -> list[tuple[str, str, str]]:
    """List elements and attributes as two parsers see them."""
    tree = html5lib.parseFragment(fragment, namespaceHTMLElements=False)
    seen = [(str(one.tag), "", "") for one in tree.iter()]
    seen += [(str(one.tag), str(name), value) for one in tree.iter() for name, value in one.attrib.items()]
    return seen + Reader(fragment).seen


def dangers(fragment: str) -> list[tuple[str, str, str]]:
    """List what could act in a reader."""
    return [
        (tag, name, value)
        for tag, name, value in elements(fragment)
        if tag in ACTIVE
        or name.startswith("on")
        or name in ("style", "class", "id", "srcset", "cite", "action", "background")
        or (name in ("href", "src", "poster") and not (ADDRESS.match(value) or (tag == "img" and PICTURE.match(value))))
    ]

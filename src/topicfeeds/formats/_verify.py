"""Verification: rendered documents are read back by a parser that did not render them."""

from __future__ import annotations

import re
from xml.parsers import expat

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = {f"{_ATOM} entry": b"</entry>", "item": b"</item>"}
"""How elements are known that hold what a feed lists, and how they end."""


def verify(content: bytes, identity: str, entries: int) -> bytes:
    """Give content that names what it is to name, and holds so many entries. What else it is, is a bug of ours."""
    names, found = read_back(content)
    if identity not in names or found != entries:
        raise AssertionError(f"{identity}: rendered as {sorted(names)}, with {found} entries instead of {entries}")
    return content


def read_back(content: bytes) -> tuple[set[str], int]:
    """Give what a feed calls itself (`atom:id`, `rel="self"`) and how many entries it has. Raises ExpatError.

    Of a calendar it is `SOURCE`, and the `UID` of its events.
    """
    if content.startswith(b"BEGIN:VCALENDAR\r\n"):
        return _read_calendar(content)
    parser = expat.ParserCreate(namespace_separator=" ")
    names: set[str] = set()
    text: list[str] = []
    ends: list[bytes] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name in _ENTRIES:  # what follows is not of the feed, and is checked without a call for each
            ends.append(_ENTRIES[name])
            parser.StartElementHandler = None
            parser.EndElementHandler = None
            parser.CharacterDataHandler = None
        elif name == f"{_ATOM} link" and attributes.get("rel") == "self":
            names.add(attributes.get("href", ""))
        text.clear()

    def end(name: str) -> None:
        if name == f"{_ATOM} id":
            names.add("".join(text))

    def strange(*_: object) -> None:
        raise ValueError("has a comment or a CDATA section, in which a tag is only text")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = parser.StartCdataSectionHandler = strange
    parser.Parse(content, True)
    return names, content.count(ends[0]) if ends else 0  # nothing else in well-formed XML reads so


def _read_calendar(content: bytes) -> tuple[set[str], int]:
    lines = content.replace(b"\r\n ", b"").decode().split("\r\n")
    if lines[-2:] != ["END:VCALENDAR", ""]:
        return set(), 0
    names = {line.partition(":")[2] for line in lines if line.startswith(("UID:", "SOURCE;VALUE=URI:"))}
    return {re.sub(r"\\([,;\\])", r"\1", name.removeprefix("URI:")) for name in names}, lines.count("BEGIN:VEVENT")

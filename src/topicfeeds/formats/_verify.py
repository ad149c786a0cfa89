"""Verification: parse each rendered document with a library that did not render it."""

from __future__ import annotations

import json
import re
from xml.parsers import expat

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = {f"{_ATOM} entry": b"</entry>", "item": b"</item>"}
"""The elements of entries, and their end tags."""


def verify(content: bytes, identity: str, entries: int) -> bytes:
    """Return the content. Raises AssertionError (a bug) if it lacks `identity` or has another number of `entries`."""
    names, found = read_back(content)
    if identity not in names or found != entries:
        raise AssertionError(
            f"{identity}: the document has the ids {sorted(names)}, and {found} entries instead of {entries}"
        )
    return content


def read_back(content: bytes) -> tuple[set[str], int]:
    """Return the identities of a feed (`atom:id`, `rel="self"`) and the number of its entries.

    The identities of a calendar are its `SOURCE` and the `UID` of each event, and that of a JSON Feed is its
    `feed_url`. Raises ExpatError if XML is not well-formed, ValueError if it has comments or CDATA sections, and
    ValueError or RecursionError for JSON that is not valid.
    """
    if content.startswith(b"BEGIN:VCALENDAR\r\n"):
        return _read_calendar(content)
    if content.startswith(b"{"):
        return _read_json(content)
    parser = expat.ParserCreate(namespace_separator=" ")
    names: set[str] = set()
    text: list[str] = []
    ends: list[bytes] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name in _ENTRIES:  # from the first entry on, only the syntax is checked
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
        raise ValueError("has a comment or a CDATA section, whose text can look like a tag")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = parser.StartCdataSectionHandler = strange
    parser.Parse(content, True)
    return names, content.count(ends[0]) if ends else 0  # in well-formed XML, only an end tag looks like this


def _read_json(content: bytes) -> tuple[set[str], int]:
    feed = json.loads(content)
    items = feed.get("items")
    return {str(feed.get("feed_url"))}, len(items) if isinstance(items, list) else 0


def _read_calendar(content: bytes) -> tuple[set[str], int]:
    lines = content.replace(b"\r\n ", b"").decode().split("\r\n")
    if lines[-2:] != ["END:VCALENDAR", ""]:
        return set(), 0
    names = {line.partition(":")[2] for line in lines if line.startswith(("UID:", "SOURCE;VALUE=URI:"))}
    return {re.sub(r"\\([,;\\])", r"\1", name.removeprefix("URI:")) for name in names}, lines.count("BEGIN:VEVENT")

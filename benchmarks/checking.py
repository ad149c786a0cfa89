"""All peers must have done the same job: what they wrote is parsed and compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import NamedTuple

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_TAG = re.compile(r"<[^>]*>|\s+")


class Entry(NamedTuple):
    """What a reader would make of an entry."""

    title: str
    link: str
    categories: int
    text: str
    """Of the body, without tags and white space."""


class Skips(NamedTuple):
    """What a peer cannot do, and is not asked to."""

    atom: bool = False
    """It writes no Atom."""
    topics: bool = False
    """Its feeds of topics hold other items."""
    categories: bool = False
    links: bool = False
    """It writes addresses of its own."""


def feeds(folder: Path) -> dict[str, list[Entry]]:
    """Read all feeds in a folder, by their paths."""
    found = {}
    for path in sorted(folder.rglob("*.xml")):
        name = path.relative_to(folder).as_posix()
        found[name] = _atom(path) if name.endswith(".atom.xml") else _rss(path)
    return found


def _atom(path: Path) -> list[Entry]:
    from lxml import etree

    entries = etree.parse(path).getroot().iter(f"{_ATOM}entry")
    return [
        Entry(
            _line(entry.findtext(f"{_ATOM}title")),
            next((str(link.get("href")) for link in entry.iter(f"{_ATOM}link")), ""),
            len(entry.findall(f"{_ATOM}category")),
            _text(entry.findtext(f"{_ATOM}content") or entry.findtext(f"{_ATOM}summary")),
        )
        for entry in entries
    ]


def _rss(path: Path) -> list[Entry]:
    from lxml import etree  # late, as all that runs others should be small

    items = etree.parse(path).getroot().iter("item")
    return [
        Entry(
            _line(item.findtext("title")),
            item.findtext("link") or "",
            len(item.findall("category")),
            _text(item.findtext(_CONTENT) or item.findtext("description")),
        )
        for item in items
    ]


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _text(html: str | None) -> str:
    return unescape(_TAG.sub("", html or "")).replace(" ", "")


def difference(ours: Mapping[str, list[Entry]], theirs: Mapping[str, list[Entry]], skips: Skips) -> str | None:
    """Say in one line in what a peer did another job, if it did."""
    wanted = {
        name: entries
        for name, entries in ours.items()
        if not (skips.atom and name.endswith(".atom.xml")) and not (skips.topics and name.startswith("topics/"))
    }
    if missing := sorted(wanted.keys() - theirs.keys()):
        return f"{missing[0]} is missing, and {len(missing) - 1} more"
    for name, entries in wanted.items():
        found = theirs[name]
        if len(found) != len(entries):
            return f"{name}: has {len(found)} entries, not {len(entries)}"
        for n, (one, other) in enumerate(zip(entries, found, strict=True), 1):
            pairs = {
                "title": (one.title, other.title),
                "link": (one.link, other.link if not skips.links else one.link),
                "categories": (one.categories, other.categories if not skips.categories else one.categories),
                "body": (one.text, other.text),
            }
            for what, (wish, made) in pairs.items():
                if wish != made:
                    return f"{name}: entry {n}: {what}: {str(made)[:60]!r} is not {str(wish)[:60]!r}"
    return None

"""Check that a peer did the same job: the same feeds, each with the same entries in the same order.

The documents are parsed before they are compared, because each program serialises them in its own way. Categories and
the letters of bodies must be the same. If the peer sanitises, bodies must be the same byte for byte. Titles, ids and
dates must be present, but are not compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import NamedTuple

from lxml import etree

Renames = Sequence[tuple[str, str]]
"""Pairs: the start of a path in a peer's output, and its replacement in ours."""

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_NEEDED = {
    "Atom": [f"{_ATOM}title", f"{_ATOM}id", f"{_ATOM}updated"],
    "RSS": ["title", "guid", "pubDate"],
}


class OtherJob(Exception):
    """The documents of a program are not the expected ones."""


class Entry(NamedTuple):
    """The parts of an entry that are compared. Bodies are hashed."""

    link: str
    categories: Sequence[str]
    """Sorted, in the form that paths have."""
    letters: bytes
    """Hash of the body without tags and white space."""
    body: bytes


Documents = Mapping[str, Sequence[Entry]]


def read(folder: Path, renames: Renames = ()) -> Documents:
    """Read all documents in a folder. Keys are our paths for them. Raises OtherJob."""
    found: dict[str, Sequence[Entry]] = {}
    for path in sorted(folder.rglob("*.xml")):
        name = path.relative_to(folder).as_posix()
        for theirs, ours in renames:
            if name.startswith(theirs):
                name = ours + name.removeprefix(theirs)
        try:
            found[name] = list(_entries(path))
        except (etree.XMLSyntaxError, OtherJob) as error:
            raise OtherJob(f"{name}: {error}") from None
    return found


def compare(ours: Documents, theirs: Documents, *, sanitised: bool, rewritten: bool = False) -> None:
    """Compare the documents of two programs. Raises OtherJob for the first difference.

    `rewritten` says that our sanitiser changes the text of bodies, such as players. Then only peers with the same
    sanitiser have the same bodies. Bodies of events are not compared: ours start with the date and the place.
    """
    if missing := sorted(set(ours) - set(theirs)):
        raise OtherJob(f"{len(missing)} documents are missing, such as {missing[0]}")
    if more := sorted(set(theirs) - set(ours)):
        raise OtherJob(f"{len(more)} documents are not expected, such as {more[0]}")
    for name, wanted in ours.items():
        given = theirs[name]
        if len(given) != len(wanted):
            raise OtherJob(f"{name}: has {len(given)} entries, not {len(wanted)}")
        for place, (one, other) in enumerate(zip(wanted, given, strict=True), 1):
            _compare(f"{name}: entry {place}", one, other)
            if "/event-" not in one.link and (sanitised or not rewritten):
                _compare_bodies(f"{name}: entry {place}", one, other, sanitised=sanitised)


def _compare(where: str, wanted: Entry, given: Entry) -> None:
    if given.link != wanted.link:
        raise OtherJob(f"{where}: link is {given.link}, not {wanted.link}")
    if given.categories != wanted.categories:
        found, asked = (", ".join(one.categories) or "none" for one in (given, wanted))
        raise OtherJob(f"{where}: categories are {found}, not {asked}")


def _compare_bodies(where: str, wanted: Entry, given: Entry, *, sanitised: bool) -> None:
    if given.letters != wanted.letters:
        raise OtherJob(f"{where}: body has a different text")
    if sanitised and given.body != wanted.body:
        raise OtherJob(f"{where}: body has different tags or URLs")


def _entries(path: Path) -> list[Entry]:
    root = etree.parse(path).getroot()
    if root.tag == f"{_ATOM}feed":
        return [_entry(entry, "Atom", _atom_link(entry)) for entry in root.iter(f"{_ATOM}entry")]
    return [_entry(item, "RSS", item.findtext("link") or "") for item in root.iter("item")]


def _entry(element: etree._Element, kind: str, link: str) -> Entry:
    names = (f"{_ATOM}content", f"{_ATOM}summary") if kind == "Atom" else (_CONTENT, "description")
    body = next((text for text in map(element.findtext, names) if text and text.strip()), "").strip()
    absent = [name.rpartition("}")[2] for name in _NEEDED[kind] if not element.findtext(name)]
    if absent or not body or not link:
        raise OtherJob(f"an entry ({link}) has no {absent[0] if absent else 'body or link'}")
    given = element.findall(f"{_ATOM}category" if kind == "Atom" else "category")
    labels = [category.get("label") or category.get("term") or category.text or "" for category in given]
    return Entry(link, sorted(name.lower().replace(" ", "-") for name in labels), *_sums(body))


def _atom_link(entry: etree._Element) -> str:
    links = [link for link in entry.findall(f"{_ATOM}link") if link.get("rel", "alternate") == "alternate"]
    return links[0].get("href", "") if links else ""


@lru_cache(maxsize=20_000)  # an entry is in several feeds
def _sums(body: str) -> tuple[bytes, bytes]:
    letters = re.sub(r"\s+", "", unescape(re.sub(r"<[^>]*>", "", body)))
    return _sum(letters), _sum(body)


def _sum(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()

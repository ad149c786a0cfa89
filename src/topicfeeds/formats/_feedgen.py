"""The one place that speaks feedgen. Its quirks, and what is done about each, are kept in this file.

- Atom entry links lose rel, type, title and length (lkiesow/python-feedgen#135): set again.
- The RSS channel link is the last link added, of any rel: the page is added last.
- Only the first `self` link reaches RSS, and neither authors, languages nor images do: extra elements.
- All dates default to now, and RSS dates switch the locale of the whole process, which threads
  see: Atom dates are always set and spelled here, RSS dates are extra elements.
- Entries are put first by default, categories added one by one cost the square of their number, dictionaries
  that it is given are changed, and each setter checks again: entries are filled past their setters.
- Content of type CDATA, `text()` titles with a type, extensions loaded by name: not used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from lxml import etree  # before feedgen, whose util module uses lxml.etree without importing it

from feedgen.entry import FeedEntry  # isort: skip
from feedgen.ext.base import BaseEntryExtension  # isort: skip
from feedgen.feed import FeedGenerator  # isort: skip

from ..flow import Category, Entry, Feed
from ..models import Person

DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
EV = "http://purl.org/rss/1.0/modules/event/"
GEORSS = "http://www.georss.org/georss"
ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
_TAGS = {
    "atom": (b"  <entry", b"  </entry>\n", b"</feed>"),
    "rss": (b"    <item>", b"    </item>\n", b"  </channel>"),
}
"""What starts and ends an entry, and follows the last one; in texts, `<` is never written as it is."""


class Extra(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Elements and attributes that feedgen has no name for."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.namespaces = {"dc": DC, "media": MEDIA}
        self._elements: list[tuple[str, str | None, dict[str, str] | None]] = []

    def add(self, name: str, text: str | None = None, attributes: dict[str, str] | None = None) -> None:
        """Add an element; the name is bare, or `{namespace}name`."""
        self._elements.append((name, text, attributes))

    def extend_ns(self) -> dict[str, str]:
        """Declare the prefixes on the root, for all that may stand below it."""
        return self.namespaces

    def extend_atom(self, element: Any) -> Any:
        """Write into a feed or an entry."""
        element.attrib.update(self.attributes)
        for name, text, attributes in self._elements:
            etree.SubElement(element, name, attributes).text = text
        return element

    def extend_rss(self, element: Any) -> Any:
        """Write into a channel or an item."""
        self.extend_atom(element[0] if element.tag == "rss" else element)
        return element


class Channel(FeedGenerator):  # type: ignore[misc]  # feedgen has no types
    """An Atom feed or RSS channel: one for each format, as some fields of one spoil the other."""

    extra: Extra

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.register_extension("extra", Extra, Extra)
        self.id(feed.id)
        self.title(feed.title)
        self.updated(feed.updated)
        self._FeedGenerator__rss_lastBuildDate = None
        self.language(feed.language)
        self.generator("topicfeeds")
        if feed.rights:
            self.rights(feed.rights)
        if any(entry.event for entry in feed.entries):
            self.extra.namespaces |= {"ev": EV, "georss": GEORSS}

    def spell(
        self, feed: Feed, name: str, make: Callable[[Entry, Feed], Item], finish: Callable[[bytes], bytes] = bytes
    ) -> tuple[bytes, list[bytes], bytes]:
        """Give head, entries and tail of the document of a feed, in a format (`atom` or `rss`).

        `make` makes an entry, and `finish` has the last word on its bytes.
        An entry is made once for all feeds that hold it: its bytes do not depend on what stands around them.
        """
        language, base, files = feed.language, feed.base, feed.calendar is not None
        key = f"{name} {language} {base} {files} {feed.confirms} {feed.event_title}"
        new = [entry for entry in feed.entries if key not in entry.made]
        self._FeedGenerator__feed_entries += [make(entry, feed) for entry in new]
        text = bytes(self.atom_str(pretty=True) if name == "atom" else self.rss_str(pretty=True))
        start, stop, end = _TAGS[name]
        whole, _, tail = text.rpartition(end)
        head, mark, body = whole.partition(start)
        pieces = (start + body).split(stop)[:-1] if mark else []
        for entry, piece in zip(new, pieces, strict=True):
            entry.made[key] = finish(piece + stop)
        return head, [entry.made[key] for entry in feed.entries], end + tail

    def _create_atom(self, extensions: bool = True) -> Any:
        feed, tree = super()._create_atom(extensions)
        feed.find("updated").text = rfc3339(self.updated())
        return feed, tree


class _Spelled(str):
    """A date as it is to be written."""

    def isoformat(self) -> str:
        """Give the spelling that feedgen asks a date for."""
        return self


class Item(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """An Atom entry or RSS item, filled past feedgen's setters: they check again what pydantic has checked."""

    def __init__(self, entry: Entry, title: str, spell: Callable[[str], str]) -> None:
        """Start with what is alike in both formats; `spell` gives addresses the form of one."""
        self.__dict__.update(_NEW)
        self.extra = Extra()
        self._links: list[dict[str, str]] = []
        categories = [_category(one, spell) for one in entry.categories]
        self._fill(
            extensions={"extra": {"inst": self.extra, "atom": True, "rss": True}},
            atom_id=entry.id,
            rss_guid={"guid": entry.id, "permalink": False},
            atom_title=title,
            rss_title=title,
            atom_updated=_Spelled(rfc3339(entry.updated)),
            atom_published=_Spelled(rfc3339(entry.published)),
            atom_link=self._links,
            atom_category=[atom for atom, _ in categories],
            rss_category=[rss for _, rss in categories],
        )
        if entry.image:
            self.extra.add(f"{{{MEDIA}}}thumbnail", attributes={"url": spell(entry.image)})

    def _fill(self, **fields: object) -> None:
        self.__dict__.update({f"_FeedEntry__{name}": value for name, value in fields.items()})

    def author(self, people: list[dict[str, str]]) -> None:
        """Name the authors, which RSS has no room for."""
        self._fill(atom_author=people)

    def link(self, href: str, rel: str, **fields: str) -> None:
        """Add a link; RSS has room for the last `alternate`, and for the last `enclosure`."""
        self._links.append({"href": href, "rel": rel, **fields})
        if rel == "alternate":
            self._fill(rss_link=href)
        else:
            self._fill(rss_enclosure={"url": href, "type": fields.get("type"), "length": fields.get("length", "0")})

    def atom_entry(self, extensions: bool = True) -> Any:
        """Make the element, with whole links."""
        entry = super().atom_entry(extensions)
        for element, link in zip(entry.findall("link"), self._links, strict=True):
            element.attrib.update(link)
        return entry


_NEW = vars(FeedEntry())
"""What every entry of feedgen starts with; its clock is never used."""


@lru_cache(maxsize=10_000)
def _category(category: Category, spell: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give a category in the words of Atom, and of RSS."""
    scheme = spell(category.scheme)
    return (
        {"term": category.term, "label": category.label, "scheme": scheme},
        {"value": category.label, "domain": scheme},
    )


def person_fields(person: Person) -> dict[str, str]:
    """Give a person in the words of Atom (RFC 4287, 3.2)."""
    fields = {"name": person.name, "email": person.email, "uri": person.url}
    return {name: value for name, value in fields.items() if value}


def rfc3339(moment: datetime) -> str:
    """Spell a date as Atom does (RFC 3339): UTC is `Z`."""
    return moment.isoformat().replace("+00:00", "Z")

"""The one place that speaks feedgen. Its quirks, and what is done about each, are kept in this file.

- Atom entry links lose rel, type, title and length (lkiesow/python-feedgen#135): set again.
- The RSS channel link is the last link added, of any rel: the page is added last.
- Only the first `self` link reaches RSS, and neither authors, languages nor images do: extra elements.
- All dates default to now, and RSS dates switch the locale of the whole process, which threads
  see: Atom dates are always set and spelled here, RSS dates are extra elements.
- Entries are put first by default: appended.
- Categories added one by one cost the square of their number: added as a list.
- Dictionaries that it is given are changed: they are made for the call.
- Content of type CDATA, `text()` titles with a type, extensions loaded by name: not used.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lxml import etree  # before feedgen, whose util module uses lxml.etree without importing it

from feedgen.entry import FeedEntry  # isort: skip
from feedgen.ext.base import BaseEntryExtension  # isort: skip
from feedgen.feed import FeedGenerator  # isort: skip

from ..flow import Entry, Feed
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
        new = [entry for entry in feed.entries if key not in entry.rendered]
        for entry in new:
            self.add_entry(make(entry, feed), order="append")
        text = bytes(self.atom_str(pretty=True) if name == "atom" else self.rss_str(pretty=True))
        start, stop, end = _TAGS[name]
        whole, _, tail = text.rpartition(end)
        head, mark, body = whole.partition(start)
        pieces = (start + body).split(stop)[:-1] if mark else []
        for entry, piece in zip(new, pieces, strict=True):
            entry.rendered[key] = finish(piece + stop)
        return head, [entry.rendered[key] for entry in feed.entries], end + tail

    def _create_atom(self, extensions: bool = True) -> Any:
        feed, tree = super()._create_atom(extensions)
        feed.find("updated").text = rfc3339(self.updated())
        return feed, tree


class Item(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """An Atom entry or RSS item."""

    extra: Extra

    def __init__(self, entry: Entry, title: str, spell: Callable[[str], str]) -> None:
        """Start with what is alike in both formats; `spell` gives addresses the form of one."""
        super().__init__()
        self.register_extension("extra", Extra)
        self.id(entry.id)
        self.title(title)
        self.updated(entry.updated)
        if categories := [{"term": c.term, "label": c.label, "scheme": spell(c.scheme)} for c in entry.categories]:
            self.category(categories)
        if entry.image:
            self.extra.add(f"{{{MEDIA}}}thumbnail", attributes={"url": spell(entry.image)})

    def atom_entry(self, extensions: bool = True) -> Any:
        """Make the element, with whole links and dates."""
        entry = super().atom_entry(extensions)
        for element, link in zip(entry.findall("link"), self.link() or [], strict=True):
            element.attrib.update(link)
        for name in ("updated", "published"):
            entry.find(name).text = rfc3339(getattr(self, name)())
        return entry


def person_fields(person: Person) -> dict[str, str]:
    """Give a person in the words of Atom (RFC 4287, 3.2)."""
    fields = {"name": person.name, "email": person.email, "uri": person.url}
    return {name: value for name, value in fields.items() if value}


def rfc3339(moment: datetime) -> str:
    """Spell a date as Atom does (RFC 3339): UTC is `Z`."""
    return moment.isoformat().replace("+00:00", "Z")

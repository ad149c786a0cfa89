"""The one place that speaks feedgen. Its quirks, and what is done about each, are kept in this file.

- Atom entry links lose rel, type, title and length (lkiesow/python-feedgen#135): set again.
- The RSS channel link is the last link added, of any rel: the page is added last.
- Only the first `self` link reaches RSS, and neither authors, languages nor images do: extra elements.
- All dates default to now, and RSS dates switch the locale of the whole process, which threads
  see: Atom dates are always set and spelled here, RSS dates are extra elements.
- Entries are put first by default, categories, links and authors added one by one cost the square of their number,
  and dictionaries that it is given are changed.
- Content of type CDATA, `text()` titles with a type, extensions loaded by name: not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from ..entries.model import Category, Entry
from ..models.items import Person

DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
EV = "http://purl.org/rss/1.0/modules/event/"
GEORSS = "http://www.georss.org/georss"
ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = {"dc": DC, "media": MEDIA}
_OF_EVENTS = {"ev": EV, "georss": GEORSS}


class Dialect(NamedTuple):
    """A format, as feedgen writes it."""

    name: str
    """`atom` or `rss`."""
    start: str
    """What an entry starts with, ..."""
    end: str
    """... and what follows the last one; in texts, `<` is never written as it is."""
    spell: Callable[[str], str]
    """Gives an address the form of the format."""
    plain: frozenset[str] = frozenset()
    """Elements whose text has hexadecimal references for `&` and `<`, ..."""
    plain_in_head: frozenset[str] = frozenset()
    """... and those of the channel itself."""


class ElementCalls:
    """What feedgen is to be told of a channel or an entry, in a form (calls) that others share, and with values.

    A call is written as `method name name=fixed`: names without a fixed value stand for values.
    """

    __slots__ = ("calls", "categories", "values")

    def __init__(self, categories: Sequence[Category] = ()) -> None:
        self.calls: list[str] = []
        self.values: list[str] = []
        self.categories = categories

    def say(self, call: str, *values: str) -> None:
        """Add a call, and the values of it."""
        self.calls.append(call)
        self.values += values

    def add(self, name: str, text: str) -> None:
        """Add an element that feedgen has no name for; the name is bare, or `{namespace}name`."""
        self.calls.append(f"add name={name} text")
        self.values.append(text)

    def person(self, person: Person) -> None:
        """Add an author, in the words of Atom (RFC 4287, 3.2)."""
        fields = {"name": person.name, "email": person.email, "uri": person.url}
        given = {name: value for name, value in fields.items() if value}
        self.say(f"author {' '.join(given)}", *given.values())


def start_entry(entry: Entry, title: str, tongue: Dialect) -> ElementCalls:
    """Say what is alike in both formats."""
    made = ElementCalls(entry.categories)
    if tongue.name == "atom":
        made.say(
            "start id title updated published",
            entry.id,
            title,
            format_rfc3339(entry.updated),
            format_rfc3339(entry.published),
        )
    else:
        made.say("start id title updated=- published=-", entry.id, title)
    if entry.image:
        made.say(f"add name={{{MEDIA}}}thumbnail url", tongue.spell(entry.image))
    return made


def render_with_feedgen(
    channel: ElementCalls, entries: Iterable[ElementCalls], tongue: Dialect, *, has_events: bool
) -> str:
    """Let feedgen make a whole document at once."""
    whole = _Channel(_NAMESPACES | (_OF_EVENTS if has_events else {}))
    _make_calls(whole, channel)
    for one in entries:
        entry = _Entry()
        entry.category([{"term": c.term, "label": c.label, "scheme": tongue.spell(c.scheme)} for c in one.categories])
        _make_calls(entry, one)
        whole.add_entry(entry, order="append")
    text: bytes = whole.atom_str(pretty=True) if tongue.name == "atom" else whole.rss_str(pretty=True)
    return text.decode()


def _make_calls(made: Any, sheet: ElementCalls) -> None:
    """Call the methods of a channel or an entry."""
    values = iter(sheet.values)
    for call in sheet.calls:
        method, *names = call.split(" ")
        pairs = (name.partition("=") for name in names)
        getattr(made, method)(**{name: fixed if mark else next(values) for name, mark, fixed in pairs})


class _FormattedDate(str):
    """A date as it is to be written."""

    def isoformat(self) -> str:
        """Give the spelling that feedgen asks a date for."""
        return self


class _Extra(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Elements and attributes that feedgen has no name for."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.namespaces: dict[str, str] = {}
        self.elements: list[tuple[str, str | None, dict[str, str]]] = []

    def extend_ns(self) -> dict[str, str]:
        """Declare the prefixes on the root, for all that may stand below it."""
        return self.namespaces

    def extend_atom(self, element: Any) -> Any:
        """Write into a feed or an entry."""
        element.attrib.update(self.attributes)
        for name, text, attributes in self.elements:
            etree.SubElement(element, name, attributes).text = text
        return element

    def extend_rss(self, element: Any) -> Any:
        """Write into a channel or an item."""
        self.extend_atom(element[0] if element.tag == "rss" else element)
        return element


class _Extended:
    """What channels and entries have in common."""

    told: _Extra

    def add(self, name: str, text: str | None = None, **attributes: str) -> None:
        """Add an element; the name is bare, or `{namespace}name`."""
        self.told.elements.append((name, text, attributes))

    def attributes(self, **attributes: str) -> None:
        """Add attributes to the element itself."""
        self.told.attributes |= attributes


class _Channel(_Extended, FeedGenerator):  # type: ignore[misc]  # feedgen has no types
    def __init__(self, namespaces: dict[str, str]) -> None:
        super().__init__()
        self.register_extension("told", _Extra, _Extra)
        self.told.namespaces = namespaces
        self._FeedGenerator__rss_lastBuildDate = None

    def start(self, id: str, title: str, updated: str) -> None:  # noqa: A002 - the element's own word
        """Say what every feed has."""
        self.id(id)
        self.title(title)
        self.generator("topicfeeds")
        self._FeedGenerator__atom_updated = _FormattedDate(updated)


class _Entry(_Extended, FeedEntry):  # type: ignore[misc]  # feedgen has no types
    def __init__(self) -> None:
        super().__init__()
        self.register_extension("told", _Extra, _Extra)
        self._links: list[dict[str, str]] = []
        self._people: list[dict[str, str]] = []
        self._FeedEntry__atom_link, self._FeedEntry__atom_author = self._links, self._people

    def start(self, id: str, title: str, updated: str, published: str) -> None:  # noqa: A002
        """Say what every entry has."""
        self.id(id)
        self.title(title)
        self._FeedEntry__atom_updated = _FormattedDate(updated)
        self._FeedEntry__atom_published = _FormattedDate(published)

    def author(self, **person: str) -> None:
        """Name an author, which RSS has no room for."""
        self._people.append(person)

    def link(self, **link: str) -> None:
        """Add a link; RSS has room for the last `alternate`, and for the last `enclosure`."""
        self._links.append(link)
        if link["rel"] == "alternate":
            self._FeedEntry__rss_link = link["href"]
        else:
            enclosure = {"url": link["href"], "type": link.get("type"), "length": link.get("length", "0")}
            self._FeedEntry__rss_enclosure = enclosure

    def atom_entry(self, extensions: bool = True) -> Any:
        """Make the element, with whole links."""
        entry = super().atom_entry(extensions)
        for element, link in zip(entry.findall("link"), self._links, strict=True):
            element.attrib.update(link)
        return entry


def format_rfc3339(moment: datetime) -> str:
    """Spell a date as Atom does (RFC 3339): UTC is `Z`."""
    return moment.isoformat().replace("+00:00", "Z")

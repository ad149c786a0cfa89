"""The only module that imports feedgen. It works around these faults of feedgen:

- The links of Atom entries lose rel, type, title and length (lkiesow/python-feedgen#135). This module sets them
  again.
- The link of an RSS channel is the last link that was added, whatever its rel. This module adds the page
  last.
- RSS only gets the first `self` link, and no authors, languages or images. This module adds them as extra elements.
- All dates default to the current time. This module always sets Atom dates.
- RSS dates switch the locale of the whole process, which affects other threads. This module adds them as extra
  elements.
- By default, feedgen adds entries at the start. This module appends them.
- The time to add categories, links and authors one by one grows with the square of their number. This module
  adds them all at once.
- feedgen changes the dictionaries that it gets. This module passes copies.

This module does not use CDATA content, `text()` titles with a type, or extensions loaded by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from ..entries.model import Category, Entry
from ..feeds.model import Feed
from ..models.dates import to_whole_minutes
from ..models.extensions import XmlElement
from ..models.items import Image, Person
from ..text.characters import strip_forbidden
from ..text.urls import to_ascii_email, to_uri
from .render_cache import RenderCache

DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
EV = "http://purl.org/rss/1.0/modules/event/"
GEORSS = "http://www.georss.org/georss"
ATOM = "http://www.w3.org/2005/Atom"
SY = "http://purl.org/rss/1.0/modules/syndication/"
CREATIVE_COMMONS = "http://backend.userland.com/creativeCommonsRssModule"
XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = {"dc": DC, "media": MEDIA}
_EVENT_NAMESPACES = {"ev": EV, "georss": GEORSS}
_CHANNEL_NAMESPACES = {"creativeCommons": CREATIVE_COMMONS, "sy": SY}
"""Namespaces that are only declared in a document if its channel uses them."""
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10_080}
"""The periods of the syndication module, in minutes."""


class Dialect(NamedTuple):
    """A format that feedgen writes, and the form of its documents."""

    name: str
    """`atom` or `rss`."""
    start: str
    """The text at the start of each entry. Values never contain it, as `<` is escaped in them."""
    end: str
    """The text after the last entry. Values never contain it, either."""
    plain: frozenset[str] = frozenset()
    """The elements of entries whose text has hexadecimal references for `&` and `<`."""
    plain_in_head: frozenset[str] = frozenset()
    """The elements of the channel whose text has such references."""
    namespaces: tuple[tuple[str, str], ...] = ()
    """The prefixes and namespaces of `Extensions`."""


class Call(NamedTuple):
    """A method of a channel or an entry, and its parameters: their values, or None if `ElementCalls` has the value."""

    method: str
    parameters: tuple[tuple[str, str | None], ...]


@lru_cache(maxsize=1000)
def make_call(method: str, **parameters: str | None) -> Call:
    """Return a call. `parameters` has fixed values, and None for each value that differs between elements.

    The order of the parameters is kept.
    """
    return Call(method, tuple(parameters.items()))


START_ENTRY = make_call("start", id=None, title=None, updated=None, published=None)
LINK_ALTERNATE = make_call("link", href=None, rel="alternate")
_THUMBNAIL = make_call("add", name=f"{{{MEDIA}}}thumbnail", url=None)
_ALT = make_call("add_inside", name=f"{{{MEDIA}}}description", text=None, type="plain")
_CREDIT = make_call("add_inside", name=f"{{{MEDIA}}}credit", text=None)


@dataclass(slots=True)
class ElementCalls:
    """The calls that make a channel or an entry. The values of the calls are stored separately.

    Elements with equal calls only differ in their values, so they share a template.
    """

    categories: Sequence[Category] = ()
    calls: list[Call] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def call(self, call: Call, *values: str) -> None:
        """Add a call, with its values."""
        self.calls.append(call)
        self.values += values

    def set(self, name: str, value: str | None) -> None:
        """Record a call of a feedgen method that sets one value, unless the value is missing or empty."""
        if value:
            self.call(make_call(name, **{name: None}), value)

    def add(self, name: str, text: str) -> None:
        """Add an element that feedgen does not know. Its name is a plain name or `{namespace}name`."""
        self.call(make_call("add", name=name, text=None), text)

    def call_with(self, method: str, fields: Mapping[str, str | None], **fixed: str) -> None:
        """Add a call with fixed values, and with the fields that have a value."""
        given = {name: value for name, value in fields.items() if value}
        self.call(make_call(method, **fixed, **dict.fromkeys(given)), *given.values())

    def link(self, rel: str, href: str, **attributes: str | None) -> None:
        """Add a link (RFC 4287, 4.2.7), with the attributes that have a value."""
        self.call_with("link", {"href": href, **attributes}, rel=rel)

    def add_foreign(self, element: XmlElement, namespaces: Mapping[str, str]) -> None:
        """Add an element of `Extensions`. Raises ValueError for an unknown prefix, and TypeError."""
        parameters: list[tuple[str, str | None]] = [("name", _qualify(element.name, namespaces))]
        for name, value in (("text", element.text), *((f"@{one}", text) for one, text in element.attributes.items())):
            if value is not None:
                if not isinstance(value, str):
                    raise TypeError(f"{name} of the element {element.name} is {value!r} (pass text)")
                parameters.append((name, None))
                self.values.append(strip_forbidden(value))
        self.calls.append(Call("add_foreign", tuple(parameters)))

    def person(self, person: Person) -> None:
        """Add an author with the names of Atom's fields (RFC 4287, 3.2)."""
        fields = {
            "name": person.name,
            "email": to_ascii_email(person.email or ""),
            "uri": person.url and to_uri(person.url),
        }
        self.call_with("author", fields)


def _qualify(name: str, namespaces: Mapping[str, str]) -> str:
    """Return `{namespace}name` for the name of an element of `Extensions`."""
    prefix, _, own = name.partition(":")
    uri = (_NAMESPACES | dict(namespaces)).get(prefix)
    if uri is None or not own:
        raise ValueError(f"the element {name!r} has no prefix of the namespaces of Extensions (write itunes:duration)")
    return f"{{{uri}}}{own}"


MakeEntry = Callable[[Entry, Feed, RenderCache], ElementCalls]
"""Returns the calls that make an entry of a feed."""


def start_entry(entry: Entry, start: Call, *values: str) -> ElementCalls:
    """Return the call that starts an entry, and calls for the elements that Atom and RSS share."""
    made = ElementCalls(entry.categories)
    made.call(start, *values)
    made.call(LINK_ALTERNATE, to_uri(entry.link))
    if entry.image:
        made.call(_THUMBNAIL, to_uri(entry.image))
    if entry.picture:
        _add_picture(made, entry.picture)
    return made


def _add_picture(made: ElementCalls, picture: Image) -> None:
    """Add the element of a picture, with its description and credit inside (Media RSS)."""
    fields = {"url": to_uri(picture.url), "type": picture.type}
    fields |= {name: str(size) for name in ("width", "height") if (size := getattr(picture, name))}
    made.call_with("add", fields, name=f"{{{MEDIA}}}content", medium="image")
    for call, text in ((_ALT, picture.alt), (_CREDIT, picture.credit)):
        if text:
            made.call(call, text)


def finish_entry(item: ElementCalls, entry: Entry, feed: Feed) -> None:
    """Add the elements of an event, and those of `Extensions`."""
    _add_event(item, entry)
    elements = feed.extensions.entry_elements
    for element in elements(entry) if elements else ():
        item.add_foreign(element, feed.extensions.namespaces)


def _add_event(item: ElementCalls, entry: Entry) -> None:
    """Add the elements of the RSS event module, and the point of GeoRSS."""
    event = entry.event
    if event is None or entry.notice:
        return
    item.add(f"{{{EV}}}startdate", _format_w3cdtf(event.start))
    if event.end:
        item.add(f"{{{EV}}}enddate", _format_w3cdtf(event.end))
    if event.place:
        item.add(f"{{{EV}}}location", event.place.line)
        if point := event.place.point:
            item.add(f"{{{GEORSS}}}point", " ".join(point))
    if event.organizer:
        item.add(f"{{{EV}}}organizer", event.organizer.name)
    item.add(f"{{{EV}}}type", entry.topics[0].label if entry.topics else "event")


def _format_w3cdtf(moment: date) -> str:
    return to_whole_minutes(moment).isoformat() if isinstance(moment, datetime) else moment.isoformat()


def finish_channel(channel: ElementCalls, feed: Feed, dialect: Dialect) -> None:
    """Add the licence of a feed, how often it changes (RSS syndication module), its stylesheet, and `Extensions`."""
    if feed.license and dialect.name == "atom":
        channel.link("license", to_uri(feed.license))
    elif feed.license:
        channel.add(f"{{{CREATIVE_COMMONS}}}license", to_uri(feed.license))
    if feed.refresh:
        period, minutes = next(one for one in _PERIODS.items() if one[1] >= feed.refresh)
        channel.add(f"{{{SY}}}updatePeriod", period)
        channel.add(f"{{{SY}}}updateFrequency", str(minutes // feed.refresh))
    channel.set("stylesheet", feed.stylesheet)
    elements = feed.extensions.feed_elements
    for element in elements(feed) if elements else ():
        channel.add_foreign(element, feed.extensions.namespaces)


def render_with_feedgen(
    channel: ElementCalls, entries: Iterable[ElementCalls], dialect: Dialect, *, has_events: bool
) -> str:
    """Return a whole document that feedgen renders."""
    names = "".join(str(name) for call in channel.calls for _, name in call.parameters)
    own = {prefix: uri for prefix, uri in _CHANNEL_NAMESPACES.items() if uri in names}
    whole = _Channel(_NAMESPACES | own | (_EVENT_NAMESPACES if has_events else {}) | dict(dialect.namespaces))
    _make_calls(whole, channel)
    for one in entries:
        entry = _Entry()
        entry.category([{"term": c.term, "label": c.label, "scheme": to_uri(c.scheme)} for c in one.categories])
        _make_calls(entry, one)
        whole.add_entry(entry, order="append")
    text: bytes = whole.atom_str(pretty=True) if dialect.name == "atom" else whole.rss_str(pretty=True)
    return text.decode()


def use_hexadecimal_references(document: str, dialect: Dialect) -> str:
    """Write hexadecimal references for `&` and `<` in the plain texts of a rendered document."""
    if not dialect.plain:
        return document
    names = "|".join(sorted(dialect.plain))
    document = re.sub(rf"(?<=<)({names})( [^<>]*)?>[^<]*", _swap_references, document)
    for name in dialect.plain_in_head - dialect.plain:
        document = re.sub(rf"(?<=\n    <){name}>[^<]*", _swap_references, document, count=1)
    return document


def _swap_references(found: re.Match[str]) -> str:
    tag, _, text = found[0].partition(">")
    return f"{tag}>{text.replace('&amp;', '&#x26;').replace('&lt;', '&#x3C;')}"


def _make_calls(made: Any, element: ElementCalls) -> None:
    """Call the methods of a channel or an entry."""
    values = iter(element.values)
    for call in element.calls:
        given = {name: next(values) if fixed is None else fixed for name, fixed in call.parameters}
        getattr(made, call.method)(**given)


class _FormattedDate(str):
    """A date that is formatted already."""

    def isoformat(self) -> str:
        """Return the formatted date. feedgen calls this method of dates."""
        return self


class _Extra(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Elements and attributes that feedgen does not know. feedgen calls the methods."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.stylesheet = ""
        self.namespaces: dict[str, str] = {}
        self.elements: list[tuple[str, str | None, dict[str, str], bool]] = []

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_atom(self, element: Any) -> Any:
        element.attrib.update(self.attributes)
        if self.stylesheet:
            said = f'href="{self.stylesheet}" type="text/css"'
            element.getroottree().getroot().addprevious(etree.ProcessingInstruction("xml-stylesheet", said))
        for name, text, attributes, is_inside in self.elements:
            etree.SubElement(element[-1] if is_inside else element, name, attributes).text = text
        return element

    def extend_rss(self, element: Any) -> Any:
        self.extend_atom(element[0] if element.tag == "rss" else element)
        return element


class _Extended:
    """The methods that channels and entries share."""

    told: _Extra

    def add(self, name: str, text: str | None = None, **attributes: str) -> None:
        self.told.elements.append((name, text, attributes, False))

    def add_inside(self, name: str, text: str | None = None, **attributes: str) -> None:
        """Add a child to the element that the last call of `add` made."""
        self.told.elements.append((name, text, attributes, True))

    def add_foreign(self, name: str, text: str | None = None, **attributes: str) -> None:
        """Add an element. In `attributes`, each name starts with `@`."""
        self.told.elements.append((name, text, {one[1:]: value for one, value in attributes.items()}, False))

    def attributes(self, **attributes: str) -> None:
        self.told.attributes |= attributes


class _Channel(_Extended, FeedGenerator):  # type: ignore[misc]  # feedgen has no types
    def __init__(self, namespaces: dict[str, str]) -> None:
        super().__init__()
        self.register_extension("told", _Extra, _Extra)
        self.told.namespaces = namespaces
        self._FeedGenerator__rss_lastBuildDate = None

    def stylesheet(self, stylesheet: str) -> None:
        self.told.stylesheet = stylesheet

    def start(self, id: str, title: str, updated: str) -> None:  # noqa: A002 - the name of the element
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
        self.id(id)
        self.title(title)
        self._FeedEntry__atom_updated = _FormattedDate(updated)
        self._FeedEntry__atom_published = _FormattedDate(published)

    def author(self, **person: str) -> None:
        """Add an author. feedgen does not write authors in RSS."""
        self._people.append(person)

    def link(self, **link: str) -> None:
        """Add a link. feedgen writes only the last `alternate` and the last `enclosure` of an RSS item."""
        self._links.append(link)
        if link["rel"] == "alternate":
            self._FeedEntry__rss_link = link["href"]
        else:
            enclosure = {"url": link["href"], "type": link.get("type"), "length": link.get("length", "0")}
            self._FeedEntry__rss_enclosure = enclosure

    def atom_entry(self, extensions: bool = True) -> Any:
        """Return the element, with all attributes of its links."""
        entry = super().atom_entry(extensions)
        for element, link in zip(entry.findall("link"), self._links, strict=True):
            element.attrib.update(link)
        return entry

"""Entries: records resolved for publishing, with id, dates, time zone and event details."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..errors import Problem, Severity
from ..models.items import Enclosure, Image, Item, Person, Place
from ..models.status import StatusName
from ..sources.model import number_item
from ..state.memory import ItemMemory
from ..text.html import sanitize_and_count


class Category(NamedTuple):
    """A topic or tag on an entry (RFC 4287, 4.2.2): slug, label as the author wrote it, scheme (IRI)."""

    term: str
    label: str
    scheme: str


class EventSnapshot(NamedTuple):
    """The facts about an event that the memory stores. A change of these facts makes a notice."""

    start: str
    """A date, or a time (ISO 8601). A time without offset is in `zone`."""
    end: str | None
    place: str | None
    status: StatusName
    zone: str | None = None
    """The time zone of the event (IANA name). None: an earlier version stored these facts, with times in UTC."""
    recurrence: str | None = None
    left_out: Sequence[str] = ()


class EventChange(NamedTuple):
    """One change of an event. It is published as a notice."""

    at: int
    """When a run saw it, in seconds since 1970."""
    n: int
    """How often the field has had this value."""
    field: str
    """The changed field. If several fields changed, the first of `FIELDS` in `entries/changes.py`."""
    before: EventSnapshot
    after: EventSnapshot
    dates: Sequence[str] = ()
    """The dates of a recurring event that were cancelled, or that take place after all."""
    feeds: Sequence[str] | None = None
    """The names of the feeds that have the notice. None: all feeds of the event."""


class EventTimes(NamedTuple):
    """When an event takes place, with the fields of `EventDetails`. Each time has a zone."""

    start: date | datetime
    end: date | datetime | None
    recurrence: str | None = None
    left_out: tuple[date | datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDetails:
    """The dates and place of an event. Each time has a zone, and is shown to readers in this zone."""

    start: date | datetime
    end: date | datetime | None
    """If this is a date, it is the last day of the event."""
    site_zone: str = "UTC"
    """The time zone of the site (IANA name)."""
    place: Place | None = None
    organizer: Person | None = None
    status: StatusName | None = None
    recurrence: str | None = None
    """A rule of RFC 5545."""
    left_out: tuple[date | datetime, ...] = ()
    next: tuple[date | datetime, ...] = ()
    """The next starts of a recurring event, three at most."""
    sequence: int = 0
    """Grows with every change (RFC 5545, 3.8.7.4)."""
    change: EventChange | None = None
    """The last change that has a notice."""
    cancelled: tuple[date | datetime, ...] = ()
    """The excluded dates that readers already knew as dates of the event. Only these count as cancelled."""

    @property
    def is_foreign(self) -> bool:
        """Whether the zone differs from the site's. If so, texts name the zone."""
        return isinstance(self.start, datetime) and self.start.tzinfo != ZoneInfo(self.site_zone)


class Schedule(NamedTuple):
    """The part of an event that depends on the current time and the memory."""

    start: date | datetime
    next: tuple[date | datetime, ...] = ()
    in_calendar: bool = True
    until: datetime | None = None
    """When the rendered text next changes without an edit, e.g. when the next occurrence is over."""
    sequence: int = 0
    change: EventChange | None = None
    cancelled: tuple[date | datetime, ...] = ()
    ends: datetime | None = None
    """When the event, or the first of its next dates, is over."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it is published: with its final id, dates and time zone. Threads may share it."""

    id: str
    """An absolute IRI. It is the same in all feeds and never changes."""
    kind: str
    title: str
    link: str
    published: datetime
    """A date-time in whole seconds, with the offset of the item's time zone, or the offset that the author wrote."""
    updated: datetime
    summary: str | None = None
    """Plain text."""
    content: str | None = None
    """HTML as the author wrote it, without characters that XML forbids. Not sanitised: see `sanitized_content`."""
    topics: tuple[Category, ...] = ()
    tags: tuple[Category, ...] = ()
    authors: tuple[Person, ...] = ()
    language: str | None = None
    image: str | None = None
    """The address of its picture."""
    picture: Image | None = None
    """The picture with its description, if the author gave more than its address."""
    enclosures: tuple[Enclosure, ...] = ()
    event: EventDetails | None = None
    notice: EventChange | None = None
    """The change that this entry reports, if it is a notice. Notices have an `event`, but calendars omit them."""
    item: Item | None = None
    """The item, if `Extensions` sets its class. None for other items."""
    allowed_html: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The elements and attributes that `Extensions` adds to the allowed HTML of `content`."""

    @property
    def categories(self) -> tuple[Category, ...]:
        """Topics, then tags."""
        return self.topics + self.tags


def sanitized_content(entry: Entry, changes: dict[str, str] | None = None) -> str | None:
    """Return the sanitised content of an entry, with absolute addresses, or None if nothing is left.

    The changes that a reader would notice are put into `changes`, under the id of the entry.
    """
    html, text = sanitize_and_count(entry.content, entry.link, entry.allowed_html) if entry.content else (None, "")
    if changes is not None:
        changes[entry.id] = text
    return html or None


def find_content_changes(entry: Entry, base: str = "") -> str:
    """Return the changes that sanitising makes and a reader would notice, or an empty text.

    Addresses are resolved against `base` if the entry has no link.
    """
    if not entry.content:
        return ""
    return sanitize_and_count(entry.content, entry.link or base, entry.allowed_html).changes


class Header(NamedTuple):
    """The part of a record that selection needs, without its texts.

    Only the record, the site file and the versions of libraries determine it. So later runs can use it again, unlike an
    `Entry`, which also depends on the memory, the current time and other records.
    """

    kind: str
    timezone: str
    """The time zone of its dates (IANA name)."""
    own_id: str | None
    """The id that the author set."""
    link: str | None
    """The link that the author set."""
    minted: tuple[str, str] | None
    """The date and the title from which an id is made, if the record has neither id nor link."""
    is_local: bool
    """Whether the author set `published` without an offset, so that it depends on the time zone."""
    from_page: bool
    untitled: bool
    snapshot: str | None
    """Start, end, place and status of an event, as JSON."""
    language: str | None
    """The language that the author set."""
    name: str
    """The position and title of the record for messages, if several records start on its line."""
    place: int
    """Its position among the records that start on its line, from 1; 0 if there is only one."""
    published: datetime | None
    """The date that the author set, with a zone."""
    updated: datetime | None
    public: datetime | None
    """When the record becomes public."""
    expires: datetime | None
    """When the record is no longer public."""
    inferred: date | None
    """A date of publication that is inferred from a text page."""
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    author_digest: bytes
    content_digest: bytes
    """A digest of the fields that must be equal in all records of an item."""
    times: EventTimes | None
    path: str
    line: int
    """The first line of the record, from 1; on a text page, the line of the first date."""
    lines: Mapping[str, int]
    """The lines of the fields whose checks need the memory, the current time, other records, or the whole feed."""
    source: str
    """The name of the source."""
    position: tuple[bytes, int]
    """The key of its chunk, and its number among the records of the chunk, from 0."""
    load: Callable[[], Entry]
    """Returns the entry, without values from the memory, the current time or other records: see `load_entry`.

    Raises SourceError if the file of the record changed.
    """
    body: Callable[[], str]
    """Returns the item as JSON, or an empty text if that fails."""
    is_parsed: bool
    """Whether this run parsed the item, so that it is in memory."""
    is_single: bool
    """Whether its chunk is one line, or a file with one item. It is quick to read again, so the cache has no item."""

    def problem(self, name: str, message: str, severity: Severity = "refused") -> Problem:
        """Return a problem about a field of this record."""
        line, item = self.lines.get(name, self.line), number_item(self.line, self.place)
        identity = (self.own_id, self.link)
        return Problem(self.path, line, name, message, severity, item, name=self.name, identity=identity)


class Candidate(NamedTuple):
    """The part of an entry that selection needs. `load_entry` returns the whole entry."""

    id: str
    header: Header
    """The header of its last record."""
    published: datetime
    updated: datetime
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    digest: str
    """A digest of everything that the entry depends on, except the site file and the labels of topics."""
    link: str | None = None
    """The link of the entry if its author set none: the page of a topic, or the site's `url`."""
    paths: tuple[str, ...] = ()
    """The files of its records."""
    author_digest: bytes = b""
    """A digest of the fields that the authors of its records set."""
    is_kept: bool = False
    """Whether this is the last good version of an item whose record has errors or cannot be read."""
    memory: ItemMemory | None = None
    """The data that the memory will store about the item."""
    records: int = 1
    """How many records were merged into it."""
    event: Schedule | None = None
    notice: EventChange | None = None
    """The change that this candidate reports, if it is a notice."""
    new: NewNotice | None = None
    """Set if this run found the change, so that the selection decides which feeds have the notice."""


class NewNotice(NamedTuple):
    """A change that this run found, with the data from which the selection chooses its feeds."""

    event: Candidate
    field: str
    """The changed field of the item."""
    nearest: datetime
    """The old or the new next date of the event, whichever is earlier."""


def load_entry(candidate: Candidate) -> Entry:
    """Return the entry of a candidate, with the candidate's dates, topics and tags. Raises SourceError."""
    entry, schedule, notice = candidate.header.load(), candidate.event, candidate.notice
    event = entry.event
    if event and schedule:
        names = "next", "sequence", "change", "cancelled"
        event = replace(event, **{name: getattr(schedule, name) for name in names})
    return replace(
        entry,
        id=candidate.id,
        link=candidate.link or entry.link,
        published=candidate.published,
        updated=candidate.updated,
        summary=None if notice else entry.summary,
        content=None if notice else entry.content,
        topics=candidate.topics,
        tags=candidate.tags,
        enclosures=() if notice else entry.enclosures,
        event=event,
        notice=notice,
    )


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An item held back until `published`, or a published item whose `updated` is in the future and not used yet."""

    header: Header
    title: str
    until: datetime
    whole: bool = True
    """Whether the whole item is held back. If not, the item is published without its `updated`."""


class RefusedError(Exception):
    """A record cannot be published because of one of its fields."""

    def __init__(self, field: str, message: str, other: str = "", severity: Severity = "refused") -> None:
        """`other` is another file that the message names. If `severity` is `warning`, the record is held back."""
        self.field, self.message, self.other, self.severity = field, message, other, severity

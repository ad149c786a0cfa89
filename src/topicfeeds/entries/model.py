"""Entries: records resolved for publishing, with id, dates, time zone and event details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from ..models.items import Enclosure, Person, Place
from ..models.status import StatusName
from ..sources.model import Location
from ..state.memory import ItemMemory
from ..text.html import sanitize


class Category(NamedTuple):
    """A topic or tag on an entry (RFC 4287, 4.2.2): slug, label as the author wrote it, scheme (IRI)."""

    term: str
    label: str
    scheme: str


class EventSnapshot(NamedTuple):
    """The facts about an event that the memory stores. A change of these facts makes a notice."""

    start: str
    """A date, or a time in UTC (ISO 8601)."""
    end: str | None
    place: str | None
    status: StatusName


class EventChange(NamedTuple):
    """One change of an event. It is published as a notice."""

    at: int
    """When a run saw it, in seconds since 1970."""
    n: int
    """How often the field has had this value."""
    field: str
    """The changed field: the first of status, start, end and location that differs."""
    before: EventSnapshot
    after: EventSnapshot


@dataclass(frozen=True, slots=True)
class EventDetails:
    """The dates and place of an event. Each time has a zone, and is shown to readers in this zone."""

    start: date | datetime
    end: date | datetime | None
    """If this is a date, it is the last day of the event."""
    foreign: bool = False
    """Whether the zone differs from the site's. If so, texts name the zone."""
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
    in_calendar: bool = True
    until: datetime | None = None
    """When the rendered text next changes without an edit, e.g. when the next occurrence is over."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item resolved for publishing."""

    id: str
    """An absolute IRI. It is the same in all feeds and never changes."""
    kind: str
    title: str
    link: str
    published: datetime
    """A time with a zone, in whole seconds, in the zone that the author meant."""
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
    enclosures: tuple[Enclosure, ...] = ()
    event: EventDetails | None = None
    notice: EventChange | None = None
    """The change that this entry reports. A notice has the `event`, but is not published as an event."""

    @property
    def categories(self) -> tuple[Category, ...]:
        """Topics, then tags."""
        return self.topics + self.tags


def sanitized_content(entry: Entry) -> str | None:
    """Return the sanitised content of an entry, with absolute addresses, or None if nothing is left."""
    return (sanitize(entry.content, entry.link) or None) if entry.content else None


class Candidate(NamedTuple):
    """The part of an entry that selection needs. `load` returns the whole entry."""

    id: str
    kind: str
    published: datetime
    updated: datetime
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    load: Callable[[], Entry]
    """Returns the entry. Raises SourceError if its file changed.

    If the entry is not in memory, its topics may have other labels than `topics`: see `load_entry`.
    """
    source: str = "items"
    """The name of the source of its record."""
    location: Location | None = None
    """Where its record is. None if the next run cannot recognise the record."""
    memory: ItemMemory | None = None
    """The data that the memory will store about the item."""
    author_digest: bytes | None = None
    """The digest of the fields that the author set; None without a state."""
    digest: str | None = None
    """The content digest, once it is known."""
    stored_digest: str | None = None
    """The content digest that the last run stored."""
    records: int = 1
    """How many records were merged into it."""
    event: EventDetails | None = None
    is_notice: bool = False
    is_spilled: bool = False
    """Whether its entry is in a temporary file."""
    is_unchanged: bool = False
    """Whether its record is unchanged since the last run, and was not read again."""


def load_entry(candidate: Candidate) -> Entry:
    """Return the entry of a candidate. Its topics get the labels that the candidate has."""
    entry = candidate.load()
    return entry if entry.topics == candidate.topics else replace(entry, topics=candidate.topics)


class RefusedError(Exception):
    """A record cannot be published because of one of its fields."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


class DuplicateIdError(Exception):
    """An unchanged record has the same id as another record. The run must read all records again."""

"""What flows from step to step once it is settled: Entry -> Feed -> Document -> Changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from ..models.items import Enclosure, Person, Place
from ..sources.model import Location
from ..state.memory import ItemMemory
from ..state.rows import Row
from ..text.html import sanitize


class Category(NamedTuple):
    """A topic or tag on an entry (RFC 4287, 4.2.2): slug, label as the author wrote it, scheme (IRI)."""

    term: str
    label: str
    scheme: str


class EventSnapshot(NamedTuple):
    """What readers must know of an event when it changes, as the memory keeps it."""

    start: str
    """A date, or a moment in UTC (ISO 8601)."""
    end: str | None
    place: str | None
    status: str


class EventChange(NamedTuple):
    """One change of an event that its readers are told of."""

    at: int
    """When it was seen, in seconds since 1970."""
    n: int
    """How often the field had this value by then."""
    field: str
    """What it is named for: status, start, end or location."""
    before: EventSnapshot
    after: EventSnapshot


@dataclass(frozen=True, slots=True)
class EventDetails:
    """When and where an event is, settled: all times are aware, in the zone that they are told in."""

    start: date | datetime
    end: date | datetime | None
    """A date is the last day."""
    foreign: bool = False
    """Whether the zone is not the site's, and has to be named."""
    place: Place | None = None
    organizer: Person | None = None
    status: str | None = None
    recurrence: str | None = None
    """A rule of RFC 5545."""
    left_out: tuple[date | datetime, ...] = ()
    next: tuple[date | datetime, ...] = ()
    """The next starts of one that recurs, three at most."""
    sequence: int = 0
    """Grows with every change (RFC 5545, 3.8.7.4)."""
    change: EventChange | None = None
    """The last change that readers were told of."""
    in_calendar: bool = True
    until: datetime | None = None
    """When what is told of it changes by itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item settled for publishing: id, dates and zones resolved."""

    id: str
    """An absolute IRI, the same in all feeds and for ever."""
    kind: str
    title: str
    link: str
    published: datetime
    """Aware, whole seconds, in the zone that the author meant."""
    updated: datetime
    summary: str | None = None
    content: str | None = None
    """HTML as the author wrote it, but for what XML forbids: publish `html`."""
    topics: tuple[Category, ...] = ()
    tags: tuple[Category, ...] = ()
    authors: tuple[Person, ...] = ()
    language: str | None = None
    image: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    event: EventDetails | None = None
    notice: EventChange | None = None
    """The change that this entry tells of; it is then no event itself."""
    records: int = 1
    """How many records say it: more than one where an item stands on several pages."""
    known: ItemMemory | None = None
    """What the memory is to keep of it."""
    wrote: bytes | None = None
    """A digest of what its author wrote, where there is a memory."""
    source: str = "items"
    """What it was read from."""
    locator: Location | None = None
    """Where it was read, if the next run may know it by that."""
    load: Callable[[], Entry] | None = None
    """Gives the entry with all that it holds, where only what selecting takes is here."""
    digested: str | None = None
    """Its `core`, where that is known already."""
    made: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What was made of it, by name, as an entry stands in many feeds: `html`, `whole`, digests; bytes of formats."""

    @property
    def categories(self) -> tuple[Category, ...]:
        """Topics, then tags."""
        return self.topics + self.tags

    @property
    def html(self) -> str | None:
        """The content, sanitised and with absolute addresses; None where nothing is left of it."""
        if "html" not in self.made:
            self.made["html"] = (sanitize(self.content, self.link) or None) if self.content else None
        html: str | None = self.made["html"]
        return html

    @property
    def whole(self) -> Entry:
        """The entry with all that it holds."""
        if self.load is None:
            return self
        if "whole" not in self.made:
            self.made["whole"] = replace(self.load(), topics=self.topics)
        whole: Entry = self.made["whole"]
        return whole

    @property
    def row(self) -> Row | None:
        """What is to be remembered of the record that was read."""
        labels = [one.label for one in self.topics], [one.label for one in self.tags]
        return Row(self.id, self.published, self.updated, "", *labels, self.known) if self.known else None

    def without(self, load: Callable[[], Entry] | None = None, digested: str | None = None) -> Entry:
        """Give the entry with what selecting takes, and little more; `load` will give all of it."""
        return Entry(
            id=self.id,
            kind=self.kind,
            title="",
            link="",
            published=self.published,
            updated=self.updated,
            topics=self.topics,
            tags=self.tags,
            known=self.known,
            source=self.source,
            locator=self.locator,
            load=load,
            digested=digested,
        )

    def release(self) -> None:
        """Let go of what was made of it for feeds, as all that hold it are written; of an event, calendars need it."""
        if self.event is None:
            kept = {name: made for name, made in self.made.items() if name in ("core", "digest")}
            self.made.clear()
            self.made.update(kept)

    @property
    def core(self) -> str:
        """A fingerprint of all that the entry holds but for topics, which are titled by what other items say."""
        if "core" not in self.made:
            self.made["core"] = self.digested or (self.whole.core if self.load else self._sum())
        return str(self.made["core"])

    def _sum(self) -> str:
        texts = self.title, self.summary or "", self.content or ""
        values: list[object] = [*map(len, texts), self.published.isoformat(), self.updated.isoformat(), *_plain(self)]
        values.append(list(map(tuple, self.tags)))
        values += ([one.__dict__ for one in some] for some in (self.authors, self.enclosures))
        whole = [self.title, self.wrote.hex()] if self.wrote else texts  # which took as long to sum up
        return hashlib.sha256("".join([repr(values), *whole]).encode("utf-8", "backslashreplace")).hexdigest()

    @property
    def digest(self) -> str:
        """A fingerprint of all that the entry holds."""
        if "digest" not in self.made:
            self.made["digest"] = self.core + repr(tuple(map(tuple, self.topics)))
        return str(self.made["digest"])


_APART = ("known", "wrote", "source", "locator", "load", "digested", "made", "topics", "tags", "authors", "enclosures")
_TEXTS = ("title", "summary", "content", "published", "updated")
_plain = attrgetter(*(name for name in Entry.__dataclass_fields__ if name not in _APART + _TEXTS))
"""The fields of an entry that are spelled quickly as they are."""

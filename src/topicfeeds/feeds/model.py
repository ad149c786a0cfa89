"""Feeds: selections of entries, each with an identity of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ..entries.model import Candidate, Entry
from ..models.items import Person


@dataclass(frozen=True, slots=True)
class Feed:
    """A selection of entries, newest first."""

    path: str
    """The name of the feed: a path without suffix, such as `topics/mobility`."""
    id: str
    title: str
    description: str | None
    page: str
    """The web page with the same entries: the `url` of the topic or declared feed, else the `url` of the site."""
    base: str
    """The address at which the output folder is served."""
    updated: datetime
    """The latest `updated` of its entries."""
    entries: tuple[Entry, ...]
    author: Person
    language: str
    formats: tuple[str, ...]
    """The formats in which it is published, by name."""
    rights: str | None = None
    logo: str | None = None
    calendar: tuple[Entry, ...] | None = None
    """All events of its calendar, sorted by start, without limit. None if the site publishes no calendars."""
    event_title: str | None = None
    """The pattern of event titles."""
    confirms: bool = False
    """Whether calendars give cancelled events the status CONFIRMED."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A feed whose entries are not loaded yet."""

    feed: Feed
    """The feed without its entries."""
    candidates: tuple[Candidate, ...]
    calendar: tuple[Candidate, ...] = ()
    """The candidates of its calendar: events, sorted by start."""

    @property
    def path(self) -> str:
        """The name of the feed."""
        return self.feed.path

    def load(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with its entries. The argument loads each entry. Events of the calendar are not loaded."""
        return replace(self.feed, entries=tuple(map(load, self.candidates)))

    def load_calendar(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with the events of its calendar. `load` loads each event. Other entries are not loaded."""
        return replace(self.feed, calendar=tuple(map(load, self.calendar)))

    def load_all(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with its entries and the events of its calendar. `load` loads each of them."""
        calendar = None if self.feed.calendar is None else tuple(map(load, self.calendar))
        return replace(self.feed, entries=tuple(map(load, self.candidates)), calendar=calendar)

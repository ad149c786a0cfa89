"""Feeds: selections of entries, each with an identity of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ..entries.model import Candidate, Entry, load_entry
from ..models.items import Person


@dataclass(frozen=True, slots=True)
class Feed:
    """A selection of entries, newest first."""

    path: str
    """Its name: a path without suffix, such as `topics/mobility`."""
    id: str
    title: str
    description: str | None
    page: str
    """The page for people that shows the same: the topic's, else the site's."""
    base: str
    """The address of the folder that all feeds are served from."""
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
    """Its events, by their start, however many; None where the site publishes no calendars."""
    event_title: str | None = None
    """The pattern of titles of events."""
    confirms: bool = False
    """Whether calendars call cancelled events confirmed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A feed whose entries are not loaded yet."""

    feed: Feed
    """The feed without its entries."""
    candidates: tuple[Candidate, ...]
    calendar: tuple[Candidate, ...] = ()
    """The candidates of its calendar: events, by their start."""

    @property
    def path(self) -> str:
        """The name of the feed."""
        return self.feed.path

    def load(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with the entries that `load` gives, and without its calendar's."""
        return replace(self.feed, entries=tuple(map(load, self.candidates)))

    def load_calendar(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with the events of its calendar that `load` gives, and without other entries."""
        return replace(self.feed, calendar=tuple(map(load, self.calendar)))

    def load_all(self) -> Feed:
        """Return the feed with its entries and its calendar."""
        calendar = None if self.feed.calendar is None else tuple(map(load_entry, self.calendar))
        return replace(self.feed, entries=tuple(map(load_entry, self.candidates)), calendar=calendar)

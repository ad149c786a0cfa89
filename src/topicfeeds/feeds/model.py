"""What flows from step to step once it is settled: Entry -> Feed -> Document -> Changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..entries.model import Entry
from ..models.items import Person


@dataclass(frozen=True, slots=True)
class Feed:
    """A selection of entries, newest first, with an identity of its own."""

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
    """The formats that are published of it, by name."""
    rights: str | None = None
    logo: str | None = None
    calendar: tuple[Entry, ...] | None = None
    """Its events, by their start, however many; None where the site publishes no calendars."""
    event_title: str | None = None
    """The pattern of titles of events."""
    confirms: bool = False
    """Whether calendars call cancelled events confirmed."""

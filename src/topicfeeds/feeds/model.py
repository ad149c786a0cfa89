"""Feeds: selections of entries, each with an identity of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..entries.model import Candidate, Entry
from ..models.items import Person
from ..models.site import Site
from ..text.characters import to_one_line

NEVER_UPDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The `updated` of a feed that never had entries."""


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
    timezone: str = "UTC"
    """The site's time zone (IANA name). An empty calendar names it, as a calendar needs a component."""


def make_feed(site: Site, path: str, title: str) -> Feed:
    """Return a feed without entries, with the values that all feeds of a site share."""
    author = site.author if isinstance(site.author, Person) else Person(name=site.author or site.title)
    return Feed(
        path=path,
        id=f"tag:{site.authority}:feed/{path}",
        title=to_one_line(title),
        description=None,
        page=site.url,
        base=site.base,
        updated=NEVER_UPDATED,
        entries=(),
        author=author.model_copy(update={"name": to_one_line(author.name)}),
        language=site.language,
        formats=(),
        rights=to_one_line(site.rights) if site.rights else None,
        logo=site.logo,
        event_title=site.feeds.event_title,
        confirms=site.feeds.cancelled_events == "confirmed",
        timezone=site.timezone,
    )


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
        """Return the feed with the events of its calendar, which `load` returns. Its other entries are not loaded."""
        return replace(self.feed, calendar=tuple(map(load, self.calendar)))

    def load_all(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with its entries and its calendar, which `load` returns."""
        calendar = None if self.feed.calendar is None else tuple(map(load, self.calendar))
        return replace(self.feed, entries=tuple(map(load, self.candidates)), calendar=calendar)

"""A site with events that is published again and again, with what readers see of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from support import as_shown, event, site
from topicfeeds import Article, Entry, Event, publish
from topicfeeds.entries.headers import make_headers
from topicfeeds.entries.model import Candidate, load_entry
from topicfeeds.entries.resolve import Resolver
from topicfeeds.feeds.select import select_feeds
from topicfeeds.state.store import State

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=1)


class Years:
    """A site that is published again and again, an hour apart, into a folder."""

    def __init__(self, folder: Any, **fields: Any) -> None:
        self.site, self.folder, self.state, self.now = (
            site(**{"timezone": "Europe/Brussels", **fields}),
            folder,
            State(),
            FIRST,
        )
        self.problems: list[str] = []

    def run(self, *items: Event | Article) -> list[Entry]:
        """Publish, and give the entries as readers see them."""
        done = publish(self.site, items, self.folder, state=self.state, now=self.now, allow_shrink=True)
        self.problems = [str(problem) for problem in done.problems]
        shown = self.shown(*items)
        self.now += HOURS
        return shown

    def shown(self, *items: Event | Article) -> list[Entry]:
        """Resolve items with what the memory has of them, and write nothing."""
        self.state.begin(int(self.now.timestamp()), dry=True)
        try:
            resolved = Resolver(self.site, self.state, self.now).resolve_all(make_headers(self.site, items))
            selected = select_feeds(self.site, (one for one in resolved if isinstance(one, Candidate)))["all"]
        finally:
            self.state.close()
        return list(as_shown(selected.load_all(load_entry)))


def fair(**fields: Any) -> Event:
    given = {
        "id": "fair",
        "title": "Fair",
        "published": None,
        "start": "2026-05-06T18:00",
        "location": "Hall",
        **fields,
    }
    return event(**given)


def titles(entries: list[Entry]) -> list[str]:
    return [entry.title.replace("\u202f", " ") for entry in entries]

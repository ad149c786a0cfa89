"""A site for applications, and a client that calls an application without a server."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from support import article, event, site
from topicfeeds import Site
from topicfeeds.web import FeedApp, FeedResponse, FeedTerms

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FORMS = ["atom", "rss", "json", "ics"]
CITY = site(
    topics={"housing": {"title": "Housing"}, "work": {}},
    feeds={"formats": FORMS},
    pages={},
    tags={"C++": {"slug": "cpp"}},
)
ITEMS = [
    article(id="homes", topics=["housing"], tags=["C++", "care"]),
    article(id="jobs", title="Jobs", topics=["work"], tags=["care"]),
    event(id="fair", topic="work", tags=["care"], start=date(2026, 5, 1)),
]


class Caller:
    """A client of an app, and the functions that the app calls."""

    def __init__(self, site: Site = CITY, items: Iterable[Any] = ITEMS, **options: Any) -> None:
        self.asked: list[FeedTerms] = []
        self.version: object = 1
        self.now, self.found = NOW, items
        if options.pop("versions", False):
            options["version"] = lambda _: self.version
        self.app = FeedApp(site, self.items, **{"clock": lambda: self.now, **options})

    def items(self, selection: FeedTerms) -> Iterable[Any]:
        self.asked.append(selection)
        return self.found

    def get(self, path: str, query: str = "", *, method: str = "GET", **headers: str) -> FeedResponse:
        return self.app.respond(method, path, query, {name.replace("_", "-"): text for name, text in headers.items()})

"""An application of ASGI: articles and events in a list, mounted at /feeds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from topicfeeds import Article, Event, FeedSettings, PageSettings, Site
from topicfeeds.web import FeedApp, asgi

SITE = Site(
    title="River Cities",
    url="https://www.example.org/",
    feeds_url="https://www.example.org/feeds/",
    feeds=FeedSettings(formats=["atom", "rss", "json", "ics"]),
    pages=PageSettings(),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS: list[Any] = [
    Article(
        id=str(n),
        title=f"Post {n}",
        link=f"https://www.example.org/posts/{n}/",
        published=START - timedelta(hours=n),
        tags=[("Housing", "Work")[n % 2]],
    )
    for n in range(100)
]
ITEMS += [Event(id=f"e{n}", title=f"Event {n}", published=START, start=date(2026, 5, n)) for n in (1, 2, 3)]
feeds = asgi(FeedApp(SITE, lambda selection: ITEMS, version=lambda selection: 1))


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await feeds({**scope, "root_path": "/feeds"}, receive, send)

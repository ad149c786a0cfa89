"""An application of ASGI: articles and events in a list, mounted at /feeds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from topicfeeds import Article, Event, FeedSettings, PageSettings, Site, State, record
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
# The first event was announced for another day, so readers get a notice.
before = Event(id="e1", title="Event 1", published=START, start=date(2026, 6, 1))
for items, day in ([*ITEMS[:100], before, *ITEMS[101:]], 1), (ITEMS, 2):
    record(SITE, items, "feeds.sqlite", now=START + timedelta(days=day))
STATE = State("feeds.sqlite", read_only=True)
feeds = asgi(FeedApp(SITE, lambda selection: ITEMS, version=lambda selection: 1, state=STATE))


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await feeds({**scope, "root_path": "/feeds"}, receive, send)

"""An application of WSGI: articles and events in a list, mounted at /feeds, with the checks of the standard."""

import sys
from datetime import UTC, date, datetime, timedelta
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server
from wsgiref.validate import validator

from topicfeeds import Article, Event, FeedSettings, PageSettings, Site, State, record
from topicfeeds.web import FeedApp, wsgi

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
feeds = validator(wsgi(FeedApp(SITE, lambda selection: ITEMS, version=lambda selection: 1, state=STATE)))


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """A server that answers several requests at once."""


def application(environ: Any, start_response: Any) -> Any:
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/feeds", environ["PATH_INFO"].removeprefix("/feeds")
    return feeds(environ, start_response)


make_server("127.0.0.1", int(sys.argv[1]), application, ThreadedServer).serve_forever()

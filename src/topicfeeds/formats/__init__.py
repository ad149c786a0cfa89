"""Formats: render feeds as bytes. The module of a format has the name of the format, and a function `render`.

The function gets the feed, the address at which the bytes will be served, the addresses of the feed in other formats,
and the cache that the documents of a run share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

from ..entries.model import Entry
from ..errors import nearest, show
from ..feeds.model import Feed
from ..registry import FEED_FORMATS
from .render_cache import RenderCache

Alternates = Sequence[tuple[str, str]]
"""Address and media type of a feed in its other formats."""
Render = Callable[[Feed, str, Alternates, RenderCache], bytes]


@cache
def find_renderer(name: str) -> Render:
    """Return the function that renders a format, by the format's name in the registry."""
    render: Render = import_module(f".{name}", __name__).render
    return render


def feed_url(feed: Feed, name: str) -> str:
    """Return the address of the published document of a feed, in the format `name`."""
    return f"{feed.base}{feed.path}{FEED_FORMATS[name].suffix}"


def render(feed: Feed, format: str, url: str | None = None) -> bytes:  # noqa: A002 - callers write format=
    """Return a feed in a format, as UTF-8.

    `url` is the address at which the bytes will be served; the feed contains it (`rel="self"`). Default: the address of
    the published document. Raises ValueError for an unknown format.
    """
    if format not in FEED_FORMATS:
        hint = nearest(format, FEED_FORMATS) or f" (known: {', '.join(FEED_FORMATS)})"
        raise ValueError(f"unknown format {show(format)}{hint}")
    return render_document(feed, format, RenderCache(), url)


def render_document(feed: Feed, name: str, cache: RenderCache, url: str | None = None) -> bytes:
    """Return a feed in a known format. The documents of a run share the cache."""
    alternates = [(feed_url(feed, one), FEED_FORMATS[one].media_type) for one in feed.formats if one != name]
    return find_renderer(name)(feed, url or feed_url(feed, name), alternates, cache)


EVENT_MEDIA_TYPE = "text/calendar"
EVENT_FOLDER = "events/"


def event_path(entry_id: str) -> str:
    """Return the path of an event's calendar file, made from the event's id."""
    return f"{EVENT_FOLDER}{hashlib.sha256(entry_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.ics"


def render_event(entry: Entry, feed: Feed, cache: RenderCache) -> bytes:
    """Return the calendar file of one event, in the language of a feed."""
    from .ics import render_event_file

    return render_event_file(entry, feed, cache)

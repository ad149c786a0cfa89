"""Formats: a feed becomes bytes. A module here is named as its format, and has a function `render`.

It gets the feed, the address at which the bytes will be served, and the feed's addresses in other formats.
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

Alternates = Sequence[tuple[str, str]]
"""Address and media type of a feed in its other formats."""
Render = Callable[[Feed, str, Alternates], bytes]


@cache
def find_renderer(name: str) -> Render:
    """Load the function that renders a format, by the format's name in the registry."""
    render: Render = import_module(f".{name}", __name__).render
    return render


def feed_url(feed: Feed, name: str) -> str:
    """Return the address at which the published file of a format is served."""
    return f"{feed.base}{feed.path}{FEED_FORMATS[name].suffix}"


def render(feed: Feed, format: str, url: str | None = None) -> bytes:  # noqa: A002 - the field's own word
    """Spell a feed, as UTF-8.

    `url` is the address at which the bytes will be served, where it is not that of the published
    file: a feed names its own address (`rel="self"`). Raises ValueError for an unknown format.
    """
    if format not in FEED_FORMATS:
        raise ValueError(f"unknown format {show(format)}{nearest(format, FEED_FORMATS)}")
    alternates = [(feed_url(feed, name), FEED_FORMATS[name].media_type) for name in feed.formats if name != format]
    return find_renderer(format)(feed, url or feed_url(feed, format), alternates)


def event_path(entry: Entry) -> str:
    """Name the file of an event, by its id (RFC 5545)."""
    return f"events/{hashlib.sha256(entry.id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.ics"


def render_event(entry: Entry, feed: Feed) -> bytes:
    """Spell the calendar file of one event, in the language of a feed."""
    from .ics import render_event_file

    return render_event_file(entry, feed)

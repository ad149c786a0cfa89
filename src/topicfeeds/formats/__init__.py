"""Formats: render feeds as bytes. The module of a format has the name of the format, and a function `render`.

The function gets the feed, the address at which the bytes will be served, the addresses of the feed in other formats,
and the cache that the documents of a run share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from ..entries.model import Entry
from ..feeds.model import Feed
from .render_cache import RenderCache

Alternates = Sequence[tuple[str, str]]
"""Address and media type of a feed in its other formats."""
Render = Callable[[Feed, str, Alternates, RenderCache], bytes]


def find_renderer(name: str) -> Render:
    """Return the function that renders a format, by the format's name in the registry."""
    render: Render = import_module(f".{name}", __name__).render
    return render


def render(
    feed: Feed,
    format: str,  # noqa: A002 - callers write format=
    url: str | None = None,
    *,
    alternates: Mapping[str, str] | None = None,
) -> bytes:
    """Return a feed in a format, as UTF-8. The HTML of its entries is sanitised.

    `url` is the address at which the bytes will be served; the feed contains it (`rel="self"`). `alternates` has the
    addresses of the feed in other formats, by format. Default: the addresses of the published documents. Raises
    ValueError for an unknown format, and for a calendar of a feed without events. Threads may call it.
    """
    if not isinstance(url, str | None):
        raise TypeError(f"url is {url!r} (pass the address of the document as text)")
    if feed.find_format(format).is_calendar and not feed.calendar:
        raise ValueError(f"the feed {feed.path} has no events, so it has no calendar")
    return render_document(feed, format, RenderCache(), url, alternates)


def render_document(
    feed: Feed, name: str, cache: RenderCache, url: str | None = None, alternates: Mapping[str, str] | None = None
) -> bytes:
    """Return a feed in a known format. The documents of a run share the cache."""
    others = {one: feed.url(one) for one in feed.formats} if alternates is None else alternates
    form = feed.find_format(name)
    if form.render:
        content = form.render(feed, url or feed.url(name))
        if form.mark not in content:
            raise ValueError(f"a document of the format {name} does not contain {form.mark.decode()!r}")
        return content
    linked = [(address, feed.media_type(one)) for one, address in others.items() if one != name]
    return find_renderer(name)(feed, url or feed.url(name), linked, cache)


EVENT_MEDIA_TYPE = "text/calendar"
EVENT_FOLDER = "events/"


def event_path(entry_id: str) -> str:
    """Return the path of an event's calendar file, made from the event's id."""
    return f"{EVENT_FOLDER}{hashlib.sha256(entry_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.ics"


def render_event(entry: Entry, feed: Feed, cache: RenderCache) -> bytes:
    """Return the calendar file of one event, in the language of a feed."""
    from .ics import render_event_file

    return render_event_file(entry, feed, cache)

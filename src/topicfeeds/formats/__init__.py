"""How a feed is spelled: one module a format, each a function from a feed, its address and its sisters to bytes.

To add a format, write the function, add its line to FORMATS and its name to `models.sites.Format`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import nearest, show
from ..flow import Entry, Feed

Sisters = Sequence[tuple[str, str]]
"""Address and media type of a feed in its other formats."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a feed down, and what the web should call it."""

    suffix: str
    media_type: str
    write: Callable[[Feed, str, Sisters], bytes]

    def url(self, feed: Feed) -> str:
        """Give the address at which the published file is served."""
        return f"{feed.base}{feed.path}{self.suffix}"


def _atom(feed: Feed, url: str, sisters: Sisters) -> bytes:
    from .atom import atom  # here, for those who only look at the table: feedgen takes long to load

    return atom(feed, url, sisters)


def _rss(feed: Feed, url: str, sisters: Sisters) -> bytes:
    from .rss import rss

    return rss(feed, url, sisters)


def _ical(feed: Feed, url: str, sisters: Sisters) -> bytes:
    from .ical import ical

    return ical(feed, url, sisters)


# `.xml` has a media type that every reader accepts from any web server.
FORMATS = {
    "atom": Format(".atom.xml", "application/atom+xml", _atom),
    "rss": Format(".rss.xml", "application/rss+xml", _rss),
    "ics": Format(".ics", "text/calendar", _ical),
}


def render(feed: Feed, format: str, url: str | None = None) -> bytes:  # noqa: A002 - the field's own word
    """Spell a feed, as UTF-8.

    `url` is the address at which the bytes will be served, where it is not that of the published
    file: a feed names its own address (`rel="self"`). Raises ValueError for an unknown format.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {show(format)}{nearest(format, FORMATS)}")
    sisters = [(FORMATS[name].url(feed), FORMATS[name].media_type) for name in feed.formats if name != format]
    return FORMATS[format].write(feed, url or FORMATS[format].url(feed), sisters)


def event_path(entry: Entry) -> str:
    """Name the file of an event, by its id (RFC 5545)."""
    return f"events/{hashlib.sha256(entry.id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.ics"


def render_event(entry: Entry, feed: Feed) -> bytes:
    """Spell the calendar file of one event, in the language of a feed."""
    from .ical import event_file

    return event_file(entry, feed)

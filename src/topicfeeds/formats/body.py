"""The body of an entry, and the calendar file of an event: the same in every format."""

from __future__ import annotations

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.items import Enclosure
from ..text.plain_text import write_paragraphs
from . import EVENT_MEDIA_TYPE, event_path, render_event
from .event_text import format_lead
from .render_cache import RenderCache


def make_body(entry: Entry, feed: Feed, file: Enclosure | None, cache: RenderCache) -> str | None:
    """Return the body. An event's body starts with a line that shows its date, place and status.

    An event without content has its summary there, because many readers show either the body or the summary.
    """
    html = cache.html(entry)
    if entry.event is None:
        return html
    text = html or ("" if entry.notice else write_paragraphs(entry.summary or ""))
    return format_lead(entry, feed, file.url if file else None) + text


def make_attachment(entry: Entry, feed: Feed, cache: RenderCache) -> Enclosure | None:
    """Return the calendar file of an event, or None. Articles, notices and sites without calendars have none."""
    if entry.event is None or entry.notice or not feed.has_event_files:
        return None
    length = len(render_event(entry, feed, cache))
    return Enclosure.model_construct(
        url=feed.base + event_path(entry.id), type=EVENT_MEDIA_TYPE, length=length, title=None
    )

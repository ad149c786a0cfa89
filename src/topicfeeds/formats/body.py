"""The body and the files of an entry: the same in every format."""

from __future__ import annotations

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.items import Enclosure
from ..text.plain_text import write_paragraphs
from . import EVENT_MEDIA_TYPE, event_path, render_event
from .event_text import format_lead
from .render_cache import RenderCache


def make_content(entry: Entry, feed: Feed, cache: RenderCache) -> tuple[str | None, list[Enclosure]]:
    """Return the body and the files of an entry. The calendar file of an event is one of its files.

    An event's body starts with a line that shows its date, place and status. An event without content has its summary
    there, because many readers show either the body or the summary. Notices have no calendar file.
    """
    html, files, address = cache.html(entry), list(entry.enclosures), None
    if entry.event is None:
        return html, files
    if feed.has_event_files and not entry.notice:
        address = feed.base + event_path(entry.id)
        length = len(render_event(entry, feed, cache))
        own = Enclosure.model_construct(url=address, type=EVENT_MEDIA_TYPE, length=length, title=None)
        files.append(own)
    text = html or ("" if entry.notice else write_paragraphs(entry.summary or ""))
    return format_lead(entry, feed, address) + text, files

"""Events in Atom and RSS: elements for programs, and the body for people."""

from __future__ import annotations

from datetime import date, datetime

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.dates import to_whole_minutes
from ..models.items import Enclosure
from . import event_path, render_event
from ._feedgen import EV, GEORSS, ElementCalls
from .event_text import format_lead
from .render_cache import RenderCache


def add_event(item: ElementCalls, entry: Entry) -> None:
    """Add the elements of the RSS event module, and the point of GeoRSS."""
    event = entry.event
    if event is None or entry.notice:
        return
    item.add(f"{{{EV}}}startdate", _format_w3cdtf(event.start))
    if event.end:
        item.add(f"{{{EV}}}enddate", _format_w3cdtf(event.end))
    if event.place:
        item.add(f"{{{EV}}}location", event.place.line)
        if point := event.place.point:
            item.add(f"{{{GEORSS}}}point", " ".join(point))
    if event.organizer:
        item.add(f"{{{EV}}}organizer", event.organizer.name)
    item.add(f"{{{EV}}}type", entry.topics[0].label if entry.topics else "event")


def make_body(entry: Entry, feed: Feed, file: Enclosure | None, cache: RenderCache) -> str | None:
    """Return the body. An event's body starts with a line that shows its date, place and status."""
    html = cache.html(entry)
    if entry.event is None:
        return html
    return format_lead(entry, feed, file.url if file else None) + (html or "") or None


def make_attachment(entry: Entry, feed: Feed, cache: RenderCache) -> Enclosure | None:
    """Return the calendar file of an event, or None if the site publishes no calendars."""
    if entry.event is None or entry.notice or feed.calendar is None:
        return None
    length = len(render_event(entry, feed, cache))
    return Enclosure.model_construct(
        url=feed.base + event_path(entry.id), type="text/calendar", length=length, title=None
    )


def _format_w3cdtf(moment: date) -> str:
    return to_whole_minutes(moment).isoformat() if isinstance(moment, datetime) else moment.isoformat()

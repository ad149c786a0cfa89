"""The elements of events in Atom and RSS: those of the RSS event module, and GeoRSS."""

from __future__ import annotations

from datetime import date, datetime

from ..entries.model import Entry
from ..models.dates import to_whole_minutes
from ._feedgen import EV, GEORSS, ElementCalls


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


def _format_w3cdtf(moment: date) -> str:
    return to_whole_minutes(moment).isoformat() if isinstance(moment, datetime) else moment.isoformat()

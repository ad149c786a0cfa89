"""iCalendar (RFC 5545, RFC 7986): a calendar for each feed with events, and a small file for each event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, vCalAddress, vDuration, vRecur
from icalendar.prop import vInline

from ..entries.model import Entry, EventDetails
from ..feeds.model import Feed
from ..models.dates import duration
from ..models.status import STATUSES
from ..text.plain_text import write_plain_text
from ..text.urls import to_uri
from . import Alternates
from ._verify import verify
from ._vtimezone import KNOWN, render_vtimezone
from .event_text import status_word
from .render_cache import RenderCache
from .translations import find_translation

_PRODID = "-//topicfeeds//topicfeeds//EN"
_HOUR = timedelta(hours=1)
_UTC = ("UCT", "UTC", "Universal", "Zulu")


def render(feed: Feed, url: str, _: Alternates, cache: RenderCache) -> bytes:
    """Return the calendar of a feed. The calendar is served at `url`."""
    head = Calendar()
    title = _escape_text(feed.title)
    for name, value in (("PRODID", _PRODID), ("VERSION", "2.0"), ("NAME", title), ("X-WR-CALNAME", title)):
        head.add(name, value)
    if feed.description:
        head.add("DESCRIPTION", _escape_text(feed.description))
    interval = timedelta(minutes=feed.refresh) if feed.refresh else _HOUR
    head.add("REFRESH-INTERVAL", interval, parameters={"VALUE": "DURATION"})
    head.add("X-PUBLISHED-TTL", vDuration(interval))
    head.add("SOURCE", to_uri(url), parameters={"VALUE": "URI"})
    head.add("URL", to_uri(feed.page))
    return _render_calendar(head, to_uri(url), feed.calendar or (), feed, cache)


def render_event_file(entry: Entry, feed: Feed, cache: RenderCache) -> bytes:
    """Return the calendar file of one event."""

    def render_file() -> bytes:
        head = Calendar()
        head.add("PRODID", _PRODID)
        head.add("VERSION", "2.0")
        return _render_calendar(head, entry.id, [entry], feed, cache)

    return cache.get(entry, ("file", feed.language, feed.confirms), render_file)


def _render_calendar(head: Component, identity: str, entries: Sequence[Entry], feed: Feed, cache: RenderCache) -> bytes:
    """Return a calendar with zones and events. Each event is rendered once for all calendars.

    A calendar that lacks `identity` when it is read back is a bug. An empty calendar contains the zone of the site: a
    calendar needs a component (RFC 5545, 3.4).
    """
    start, end = head.to_ical().split(b"END:VCALENDAR")
    events = [entry.event for entry in entries if entry.event]
    rendered = (_render_event(entry, feed, cache) for entry in entries)
    zones = _render_zones(events) if entries else [render_vtimezone(feed.timezone, KNOWN)]
    calendar = b"".join([start, *zones, *rendered, b"END:VCALENDAR", end])
    return verify(calendar, identity, sum(1 + len(event.cancelled) for event in events))


def _render_zones(events: Iterable[EventDetails]) -> Iterable[bytes]:
    """Return the VTIMEZONE of each zone that the events use, from the year of its first event on."""
    years: dict[str, int] = {}
    for event in events:
        for moment, recurs in ((event.start, bool(event.recurrence)), (event.end, False)):
            if isinstance(moment, datetime) and (key := _find_tzid(moment, recurs=recurs)):
                years[key] = min(moment.year, years.get(key, moment.year))
    return [render_vtimezone(key, years[key]) for key in sorted(years)]


def _find_tzid(moment: datetime, *, recurs: bool = False) -> str | None:
    """Return the name of the zone of a date-time, or None if the calendar must give the time in UTC.

    Calendar programs disagree about some local times. If the clocks show a time twice, some programs use the second
    one. ical.js drops the seconds of old offsets. Recurring events always use local times.
    """
    zone = moment.tzinfo
    if not isinstance(zone, ZoneInfo) or zone.key.removeprefix("Etc/") in _UTC or moment.year >= KNOWN:
        return None
    offsets = {moment.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1)}
    return zone.key if recurs or (len(offsets) == 1 and not offsets.pop() % timedelta(minutes=1)) else None


def _render_event(entry: Entry, feed: Feed, cache: RenderCache) -> bytes:
    variant = "event", feed.language, feed.confirms
    return cache.get(entry, variant, lambda: b"".join(one.to_ical() for one in _make_events(entry, feed, cache)))


def _make_events(entry: Entry, feed: Feed, cache: RenderCache) -> Iterator[Event]:
    """Yield an event, and each of its cancelled dates as an event of its own (RFC 5545, 3.8.4.4)."""
    event = entry.event
    if event is None:
        raise TypeError("the entry is not an event")
    yield _make_event(entry, event, feed, cache)
    for start in event.cancelled:
        end = event.end and start + (event.end - event.start)
        one = replace(event, start=start, end=end, status="cancelled", recurrence=None, left_out=())
        made = _make_event(entry, one, feed, cache)
        _add_moment(made, "RECURRENCE-ID", start, recurs=True)
        yield made


def _make_event(entry: Entry, event: EventDetails, feed: Feed, cache: RenderCache) -> Event:
    said, made = find_translation(feed.language), Event()
    word = status_word(event, said)
    made.add("UID", _escape_text(entry.id))
    made.add("DTSTAMP", entry.updated.astimezone(UTC))
    made.add("CREATED", entry.published.astimezone(UTC))
    made.add("LAST-MODIFIED", entry.updated.astimezone(UTC))
    made.add("SEQUENCE", event.sequence)
    made.add("SUMMARY", _escape_text(said.colon.format(word, entry.title) if word else entry.title))
    _add_times(made, event)
    if event.status:
        confirmed = feed.confirms and event.status == "cancelled"
        made.add("STATUS", "CONFIRMED" if confirmed else STATUSES[event.status].ical)
    if text := write_plain_text(cache.html(entry) or "", with_links=True) or entry.summary:
        made.add("DESCRIPTION", _escape_text(text))
    made.add("URL", to_uri(entry.link))
    if entry.picture:
        kind = {"FMTTYPE": entry.picture.type} if entry.picture.type else {}
        made.add("IMAGE", to_uri(entry.picture.url), parameters={"VALUE": "URI", "DISPLAY": "BADGE", **kind})
    if labels := [_escape_text(category.label) for category in entry.categories]:
        made.add("CATEGORIES", vInline(",".join(labels)))
    _add_people(made, event)
    return made


def _escape_text(value: str) -> vInline:
    """Return an escaped text (RFC 5545, 3.3.11). icalendar would treat `\\N` in C:\\New as a line break."""
    return vInline(re.sub(r"([\\;,])", r"\\\1", re.sub("\r\n?", "\n", value)).replace("\n", "\\n"))


def _add_times(made: Event, event: EventDetails) -> None:
    if isinstance(event.start, datetime):
        _add_moment(made, "DTSTART", event.start, recurs=bool(event.recurrence))
        if isinstance(event.end, datetime) and duration(event.start, event.end):
            _add_moment(made, "DTEND", event.end)
    else:
        made.add("DTSTART", event.start)
        made.add("DTEND", (event.end or event.start) + timedelta(days=1))
    if event.recurrence:
        made.add("RRULE", vRecur.from_ical(event.recurrence))
    for moment in event.left_out:
        if moment not in event.cancelled:
            _add_moment(made, "EXDATE", moment, recurs=True)


def _add_moment(made: Event, name: str, moment: date, *, recurs: bool = False) -> None:
    """Add a time in its own zone, or else in UTC. A date is added as a date."""
    if isinstance(moment, datetime):
        made.add(name, moment if _find_tzid(moment, recurs=recurs) else moment.astimezone(UTC))
    else:
        made.add(name, moment, parameters={"VALUE": "DATE"})


def _add_people(made: Event, event: EventDetails) -> None:
    place, organizer = event.place, event.organizer
    if place:
        made.add("LOCATION", _escape_text(place.line))
        if point := place.point:
            made.add("GEO", vInline(";".join(point)))  # vGeo would write 1e-07
    if organizer and (address := f"mailto:{organizer.email}" if organizer.email else organizer.url):
        person = vCalAddress(to_uri(address))
        person.params["CN"] = organizer.name
        made.add("ORGANIZER", person)
    elif organizer:
        made.add("CONTACT", _escape_text(organizer.name))  # an organizer needs an address (RFC 5545, 3.8.4.3)

"""iCalendar (RFC 5545, RFC 7986): a calendar of every feed that holds events, and a small file of each event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone, vCalAddress, vDuration, vRecur

from ..cleaning import plain, uri
from ..describing import status_word
from ..flow import Entry, Feed, Happening
from ..models.recurring import end_of_rule
from ..words import words

_MAKER = "-//topicfeeds//topicfeeds//EN"
_HOUR = timedelta(hours=1)
_STATUS = {"confirmed": "CONFIRMED", "tentative": "TENTATIVE", "cancelled": "CANCELLED", "postponed": "TENTATIVE"}


def ical(feed: Feed, url: str, _: Sequence[tuple[str, str]]) -> bytes:
    """Spell the calendar of a feed that is served at `url`."""
    head = Calendar()
    for name, value in (("PRODID", _MAKER), ("VERSION", "2.0"), ("NAME", feed.title), ("X-WR-CALNAME", feed.title)):
        head.add(name, value)
    if feed.description:
        head.add("DESCRIPTION", feed.description)
    head.add("REFRESH-INTERVAL", _HOUR, parameters={"VALUE": "DURATION"})
    head.add("X-PUBLISHED-TTL", vDuration(_HOUR))
    head.add("SOURCE", uri(url), parameters={"VALUE": "URI"})
    head.add("URL", uri(feed.page))
    return _calendar(head, feed.calendar or (), feed)


def event_file(entry: Entry, feed: Feed) -> bytes:
    """Spell the file of one event."""
    if "file" not in entry.rendered:
        head = Calendar()
        head.add("PRODID", _MAKER)
        head.add("VERSION", "2.0")
        entry.rendered["file"] = _calendar(head, [entry], feed)
    return entry.rendered["file"]


def _calendar(head: Component, entries: Sequence[Entry], feed: Feed) -> bytes:
    """Put zones and events into a calendar; they are rendered once, for all that hold them."""
    start, end = head.to_ical().split(b"END:VCALENDAR")
    events = [entry.event for entry in entries if entry.event]
    return b"".join([start, *_zones(events), *(_event(entry, feed) for entry in entries), b"END:VCALENDAR", end])


def _zones(events: Iterable[Happening]) -> Iterable[bytes]:
    """Describe every zone that is named, for the years in which it is."""
    years: dict[str, tuple[int, int]] = {}
    for event in events:
        if isinstance(event.start, datetime) and (key := _tzid(event.start)):
            last = end_of_rule(event.recurrence, event.start) if event.recurrence else event.end or event.start
            first, until = years.get(key, (event.start.year, last.year))
            years[key] = (min(first, event.start.year), max(until, last.year))
        if isinstance(event.end, datetime) and (key := _tzid(event.end)):
            first, until = years.get(key, (event.end.year, event.end.year))
            years[key] = (min(first, event.end.year), max(until, event.end.year))
    return [_zone(key, *years[key]) for key in sorted(years)]


@lru_cache(maxsize=1000)
def _zone(key: str, first: int, last: int) -> bytes:
    zone = Timezone.from_tzinfo(ZoneInfo(key), key, date(max(first - 1, 1), 1, 1), date(min(last + 2, 9999), 1, 1))
    return bytes(zone.to_ical())


def _tzid(moment: datetime) -> str | None:
    """Name the zone of a moment, if it is one that a name and a local time tell without doubt."""
    zone = moment.tzinfo
    if not isinstance(zone, ZoneInfo) or moment.fold or zone.key in ("UTC", "Etc/UTC"):
        return None
    return zone.key


def _event(entry: Entry, feed: Feed) -> bytes:
    if "event" not in entry.rendered:
        entry.rendered["event"] = _made(entry, feed).to_ical()
    return entry.rendered["event"]


def _made(entry: Entry, feed: Feed) -> Event:
    event, made = entry.event, Event()
    if event is None:
        raise TypeError("no event")
    word = status_word(event, feed.language)
    made.add("UID", entry.id)
    made.add("DTSTAMP", entry.updated.astimezone(UTC))
    made.add("CREATED", entry.published.astimezone(UTC))
    made.add("LAST-MODIFIED", entry.updated.astimezone(UTC))
    made.add("SEQUENCE", event.sequence)
    made.add("SUMMARY", words(feed.language).colon.format(word, entry.title) if word else entry.title)
    _add_times(made, event)
    if event.status:
        confirmed = feed.confirms and event.status == "cancelled"
        made.add("STATUS", "CONFIRMED" if confirmed else _STATUS[event.status])
    if text := plain(entry.html or "") or entry.summary:
        made.add("DESCRIPTION", text)
    made.add("URL", uri(entry.link))
    if labels := [category.label for category in entry.categories]:
        made.add("CATEGORIES", labels)
    _add_people(made, event)
    return made


def _add_times(made: Event, event: Happening) -> None:
    if isinstance(event.start, datetime):
        _add_moment(made, "DTSTART", event.start)
        if isinstance(event.end, datetime) and event.end > event.start:
            _add_moment(made, "DTEND", event.end)
    else:
        made.add("DTSTART", event.start)
        made.add("DTEND", (event.end or event.start) + timedelta(days=1))
    if event.recurrence:
        made.add("RRULE", vRecur.from_ical(event.recurrence))
    for moment in event.left_out:
        _add_moment(made, "EXDATE", moment)


def _add_moment(made: Event, name: str, moment: date) -> None:
    """Add a moment in its own zone, or else in UTC; a day as a day."""
    if isinstance(moment, datetime):
        made.add(name, moment if _tzid(moment) else moment.astimezone(UTC))
    else:
        made.add(name, moment, parameters={"VALUE": "DATE"})


def _add_people(made: Event, event: Happening) -> None:
    place, organizer = event.place, event.organizer
    if place:
        made.add("LOCATION", place.line)
        if place.latitude is not None and place.longitude is not None:
            made.add("GEO", (place.latitude, place.longitude))
    if organizer and (address := f"mailto:{organizer.email}" if organizer.email else organizer.url):
        person = vCalAddress(uri(address))
        person.params["CN"] = organizer.name
        made.add("ORGANIZER", person)
    elif organizer:
        made.add("CONTACT", organizer.name)  # an organizer needs an address (RFC 5545, 3.8.4.3)

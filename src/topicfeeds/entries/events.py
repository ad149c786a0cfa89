"""Events: dates, places, and when their rendered text next changes without an edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, partial
from itertools import islice
from zoneinfo import ZoneInfo

from ..models.dates import duration, to_whole_minutes
from ..models.items import Event, Person, Place
from ..models.recurrence import at_start_time, check_exceptions, check_start, list_occurrences
from ..models.site import FeedSettings, Site
from .digests import to_json
from .model import EventDetails, EventSnapshot, EventTimes, RefusedError, Schedule


def resolve_event(event: Event, site: Site, line: Callable[[str, str], str]) -> EventDetails:
    """Resolve the dates and place of an event. `line` cleans the text of a field. Raises RefusedError."""
    zone = ZoneInfo(event.timezone or site.timezone)
    start, end = _localize(event.start, zone, "start"), event.end and _localize(event.end, zone, "end")
    if isinstance(start, datetime) and isinstance(end, datetime) and isinstance(event.start, datetime):
        is_shifted = event.start.utcoffset() not in (None, start.utcoffset())
        if is_shifted and end.utcoffset() == event.start.utcoffset():  # the clocks skip the hour of start and end
            end = end.astimezone(UTC).astimezone(zone)
    rule = event.recurrence
    if rule and isinstance(event.start, datetime) and not _has_offset_of(zone, event.start):
        message = f"has an offset that {zone.key} does not have at this time (set timezone to the zone of this event)"
        raise RefusedError("start", message)
    if rule and isinstance(start, datetime) and start.fold:
        message = f"{start:%H:%M} occurs twice on this day; a recurring event cannot start at the later one"
        raise RefusedError("start", f"{message} (choose another day)")
    made = EventDetails(
        start=start,
        end=end,
        site_zone=site.timezone,
        place=_clean_place(event.location, line),
        organizer=clean_person(event.organizer, partial(line, "organizer")) if event.organizer else None,
        status=event.status,
        recurrence=rule,
        left_out=tuple(at_start_time(_put_in_zone(one, zone), start) for one in event.except_),
    )
    if rule:
        _check_recurrence(rule, made)
    return made


def _localize(moment: date, zone: ZoneInfo, field: str) -> date:
    """Return a time in its zone. If its author wrote an offset that is not the zone's, the offset is kept.

    UTC (`Z`) is always converted to the zone. Raises RefusedError.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        make_aware(moment, zone, field)
    return _restore(moment.replace(microsecond=0), zone)


def _restore(moment: datetime, zone: tzinfo) -> datetime:
    """Return a time in its zone. A time that clocks skip becomes the time that they show instead (RFC 5545, 3.3.5)."""
    clock = moment.replace(tzinfo=zone)
    if moment.tzinfo is None:
        return clock
    if moment.utcoffset() == clock.utcoffset() or _has_offset_of(zone, moment):
        return moment.astimezone(UTC).astimezone(zone)
    return moment


def _has_offset_of(zone: tzinfo, moment: datetime) -> bool:
    """Return whether a time has no offset, the offset that its zone has at this moment, or is in UTC."""
    local = moment.astimezone(UTC).astimezone(zone) if moment.tzinfo else None
    return local is None or moment.utcoffset() in (timedelta(), local.utcoffset())


def _put_in_zone(moment: date, zone: ZoneInfo) -> date:
    """Return an excluded date of a recurrence in the time zone of the event."""
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)).replace(microsecond=0)


def _check_recurrence(rule: str, event: EventDetails) -> None:
    """Check a recurrence in the event's own zone, where its rule applies. Raises RefusedError."""
    try:
        field = "recurrence"
        check_start(rule, event.start)
        field = "except"
        check_exceptions(event.left_out, rule, event.start)
    except ValueError as error:
        raise RefusedError(field, str(error)) from None
    if next(list_occurrences(rule, event.start, ()), None) is None:
        raise RefusedError("recurrence", "ends before the event starts (write a later UNTIL)")
    if next(list_occurrences(rule, event.start, event.left_out), None) is None:
        raise RefusedError(
            "except", "removes every date of the recurrence (to cancel the event, set its status to cancelled)"
        )


def make_aware(moment: date, zone: ZoneInfo, field: str) -> datetime:
    """Return a date or time as a date-time in whole seconds, with an offset in whole minutes, as feed formats need.

    A date becomes midnight. The local time stays as written, even if the zone had an offset with seconds at that time.
    If the clocks show a time twice, the first of the two is used. Raises RefusedError for a time that a change of
    clocks skips.
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
            clock = moment.replace(tzinfo=None).isoformat()
            message = f"{clock} does not exist in {zone.key}: clocks skip it (correct it, or write an offset)"
            raise RefusedError(field, message)
    return to_whole_minutes(moment)


def _clean_place(place: Place | str | None, line: Callable[[str, str], str]) -> Place | None:
    if place is None or isinstance(place, str):
        return Place(name=line("location", place)) if place else None
    address = line("location", place.address) if place.address else None
    return place.model_copy(update={"name": line("location", place.name), "address": address})


def clean_person(person: Person | str, line: Callable[[str], str]) -> Person:
    """Return a person. `line` cleans the name."""
    if isinstance(person, str):
        return _make_person(line(person))
    return person.model_copy(update={"name": line(person.name)})


@cache
def _make_person(name: str) -> Person:
    return Person(name=name)


def make_schedule(event: EventTimes, now: datetime | None, settings: FeedSettings) -> Schedule:
    """Return the next starts of an event, whether calendars show it now, and when this schedule next changes."""
    made = Schedule(event.start, ends=_end_instant(event.start, duration(event.start, event.end)))
    if event.recurrence:
        made = _add_next_dates(made, event, now)
    return _apply_window(made, event, now, settings) if now else made


def _add_next_dates(made: Schedule, event: EventTimes, now: datetime | None) -> Schedule:
    """Add the next starts of a recurring event. An occurrence that has not ended yet is included."""
    length = duration(event.start, event.end)
    following = tuple(islice(list_coming(event, now, length), 3))
    ends = _end_instant(following[0], length) if following else None
    return made._replace(next=following, until=ends if now else None, ends=ends)


def list_coming(event: EventTimes, now: datetime | None, length: timedelta) -> Iterator[date]:
    """Yield the starts of an event, without the occurrences that have ended."""
    rule, start = event.recurrence, event.start
    dates = list_occurrences(rule, start, event.left_out) if rule else iter([start])
    return (one for one in dates if now is None or _end_instant(one, length) > now)


def _end_instant(start: date, length: timedelta) -> datetime:
    """Return the end of an occurrence in UTC. A day ends when it has ended in all time zones."""
    if isinstance(start, datetime):
        return start.astimezone(UTC) + length
    return datetime.combine(start, time(12), UTC) + length


def to_instant(moment: date) -> datetime:
    """Return a moment in UTC. A date becomes midnight in UTC."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) else datetime.combine(moment, time(), UTC)


def _apply_window(made: Schedule, event: EventTimes, now: datetime, settings: FeedSettings) -> Schedule:
    """Decide whether calendars show the event now, and when that changes."""
    back, ahead = settings.calendar_days_back, settings.calendar_days_ahead
    comes, goes = None, None
    if ahead is not None:
        comes = _end_instant(event.start, timedelta()) - timedelta(days=ahead)
    if back is not None and not made.next:
        goes = _end_instant(event.start, duration(event.start, event.end)) + timedelta(days=back)
    inside = (comes is None or comes <= now) and (goes is None or goes > now)
    coming = [moment for moment in (made.until, comes, goes) if moment and moment > now]
    return made._replace(in_calendar=inside, until=min(coming, default=None))


def take_snapshot(event: EventDetails, zone: str, moved: Sequence[date]) -> str:
    """Return the facts about an event as JSON. `zone` is its time zone, even if it has no times.

    Excluded dates in `moved` are left out: each is an event of its own, so no notice reports it as cancelled.
    """
    silent = {at_start_time(_put_in_zone(one, ZoneInfo(zone)), event.start) for one in moved}
    facts = EventSnapshot(
        start=format_moment(event.start),
        end=format_moment(event.end) if event.end and event.end != event.start else None,
        place=event.place.line if event.place else None,
        status=event.status or "confirmed",
        zone=zone,
        recurrence=event.recurrence,
        left_out=sorted(format_moment(one) for one in event.left_out if one not in silent),
    )
    return to_json(facts)


def format_moment(moment: date) -> str:
    """Return a date, or a time without its zone. The offset is added if the zone does not determine it."""
    if isinstance(moment, datetime) and isinstance(moment.tzinfo, ZoneInfo) and not moment.fold:
        moment = moment.replace(tzinfo=None)
    return moment.isoformat()


def _restore_moment(text: str, zone: tzinfo) -> date:
    """Return a date or time that `format_moment` stored."""
    return _restore(datetime.fromisoformat(text), zone) if "T" in text else date.fromisoformat(text)


def restore_times(facts: EventSnapshot, zone: tzinfo) -> EventTimes:
    """Return the dates of a snapshot. `zone` is used if the snapshot has no zone."""
    zone = ZoneInfo(facts.zone) if facts.zone else zone
    start, *left_out = (_restore_moment(one, zone) for one in (facts.start, *facts.left_out))
    end = _restore_moment(facts.end, zone) if facts.end else None
    return EventTimes(start, end, facts.recurrence, tuple(left_out))

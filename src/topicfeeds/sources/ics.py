"""iCalendar (RFC 5545): each event, each series, and each moved or added date of a series is one item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar.prop import vDuration

from ..errors import Problem, count, show
from ..models.recurrence import check_rule, check_start, keep_occurrences, list_occurrences
from ..models.site import Source
from ._ics_lines import MAX_LINES, Component, InvalidPropertyError, Properties, Property, split_components
from ._ics_texts import TEXTS, read_texts
from ._ics_zones import Zones
from ._raw import RawRecord, Unreadable
from .model import Draft, read_identity

_TIMES = {"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE"}
_OTHERS = {"UID", "CLASS", "CREATED", "LAST-MODIFIED", "DTSTAMP", "X-MICROSOFT-CDO-ALLDAYEVENT"}
_WANTED = _TIMES | _OTHERS | TEXTS
_LINES = {"DTSTART": "start", "DTEND": "end", "DURATION": "end", "RRULE": "recurrence", "EXDATE": "except",
          "UID": "id", "CREATED": "published", "LAST-MODIFIED": "updated", "SUMMARY": "title", "URL": "link",
          "LOCATION": "location", "GEO": "location", "ORGANIZER": "organizer", "STATUS": "status",
          "CATEGORIES": "tags", "ATTACH": "enclosures", "IMAGE": "image"}  # fmt: skip
_PRIVATE = ("PRIVATE", "CONFIDENTIAL")
_UTC_NAMES = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")
_OLDEST = datetime(1971, 1, 1, tzinfo=UTC)
"""Google writes CREATED:19000101T120000Z if it does not know when an event was created."""
_MAX_EVENTS = 100_000
"""The limit of events and added dates in a file."""
_MAX_DATES = 10_000
"""The limit of dates in one property of an event, and of changed dates in one series."""
_MAX_EVENT_CHARS = 8 * 1024 * 1024
_MAX_ZONE_CHARS = 300_000
"""The limit of different time zone definitions in a file, in characters. Reading 300 characters takes 20 ms."""


@dataclass
class _Calendar:
    """The properties of a calendar that all its events need."""

    is_ours: bool = False
    cancels: bool = False
    zone: str | None = None
    definitions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    zones: Zones = field(default_factory=lambda: Zones({}, None))


class _Survey(NamedTuple):
    """The results of the first pass over a file."""

    calendars: dict[int, _Calendar]
    changed: dict[str, list[tuple[Property, _Calendar, bool]]]
    """By UID: the RECURRENCE-ID of each changed date of a series, its calendar, and whether the date is cancelled."""
    series: Counter[str]
    """The number of series by UID."""


class _Times(NamedTuple):
    """When an event takes place. A date-time without zone is in the zone of the source or site."""

    start: date
    end: date | None
    zone: str | None

    def move(self, start: date) -> _Times:
        """Return the times of the event on another date of its series."""
        try:
            return self._replace(start=start, end=start + (self.end - self.start) if self.end else None)
        except (TypeError, OverflowError):  # start and end are not of one type, or are thousands of years apart
            return self._replace(start=start)


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem | Draft]:
    """Read an iCalendar file. Raises Unreadable."""
    survey = _survey(text)
    skipped: Counter[str] = Counter()
    line = 1
    for one in split_components(text):
        if one.name == "VEVENT":
            event = one.read(_WANTED)
            found, access = _read_event(one, event, survey, path), event.text("CLASS")
            is_private = access.upper() in _PRIVATE and not source.drafts
            yield from _make_drafts(found, path, f"CLASS: {access}") if is_private else found
        elif one.name in ("VTODO", "VJOURNAL"):
            line = line if skipped else one.line
            skipped[one.name] += 1
    if skipped:
        names = ", ".join(count(name, number) for name, number in sorted(skipped.items()))
        yield Problem(path, line, "", f"skips {names} (only events are published)", "warning")


def _make_drafts(found: Iterable[RawRecord | Problem], path: str, reason: str) -> Iterator[Draft]:
    """Yield a draft for each record of a private event, even if it is not valid."""
    for one in found:
        identity = read_identity(one.fields) if isinstance(one, RawRecord) else None
        yield Draft(path, one.line, identity=identity, reason=reason)


def _survey(text: str) -> _Survey:
    """Read the properties and zones of the calendars, and the changed dates of series. Raises Unreadable."""
    survey, events, definitions, zone_chars = _Survey({}, {}, Counter()), 0, set(), 0
    for one in split_components(text):
        calendar = survey.calendars.setdefault(one.calendar, _Calendar())
        if one.name == "VEVENT":
            events += 1
            found = one.read(("UID", "RECURRENCE-ID", "RDATE", "STATUS"))
            events += sum(added.value.count(",") for added in found.get("RDATE", ()))
            if changed := found.get("RECURRENCE-ID"):
                is_cancelled = found.text("STATUS").upper() == "CANCELLED"
                survey.changed.setdefault(found.text("UID"), []).append((changed[0], calendar, is_cancelled))
        elif one.name == "VTIMEZONE":
            lines = tuple(line for _, line in one.lines)
            calendar.definitions.setdefault(one.read(("TZID",)).text("TZID"), lines)
            zone_chars += 0 if lines in definitions else sum(map(len, lines))
            definitions.add(lines)
            if zone_chars > _MAX_ZONE_CHARS:
                size = f"{_MAX_ZONE_CHARS:,} characters"
                raise Unreadable(one.line, f"defines time zones in more than {size} (split the file)")
        elif not one.name:
            _add_property(calendar, one)
        if events > _MAX_EVENTS:
            raise Unreadable(one.line, f"has more than {_MAX_EVENTS:,} events and dates (export a shorter period)")
    for calendar in survey.calendars.values():
        calendar.zones = Zones(calendar.definitions, calendar.zone)
    return survey


def _add_property(calendar: _Calendar, line: Component) -> None:
    found = line.read(("PRODID", "METHOD", "X-WR-TIMEZONE", "TIMEZONE-ID"))
    calendar.is_ours |= found.text("PRODID").startswith("-//topicfeeds//")
    calendar.cancels |= found.text("METHOD").upper() == "CANCEL"
    calendar.zone = calendar.zone or found.text("X-WR-TIMEZONE") or found.text("TIMEZONE-ID") or None


def _read_event(one: Component, event: Properties, survey: _Survey, path: str) -> Iterator[RawRecord | Problem]:
    """Yield the records of an event: itself, and the dates that RDATE adds to it."""
    lines = {_LINES[name]: found[0].line for name, found in reversed(event.items()) if name in _LINES}
    lines |= {"timezone": lines["start"]} if "start" in lines else {}
    try:
        if len(one.lines) > MAX_LINES or sum(len(text) for _, text in one.lines) > _MAX_EVENT_CHARS:
            size = f"{_MAX_EVENT_CHARS >> 20} MiB or {MAX_LINES:,} lines"
            raise InvalidPropertyError(one.line, f"the event is larger than {size} (export a shorter period)")
        for fields, moved in _make_records(event, survey.calendars[one.calendar], survey):
            yield RawRecord(fields, one.line, lines, moved=tuple(moved))
    except InvalidPropertyError as error:
        name = next((name for name, line in lines.items() if line == error.line), "")
        yield Problem(path, error.line or one.line, name, error.message, item=one.line)


def _make_records(
    event: Properties, calendar: _Calendar, survey: _Survey
) -> Iterator[tuple[dict[str, Any], list[date]]]:
    """Yield the fields and the moved dates of each item: first the event or series, then each added date."""
    zones, uid = calendar.zones, event.text("UID")
    fields = read_texts(event, is_ours=calendar.is_ours, cancels=calendar.cancels)
    fields |= _read_dates(event, is_ours=calendar.is_ours)
    _check_properties(event)
    times = _read_times(event, zones)
    if changed := event.get("RECURRENCE-ID"):
        moment = _read_moment(changed, zones)
        if fields.get("status") != "cancelled":
            yield fields | _write_times(times, f"{uid}/{_name_date(moment)}" if uid else None), []
        return
    survey.series[uid] += 1
    if uid and survey.series[uid] * len(survey.changed.get(uid, ())) > _MAX_EVENTS:
        raise InvalidPropertyError(0, f"other series have the UID {show(uid)}, too (give each series its own UID)")
    exceptions, moved = _list_moments(event.get("EXDATE", []), zones), []
    for found, holder, is_cancelled in survey.changed.get(uid, ())[:_MAX_DATES] if uid else ():
        exceptions += (dates := _list_moments([found], holder.zones))
        moved += [] if is_cancelled else [_match_start(one, times.start) for one in dates]
    series = _read_series(event, times, exceptions)
    if series is not None:
        yield fields | _write_times(times, uid or None) | series, moved
    for start in _read_added_dates(event, times, exceptions, zones):
        yield fields | _write_times(times.move(start), f"{uid}/{_name_date(start)}" if uid else None), []


def _check_properties(event: Properties) -> None:
    """Refuse properties that change dates of a series in a way that topicfeeds does not support."""
    if len(event.get("RRULE", ())) > 1:
        raise InvalidPropertyError(event["RRULE"][1].line, "is a second RRULE (write a separate event for each rule)")
    if "EXRULE" in event:
        raise InvalidPropertyError(event["EXRULE"][0].line, "is an EXRULE (list the dates in EXDATE)")
    for one in event.get("RECURRENCE-ID", ()):
        if "RANGE" in one.params:
            message = "changes all later dates of the series, too (end the series here, and add a new one)"
            raise InvalidPropertyError(one.line, message)


def _read_times(event: Properties, zones: Zones) -> _Times:
    if "DTSTART" not in event:
        raise InvalidPropertyError(0, "has no DTSTART (add the start of the event in the calendar program)")
    start = _read_moment(event["DTSTART"], zones)
    end = _read_moment(event["DTEND"], zones) if "DTEND" in event else None
    if end is None and "DURATION" in event:
        end = _add_duration(start, event["DURATION"][0])
    if event.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE":
        start, end = _to_day(start), end and _to_day(end)
    if end is not None and isinstance(end, datetime) != isinstance(start, datetime):
        return _Times(start, end, None)  # the item is refused: both must be of one type
    if end is not None and not isinstance(end, datetime) and end > start:
        end -= timedelta(days=1)
    if isinstance(end, datetime) and isinstance(start, datetime):
        end = end.astimezone(start.tzinfo) if start.tzinfo and end.tzinfo else end
    return _Times(start, None if end == start else end, _find_zone(start, event, zones))


def _to_day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _add_duration(start: date, duration: Property) -> date:
    """Add days in local time, and hours as elapsed time (RFC 5545, 3.3.6)."""
    try:
        length = vDuration.from_ical(duration.value.strip())  # type: ignore[no-untyped-call]
        nominal = start + timedelta(days=length.days)
        if not isinstance(nominal, datetime) or not nominal.tzinfo:
            return nominal + timedelta(seconds=length.seconds)
        return (nominal.astimezone(UTC) + timedelta(seconds=length.seconds)).astimezone(nominal.tzinfo)
    except (ValueError, OverflowError):
        message = f"{show(duration.value)} is not a valid duration (write one such as PT1H30M)"
        raise InvalidPropertyError(duration.line, message) from None


def _find_zone(start: date, event: Properties, zones: Zones) -> str | None:
    """Return the name of the zone in which the event is shown, and in which its rule applies."""
    zone = start.tzinfo if isinstance(start, datetime) else None
    if isinstance(zone, ZoneInfo) and zone.key in _UTC_NAMES:
        zone = UTC
    if zone is UTC and "RRULE" not in event:
        return zones.default.key if zones.default and zones.default.key not in _UTC_NAMES else None
    if zone is None and isinstance(start, datetime):
        return event["DTSTART"][0].params.get("TZID")  # an unknown zone: validation refuses the item
    return "UTC" if zone is UTC else zone.key if isinstance(zone, ZoneInfo) else None


def _list_moments(properties: list[Property], zones: Zones) -> list[date]:
    """Return the dates and date-times of some properties, in their zones. Only the start of a period is read."""
    if (dates := sum(one.value.count(",") + 1 for one in properties)) > _MAX_DATES:
        raise InvalidPropertyError(properties[0].line, f"has {dates:,} dates (use at most {_MAX_DATES:,})")
    return [
        _localize(one.parse_moment(text.partition("/")[0]), one, zones)
        for one in properties
        for text in one.value.split(",")
        if text.strip()
    ]


def _read_moment(properties: list[Property], zones: Zones) -> date:
    """Return the date or date-time of a property that has only one."""
    return _localize(properties[0].parse_moment(properties[0].value), properties[0], zones)


def _localize(moment: date, given: Property, zones: Zones) -> date:
    if not isinstance(moment, datetime) or moment.tzinfo:
        return moment
    tzid = given.params.get("TZID")
    zone: tzinfo | None = zones.find(tzid, moment.year) if tzid else zones.default
    if zone is None or isinstance(zone, ZoneInfo):
        return moment.replace(tzinfo=zone)
    return moment.replace(tzinfo=timezone(zone.utcoffset(moment) or timedelta()))


def _name_date(moment: date) -> str:
    """Return a date of a series as a part of an id. Date-times with a zone are written in UTC.

    So all exports give the same id.
    """
    if isinstance(moment, datetime) and moment.tzinfo:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat()


def _write_times(times: _Times, uid: str | None) -> dict[str, Any]:
    return {"id": uid, "kind": "event", "start": times.start, "end": times.end, "timezone": times.zone}


def _read_series(event: Properties, times: _Times, exceptions: list[date]) -> dict[str, Any] | None:
    """Return the fields of a series. Return None if each of its dates is an exception."""
    if "RRULE" not in event:
        return None if times.start in exceptions else {}
    rule, start = _normalize_rule(event["RRULE"][0].value, times.start), times.start
    local = [_match_start(one, start) for one in exceptions]
    try:
        check_start(check_rule(rule, start), start)
        kept = sorted(set(keep_occurrences(local, rule, start)))
        if kept and next(list_occurrences(rule, start, kept), None) is None:
            return None
    except ValueError:  # validation refuses the item later
        kept = []
    return {"recurrence": rule, "except": kept}


def _match_start(moment: date, start: date) -> date:
    """Return an exception as a date, or as a date-time in the zone of the start."""
    if not isinstance(start, datetime):
        return _to_day(moment)
    if isinstance(moment, datetime) and moment.tzinfo and start.tzinfo:
        return moment.astimezone(start.tzinfo)
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=start.tzinfo)
    return datetime.combine(moment, start.timetz())


def _normalize_rule(rule: str, start: date) -> str:
    """Return a rule whose UNTIL is as RFC 5545 requires: a date if the start is a date, otherwise a time in UTC."""
    parts = [part for part in rule.strip().upper().split(";") if part and not part.startswith("X-")]
    return ";".join(_normalize_until(part, start) if part.startswith("UNTIL=") else part for part in parts)


def _normalize_until(part: str, start: date) -> str:
    day, _, clock = part.removeprefix("UNTIL=").partition("T")
    if not isinstance(start, datetime):
        return f"UNTIL={day}"
    if clock.endswith("Z"):
        return part
    try:
        local = datetime.strptime(day + (clock or "235959"), "%Y%m%d%H%M%S").replace(tzinfo=start.tzinfo or UTC)
        return local.astimezone(UTC).strftime("UNTIL=%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        return part


def _read_added_dates(event: Properties, times: _Times, exceptions: list[date], zones: Zones) -> list[date]:
    """Return the dates that RDATE adds, without the start and the exceptions."""
    found = _list_moments(event.get("RDATE", []), zones)
    return sorted({_match_start(one, times.start) for one in found} - {times.start, *exceptions})


def _read_dates(event: Properties, *, is_ours: bool) -> dict[str, Any]:
    """Return `published` and `updated`. DTSTAMP gives neither: it is the time of the export.

    Some programs write the time of the export in LAST-MODIFIED too. So a LAST-MODIFIED equal to DTSTAMP is ignored,
    unless topicfeeds wrote the calendar.
    """
    created, changed, stamp = (
        next(iter(_list_moments(event.get(name, []), Zones({}, "UTC"))), None)
        for name in ("CREATED", "LAST-MODIFIED", "DTSTAMP")
    )
    published = created if isinstance(created, datetime) and created >= _OLDEST else None
    updated = changed if isinstance(changed, datetime) and (is_ours or changed != stamp) else None
    return {"published": published, "updated": updated if updated and (not published or updated >= published) else None}

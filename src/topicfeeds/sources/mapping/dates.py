"""Dates of records: their formats, names of months, time zones, and all-day events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import show
from ...models.dates import explain_several, find_zone, parse_moment
from ...models.mapping import DATES, MappingSettings
from ...models.places import ValuePath, as_text, list_paths
from .paths import flatten, is_empty

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIRECTIVE = re.compile("%.")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")
_UTC = re.compile(r"\b(?:GMT|UTC)\b")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([01]?[0-9]|2[0-3])(?::?([0-5][0-9])|\.(25|5|75))")
_CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3])[:.h][0-5][0-9](?::[0-5][0-9])?(?: ?(?:[AaPp]\.?[Mm]\.?|Uhr|h))?")
_ENDS = ("bis", "end", "fin", "until")
_YES = ("true", "1")
KNOWN_FLAGS = {*_YES, "", "0", "false", "no", "off"}


class MappingError(Exception):
    """A value does not have the form that the source declares."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


def read_dates(fields: dict[str, Any], settings: MappingSettings) -> None:
    """Convert all dates of an item with the settings of its source. Raises MappingError."""
    for name in DATES:
        if isinstance(value := fields.get(name), str) and value.startswith(
            "0000-00-00"
        ):  # databases write it for "no date"
            del fields[name]
    for name in DATES if settings.date_format else ():
        value = fields.get(name)
        if isinstance(value, (list, tuple)):
            fields[name] = [read_moment(one, name, settings) for one in value]
        elif not is_empty(value):
            fields[name] = read_moment(value, name, settings)
    if settings.timezone or fields.get("timezone"):
        _set_zones(fields, settings.timezone or {}, has_default="timezone" in settings.defaults)


def explain_unused_time(start: Any, all_day: Any, record: Any, settings: MappingSettings) -> str:
    """Say which time of a record no setting uses, if the start of its event is only a day. Otherwise, return ""."""
    *others, place = settings.places.get("start", [None])
    is_day = type(start) is date or (isinstance(start, str) and _DAY.fullmatch(start.strip()))
    if not is_day or as_text(all_day) in _YES or others or not isinstance(place, ValuePath):
        return ""
    for name in place.names[:-1]:
        record = record.get(name) if isinstance(record, Mapping) else None
    used = {path.names for places in settings.places.values() for path in list_paths(places)}
    for key, value in record.items() if isinstance(record, Mapping) else ():
        path = (*place.names[:-1], str(key))
        is_time = isinstance(value, str) and _CLOCK.fullmatch(value.strip()) and value.strip(" 0:.h")
        if is_time and path not in used and not str(key).lower().startswith(_ENDS):
            name = ".".join(path)
            advice = f'start = ["{{{place.text}}} {{{name}}}", "{place.text}"]'
            advice += ", and a date_format for both" if settings.date_format else ""
            return f"{show(name)} has a time that is not used (such as {show(value)}; to use it, write {advice})"
    return ""


def find_date(value: Any, settings: MappingSettings) -> date | None:
    """Return the date in a value, by any of the date formats, or None."""
    for name in settings.date_format or {}:
        with suppress(MappingError):
            found = read_moment(value, name or "published", settings)
            if isinstance(found, date):
                return found
    return read_iso(value)


def read_moment(value: Any, name: str, settings: MappingSettings) -> Any:
    """Return the date in a text or number, by the date formats of a field. Raises MappingError.

    A value is returned unchanged if the field has no format, or if the value is a date object.
    """
    forms = (settings.date_format or {}).get(name) or (settings.date_format or {}).get("")
    if not forms or not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return value
    text = as_text(value)
    found = {repr(one): one for one in (_parse(text, form, settings.date_language) for form in forms) if one}
    if not found:
        if read_iso(text) is None and (several := explain_several(text)):
            raise MappingError(name, several)
        wanted = f"date_format {show(forms[0])}" if len(forms) == 1 else f"any date_format ({', '.join(forms)})"
        raise MappingError(name, f"{show(text)} does not match {wanted} (correct one of the two)")
    if len(found) > 1:
        ways = " and ".join(one.isoformat() for one in list(found.values())[:2])
        raise MappingError(name, f"{show(text)} can be read as {ways} (keep one date_format)")
    return next(iter(found.values()))


def _parse(text: str, form: str, language: str | None) -> date | None:
    with suppress(ValueError, OverflowError, OSError):
        if form == "iso":
            return parse_moment(text)
        if form in ("unix", "unix-ms"):
            divisor = 1000 if form == "unix-ms" else 1
            is_number = _NUMBER.fullmatch(text)
            return datetime.fromtimestamp(float(text) / divisor, UTC).replace(microsecond=0) if is_number else None
        if "%Z" in form:  # strptime ignores UTC and GMT, and accepts the names of the zone of the machine
            text, form = _UTC.sub("+0000", text), form.replace("%Z", "%z")
        timed = any(f"%{letter}" in form for letter in "HIMScXfpz")
        if language:
            text, form = _replace_names(text, form, language)
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - a missing zone is added later
        return moment if timed else moment.date()
    return None


def _replace_names(text: str, form: str, language: str) -> tuple[str, str]:
    """Write months as numbers in a text and its format, and leave out days of the week. Raises ValueError."""
    months, days = _list_names(language)
    kinds = {"%B": months, "%b": months, "%A": days, "%a": days}
    literals, directives = _DIRECTIVE.split(form), _DIRECTIVE.findall(form)
    parts = [_match_literal(literals[0])]
    for directive, literal in zip(directives, literals[1:], strict=True):
        names = sorted(map(re.escape, kinds.get(directive, ())), key=len, reverse=True)
        parts += [rf"({'|'.join(names)})\.?" if names else r"([^\s]{1,40}?)", _match_literal(literal)]
    found = re.fullmatch("".join(parts), text, re.IGNORECASE)
    if not found:
        raise ValueError(text)
    given = [
        str(months[_fold(value)]) if kinds.get(directive) is months else value
        for directive, value in zip(directives, found.groups(), strict=True)
        if kinds.get(directive) is not days
    ]
    forms = ["%m" if kinds.get(one) is months else one for one in directives if kinds.get(one) is not days]
    return " ".join(given), " ".join(forms)


@cache
def _list_names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return the numbers of months and of days of the week by name (CLDR)."""
    from babel.dates import get_day_names, get_month_names

    locale = language.replace("-", "_")

    def list_names(find: Any) -> dict[str, int]:
        kinds = [(width, context) for width in ("abbreviated", "wide") for context in ("format", "stand-alone")]
        return {_fold(name): n for width, context in kinds for n, name in find(width, context, locale).items()}

    return list_names(get_month_names), list_names(get_day_names)


def _match_literal(text: str) -> str:
    return r"\s{1,9}".join(map(re.escape, re.split(r"\s+", text)))


def _fold(name: str) -> str:
    return name.lower().rstrip(".")


def _set_zones(fields: dict[str, Any], zones: Mapping[str, str], *, has_default: bool) -> None:
    """Set the zone of an item, and give dates in other zones an offset."""
    stated = fields.get("timezone")
    known = find_zone(stated)
    own = known or stated
    if isinstance(own, str) and (found := _OFFSET.fullmatch(own)):
        _set_offset(fields, found)
        own = None
    is_event = not is_empty(fields.get("start"))
    first, second = (zones.get("start"), own) if is_event else (own, zones.get("start"))
    fields["timezone"] = zone = first or second or zones.get("")
    if own and zone is own and not known:
        return  # validation refuses the zone
    for name in DATES:
        default = zones.get("") if own and is_event and not has_default and name in ("published", "updated") else None
        other, given = zones.get(name) or default, fields.get(name)
        if other and other != zone and not is_empty(given):
            if isinstance(given, (list, tuple)):
                fields[name] = [_make_aware(one, ZoneInfo(other), name) for one in given]
            else:
                fields[name] = _make_aware(given, ZoneInfo(other), name)
            if name in ("end", "except") and zone:  # then the start needs an offset, too
                fields["start"] = _make_aware(fields.get("start"), ZoneInfo(zone), "start")


def _set_offset(fields: dict[str, Any], found: re.Match[str]) -> None:
    hours, minutes = int(found[2]), int(found[3] or float(f"0.{found[4]}") * 60)
    size = timedelta(hours=hours, minutes=minutes) * (1 if found[1] == "+" else -1)
    for name in ("start", "end"):
        fields[name] = _make_aware(fields.get(name), timezone(size), name)


def _make_aware(value: Any, zone: tzinfo, name: str) -> Any:
    """Return a date with the offset of a zone, if it has no offset. A date of publication means midnight."""
    moment = read_iso(value)
    if isinstance(moment, date) and not isinstance(moment, datetime) and name in ("published", "updated"):
        moment = datetime.combine(moment, time())
    if not isinstance(moment, datetime) or moment.tzinfo:
        return value
    return datetime.fromisoformat(moment.replace(tzinfo=zone).isoformat())


def read_iso(value: Any) -> date | None:
    """Return the date in a text in ISO 8601, or the value if it is a date object, else None."""
    with suppress(ValueError):
        return parse_moment(value)
    return None


def set_days(fields: dict[str, Any], settings: MappingSettings, *, all_day: Any, open_end: Any) -> str:
    """Apply the settings `all_day`, `open_end` and `end_day` to the dates of an event.

    Return a warning if the day of the event depends on a time zone that is not known.
    """
    if as_text(open_end) in _YES:
        fields["end"] = None
    written, message = read_iso(fields.get("start")), ""
    for name in ("start", "end"):
        moment = read_iso(fields.get(name))
        if as_text(all_day) in _YES and isinstance(moment, datetime):
            local = _find_local(moment, fields.get("timezone"))
            is_last = name == "end" and settings.end_day == "exclusive" and (local or moment).time() == time()
            fields[name] = (local or moment).date() - timedelta(days=is_last)
            example = f"such as {show(moment.isoformat())}; set timezone in [[sources]]"
            message = message if local else f"some all-day events have a time in UTC and no time zone ({example})"
        elif name == "end" and settings.end_day == "exclusive" and type(moment) is date:
            fields[name] = moment - timedelta(days=1)
    start, end = read_iso(fields.get("start")), fields.get("end")
    if type(start) is date and type(end) is date and end < start:
        fields["end"] = start if start == end + timedelta(days=1) else end
    if type(start) is date and written:
        _cut_times(fields, written)
    return message


def _find_local(moment: datetime, given: Any) -> datetime | None:
    """Return the local time of an all-day event that is written in UTC, if this is midnight, or else the moment.

    Return None if the local time is needed, and the zone is not known.
    """
    if _is_midnight(moment) or moment.utcoffset() != timedelta():
        return moment
    zone = find_zone(given)
    local = moment.astimezone(ZoneInfo(zone)) if zone else None
    return local if not local or _is_midnight(local) else moment


def _is_midnight(moment: datetime) -> bool:
    """Return whether a time is the start or the last minute of a day, as programs write it for a whole day."""
    return moment.time().replace(second=0, microsecond=0) in (time(), time(23, 59))


def _cut_times(fields: dict[str, Any], start: date) -> None:
    """Remove the times from the UNTIL of a recurrence and from its exceptions, for an event that takes whole days."""
    given = fields.get("timezone")
    zone = (isinstance(start, datetime) and start.tzinfo) or find_zone(given)
    rule = str(fields.get("recurrence") or "")
    until = next((part for part in rule.split(";") if part.upper().startswith("UNTIL=")), "")
    with suppress(ValueError):  # reported later
        day = _to_day(_parse_basic(until[6:]), zone)
        if isinstance(day, datetime) and given:
            return  # validation refuses the zone
        if isinstance(day, datetime):
            advice = "set timezone in [[sources]]"
            raise MappingError("recurrence", f"{show(until)} is in UTC, and the event has no time zone ({advice})")
        fields["recurrence"] = rule.replace(until, f"UNTIL={day:%Y%m%d}")
    if isinstance(left_out := fields.get("except"), (list, tuple)):
        fields["except"] = [_to_day(one, zone) for one in left_out]


def _to_day(value: Any, zone: Any) -> Any:
    """Return the day of a moment in a zone, or the value if its day is not known.

    At 0:00 and 23:59, the day stays as written: programs write these times in UTC for a day without a zone.
    """
    moment = read_iso(value)
    if not isinstance(moment, datetime):
        return value
    if not moment.tzinfo or _is_midnight(moment):
        return moment.date()
    return moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).date() if zone else value


def split_recurrence(fields: dict[str, Any]) -> None:
    """Read lines of RFC 5545 (RRULE, EXDATE) as a recurrence and its exceptions. Raises MappingError."""
    given = fields.get("recurrence")
    lines = [line for one in (given if isinstance(given, (list, tuple)) else [given]) for line in str(one).split("\n")]
    rules, left_out = [], flatten([fields.get("except")])
    for line in filter(None, map(str.strip, lines)):
        name, _, value = line.rpartition(":")
        kind = name.upper().partition(";")[0]
        if kind == "EXDATE":
            left_out += _read_exceptions(value, name, fields)
        elif kind in ("", "RRULE"):
            rules.append(value)
        elif kind != "DTSTART":
            raise MappingError("recurrence", f"{show(line)} is not supported (write one RRULE, and EXDATE lines)")
    if len(rules) > 1:
        raise MappingError("recurrence", "has several rules (keep one RRULE)")
    fields["recurrence"], fields["except"] = rules[0] if rules else None, left_out or None


def _read_exceptions(value: str, name: str, fields: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the dates of an EXDATE line."""
    zone = next((part[5:] for part in name.split(";") if part.upper().startswith("TZID=")), None)
    start = read_iso(fields.get("start"))
    for text in value.split(","):
        try:
            moment = _parse_basic(text.strip())
        except ValueError as error:
            raise MappingError("recurrence", str(error)) from None
        known = find_zone(zone) or find_zone(fields.get("timezone"))
        if isinstance(moment, datetime) and isinstance(start, datetime):
            if start.tzinfo and not moment.tzinfo:
                moment = moment.replace(tzinfo=ZoneInfo(known) if known else start.tzinfo)
            elif moment.tzinfo and not start.tzinfo and known:
                moment = moment.astimezone(ZoneInfo(known)).replace(tzinfo=None)
            moment = datetime.fromisoformat(moment.isoformat())
        yield moment


def _parse_basic(text: str) -> date:
    """Return a date of RFC 5545. Raises ValueError."""
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        with suppress(ValueError):
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
            return moment.date() if "T" not in text else moment.replace(tzinfo=UTC) if text[-1] == "Z" else moment
    raise ValueError(f"{show(text)} is not a date of RFC 5545 (write 20260513T180000)")

"""Recurrence: check and expand rules of RFC 5545 (3.3.10), in local time. Errors have messages for the author."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import islice, takewhile
from math import prod
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from ..errors import nearest, show

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_UNITS = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
_MOST_DAYS = {"YEARLY": 366, "MONTHLY": 31}
_SMALLER = {"SECONDLY": 3, "MINUTELY": 2, "HOURLY": 1}
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

MAX_OCCURRENCES = 100_000
"""The limit of dates that a rule is expanded to: a daily event for 270 years."""
_DAY = "([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)"
_OF_YEAR = "[+-]?([1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])"
_VALUES = {
    "BYSECOND": "[0-5]?[0-9]",
    "BYMINUTE": "[0-5]?[0-9]",
    "BYHOUR": "[01]?[0-9]|2[0-3]",
    "BYDAY": _DAY,
    "BYMONTHDAY": "[+-]?(0?[1-9]|[12][0-9]|3[01])",
    "BYYEARDAY": _OF_YEAR,
    "BYWEEKNO": "[+-]?(0?[1-9]|[1-4][0-9]|5[0-3])",
    "BYMONTH": "0?[1-9]|1[0-2]",
    "BYSETPOS": _OF_YEAR,
}
_NAMES = ("FREQ", "UNTIL", "COUNT", "INTERVAL", *_VALUES, "WKST")
_NOT_WITH = {
    "BYWEEKNO": ("MONTHLY", "WEEKLY", "DAILY", *_UNITS),
    "BYYEARDAY": ("MONTHLY", "WEEKLY", "DAILY"),
    "BYMONTHDAY": ("WEEKLY",),
}
_EXAMPLE = "write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10"


def check_rule(rule: str, start: date) -> str:
    """Check the rule of an event, and return it in capitals, without `RRULE:`. Raises ValueError."""
    rule = rule.upper().removeprefix("RRULE:")
    parts = _split_rule(rule)
    timed = isinstance(start, datetime)
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("has both COUNT and UNTIL (keep one of the two)")
    if parts["FREQ"] in _UNITS:
        _check_steps(parts, start)
    if until := parts.get("UNTIL"):
        _check_until(until, timed=timed)
    _check_values(parts, timed=timed)
    if not (isinstance(start, datetime) and start.tzinfo):  # aware starts are checked later, in their zone
        check_start(rule, start)
    return rule


def check_start(rule: str, start: date) -> None:
    """Check that the rule includes the start itself, in local time. Raises ValueError."""
    local = _to_local(start)
    if _can_include(rule, local) and next(iter(_parse_rule(rule, local).replace(count=None, until=local)), None):
        return
    raise ValueError(f"{show(rule)} does not include the start (set start to a date of the rule)")


def check_exceptions(exceptions: Sequence[date], rule: str, start: date) -> None:
    """Check that the rule includes all exceptions, which are dates or date-times. Raises ValueError."""
    known = set(keep_occurrences(exceptions, rule, start))
    for exception in exceptions:
        if exception not in known:
            raise ValueError(
                f"{show(exception.isoformat())} is not a date of the recurrence (write a date that matches the rule)"
            )


def keep_occurrences(moments: Sequence[date], rule: str, start: date) -> list[date]:
    """Return the dates and date-times that the rule includes. All of them are found in one pass over the rule.

    If the rule cannot include the start, return all: `check_start` refuses the event.
    """
    if not _can_include(rule, _to_local(start)):
        return list(moments)
    local = [_to_local(at_start_time(moment, start)) for moment in moments]
    last = max(local, default=_to_local(start))
    dates = islice(_parse_rule(rule, _to_local(start)), MAX_OCCURRENCES if local else 0)
    up_to_last = takewhile(lambda one: one <= last, dates)
    found = set(local).intersection(up_to_last)
    return [moment for moment, at in zip(moments, local, strict=True) if at in found]


def at_start_time(exception: date, start: date) -> date:
    """Return an excluded date. If it has no time, but `start` has one, add the time of `start`."""
    if isinstance(exception, datetime) or not isinstance(start, datetime):
        return exception
    return datetime.combine(exception, start.timetz())


def list_occurrences(rule: str, start: date, left_out: Sequence[date]) -> Iterator[date]:
    """Yield the starts of a recurring event in its own time zone, from the first one on, except those in `left_out`.

    The rule is expanded to `MAX_OCCURRENCES` dates at most.
    """
    zone = start.tzinfo if isinstance(start, datetime) else None
    without = {_to_local(at_start_time(exception, start)) for exception in left_out}
    whole = _parse_rule(rule, _to_local(start))
    if until := _split_rule(rule).get("UNTIL"):
        whole = whole.replace(until=_parse_until(until, zone))
    for moment in islice(whole, MAX_OCCURRENCES):
        if moment not in without:
            yield moment.replace(tzinfo=zone) if isinstance(start, datetime) else moment.date()


def _parse_until(until: str, zone: object) -> datetime:
    if "T" not in until:
        return datetime.combine(date.fromisoformat(until), time())
    moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return moment.astimezone(zone).replace(tzinfo=None) if isinstance(zone, ZoneInfo) else moment.replace(tzinfo=None)


def _to_local(moment: date) -> datetime:
    """Return the local time without zone: rules are expanded in local time."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None, microsecond=0)
    return datetime.combine(moment, time())


@lru_cache(maxsize=64)
def _parse_rule(rule: str, start: datetime) -> rrule:
    from dateutil.rrule import rrulestr

    parts = ";".join(f"{name}={value}" for name, value in _split_rule(rule).items() if name != "UNTIL")
    try:
        return cast("rrule", rrulestr(parts, dtstart=start))
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{show(rule)} is not a recurrence rule of RFC 5545 ({_EXAMPLE})") from None


def _can_include(rule: str, start: datetime) -> bool:
    """Return whether a rule can include its start. If it cannot, dateutil may search for a date for hours."""
    parts = _split_rule(rule)
    month, day = monthrange(start.year, start.month)[1], start.timetuple().tm_yday
    own: dict[str, set[object]] = {
        "BYMONTH": {start.month},
        "BYMONTHDAY": {start.day, start.day - month - 1},
        "BYYEARDAY": {day, day - 366 - isleap(start.year)},
        "BYDAY": {_WEEKDAYS[start.weekday()]},
        "BYHOUR": {start.hour},
        "BYMINUTE": {start.minute},
        "BYSECOND": {start.second},
    }
    values = {name: value.split(",") for name, value in parts.items() if name.startswith("BY")}
    for name in own.keys() & values.keys():
        if own[name].isdisjoint({one[-2:] for one in values[name]} if name == "BYDAY" else map(int, values[name])):
            return False
    times = prod(len(values.get(name, "1")) for name in _TIMES[_SMALLER.get(parts["FREQ"], 0) :])
    days = len(values.get("BYDAY", "1")) if parts["FREQ"] == "WEEKLY" else _MOST_DAYS.get(parts["FREQ"], 1)
    return any(abs(int(one)) <= days * times for one in values.get("BYSETPOS", "1"))


def _split_rule(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, mark, value = part.partition("=")
        form = _VALUES.get(name, ".+")
        if name not in _NAMES or not mark or not re.fullmatch(f"({form})(,({form}))*", value):
            if not part:
                raise ValueError("has an empty part (remove the extra semicolon)")
            hint = (name not in _NAMES and nearest(name, _NAMES)) or f" ({_EXAMPLE})"
            raise ValueError(f"{show(part)} is not a valid part of a recurrence rule{hint}")
        if name in parts:
            raise ValueError(f"has {name} twice (keep one)")
        parts[name] = value
    if parts.get("FREQ") not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", *_UNITS):
        raise ValueError(f"{show(rule)} has no valid FREQ ({_EXAMPLE})")
    for name in ("COUNT", "INTERVAL"):
        if name in parts and not (parts[name].isdecimal() and parts[name].isascii() and 0 < int(parts[name]) < 10**6):
            raise ValueError(f"{name} {show(parts[name])} is out of range (write a number from 1 to 999999)")
    return parts


def _check_steps(parts: dict[str, str], start: date) -> None:
    """Reject rules that repeat within a day without end, or more than `MAX_OCCURRENCES` times."""
    if not isinstance(start, datetime):
        raise ValueError(f"FREQ={parts['FREQ']} needs a start with a time (write a start such as 2026-03-01T14:30)")
    if "COUNT" not in parts and "UNTIL" not in parts:
        raise ValueError(f"FREQ={parts['FREQ']} has no end (add COUNT or UNTIL)")
    steps = float(parts.get("COUNT", 0))
    if until := parts.get("UNTIL"):
        _check_until(until, timed=True)
        steps = (_parse_until(until, None) - _to_local(start)).total_seconds() / _UNITS[parts["FREQ"]]
    if steps > MAX_OCCURRENCES:
        raise ValueError(f"has more than {MAX_OCCURRENCES:,} dates (write a lower COUNT or an earlier UNTIL)")


def _check_values(parts: dict[str, str], *, timed: bool) -> None:
    """Reject combinations that the RFC does not define: libraries treat them differently."""
    freq = parts["FREQ"]
    for name, value in parts.items():
        if freq in _NOT_WITH.get(name, ()):
            raise ValueError(f"{name} cannot be combined with FREQ={freq} (remove {name})")
        if not timed and name in _TIMES:
            raise ValueError(f"{name} needs a start with a time (remove {name}, or add a time to start)")
        counted = name == "BYDAY" and any(sign.isdigit() for sign in value)
        if counted and (freq not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
            raise ValueError(
                f"the number in BYDAY={value} needs FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO (remove the number)"
            )


def _check_until(until: str, *, timed: bool) -> None:
    form = "%Y%m%dT%H%M%SZ" if timed else "%Y%m%d"
    try:
        if datetime.strptime(until, form).strftime(form) != until:  # noqa: DTZ007 - only the form is checked
            raise ValueError
    except ValueError:
        kind = "time in UTC, because start has a time" if timed else "date without a time, like start"
        example = "20261231T225959Z" if timed else "20261231"
        raise ValueError(f"UNTIL {show(until)} must be a valid {kind} (write {example})") from None

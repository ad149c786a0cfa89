"""Dates and times: parsing, time zones and durations."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from ..errors import show

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2})(:[0-9]{2}(?:[.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-5][0-9])?"
)
_MAX_OFFSET = timedelta(hours=14)
"""The largest offset from UTC in the dateTime of XML Schema, and so in Atom."""


def _parse_moment(value: object) -> date | datetime:
    """Parse ISO 8601 with hyphens. Ambiguous forms are rejected, never guessed."""
    if isinstance(value, str):
        value = _parse_iso(value.strip())
    if not isinstance(value, date):
        raise ValueError(f"{show(value)} is no date (write 2026-03-01 or 2026-03-01T14:30)")
    if not 1000 <= value.year <= 9998:
        raise ValueError(f"the year of {show(str(value))} is not within 1000 and 9998")
    if isinstance(value, datetime) and abs(value.utcoffset() or timedelta()) > _MAX_OFFSET:
        raise ValueError(f"{show(str(value))} is no date: an offset is 14 hours at most")
    return value


def _parse_iso(text: str) -> date | datetime:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if found := _MOMENT.fullmatch(text):
            # Python does not support leap seconds: the second before is used.
            seconds = (found[2] or "").replace(":60", ":59").replace(",", ".")
            return datetime.fromisoformat(found[1] + seconds + (found[3] or "").upper())
    except ValueError as error:
        reason = f"{error}" if len(str(error)) < 50 else "impossible offset"
        raise ValueError(f"{show(text)} is no date: {reason}") from None
    raise ValueError(f"{show(text)} is no date in ISO 8601 (write 2026-03-01 or 2026-03-01T14:30)")


def _check_zone(value: str) -> str:
    try:
        if value in ("localtime", "posixrules", "Factory") or value.startswith(("right/", "posix/")):
            raise ValueError  # the machine's own zone, or not a real zone
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {show(value)} (write a name such as Europe/Brussels)") from None
    return value


Moment = Annotated[datetime | date, BeforeValidator(_parse_moment)]
"""A date-time or a date. Text must be in ISO 8601 with hyphens."""

Zone = Annotated[str, AfterValidator(_check_zone)]
"""The IANA name of a time zone, such as `Europe/Brussels`."""


_MINUTE = timedelta(minutes=1)


def to_whole_minutes(moment: datetime) -> datetime:
    """Return a moment with a fixed offset of whole minutes, as the formats need it.

    The local time stays the same. Microseconds are cut off.
    """
    offset = moment.utcoffset() or timedelta()
    if type(moment.tzinfo) is timezone and not moment.microsecond and not offset % _MINUTE:
        return moment
    return moment.replace(tzinfo=timezone(offset - offset % _MINUTE), microsecond=0)


def duration(start: date, end: date | None) -> timedelta:
    """Return how long an event takes.

    An event on dates takes whole days, including the last one. An event with a time and without `end` takes no time.
    """
    if isinstance(start, datetime):
        return end.astimezone(UTC) - start.astimezone(UTC) if isinstance(end, datetime) else timedelta()
    return (end or start) - start + timedelta(days=1)

"""Dates and times: parsing, time zones and durations."""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from ..errors import show

NOT_ISO = "not_iso"
"""The type of pydantic's error for text that is not in ISO 8601."""
ISO_EXAMPLES = "write 2026-03-01 or 2026-03-01T14:30"
_WRONG_YEAR = "has a wrong year (write a year from 1000 to 9998)"
_WRONG_OFFSET = "has a wrong offset from UTC (write at most 14 hours, such as +02:00)"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2})(:[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r"(?: ?([Zz]|UTC|[+-][0-9]{2}(?::?[0-5][0-9])?)"
    r"(?:(?<= [+-][0-9]{4}) (?:[A-Z]{3,5}|[+-][0-9]{2,4})(?: m=[+-][0-9.]{1,40})?)?)?"
)
"""After the offset, Go prints the name of the zone, and the reading of a clock if it has one: `+0200 CEST m=+0.01`."""
_SHORT_HOUR = re.compile("(?<=[0-9][Tt ])(?=[0-9]:)|(?<=[0-9] [+-])(?=[0-9]$)")
_DATE_OR_TIME = re.compile(
    r"[Tt][0-9]{2}:[0-9]{2}|[0-9]{1,4}[-./][0-9]{1,2}(?:[-./][0-9]{1,4}|\.)"
    r"|(?<![0-9:+-])[0-9]{1,2}:[0-9]{2}(?: ?[-\u2013] ?[0-9]{1,2}:)?"
)
_DAYS = re.compile(
    r"(?<![0-9.:/+-])[0-9]{1,2}(?:st|nd|rd|th|\.)?(?: [^\W\d_]{3,12}\.?)?"
    r" ?(?:[-\u2013\u2014/&+]|\b(?:a|al|and|au|bis|et|to|und|y)\b) ?(?:[^\W\d_]{2,12}\.? )?"
    r"[0-9]{1,2}(?:st|nd|rd|th|\.)?(?=,? ?[^\W\d_]|[, ]+[0-9]{4}|[0-9]{1,2}\.)|-[0-9]{2}/[0-9]{2}$"
)
"""Several days of one month or year, such as `22-31 May 2026`, `22.-31.5.2026` or `2026-05-22/31`."""
_UTC_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?00)?")
"""An offset from UTC of whole hours."""
_MAX_OFFSET = timedelta(hours=14)
"""The largest offset from UTC in the dateTime of XML Schema, and so in Atom."""


def parse_moment(value: object) -> date | datetime:
    """Parse ISO 8601 with hyphens. Ambiguous forms are rejected, never guessed."""
    if isinstance(value, str):
        value = _parse_iso(value.strip())
    if not isinstance(value, date):
        raise ValueError(f"{show(value)} is not a date ({ISO_EXAMPLES})")
    if not 1000 <= value.year <= 9998:
        raise ValueError(f"{show(str(value))} {_WRONG_YEAR}")
    if isinstance(value, datetime) and abs(value.utcoffset() or timedelta()) > _MAX_OFFSET:
        raise ValueError(f"{show(str(value))} {_WRONG_OFFSET}")
    return value


def explain_several(text: str) -> str:
    """Return the message about a text with two dates, days or times. It is empty for any other text."""
    found = [one.count(":") for one in _DATE_OR_TIME.findall(text[:200])]
    if found.count(0) < 2 and sum(found) < 2 and not _DAYS.search(text[:200]):
        return ""
    advice = "write start and end in two columns or fields, and each further date as an item of its own"
    return f"{show(text)} has several dates or times ({advice})"


def _parse_iso(text: str) -> date | datetime:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if found := _MOMENT.fullmatch(text) or _MOMENT.fullmatch(_complete(text)):
            # Python does not support leap seconds: second 60 becomes second 59.
            seconds = (found[2] or "").replace(":60", ":59").replace(",", ".")
            return datetime.fromisoformat(found[1] + seconds + (found[3] or "").upper().replace("UTC", "Z"))
    except ValueError:
        raise ValueError(f"{show(text)} {_explain_impossible(_complete(text))}") from None
    raise PydanticCustomError(NOT_ISO, "{text}", {"text": f"{show(text)} is not a date in ISO 8601 ({ISO_EXAMPLES})"})


def _complete(text: str) -> str:
    """Return a date-time with two digits of each hour, and UTC for GMT."""
    return _SHORT_HOUR.sub("0", text).replace(" GMT", " UTC")


def _explain_impossible(text: str) -> str:
    """Say why a date in the form of ISO 8601 does not exist."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if year == 0:
        return _WRONG_YEAR
    if not 1 <= month <= 12:
        return "does not exist (months are 01 to 12)"
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        return f"does not exist (days of {text[:7]} are 01 to {days})"
    hour, minute = int(text[11:13]), int(text[14:16])
    second = int(text[17:19].replace("60", "59")) if text[16:17] == ":" else 0
    if hour > 23:
        hint = "for midnight, write 00:00 of the next day" if hour == 24 else "hours are 00 to 23"
        return f"does not exist ({hint})"
    return "does not exist (minutes and seconds are 00 to 59)" if max(minute, second) > 59 else _WRONG_OFFSET


def check_zone(value: str) -> str:
    """Return the IANA name of a time zone. Raises ValueError for an unknown name, and for names such as `localtime`."""
    try:
        if value in ("localtime", "posixrules", "Factory") or value.startswith(("right/", "posix/")):
            raise ValueError  # the machine's own zone, or not a real zone
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {show(value)} (write a name such as Europe/Brussels)") from None
    return value


def find_zone(given: object) -> str | None:
    """Return the IANA name of a time zone, given as an IANA name, a Windows name, or an offset such as `UTC+2`."""
    if not isinstance(given, str):
        return None
    name = given.strip()
    with suppress(ValueError):
        return check_zone(name)
    if found := _UTC_OFFSET.fullmatch(name):
        name = f"Etc/GMT{'-' if found[1] == '+' else '+'}{int(found[2])}"
    else:
        from babel.core import get_global

        name = get_global("windows_zone_mapping").get(name, "")
    with suppress(ValueError):
        return check_zone(name)
    return None


Moment = Annotated[datetime | date, BeforeValidator(parse_moment)]
"""A date-time or a date. Text must be in ISO 8601 with hyphens."""

Zone = Annotated[str, AfterValidator(check_zone)]
"""The IANA name of a time zone, such as `Europe/Brussels`."""


_MINUTE = timedelta(minutes=1)


def to_whole_minutes(moment: datetime) -> datetime:
    """Return the same local time with a fixed offset of whole minutes, as the formats need it, without microseconds."""
    offset = moment.utcoffset() or timedelta()
    if type(moment.tzinfo) is timezone and not moment.microsecond and not offset % _MINUTE:
        return moment
    return moment.replace(tzinfo=timezone(offset - offset % _MINUTE), microsecond=0)


def duration(start: date, end: date | None) -> timedelta:
    """Return the duration of an event.

    An event on dates lasts whole days, including the last day. An event with a time but no `end` has the duration 0.
    """
    if isinstance(start, datetime):
        return end.astimezone(UTC) - start.astimezone(UTC) if isinstance(end, datetime) else timedelta()
    return (end or start) - start + timedelta(days=1)


def format_rfc3339(moment: datetime) -> str:
    """Return a date-time in the form of RFC 3339. The offset of UTC is `Z`."""
    return moment.isoformat().replace("+00:00", "Z")

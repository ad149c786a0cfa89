"""Time zones of iCalendar: IANA and Windows names, and zones that a calendar defines itself (VTIMEZONE)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from ..models.dates import check_zone

_LINES = re.compile(r"(?i)(BEGIN|END|TZID|DTSTART|TZOFFSETFROM|TZOFFSETTO|RRULE|RDATE|TZNAME)[:;]")
_RULE = re.compile(
    r"(?i)RRULE:FREQ=YEARLY(;(BYMONTH=[0-9]+|BYDAY=[+-]?[0-9]?[A-Z]{2}|BYMONTHDAY=[0-9,-]+|INTERVAL=1|WKST=[A-Z]{2}"
    r"|UNTIL=[0-9TZ]+))*;?"
)
"""A rule that gives one date a year. Other rules could have too many dates."""
_DAYS_BETWEEN_SAMPLES = 2
_MAX_PARTS = 8
"""The limit of parts in a name such as `/example.org/Europe/Brussels`. Further parts are ignored."""


class Zones:
    """The time zones of one calendar."""

    def __init__(self, definitions: Mapping[str, Sequence[str]], default: str | None) -> None:
        """`definitions` has the content lines of each VTIMEZONE, and `default` is the zone of the whole calendar."""
        self._definitions = definitions
        self.default = self._find_known(default) if default else None
        self._found: dict[str, tzinfo | None] = {}

    def find(self, tzid: str, year: int) -> tzinfo | None:
        """Return the zone with a name, or None. `year` is the year of a date in this zone.

        A zone that the calendar defines becomes the IANA zone with the same offsets in this year, if there is one.
        """
        if tzid not in self._found:
            self._found[tzid] = self._find_known(tzid) or self._find_defined(tzid, year)
        return self._found[tzid]

    def _find_known(self, tzid: str) -> ZoneInfo | None:
        """Return the zone of an IANA name, a Windows name, or a path that ends with one of them."""
        names = [tzid, WINDOWS_TO_OLSON.get(tzid, "")]
        parts = tzid.strip("/").split("/")[:_MAX_PARTS]
        names += ["/".join(parts[start:]) for start in range(len(parts))]
        lines = (line.partition(":") for line in self._definitions.get(tzid, ()))
        names += [place for name, _, place in lines if name.upper() == "X-LIC-LOCATION"]
        return next((ZoneInfo(name) for name in names if name and _is_known(name)), None)

    def _find_defined(self, tzid: str, year: int) -> tzinfo | None:
        lines = [line for line in self._definitions.get(tzid, ()) if _LINES.match(line)]
        rules = [line for line in lines if line.upper().startswith("RRULE")]
        if not lines or not all(_RULE.fullmatch(rule.strip()) for rule in rules):
            return None
        try:
            defined: tzinfo = Timezone.from_ical("\r\n".join(lines)).to_tz(lookup_tzid=False)  # type: ignore[attr-defined]
            return _match_offsets(defined, year, self.default) or defined
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            return None


@lru_cache(maxsize=1000)
def _is_known(name: str) -> bool:
    with suppress(ValueError):
        return bool(check_zone(name))
    return False


def _match_offsets(defined: tzinfo, year: int, default: ZoneInfo | None) -> ZoneInfo | None:
    """Return an IANA zone that has the same offsets in `year` as a zone of the calendar. Try `default` first."""
    first = datetime(year, 1, 1)  # noqa: DTZ001 - a local time
    samples = [first + timedelta(days=day) for day in range(0, 365, _DAYS_BETWEEN_SAMPLES)]
    offsets = [defined.utcoffset(sample) for sample in samples]
    names = [*([default.key] if default else []), *sorted(set(WINDOWS_TO_OLSON.values()))]
    for zone in (ZoneInfo(name) for name in names if _is_known(name)):
        if all(zone.utcoffset(sample) == offset for sample, offset in zip(samples, offsets, strict=True)):
            return zone
    return None

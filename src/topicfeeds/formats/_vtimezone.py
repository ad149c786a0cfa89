"""VTIMEZONE: the changes of a zone's clock, for calendars (RFC 5545, 3.6.5).

icalendar can also make a VTIMEZONE, but has three faults:

- It writes onsets in the local time after the change. The RFC requires the local time before the change.
- It misses periods of less than 64 days (Ramadan in Morocco).
- Its VTIMEZONE ends after some years.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

_FIRST_YEAR = 2000
"""A VTIMEZONE starts in this year, or in the year before its first event if that is earlier. Some
calendar programs keep the first VTIMEZONE of a zone that they read."""
_FIRST, KNOWN = 1800, 2067
"""No zone changed its clocks before `_FIRST`. All changes before `KNOWN` are computed. Later changes follow rules
without end. The IANA tables list changes up to 2037, and weekdays repeat after 28 years."""
_CYCLE, _OFTEN = 28, 5
"""If changes follow one rule in at least `_OFTEN` years, they are written as a rule. If they do so in at least `_CYCLE`
years, up to the last computed year, the rule has no end."""
_STEP, _SECOND = timedelta(days=3), timedelta(seconds=1)
"""Changes are searched in steps of `_STEP`. The closest two changes are four days apart, in Freetown in 1939."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _OffsetChange(NamedTuple):
    before: timedelta
    after: timedelta
    name: str
    summer: bool


def render_vtimezone(key: str, first: int) -> bytes:
    """Return the VTIMEZONE of a zone, for events from the year `first` on."""
    return _render_cached(key, min(first - 1, _FIRST_YEAR))


@lru_cache(maxsize=1000)
def _render_cached(key: str, first: int) -> bytes:
    onsets: dict[_OffsetChange, list[datetime]] = {}
    for onset, change in _find_changes(ZoneInfo(key), first):
        onsets.setdefault(change, []).append(onset)
    made = Timezone()
    made.add("TZID", key)
    for change, times in onsets.items():
        single: list[datetime] = []
        for run, rule in _split_runs(times):
            if len(run) < _OFTEN:
                single += run
                continue
            endless = run[-1].year == KNOWN - 1 and len(run) >= _CYCLE
            # UNTIL is the end of the year, as dateutil reads a time in UTC as local time.
            until = "" if endless else f";UNTIL={run[-1].year}1231T000000Z"
            _add(made, change, run[0]).add("RRULE", vRecur.from_ical(f"FREQ=YEARLY;{rule}{until}"))
        if single:
            part = _add(made, change, single[0])
            for onset in single if single[1:] else ():  # ical.js needs all onsets, each on its own line
                part.add("RDATE", onset)
    return bytes(made.to_ical())


def _add(made: Timezone, change: _OffsetChange, start: datetime) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if change.summer else TimezoneStandard()
    part.add("DTSTART", start)
    part.add("TZOFFSETFROM", change.before)
    part.add("TZOFFSETTO", change.after)
    part.add("TZNAME", change.name)
    made.add_component(part)
    return part


def _find_changes(zone: ZoneInfo, first: int) -> Iterator[tuple[datetime, _OffsetChange]]:
    """Yield each change of the offset from UTC, with its moment in the local time before the change.

    The first result is not a change, but the offset at the start of the year `first`.
    """
    start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(KNOWN, 1, 1, tzinfo=UTC)
    yield _make_onset(zone, start, start)
    start = max(start, datetime(_FIRST, 1, 1, tzinfo=UTC))
    for before, after in pairwise(start + n * _STEP for n in range((end - start) // _STEP + 1)):
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        while after - before > _SECOND:
            middle = before + (after - before) // (2 * _SECOND) * _SECOND
            if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
                before = middle
            else:
                after = middle
        yield _make_onset(zone, before, after)


def _make_onset(zone: ZoneInfo, before: datetime, moment: datetime) -> tuple[datetime, _OffsetChange]:
    old, new = before.astimezone(zone), moment.astimezone(zone)
    offset = old.utcoffset() or timedelta()
    change = _OffsetChange(offset, new.utcoffset() or timedelta(), new.tzname() or zone.key, bool(new.dst()))
    return (moment + offset).replace(tzinfo=None), change


def _split_runs(onsets: Sequence[datetime]) -> Iterator[tuple[list[datetime], str]]:
    """Split onsets into runs of successive years that follow the same rule, and yield each run with its rule."""
    run, rules = [onsets[0]], _find_rules(onsets[0])
    for onset in onsets[1:]:
        if onset.year == run[-1].year + 1 and onset.time() == run[0].time() and rules & _find_rules(onset):
            run.append(onset)
            rules &= _find_rules(onset)
        else:
            yield run, min(rules)
            run, rules = [onset], _find_rules(onset)
    yield run, min(rules)


def _find_rules(onset: datetime) -> set[str]:
    """Return the rules of RFC 5545 that match this day: its weekday, counted from the start or the end of the month."""
    counts = [(onset.day + 6) // 7, *([-1] if (onset + timedelta(7)).month != onset.month else [])]
    return {f"BYMONTH={onset.month};BYDAY={count}{_WEEKDAYS[onset.weekday()]}" for count in counts}

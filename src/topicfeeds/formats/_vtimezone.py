"""VTIMEZONE: the changes of a zone's clock, for calendars (RFC 5545, 3.6.5).

icalendar can describe a zone too, with three faults. It gives onsets by the clock after the change, and the RFC by the
clock before. It misses periods of less than 64 days (Ramadan in Morocco). Its description ends after some years.
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
"""Descriptions start in this year, or earlier if an event does: some readers keep the first description of a zone."""
_FIRST, KNOWN = 1800, 2067
"""No clock was changed before the first year. All changes before the second year are listed; later ones follow rules.
The IANA tables list changes up to 2037, and weekdays repeat after 28 years."""
_CYCLE, _OFTEN = 28, 5
"""Years with the same rule: from the first number on it is a rule without end, from the second on a rule."""
_STEP, _SECOND = timedelta(days=3), timedelta(seconds=1)
"""No two changes are closer together than this step: the closest are four days apart, in Freetown in 1939."""
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
            for onset in single if single[1:] else ():  # all of them, each on a line of its own, as ical.js needs it
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
    """Yield each change of the clock, by the clock before it. The first one is the start of the first year."""
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
    """Split onsets into runs of years with one rule, and yield each run with its rule."""
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
    """Return the rules of RFC 5545 that give this day: its weekday, counted from either end of the month."""
    counts = [(onset.day + 6) // 7, *([-1] if (onset + timedelta(7)).month != onset.month else [])]
    return {f"BYMONTH={onset.month};BYDAY={count}{_WEEKDAYS[onset.weekday()]}" for count in counts}

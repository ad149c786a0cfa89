"""Changes of events: which changes need a notice for readers, and which dates they concern.

The memory stores each change once. Later runs make the same notice from it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from html import unescape
from itertools import islice
from unicodedata import normalize
from zoneinfo import ZoneInfo

from ..models.dates import duration
from ..state.memory import ItemMemory
from ..text.characters import decode_broken_references
from .digests import to_json
from .events import format_moment, list_coming, restore_times, to_instant
from .model import EventChange, EventDetails, EventSnapshot, EventTimes

FIELDS = ("status", "start", "recurrence", "date_cancelled", "end", "location", "date_confirmed")
"""The kinds of change. If several apply, the change has the first of them as its `field`."""
_MAX_CHANGES = 100
"""The largest number of changes that the memory stores for one event. `EventChange.n` is computed from these
changes."""
_MAX_COMPARED = 1000
"""The largest number of coming dates of a recurring event that are compared."""
_SEPARATORS = re.compile(r"""(?:[\s,;|·•"()\[\]]|[.:](?!\S)|(?<!\S)[-/](?!\S))+""")
_PLAIN_MARKS = str.maketrans("’‘ʼ`´“”„«»‐‑–—", "'''''\"\"\"\"\"----")
"""Quotation marks, apostrophes and dashes, each with the character of ASCII that means the same."""
_OPEN_END = timedelta(days=1)
"""The assumed length of an event without an end."""


def record_change(known: ItemMemory, before: ItemMemory, moment: int) -> ItemMemory:
    """Return `known`, the new memory row of an event. If its facts differ from `before`, add the change and its time.

    `moment` is the time of this run, in seconds since 1970.
    """
    kept = known._replace(snapshot_changed=before.snapshot_changed, changes=before.changes)
    if before.snapshot is None or known.snapshot is None or before.snapshot == known.snapshot:
        return kept
    new = EventSnapshot(*json.loads(known.snapshot))
    old = _read_snapshot(before.snapshot, new)
    if _normalize(old) == _normalize(new):
        return kept
    kept = kept._replace(snapshot_changed=max(moment, before.snapshot_changed or moment))
    found = _find_change(old, new, datetime.fromtimestamp(moment, UTC))
    if found is None:
        return kept
    field, dates = found
    told, change = read_changes(before), EventChange(moment, 1, field, old, new, dates, ())
    reached = (one.n for one in told if (one.field, changed_value(one)) == (field, changed_value(change)))
    told.append(change._replace(n=1 + max(reached, default=0)))
    return kept._replace(changes=to_json(told[-_MAX_CHANGES:]))


def read_changes(known: ItemMemory | None) -> list[EventChange]:
    """Return the changes of an event that have notices, oldest first."""
    if known is None or known.changes is None:
        return []
    rows = json.loads(known.changes)
    return [
        EventChange(at, n, field, EventSnapshot(*before), EventSnapshot(*after), *more)
        for at, n, field, before, after, *more in rows
    ]


def assign_feeds(known: ItemMemory, feeds: Sequence[str] | None) -> ItemMemory:
    """Return the memory of an event, with the feeds that have the notice of its last change."""
    *others, last = read_changes(known)
    return known._replace(changes=to_json([*others, last._replace(feeds=feeds)]))


def changed_value(change: EventChange) -> str | None:
    """Return the new value of the changed field. It is part of the id of the notice."""
    facts = change.after
    if change.field == "location":
        return facts.place
    if change.field in ("start", "end"):
        facts = _normalize(facts)
    return ",".join(change.dates) or str(getattr(facts, change.field, None) or "") or None


def list_cancelled(changes: Iterable[EventChange], times: EventTimes) -> tuple[date, ...]:
    """Return the excluded dates that readers already knew as dates of the event. Only these count as cancelled."""
    days = {one[:10] for change in changes if change.field != "date_confirmed" for one in change.dates}
    return tuple(one for one in times.left_out if one.isoformat()[:10] in days)


def find_nearest(change: EventChange) -> datetime:
    """Compare the old and the new next date of a changed event. Return the earlier one, in UTC."""
    now = datetime.fromtimestamp(change.at, UTC)
    both = [_list_dates(restore_times(facts, UTC), now, 1) for facts in (change.before, change.after)]
    return min(to_instant(one) for some in both for one in some)


def recall_event(event: EventDetails, facts: EventSnapshot, at: int, limit: int = 3) -> EventDetails:
    """Return an event with its dates as readers saw them at the time `at`, in seconds since 1970.

    `limit` is the largest number of next dates of a recurring event.
    """
    times = restore_times(facts, _find_zone(event))
    now, length = datetime.fromtimestamp(at, UTC), duration(times.start, times.end)
    following = tuple(islice(list_coming(times, now, length), limit)) if times.recurrence else ()
    return replace(event, **times._asdict(), next=following)


def recall_dates(event: EventDetails, change: EventChange) -> tuple[date, ...]:
    """Return the dates of a recurring event that a change concerns."""
    return restore_times(change.after._replace(left_out=change.dates), _find_zone(event)).left_out


def _find_zone(event: EventDetails) -> tzinfo:
    """Return the zone for facts that were stored without one."""
    return (isinstance(event.start, datetime) and event.start.tzinfo) or ZoneInfo(event.site_zone)


def _read_snapshot(text: str, new: EventSnapshot) -> EventSnapshot:
    """Return stored facts. Facts that an earlier version did not store are assumed to be unchanged."""
    stored = EventSnapshot(*json.loads(text))
    if stored.zone:
        return stored
    made = new._replace(start=stored.start, end=stored.end, place=stored.place, status=stored.status)
    times = restore_times(made, UTC)
    is_series = times.recurrence and next(list_coming(times._replace(left_out=()), None, timedelta())) == times.start
    return made if is_series else made._replace(recurrence=None, left_out=())


def _normalize(facts: EventSnapshot) -> EventSnapshot:
    """Return facts with times in UTC, so that the same moment is equal in any notation."""
    times = restore_times(facts, UTC)
    start, *left_out = (_format_utc(one) for one in (times.start, *times.left_out))
    return facts._replace(start=start, end=_format_utc(times.end) if times.end else None, left_out=sorted(left_out))


def _find_change(old: EventSnapshot, new: EventSnapshot, now: datetime) -> tuple[str, list[str]] | None:
    """Return the field that changed and the dates that it concerns, or None if the change needs no notice."""
    before, after = restore_times(old, UTC), restore_times(new, UTC)
    if not (_list_dates(before, now, 1) or _list_dates(after, now, 1)):
        return None  # the event is over
    coming, following = (_list_dates(one._replace(left_out=()), now) for one in (before, after))
    kept = [one for one in coming if to_instant(one) >= to_instant(after.start)]
    is_moved = _is_moved(before, after, kept, following)
    early = [one for one in coming if to_instant(one) < to_instant(after.start) and not _has_begun(one, now, old.zone)]
    dropped = early + kept[len(following) :]
    cancelled = _list_newly_cancelled(before, after, coming, [] if is_moved else dropped)
    restored = [one for one in before.left_out if one in coming and one in following and one not in after.left_out]
    lengths = [duration(one.start, one.end) for one in (before, after)]
    is_found = {
        "status": old.status != new.status,
        "start": is_moved and to_instant(before.start) != to_instant(after.start),
        "recurrence": is_moved,
        "date_cancelled": bool(cancelled),
        "end": bool(lengths[0]) and lengths[0] != lengths[1],  # an end that is only added needs no notice
        "location": is_other_place(old.place, new.place),
        "date_confirmed": bool(restored),
    }
    field = next((name for name in FIELDS if is_found[name]), None)
    dates = restored if field == "date_confirmed" else cancelled
    return (field, sorted(map(format_moment, dates))) if field else None


def is_other_place(old: str | None, new: str | None) -> bool:
    """Return whether two places differ in more than case, spaces, references of HTML, and punctuation between words."""
    return _fold_place(old or "") != _fold_place(new or "")


def _fold_place(place: str) -> str:
    decoded = unescape(decode_broken_references(place))
    return _SEPARATORS.sub(" ", normalize("NFC", decoded).casefold().translate(_PLAIN_MARKS)).strip()


def _has_begun(moment: date, now: datetime, zone: str | None) -> bool:
    """Return whether a date of an event has begun. A whole day begins at midnight in the zone of the event."""
    here = now.astimezone(ZoneInfo(zone) if zone else UTC)
    return moment <= here if isinstance(moment, datetime) else moment <= here.date()


def _is_moved(before: EventTimes, after: EventTimes, kept: list[date], following: list[date]) -> bool:
    """Return whether an event has other dates.

    A series is not moved if it now starts on one of its later dates, ends earlier, or continues longer. `kept` are its
    old dates from its new start on, and `following` are its new dates.
    """
    if isinstance(before.start, datetime) != isinstance(after.start, datetime):
        return True
    has_new_start = to_instant(before.start) != to_instant(after.start)
    if not (before.recurrence or after.recurrence):
        return has_new_start
    number = min(len(kept), len(following))
    return kept[:number] != following[:number] or (has_new_start and not kept and bool(following))


def _list_newly_cancelled(before: EventTimes, after: EventTimes, coming: list[date], dropped: list[date]) -> list[date]:
    """Return the coming dates that the series now excludes, and those that are before its new start or after its end.

    Days are compared, because the time of the series may have changed, too.
    """
    days = {f"{one:%Y-%m-%d}" for one in coming if one not in before.left_out}
    excepted = [one for one in after.left_out if one not in before.left_out and f"{one:%Y-%m-%d}" in days]
    return excepted + [one for one in dropped if one not in before.left_out and one not in excepted]


def _list_dates(times: EventTimes, now: datetime, limit: int = _MAX_COMPARED) -> list[date]:
    """Return the next dates of an event that are not over."""
    return list(islice(list_coming(times, now, duration(times.start, times.end) or _OPEN_END), limit))


def _format_utc(moment: date) -> str:
    return (to_instant(moment) if isinstance(moment, datetime) else moment).isoformat()

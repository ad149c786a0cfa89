"""Notices: entries about the changes of an event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from ..state.memory import ItemMemory
from .digests import to_json
from .model import Candidate, EventChange, EventSnapshot, Schedule

_SEQUENCE_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_CHANGES = 100
"""The largest number of changes that the memory stores for one event. `EventChange.n` is computed from these
changes."""
_FIELDS = ("status", "start", "end", "location")


def record_change(known: ItemMemory, before: ItemMemory, moment: int) -> ItemMemory:
    """Return `known`, the new memory of an event. If its facts differ from `before`, add the change and its time.

    `moment` is the time of this run, in seconds since 1970.
    """
    if before.snapshot is None or known.snapshot is None or before.snapshot == known.snapshot:
        return known._replace(snapshot_changed=before.snapshot_changed, changes=before.changes)
    told, old, new = (
        read_changes(before),
        EventSnapshot(*json.loads(before.snapshot)),
        EventSnapshot(*json.loads(known.snapshot)),
    )
    values = dict(zip(("start", "end", "location", "status"), zip(old, new, strict=True), strict=True))
    field = next(name for name in _FIELDS if values[name][0] != values[name][1])
    reached = (one.n for one in told if (one.field, _changed_value(one)) == (field, values[field][1]))
    told.append(EventChange(moment, 1 + max(reached, default=0), field, old, new))
    return known._replace(
        snapshot_changed=max(moment, before.snapshot_changed or moment), changes=to_json(told[-_MAX_CHANGES:])
    )


def read_changes(known: ItemMemory | None) -> list[EventChange]:
    """Return the changes of an event that have notices, oldest first."""
    if known is None or known.changes is None:
        return []
    rows = json.loads(known.changes)
    return [
        EventChange(at, n, field, EventSnapshot(*before), EventSnapshot(*after)) for at, n, field, before, after in rows
    ]


def _changed_value(change: EventChange) -> str | None:
    return change.after.place if change.field == "location" else str(getattr(change.after, change.field) or "") or None


def add_sequence(schedule: Schedule, published: datetime, updated: datetime, known: ItemMemory | None) -> Schedule:
    """Return the schedule of an event with its last change and its SEQUENCE.

    SEQUENCE is 0 for an event that never changed, otherwise its `updated` in seconds since 2000. It never decreases.
    """
    seconds = int((updated - _SEQUENCE_EPOCH).total_seconds()) if updated > published else 0
    sequence = max(0, min(seconds, 2**31 - 1))
    return schedule._replace(sequence=sequence, change=next(iter(read_changes(known)[-1:]), None))


def make_notices(event: Candidate, authority: str) -> Iterator[Candidate]:
    """Yield a candidate for each change of an event: feed readers show new entries, but not edits of old entries."""
    for change in read_changes(event.memory):
        text = to_json([event.id, change.field, _changed_value(change), change.n])
        seen = max(datetime.fromtimestamp(change.at, event.published.tzinfo), event.published)
        yield event._replace(
            id=f"tag:{authority}:notice/{hashlib.sha256(text.encode()).hexdigest()[:20]}",
            published=seen,
            updated=seen,
            digest=event.digest + to_json(change),
            memory=None,
            notice=change,
        )

"""Notices: entries about the changes of an event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from ..state.memory import ItemMemory
from .digests import to_json
from .model import Entry, EventChange, EventDetails, EventSnapshot

_SEQUENCE_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_CHANGES = 100
"""The largest number of changes that the memory stores for one event. `EventChange.n` is computed from these
changes."""
_FIELDS = ("status", "start", "end", "location")


def take_snapshot(event: EventDetails) -> str:
    """Return the facts about an event as JSON. Equal facts give equal JSON, however the author wrote them."""
    place = event.place.line if event.place else None
    end = _format_utc(event.end) if event.end else None
    end = None if end == _format_utc(event.start) else end
    return to_json(EventSnapshot(_format_utc(event.start), end, place, event.status or "confirmed"))


def _format_utc(moment: date) -> str:
    return (moment.astimezone(UTC) if isinstance(moment, datetime) else moment).isoformat()


def record_change(known: ItemMemory, before: ItemMemory, moment: int) -> ItemMemory:
    """Return `known`, with a new notice and the time of the change if the facts differ from `before`.

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


def add_sequence(entry: Entry, known: ItemMemory | None) -> Entry:
    """Return an event with its last change and its SEQUENCE.

    SEQUENCE is 0 for an event that never changed, otherwise its `updated` in seconds since 2000. It never decreases.
    """
    if entry.event is None:
        return entry
    seconds = int((entry.updated - _SEQUENCE_EPOCH).total_seconds()) if entry.updated > entry.published else 0
    sequence = max(0, min(seconds, 2**31 - 1))
    change = next(iter(read_changes(known)[-1:]), None)
    return replace(entry, event=replace(entry.event, sequence=sequence, change=change))


def make_notices(entry: Entry, known: ItemMemory | None, authority: str) -> Iterator[Entry]:
    """Yield a new entry for each change, as feed readers show new entries but not edits of old entries."""
    for change in read_changes(known) if entry.event else ():
        text = to_json([entry.id, change.field, _changed_value(change), change.n])
        seen = datetime.fromtimestamp(change.at, entry.published.tzinfo)
        yield Entry(
            id=f"tag:{authority}:notice/{hashlib.sha256(text.encode()).hexdigest()[:20]}",
            kind=entry.kind,
            title=entry.title,
            link=entry.link,
            published=max(seen, entry.published),
            updated=max(seen, entry.published),
            topics=entry.topics,
            tags=entry.tags,
            authors=entry.authors,
            language=entry.language,
            image=entry.image,
            event=entry.event,
            notice=change,
        )

"""Notices: entries about the changes of an event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ..state.memory import ItemMemory
from .changes import changed_value, find_nearest, list_cancelled, read_changes
from .digests import to_json
from .ids import mint_id
from .model import Candidate, EventTimes, NewNotice, Schedule

_SEQUENCE_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def add_history(
    schedule: Schedule, times: EventTimes, dates: tuple[datetime, datetime], known: ItemMemory | None
) -> Schedule:
    """Return the schedule of an event with its last change, its cancelled dates and its SEQUENCE.

    `dates` are `published` and `updated`. SEQUENCE is 0 for an event that never changed, otherwise the time of its last
    change in seconds since 2000. It never decreases, even if its author sets an earlier `updated`.
    """
    published, updated = dates
    seen = [known.changed or 0, known.snapshot_changed or 0] if known else []
    latest = max([updated.timestamp() if updated > published else 0, *seen])
    changes = read_changes(known)
    return schedule._replace(
        sequence=max(0, min(int(latest - _SEQUENCE_EPOCH.timestamp()), 2**31 - 1)),
        change=changes[-1]._replace(feeds=None) if changes else None,
        cancelled=list_cancelled(changes, times),
    )


def make_notices(event: Candidate, authority: str, before: ItemMemory | None) -> Iterator[Candidate]:
    """Yield a candidate for each change of an event: feed readers show new entries, but not edits of old entries.

    `before` is the memory of the event before this run.
    """
    changes = read_changes(event.memory)
    is_new = event.memory and before and event.memory.changes != before.changes
    for change in changes:
        seen = max(datetime.fromtimestamp(change.at, event.published.tzinfo), event.published)
        notice = event._replace(
            id=mint_id(authority, "notice", (event.id, change.field, changed_value(change), change.n)),
            published=seen,
            updated=seen,
            digest=event.digest + to_json(change._replace(feeds=None)),
            memory=None,
            notice=change,
        )
        if is_new and change is changes[-1]:
            field = "except" if change.field.startswith("date_") else change.field
            new = NewNotice(event, field, find_nearest(change))
            notice = notice._replace(notice=change._replace(feeds=None), new=new)
        yield notice

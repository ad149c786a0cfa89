"""Retirement: keep the documents of feeds that no longer exist for some days, then remove them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..state.documents import WrittenDocument
from ..state.store import State
from .folder import OutputFolder
from .write import is_ours


class Retirement(NamedTuple):
    """The documents that a run did not produce, grouped by what happens to them."""

    removed: tuple[str, ...] = ()
    """Paths to remove now."""
    waiting: int = 0
    """How many other documents wait for their removal."""
    known: tuple[WrittenDocument, ...] = ()
    """All documents in `removed`, and those that wait, as the state stores them."""
    foreign: tuple[str, ...] = ()
    """Paths whose file is missing, or no longer ours. The state forgets them."""


def retire_documents(state: State | None, folder: OutputFolder, retire_days: int, now: datetime | None) -> Retirement:
    """Decide for each document that this run did not produce: remove it, keep it for now, or forget it.

    Without `now`, no document is removed. Raises PublishError.
    """
    if state is None:
        return Retirement()
    moment = int(now.timestamp()) if now else None
    unmade = state.unmade_documents(moment)
    known = tuple(one for one in unmade if is_ours(one, folder))
    times = ((one.path, one.removal_time(retire_days)) for one in known)
    removed = tuple(path for path, time in times if moment is not None and time is not None and time <= moment)
    kept = {one.path for one in known}
    foreign = tuple(one.path for one in unmade if one.path not in kept)
    return Retirement(removed, len(known) - len(removed), known, foreign)

"""Retirement: documents that no feed makes any more stay for some days, and are removed then."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ..state.documents import WrittenDocument, removal_time
from ..state.store import State
from .write import is_ours


class Retirement(NamedTuple):
    """What becomes of the documents that a run did not make."""

    removed: tuple[str, ...] = ()
    """Paths to remove now."""
    waiting: int = 0
    """How many others wait."""
    known: tuple[WrittenDocument, ...] = ()
    """What the state keeps of all these documents."""
    foreign: tuple[str, ...] = ()
    """Paths whose file is missing, or not ours any more: the state forgets them."""


def retire_documents(state: State | None, folder: Path, retire_days: int, now: datetime | None) -> Retirement:
    """Decide about the documents that this run did not make. Without `now`, nothing is removed. Raises PublishError."""
    if state is None:
        return Retirement()
    moment = int(now.timestamp()) if now else None
    unmade = state.unmade_documents(moment)
    known = tuple(one for one in unmade if is_ours(one, folder))
    over = (one for one in known if moment is not None and removal_time(one.retired or 0, retire_days) <= moment)
    removed = tuple(one.path for one in over)
    kept = {one.path for one in known}
    foreign = tuple(one.path for one in unmade if one.path not in kept)
    return Retirement(removed, len(known) - len(removed), known, foreign)

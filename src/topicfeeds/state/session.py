"""Sessions: open the state for a run, and replace a damaged state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ..errors import Problem, PublishError
from .store import State, StateDamagedError, is_damage_error, is_file_damaged


@contextmanager
def open_state(state: State | None, now: datetime | None, *, dry: bool = False) -> Iterator[list[Problem]]:
    """Open the state for a run, yield warnings about it, and close it. A damaged state is renamed to `*.damaged`.

    `now` is aware. With `dry`, nothing is written. Raises PublishError if the state cannot be used.
    """
    if state is None:
        yield []
        return
    moment = int(now.timestamp()) if now else None
    try:
        try:
            state.begin(moment, dry=dry)
        except StateDamagedError as error:
            state.close()
            if state.path is None or dry or "newer" in str(error):
                raise PublishError(message=f"{state}: {error}") from None
            if not is_file_damaged(state.path):
                raise OSError("a disk failed to read it") from error
            state.quarantined = (
                f"{error}, and was set aside as {_quarantine(state.path)} (dates first seen are forgotten)"
            )
            state.begin(moment, dry=dry)
        yield [Problem(state.path or "", 1, "", state.quarantined, "warning")] if state.quarantined else []
    except (sqlite3.Error, OSError) as error:
        state.close()
        if not is_damage_error(error) or state.path is None or dry or not is_file_damaged(state.path):
            raise PublishError(message=f"{state}: the state cannot be used: {error}") from error
        message = f"{state}: is damaged, and was set aside as {_quarantine(state.path)}: the next run builds all anew"
        raise PublishError(message=message) from error
    finally:
        state.close()


def _quarantine(path: str) -> str:
    """Rename a damaged state, and return its new path."""
    Path(path).replace(f"{path}.damaged")
    return f"{path}.damaged"

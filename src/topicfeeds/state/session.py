"""Sessions: open the state for a run, and replace a damaged state."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ..errors import BusyError, ConfigError, Hint, Problem, PublishError, explain_os_error
from .checksums import DamageError
from .database import is_damage_error, is_file_damaged
from .store import ForeignStateError, NewerStateError, State, StateDamagedError


class CacheDamagedError(Exception):
    """The cache was damaged and has been deleted. The next run reads everything."""


@contextmanager
def open_state(state: State | None, now: datetime | None, *, dry: bool = False) -> Iterator[list[Problem]]:
    """Open the state for a run, yield warnings about it, and close it. A damaged state is renamed to `*.damaged`.

    `now` has a time zone. With `dry`, nothing is written. Raises BusyError if another run uses the state, PublishError
    if the state cannot be used, ConfigError if a file of another program is in its place, and CacheDamagedError if the
    cache is damaged.
    """
    if state is None:
        yield []
        return
    if not state.lock.acquire(blocking=False):
        raise BusyError(message=f"another run is using this State of {state} (give each run its own State)")
    try:
        with explain_errors(state, dry=dry), _replace_if_damaged(state, dry=dry):
            yield _begin(state, int(now.timestamp()) if now else None, dry=dry)
    finally:
        state.close()
        state.lock.release()


def _begin(state: State, moment: int | None, *, dry: bool) -> list[Problem]:
    """Begin a run, and return a warning if the state is damaged."""
    try:
        state.begin(moment, dry=dry)
    except StateDamagedError as error:
        state.close()
        if state.path is None or dry:
            advice = f" ({_REPLACED})" if dry else ""
            raise PublishError(message=f"{state}: is damaged{advice}") from error
        if not _is_damaged(error.__cause__, state.path):
            raise OSError(errno.EIO, "a read error occurred") from error
        state.quarantined = state.heal()
        state.begin(moment, dry=dry)
    path = os.path.abspath(state.path or "")
    damage = state.quarantined and Problem(path, 1, "", state.quarantined, "warning", is_urgent=True)
    return [damage] if damage else []


@contextmanager
def _replace_if_damaged(state: State, *, dry: bool) -> Iterator[None]:
    """Replace the state, or delete its cache, if an error shows that it is damaged."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        state.close()
        cache = state.cache.path
        if cache and not dry and _is_damaged(error, cache):
            Path(cache).unlink()
            raise CacheDamagedError(
                f"{cache}: was damaged and was deleted (run again; the run takes longer)"
            ) from error
        if state.path is None or dry or not _is_damaged(error, state.path):
            raise
        raise PublishError(message=f"{state}: {state.heal()}; then run again") from error


@contextmanager
def explain_errors(state: State, *, dry: bool = True) -> Iterator[None]:
    """Turn the errors of a state into BusyError, PublishError or ConfigError, which say what to do."""
    try:
        yield
    except NewerStateError:
        message = f"{state}: was written by a newer version of topicfeeds"
        raise PublishError(message=message, hint=Hint.NEWER_STATE) from None
    except ForeignStateError as error:
        message = f"{error}: exists, but is not a state of topicfeeds; it was not changed"
        raise ConfigError(message=message, hint=Hint.OTHER_STATE) from None
    except (sqlite3.Error, OSError) as error:
        is_busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
        message = f"{state}: cannot be used as the state: {_explain(error, dry=dry)}"
        raise (BusyError if is_busy else PublishError)(message=message) from error


_ADVICE = {
    "SQLITE_FULL": "free disk space, then run again",
    "SQLITE_READONLY": "check the owner and permissions of the file and its folder",
    "SQLITE_CANTOPEN": "check that its folder can be written, and that the path is not a folder",
    "SQLITE_BUSY": "another run uses it: try again later",
    "SQLITE_IOERR": "check the disk",
}
_REPLACED = "the next run that writes the state replaces it"
_OTHER_ADVICE = "if it is damaged, restore a backup, or move it away"


def _explain(error: sqlite3.Error | OSError, *, dry: bool) -> str:
    """Say why the state cannot be used, and what to do."""
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{explain_os_error(error)}"
    if is_damage_error(error):
        return f"{error} ({_REPLACED if dry else 'check the disk'})"
    name = getattr(error, "sqlite_errorname", "")
    advice = next((sentence for kind, sentence in _ADVICE.items() if name.startswith(kind)), _OTHER_ADVICE)
    return f"{error} ({advice})"


def _is_damaged(error: BaseException | None, path: str) -> bool:
    """Return whether an error means that a file is damaged, not that the disk fails."""
    return isinstance(error, DamageError) or (is_damage_error(error) and is_file_damaged(path))

"""Nothing to do is nothing done: whether a build would change anything, told from stats alone.

What a build needs to load takes longer than all of this; so this looks at the command's arguments itself, and
leaves all that it does not know to the command. Nothing is opened for writing.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence

from ..output.lock import acquire_lock, record_success
from ..state.memory import StoredProblem
from ..state.paths import SitePaths, default_paths
from ..state.store import State
from ..state.uptodate import is_up_to_date

_VALUED = ("--site", "--output", "--state", "--wait", "--jobs", "--log-format")
_PLAIN = ("--quiet", "--all-problems", "--strict", "--allow-shrink")


_CHANGED: set[SitePaths] = set()
"""Where something is to do, as the first look of this process has found."""


def up_to_date(arguments: Sequence[str]) -> bool:
    """Tell whether a command is a build with nothing to do; then its success is recorded, too."""
    options = _parse_options(arguments)
    if options is None:
        return False
    try:
        where = default_paths(
            options.get("--site", "topicfeeds.toml"), options.get("--output", ""), options.get("--state", "")
        )
        return repeat_last_run(where, _now(), refused=False) is not None
    except ValueError:
        return False  # the command says in words what is wrong


def repeat_last_run(place: SitePaths, now: float, *, refused: bool = True) -> list[StoredProblem] | None:
    """Give the refused items of the last run where nothing is to do, and record the success; else None.

    Without `refused`, a run that has such items is left to others; what was found changed then is not looked at again.
    """
    if refused and place in _CHANGED:
        _CHANGED.discard(place)
        return None
    try:
        descriptor = acquire_lock(place.folder, create=False)
        if descriptor is None:
            return None
        try:
            return _repeat_locked(place, now, descriptor, refused)
        finally:
            os.close(descriptor)
    except (OSError, sqlite3.Error, TypeError, ValueError):  # the last two: of a state that is damaged
        return None  # the run comes to the same point, and says it in words


def _repeat_locked(place: SitePaths, now: float, descriptor: int, refused: bool) -> list[StoredProblem] | None:
    if os.path.exists(f"{place.state}-journal"):  # of a run that was killed: one that writes takes it away
        return None
    state = State(place.state)
    with state.reading() as known:
        findings = state.findings(refused=True) if known else []
        if not known or (findings and not refused):
            return None
        if not is_up_to_date(state, place.site, place.folder, now):
            if not refused:
                _CHANGED.add(place)
            return None
    record_success(descriptor)
    return findings


def _parse_options(arguments: Sequence[str]) -> dict[str, str] | None:
    """Read the options of a build; None for what is left to the command to understand, or to refuse."""
    if not arguments or arguments[0] != "build":
        return None
    options: dict[str, str] = {}
    left = iter(arguments[1:])
    for one in left:
        name, is_joined, value = one.partition("=")
        if name in _VALUED:
            options[name] = value if is_joined else next(left, "")
        elif one not in _PLAIN:
            return None
    known = options.get("--log-format", "text") in ("text", "json") and options.get("--wait", "0").isdecimal()
    jobs = options.get("--jobs", "1")
    known = known and jobs.isdecimal() and int(jobs) > 0
    return options if known and all(options.values()) else None


def _now() -> int:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return int(epoch) if epoch else int(time.time())

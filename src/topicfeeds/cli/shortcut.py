"""A shortcut for builds with nothing to do: they end before click and pydantic are loaded.

Loading these libraries takes longer than the whole check. So the shortcut parses the arguments itself. If it finds an
argument that it does not know, the command takes over.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from typing import NamedTuple

from ..output.lock import acquire_lock, record_success
from ..state.memory import StoredProblem
from ..state.paths import SitePaths, default_paths
from ..state.reported import reported_path
from ..state.store import State
from ..state.uptodate import Reason, find_reasons

_OPTIONS_WITH_VALUE = ("--site", "--output", "--state", "--wait", "--jobs", "--log-format")
_FLAGS = ("--quiet", "--cron", "--all-problems", "--strict", "--allow-shrink")


class Check(NamedTuple):
    """The result of the check for "nothing to do"."""

    paths: SitePaths
    refused: list[StoredProblem] | None = None
    """The problems of items and sources in the last run, if there is nothing to do."""
    omitted: int = 0
    """How many problems of refused items the last run did not keep."""

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to do and nothing to print."""
        return self.refused == [] and not os.path.lexists(reported_path(self.paths.state))


def check_arguments(arguments: Sequence[str]) -> Check | None:
    """Check for "nothing to do" if the arguments are those of a plain build. Return None for other arguments."""
    options = parse_options(arguments)
    if options is None:
        return None
    try:
        site, output = options.get("--site", "topicfeeds.toml"), options.get("--output", "")
        paths = default_paths(site, output, options.get("--state", ""))
        flags = {name: f"--{name.replace('_', '-')}" in arguments for name in ("strict", "allow_shrink")}
        return check_paths(paths, read_seconds(), **flags)
    except ValueError:
        return None  # the command reports the error


def check_paths(paths: SitePaths, now: float, *, strict: bool = False, allow_shrink: bool = False) -> Check:
    """Check whether a build has nothing to do. If so, record a success.

    With `strict`, a build is never skipped if the last build refused items: the new build must fail. With
    `allow_shrink`, a build is not skipped if a source lost too many items.
    """
    try:
        descriptor = acquire_lock(paths.folder, create=False)
        if descriptor is None:
            return Check(paths)
        try:
            return _check_locked(paths, now, descriptor, strict=strict, allow_shrink=allow_shrink)
        finally:
            os.close(descriptor)
    except (OSError, sqlite3.Error, TypeError, ValueError):  # damage raises TypeError or ValueError
        return Check(paths)  # the build will report the same error


def _check_locked(paths: SitePaths, now: float, descriptor: int, **options: bool) -> Check:
    state = State(paths.state)
    with state.reading() as known:
        if not known or any(find_reasons(state, paths.site, paths.folder, now, **options)):
            return Check(paths)
        serious = state.cache.stored_problems(serious=True)
        omitted = int(state.cache.get_value("omitted") or 0)
    if not any(one.severity == "unreadable" for one in serious):
        record_success(descriptor)
    return Check(paths, serious, omitted)


def list_reasons(paths: SitePaths, now: float, **options: bool) -> list[Reason]:
    """Return all reasons why there is something to do. The options are those of `check_paths`."""
    state = State(paths.state)
    with state.reading() as known:
        if not known:
            return [Reason("state", "there is no state: every file is read, and every document is written")]
        try:
            return list(find_reasons(state, paths.site, paths.folder, now, **options))
        except (OSError, sqlite3.Error, TypeError, ValueError) as error:
            return [Reason("state", f"the state cannot be read: {error}")]


def parse_options(arguments: Sequence[str]) -> dict[str, str] | None:
    """Return the options of a plain build; None if the command itself must parse the arguments."""
    if not arguments or arguments[0] != "build":
        return None
    options: dict[str, str] = {}
    left = iter(arguments[1:])
    for one in left:
        name, is_joined, value = one.partition("=")
        if name in _OPTIONS_WITH_VALUE:
            options[name] = value if is_joined else next(left, "")
        elif one not in _FLAGS:
            return None
    known = options.get("--log-format", "text") in ("text", "json") and options.get("--wait", "0").isdecimal()
    jobs = options.get("--jobs", "1")
    known = known and jobs.isdecimal() and int(jobs) > 0
    return options if known and all(options.values()) else None


def read_seconds() -> int:
    """Return the time of SOURCE_DATE_EPOCH, else the current time, in seconds since 1970. Raises ValueError."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return int(epoch) if epoch else int(time.time())

"""The build of a site: publish everything that the site file describes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..config import check_output, check_url, load_site, read_site_file
from ..errors import Hint, Omitted, Problem, PublishError, SourceError
from ..output.lock import last_success
from ..output.write import lock_folder
from ..sources import SiteSources
from ..state.files import storable_path
from ..state.paths import SitePaths, default_paths
from ..state.session import CacheDamagedError, open_state
from ..state.store import State
from .flow import Options, Run
from .report import Changes


def build_site(paths: SitePaths, options: Options) -> Changes:
    """Build the feeds of a site file. Raises the errors of `load_site` and `publish`.

    Warnings of the last successful run are not repeated, because cron mails everything that is printed.
    """
    base, folder = Path(paths.site).parent, Path(paths.folder)
    state = State(paths.state, is_default=paths.state == default_paths(paths.site, paths.folder).state)
    digest, name = _digest_file(paths.site), Path(paths.site).name
    site = load_site(paths.site)
    check_output(site, folder, base)
    run = Run(site, folder, state, options)
    with lock_folder(folder, options.wait, dry=options.dry_run) as succeed:
        known, last_site = _read_last_run(state)
        try:
            changes = run.publish(SiteSources(site, base, name, digest))
        except SourceError as error:
            if not options.dry_run:
                _record_failure(run, error)
            raise error.with_problems(*_find_new(error.problems, error.omitted, known)) from None
        if not changes.has_unread:
            succeed()
    problems, omitted = _find_new(changes.problems, changes.omitted, known)
    if changes.written or changes.removed:
        problems = (*problems, *check_url(site, paths.site))
    if last_site != name and (base / last_site).is_file():
        message = f"{paths.folder} had the feeds of {last_site}; this run replaced them"
        problems = (*problems, Problem(name, 1, "", message, "warning", hint=Hint.OTHER_FOLDER, is_urgent=True))
    return replace(changes, problems=problems, omitted=omitted)


def _digest_file(path: str) -> bytes:
    """Return the SHA-256 of a file, or an empty text if it cannot be read. `load_site` reports that error."""
    with suppress(OSError):
        return hashlib.sha256(read_site_file(path)).digest()
    return b""


def _read_last_run(state: State) -> tuple[set[tuple[str, ...]], str]:
    """Return the problems of the last successful run, without their lines, and the name of its site file."""
    with state.reading(), suppress(sqlite3.Error, UnicodeError):  # the run reports the error later
        if state.has_cache():  # another version has other tables
            problems, site = state.cache.stored_problems(), state.cache.get_value("site")
            return {(one.path, one.field, one.message, one.severity) for one in problems}, str(site or "")
    return set(), ""


def _find_new(
    problems: Iterable[Problem], omitted: Omitted, known: set[tuple[str, ...]]
) -> tuple[tuple[Problem, ...], Omitted]:
    """Return the problems and the omitted ones, without warnings that the last good run had."""
    named = ((one, (one.path, one.field, one.message, one.severity)) for one in problems)
    new = tuple(one for one, name in named if one.severity != "warning" or one.is_urgent or name not in known)
    has_new_warnings = any(one.severity == "warning" for one in new)
    return new, omitted if has_new_warnings else omitted._replace(warnings=0)


def _record_failure(run: Run, error: SourceError) -> None:
    """Record a failed run for `status`. A state that cannot be written does not hide the error of the run."""
    state, now = run.state, run.options.now
    if state is None or now is None:
        return
    serious = [problem for problem in error.problems if problem.severity != "warning"]
    first = min(serious, key=lambda problem: problem.severity != "unreadable", default=None)
    path = storable_path(first.path) if first else None
    failure = str(replace(first, path="", hint=None)) if first else error.message
    with suppress(PublishError, CacheDamagedError), open_state(state, now):
        state.cache.forget_files({problem.path for problem in serious})  # corrected files may have the same mtime
        before = str(last_success(str(run.folder)))
        state.set_values({"failed": int(now.timestamp()), "failed_path": path, "failure": failure, "before": before})
        state.commit(run.site.feeds.memory_days, failed=True)

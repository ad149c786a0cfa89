"""The build of a site: publish everything that the site file describes. The state shows what can be skipped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from ..config import check_output, load_site
from ..entries.model import DuplicateIdError
from ..entries.row_cache import RowCache
from ..errors import Problem, PublishError, SourceError
from ..feeds.mend import Mend, Unsure, may_mend
from ..models.site import Site
from ..output.lock import last_success
from ..output.write import lock_folder
from ..sources import read_sources
from ..state.files import FileStamp, snapshot
from ..state.memory import StoredProblem
from ..state.paths import SitePaths
from ..state.session import open_state
from ..state.store import State
from ..state.versions import describe_versions
from .flow import Options, Run
from .report import Changes


class LastRun:
    """The data that the last run left in the state, compared with the current files."""

    def __init__(self, paths: SitePaths, site: Site, state: State, options: Options) -> None:
        sources = [(None if source.path == "-" else source.path, source.format) for source in site.sources]
        stamps: dict[str, FileStamp] = {}
        self.problems: set[StoredProblem] = set()
        same = mends = False
        with state.reading() as known, suppress(sqlite3.Error):  # the run reports the error later
            if known:
                stamps, self.problems = state.file_stamps(), set(state.stored_problems())
                same = state.get_value("versions") == describe_versions() and state.has_rows()
                mends = options.now is not None and may_mend(state.get_value("whole"), options.now.timestamp())
        self.inputs = snapshot(paths.site, sources, stamps, defer=options.jobs == 1)
        may_reread = all(source.path != "-" for source in site.sources)  # a pipe cannot be read twice
        self.has_rows = same and may_reread and self.inputs.site not in self.inputs.changed
        self.mends = self.has_rows and mends

    def new_problems(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems, without warnings about unchanged files that the last run already reported."""
        changed = self.inputs.changed
        if self.inputs.site in changed:
            return tuple(problems)
        return tuple(
            problem
            for problem in problems
            if problem.severity != "warning"
            or problem.path in changed
            or StoredProblem(*(getattr(problem, name) for name in StoredProblem._fields)) not in self.problems
        )


def build_site(paths: SitePaths, options: Options) -> Changes:
    """Build the feeds of a site file. Raises the errors of `load_site` and `publish`.

    The result has only warnings that are new, or that concern a changed file: cron mails everything that is printed.
    """
    base, folder, state = Path(paths.site).parent, Path(paths.folder), State(paths.state)
    site = load_site(paths.site)
    check_output(site, folder, base)
    with lock_folder(folder, options.wait, dry=options.dry_run):
        with options.profile.measure("look"):
            last = LastRun(paths, site, state, options)
            if last.inputs.site in last.inputs.changed and load_site(paths.site) != site:  # changed after loading
                last.inputs.stamps.pop(last.inputs.site, None)
        run = Run(site, folder, state, options, last.inputs)
        try:
            changes = _publish_sources(run, base, last)
        except SourceError as error:
            if not options.dry_run:
                _record_failure(run, error)
            raise error.with_problems(last.new_problems(error.problems)) from None
    return replace(changes, problems=last.new_problems(changes.problems))


def _publish_sources(run: Run, base: Path, last: LastRun) -> Changes:
    """Publish the sources in the quickest way that is safe.

    - `Mend`: only feeds with changes are selected.
    - `RowCache`: all feeds are selected, but unchanged records are not read again.
    - Several processes read everything.
    - One process reads everything.

    If a way raises `Unsure` or `DuplicateIdError`, a later way is used.
    """
    site, stamps = run.site, last.inputs.stamps
    state, jobs, now = cast(State, run.state), run.options.jobs, run.options.now
    if last.mends:
        mend = Mend(state, stamps, site)
        with suppress(DuplicateIdError, Unsure):
            return replace(run, rows=mend).publish(mend.among(read_sources(site.sources, base, mend)))
    if last.has_rows:
        rows = RowCache(state, stamps, known=True)
        with suppress(DuplicateIdError):
            return replace(run, rows=rows).publish(read_sources(site.sources, base, rows))
    elif jobs > 1:
        from ..parallel import is_large, process_pool, read_parallel  # imported here, as it loads slowly

        if is_large(site.sources, base):
            with process_pool(jobs) as executor, suppress(DuplicateIdError):
                return run.publish(read_parallel(site, site.sources, base, executor, now))
    rows = RowCache(state, stamps, known=False)
    return replace(run, rows=rows).publish(read_sources(site.sources, base, rows))


def _record_failure(run: Run, error: SourceError) -> None:
    """Record a failed run for `status`. A state that cannot be written does not hide the error of the run."""
    state, now, inputs = run.state, run.options.now, run.inputs
    if state is None or now is None or inputs is None:
        return
    serious = [problem for problem in error.problems if problem.severity != "warning"]
    first = min(serious, key=lambda problem: problem.severity != "unreadable", default=None)
    failure = f"failed: {replace(first, hint=None) if first else error.message}"
    with suppress(PublishError), open_state(state, now):
        state.forget_files({problem.path for problem in serious} - inputs.changed)  # their mtime did not change
        before = str(last_success(str(run.folder)))
        state.set_values({"failed": int(now.timestamp()), "failure": failure, "before": before})
        state.commit(run.site.feeds.memory_days)

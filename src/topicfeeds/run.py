"""The flow: read -> resolve -> select -> build -> write, with its guards. No other module knows all steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .config import check_output, load_site
from .entries.model import DuplicateIdError
from .entries.resolve import resolve
from .entries.row_cache import RowCache
from .errors import Problem, PublishError, SourceError
from .feeds.mend import Mend, Unsure, may_mend
from .feeds.model import Feed, Selection
from .feeds.select import select_feeds
from .models.site import Site
from .output.documents import Document, Documents, build_documents
from .output.lock import last_success
from .output.retire import Retirement, retire_documents
from .output.write import StagedWrite, compare_documents, lock_folder, stage
from .profile import NO_PROFILE, Profile
from .report import Changes, RunReport, note_memory
from .sources import read_sources
from .sources.model import ItemLike, Page, Passed, Record, Same
from .state.files import FileStamp, InputFiles, snapshot
from .state.memory import StoredProblem
from .state.paths import SitePaths
from .state.session import open_state
from .state.store import State
from .state.versions import describe_versions

if TYPE_CHECKING:
    from concurrent.futures import Executor

Watch = Callable[[Documents], Iterable[Document]]
"""Sees the documents pass, one by one, as they are written: a progress bar."""
_MAX_SHRINK = 0.5
_UNREADABLE = "nothing was published, as a source cannot be read: what was there stays"
_REFUSED = "nothing was published, as items were refused: what was there stays"
_SHRUNK = "nothing was published, as a source lost too many items: what was there stays"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run works."""

    now: datetime | None = None
    """The time, with a zone. Without it, nothing depends on time."""
    strict: bool = False
    """Publish nothing if an item is refused."""
    allow_shrink: bool = False
    """Publish even if a source lost most of its items."""
    dry_run: bool = False
    """Find out what would change, and write nothing."""
    wait: float = 0
    """Seconds to wait for another run to end."""
    jobs: int = 1
    """Processes that read large sources."""
    watch: Watch = iter
    profile: Profile = NO_PROFILE


@dataclass(frozen=True, slots=True)
class Run:
    """One run of all steps, into a folder that is locked."""

    site: Site
    folder: Path
    state: State | None = None
    options: Options = Options()
    inputs: InputFiles | None = None
    """The files that the items come from; the next run compares them."""
    rows: RowCache | None = None
    """What the last run knew of their records."""

    def publish(self, items: Iterable[ItemLike | Same | Passed]) -> Changes:
        """Publish items. Raises SourceError, and PublishError.

        The state is written before the first document is renamed: it describes what will be there. If a run is
        cut off between the two, the next one finds documents that differ from the state, and finishes. A date
        that was published is never given anew.
        """
        options, profile = self.options, self.options.profile
        with open_state(self.state, options.now, dry=options.dry_run) as warnings:
            report = RunReport(list(warnings))
            selections = self._select(items, report)
            _check_severity(report.problems, strict=options.strict)
            self._check_shrink(report)
            current = self._keep_current(selections)
            documents = Documents(selections.values(), profile)
            if options.dry_run:
                staged = compare_documents(options.watch(documents), self.folder, self.state)
                retirement = self._retire()
            else:
                with profile.measure("write"), stage(options.watch(documents), self.folder, self.state) as staged:
                    retirement = self._retire()
                    with profile.measure("remember"):
                        self._remember(report, selections.values(), retirement)
                    self._finish(staged, retirement)
        done = replace(report.changes(), written=tuple(staged.written), removed=retirement.removed)
        return replace(done, unchanged=staged.unchanged + current, retired=retirement.waiting)

    def _select(self, items: Iterable[ItemLike | Same | Passed], report: RunReport) -> dict[str, Selection]:
        profile = self.options.profile
        resolved = resolve(self.site, profile.measure_each("read", items), self.state, self.options.now)
        with profile.measure("select"):
            found = report.collect(profile.measure_each("resolve", resolved), self.state, self.rows)
            return select_feeds(self.site, found, spill=True, mends=self.rows is not None and self.rows.mends)

    def _check_shrink(self, report: RunReport) -> None:
        """Stop if a source lost more items than it may: most often it is broken. Raises SourceError."""
        if self.state is None or self.options.allow_shrink:
            return
        accepted, limits = report.accepted, dict[str, float]()
        for source in self.site.sources:
            limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
        labels, problems = {source.name: source.label for source in self.site.sources}, []
        for name, before in self.state.accepted_counts().items():
            if self.site.sources and name not in limits and name not in accepted:
                continue  # the site file does not name it any more
            if accepted[name] < before * (1 - limits.get(name, _MAX_SHRINK)):
                message = f"has {accepted[name]} items where it had {before}"
                message += " (--allow-shrink, or max_shrink in its source)"
                problems.append(Problem(labels.get(name, name), 1, "", message, "unreadable"))
        if problems:
            raise SourceError([*problems, *report.problems], _SHRUNK)  # the others may tell why

    def _keep_current(self, selections: dict[str, Selection]) -> int:
        """Keep the documents of feeds that were not made, as nothing came to them, and count them."""
        with self.options.profile.measure("look"):
            return self.rows.keep_current(selections, self.folder) if self.rows else 0

    def _retire(self) -> Retirement:
        return retire_documents(self.state, self.folder, self.site.feeds.retire_days, self.options.now)

    def _remember(self, report: RunReport, selections: Iterable[Selection], retirement: Retirement) -> None:
        """Commit what the next run has to know."""
        state, inputs, rows = self.state, self.inputs, self.rows
        if state is None:
            return
        for candidate in {one.id: one for selection in selections for one in selection.candidates}.values():
            if rows:
                rows.note_held(candidate)
            if candidate.kind != "event":
                note_memory(candidate, state)
        state.note_documents(retirement.known)
        for path in retirement.foreign:
            state.forget_document(path)
        state.replace_rows("accepted", report.accepted.items())
        found = enumerate(report.problems)
        state.replace_rows("findings", ((n, p.path, p.line, p.field, p.message, p.severity, p.item) for n, p in found))
        waiting = ((n, one.record, int(one.until.timestamp())) for n, one in enumerate(report.held))
        state.replace_rows("held", ((n, record.path, record.line, record.item.title, at) for n, record, at in waiting))
        state.replace_rows("inputs", ((n, *one) for n, one in enumerate(inputs.sources if inputs else ())))
        state.store_files(inputs.stable_stamps() if inputs else {})
        if rows:
            rows.commit()
        else:
            state.rows.commit()
        state.set_values(self._describe(report))
        state.commit(self.site.feeds.memory_days)

    def _describe(self, report: RunReport) -> dict[str, str | int | None]:
        """Return the single values that the state keeps of a run."""
        now = int(self.options.now.timestamp()) if self.options.now else None
        needs_all = report.problems or report.held or self.site.feed  # rows do not say enough of these
        is_whole = not needs_all and self.rows is not None and self.rows.is_whole(report.accepted.total())
        return {
            "versions": describe_versions(),
            "retire_days": self.site.feeds.retire_days,
            "failed": None,
            "items": report.items,
            "now": now,
            "due": int(report.due.timestamp()) if report.due else None,
            "whole": now if is_whole else None,
        }

    def _finish(self, staged: StagedWrite, retirement: Retirement) -> None:
        """Rename and remove documents, and strike the removed ones from the state."""
        staged.finish(retirement.removed)
        for path in retirement.removed:
            if self.state:
                self.state.forget_document(path)


def _check_severity(problems: Sequence[Problem], *, strict: bool) -> None:
    """Stop if a source is unreadable, and if `strict`, if an item was refused. Raises SourceError."""
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, _UNREADABLE)
    if strict and "refused" in severities:
        raise SourceError(problems, _REFUSED)


# What the library's users call.


class Reading(Iterator[Record | Page | Problem]):
    """What the sources of a site hold: read one by one when asked for, or by many workers in `publish`."""

    def __init__(self, site: Site, base: Path) -> None:
        self.sources, self.base = site.sources, base
        self._found = read_sources(site.sources, base)

    def __next__(self) -> Record | Page | Problem:
        return cast(Record | Page | Problem, next(self._found))  # without rows, no record is taken as unchanged


def read(site: Site, base: Path | str = ".") -> Reading:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return Reading(site, Path(base))


def publish(  # noqa: PLR0913 - keyword options of a public call
    site: Site,
    items: Iterable[ItemLike],
    folder: Path | str,
    *,
    state: State | None = None,
    now: datetime | None = None,
    executor: Executor | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
) -> Changes:
    """Write the feeds of a site into a folder, and tell what changed.

    `items` are articles and events, mappings with their fields, or what `read` and `read_objects`
    yield. An item that cannot be published is left out and named in the `problems` of the result; with
    `strict` it stops the run. With `now` (aware), items of the future are held back until then.

    `state` is what one run leaves to the next: with it and `now`, an event without `published` is dated
    by the run that first saw it, `updated` follows what changes, documents of feeds that are gone are removed in time,
    and a source that lost more than half of its items stops the run, unless with `allow_shrink`.
    With an `executor` of processes (of `concurrent.futures`, of a dask cluster), what `read` gives is read by
    its workers, where it is 50,000 items, or 75 MB, or more: they have to see the same files under the same paths. The
    feeds are the same, whatever their number.

    Raises ConfigError for a folder that no output can be, SourceError where the input is refused as a whole,
    PublishError where folder or state cannot be written, BusyError where another run works there; all
    old files stand then.
    """
    folder = Path(folder)
    check_output(site, folder)
    options = Options(now=now, strict=strict, allow_shrink=allow_shrink)
    run = Run(site, folder, state, options)
    with lock_folder(folder):
        if executor and isinstance(items, Reading):
            from .parallel import is_large, read_parallel

            if is_large(items.sources, items.base):
                with suppress(DuplicateIdError):  # one process looks at an id that occurs twice
                    return run.publish(read_parallel(site, items.sources, items.base, executor, now))
        return run.publish(items)


def check(site: Site, items: Iterable[ItemLike], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    report = RunReport()
    select_feeds(site, report.collect(resolve(site, items, None, now)))
    _check_severity(report.problems, strict=False)
    return report.changes()


def select(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    return {name: one.load_all() for name, one in _select_checked(site, items, now, problems).items()}


def build(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to, from any thread. `now` and `problems` as for `select`.
    """
    return list(build_documents(_select_checked(site, items, now, problems).values()))


def _select_checked(
    site: Site, items: Iterable[ItemLike], now: datetime | None, problems: list[Problem] | None
) -> dict[str, Selection]:
    report = RunReport([] if problems is None else problems)
    selections = select_feeds(site, report.collect(resolve(site, items, None, now)))
    _check_severity(report.problems, strict=problems is None)
    return selections


# What the command calls.


class _LastRun:
    """What the last run left, compared with the files of now."""

    def __init__(self, paths: SitePaths, site: Site, state: State, options: Options) -> None:
        sources = [(None if source.path == "-" else source.path, source.format) for source in site.sources]
        stamps: dict[str, FileStamp] = {}
        self.problems: set[StoredProblem] = set()
        same = mends = False
        with state.reading() as known, suppress(sqlite3.Error):  # the run that follows says it in words
            if known:
                stamps, self.problems = state.file_stamps(), set(state.stored_problems())
                same = state.get_value("versions") == describe_versions() and state.has_rows()
                mends = options.now is not None and may_mend(state.get_value("whole"), options.now.timestamp())
        self.inputs = snapshot(paths.site, sources, stamps, defer=options.jobs == 1)
        may_reread = all(source.path != "-" for source in site.sources)  # a pipe cannot be read twice
        self.has_rows = same and may_reread and self.inputs.site not in self.inputs.changed
        self.mends = self.has_rows and mends

    def new_problems(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Leave out warnings that the last run gave of files that are unchanged."""
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
    """Build what a site file describes. Raises what `load_site` and `publish` do.

    The warnings among the problems are those that are new, or of a file that changed: cron mails what is printed.
    """
    base, folder, state = Path(paths.site).parent, Path(paths.folder), State(paths.state)
    site = load_site(paths.site)
    check_output(site, folder, base)
    with lock_folder(folder, options.wait, dry=options.dry_run):
        with options.profile.measure("look"):
            last = _LastRun(paths, site, state, options)
            if last.inputs.site in last.inputs.changed and load_site(paths.site) != site:  # it changed meanwhile
                last.inputs.stamps.pop(last.inputs.site, None)
        run = Run(site, folder, state, options, last.inputs)
        try:
            changes = _publish_sources(run, base, last)
        except SourceError as error:
            if not options.dry_run:
                _record_failure(run, error)
            raise SourceError(last.new_problems(error.problems), error.message) from None
    return replace(changes, problems=last.new_problems(changes.problems))


def _publish_sources(run: Run, base: Path, last: _LastRun) -> Changes:
    """Publish what the sources hold, with what the last run knew of them, or by several processes.

    An id that occurs twice, and other cases that rows do not cover, need all records in one process.
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
        from .parallel import is_large, process_pool, read_parallel  # here, as processes take long to load

        if is_large(site.sources, base):
            with process_pool(jobs) as executor, suppress(DuplicateIdError):
                return run.publish(read_parallel(site, site.sources, base, executor, now))
    rows = RowCache(state, stamps, known=False)
    return replace(run, rows=rows).publish(read_sources(site.sources, base, rows))


def _record_failure(run: Run, error: SourceError) -> None:
    """Let `status` know of a run that failed. If that cannot be recorded, the error is printed all the same."""
    state, now, inputs = run.state, run.options.now, run.inputs
    if state is None or now is None or inputs is None:
        return
    serious = [problem for problem in error.problems if problem.severity != "warning"]
    failure = f"failed: {serious[0] if serious else error.message}"
    with suppress(PublishError), open_state(state, now):
        state.forget_files({problem.path for problem in serious} - inputs.changed)  # their dates did not tell
        before = str(last_success(str(run.folder)))
        state.set_values({"failed": int(now.timestamp()), "failure": failure, "before": before})
        state.commit(run.site.feeds.memory_days)

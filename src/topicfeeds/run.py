"""The steps in a row: what the library's calls and the command share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .config import check_output, load_site
from .entries.ids import DuplicateIdError
from .entries.row_cache import RowCache
from .errors import Problem, PublishError, SourceError
from .feeds.mend import Mend, Unsure, may_mend
from .feeds.model import Feed
from .models.site import Site
from .output.documents import Document, Documents, build_documents
from .output.lock import last_success
from .output.write import compare_documents, lock_folder, stage
from .profile import NO_PROFILE, Profile
from .report import Changes, RunReport
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
"""Sees the documents pass, one by one, as they are worked on: a progress bar."""
_MAX_SHRINK = 0.5


class Reading(Iterator[Record | Page | Problem]):
    """What the sources of a site hold, one after the other: read as they are asked for, or by many in `publish`."""

    def __init__(self, site: Site, base: Path) -> None:
        self.sources, self.base = site.sources, base
        self._found = read_sources(site.sources, base)

    def __next__(self) -> Record | Page | Problem:
        return cast(Record | Page | Problem, next(self._found))  # all is read, as nothing is recalled


def read(site: Site, base: Path | str = ".") -> Reading:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return Reading(site, Path(base))


def publish(
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
    with lock_folder(folder):
        if executor and isinstance(items, Reading):
            from .parallel import is_large, read_parallel

            if is_large(items.sources, items.base):
                shards = read_parallel(site, items.sources, items.base, executor, now)
                with suppress(DuplicateIdError):  # an id that stands twice is looked at by one process
                    return run(site, shards, folder, state=state, now=now, strict=strict, allow_shrink=allow_shrink)
        return run(site, items, folder, state=state, now=now, strict=strict, allow_shrink=allow_shrink)


def run(
    site: Site,
    items: Iterable[ItemLike | Same | Passed],
    folder: Path,
    *,
    state: State | None = None,
    now: datetime | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
    dry: bool = False,
    watch: Watch = iter,
    inputs: InputFiles | None = None,
    recall: RowCache | None = None,
    profile: Profile = NO_PROFILE,
) -> Changes:
    """Publish into a folder that is locked; `dry` only tells what would change.

    The state is written before the first document is renamed: it describes what will stand. A run that
    is cut between finds, the next time, documents that are not as described, and mends them; a date that was given
    in a feed is never given anew.
    """
    with open_state(state, now, dry=dry) as warnings:
        found = RunReport(state, list(warnings), recall=recall)
        feeds = found.select(site, items, now, profile)
        _check_severity(found.problems, refused=strict)
        if state and not allow_shrink:
            _check_shrink(site, found, state)
        standing = found.stand(feeds, folder, profile)
        documents = Documents(feeds.values(), profile)
        if dry:
            batch = compare_documents(watch(documents), folder, state)
            gone, retired = found.gone(site, folder, now)
        else:
            with profile.during("write"), stage(watch(documents), folder, state) as batch:
                gone, retired = found.gone(site, folder, now)
                with profile.during("remember"):
                    found.remember(site, feeds.values(), folder, now, inputs)
                batch.finish(gone)
                found.forget(gone)
    return found.changes(batch.written, gone, batch.unchanged + standing, retired)


def check(site: Site, items: Iterable[ItemLike], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    found = RunReport(None)
    found.select(site, items, now)
    _check_severity(found.problems, refused=False)
    return found.changes()


def select(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    found = RunReport(None, [] if problems is None else problems)
    feeds = found.select(site, items, now)
    _check_severity(found.problems, refused=problems is None)
    return feeds


def build(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to. `now` and `problems` as for `select`.
    """
    return list(build_documents(select(site, items, now=now, problems=problems).values()))


def _check_shrink(site: Site, found: RunReport, state: State) -> None:
    """Stop where a source lost more items than it may: most often it is broken. Raises SourceError."""
    accepted, limits = found.accepted, dict[str, float]()
    for source in site.sources:
        limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
    labels, problems = {source.name: source.label for source in site.sources}, []
    for name, before in state.accepted().items():
        if site.sources and name not in limits and name not in accepted:
            continue  # the site file does not name it any more
        if accepted[name] < before * (1 - limits.get(name, _MAX_SHRINK)):
            message = f"has {accepted[name]} items where it had {before} (--allow-shrink, or max_shrink in its source)"
            problems.append(Problem(labels.get(name, name), 1, "", message, "unreadable"))
    if problems:
        problems += found.problems  # they may tell why
        raise SourceError(problems, "nothing was published, as a source lost too many items: what was there stays")


def _check_severity(problems: Sequence[Problem], *, refused: bool) -> None:
    """Stop where a source is unreadable, or, if wanted, where an item was refused. Raises SourceError."""
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, "nothing was published, as a source cannot be read: what was there stays")
    if refused and "refused" in severities:
        raise SourceError(problems, "nothing was published, as items were refused: what was there stays")


def build_site(
    place: SitePaths,
    now: datetime,
    *,
    strict: bool = False,
    allow_shrink: bool = False,
    dry: bool = False,
    wait: float = 0,
    jobs: int = 1,
    watch: Watch = iter,
    profile: Profile = NO_PROFILE,
) -> Changes:
    """Build what a site file describes. Raises what `load_site` and `publish` do.

    Among the problems, warnings are those that are new, or of a file that changed: cron mails what is printed.
    Sources that are large are read by `jobs` processes.
    """
    base, folder, state = Path(place.site).parent, Path(place.folder), State(place.state)
    site = load_site(place.site)
    check_output(site, folder, base)
    with lock_folder(folder, wait, dry=dry):
        with profile.during("look"):
            later = "markdown" if jobs == 1 else None
            inputs, told, known, mends = _compare_inputs(place, site, state, now, later)
            if inputs.site in inputs.changed and load_site(place.site) != site:  # it changed after it was read
                inputs.stamps.pop(inputs.site, None)
        options = {"state": state, "now": now, "strict": strict, "allow_shrink": allow_shrink, "dry": dry}
        options |= {"watch": watch, "inputs": inputs, "profile": profile}
        try:
            changes = _choose_run(site, base, folder, inputs, known, mends, jobs, options)
        except SourceError as error:
            if not dry:
                _record_failure(state, error, now, site, place.folder, inputs.changed)
            raise SourceError(_new_problems(error.problems, inputs, told), error.message) from None
    return replace(changes, problems=_new_problems(changes.problems, inputs, told))


def _choose_run(
    site: Site,
    base: Path,
    folder: Path,
    inputs: InputFiles,
    known: bool,
    mends: bool,
    jobs: int,
    options: Mapping[str, Any],
) -> Changes:
    """Publish without reading again what is the same, or by several processes, unless an id is met twice then."""
    state: State = options["state"]
    known = known and all(source.path != "-" for source in site.sources)  # what comes by a pipe is not read twice
    if known and mends:
        mend = Mend(state, inputs.stamps, site)
        with suppress(DuplicateIdError, Unsure):
            found = mend.among(read_sources(site.sources, base, mend))
            return run(site, found, folder, recall=mend, **options)
    if known:
        recall = RowCache(state, inputs.stamps, known=True)
        with suppress(DuplicateIdError):
            return run(site, read_sources(site.sources, base, recall), folder, recall=recall, **options)
    elif jobs > 1:
        from .parallel import is_large, process_pool, read_parallel  # here, as processes take long to load

        if is_large(site.sources, base):
            with process_pool(jobs) as executor, suppress(DuplicateIdError):
                return run(site, read_parallel(site, site.sources, base, executor, options["now"]), folder, **options)
    recall = RowCache(state, inputs.stamps, known=False)
    return run(site, read_sources(site.sources, base, recall), folder, recall=recall, **options)


def _compare_inputs(
    place: SitePaths, site: Site, state: State, now: datetime, later: str | None
) -> tuple[InputFiles, set[StoredProblem], bool, bool]:
    """Look at the files; tell what was said of them, whether what was made of records holds, and whether it is all."""
    paths = [(None if source.path == "-" else source.path, source.format) for source in site.sources]
    stamps: dict[str, FileStamp] = {}
    findings: list[StoredProblem] = []
    same = mends = False
    with state.reading() as known, suppress(sqlite3.Error):  # the run that follows says it in words
        if known:
            stamps, findings = state.stamps(), state.findings()
            same = state.meta("versions") == describe_versions() and state.remembers_rows()
            mends = may_mend(state.meta("whole"), now.timestamp())
    inputs = snapshot(place.site, paths, stamps, later)
    return inputs, set(findings), same and inputs.site not in inputs.changed, mends


def _new_problems(problems: tuple[Problem, ...], inputs: InputFiles, told: set[StoredProblem]) -> tuple[Problem, ...]:
    """Leave warnings out that were given before, of files that are as they were then."""
    if inputs.site in inputs.changed:
        return problems
    return tuple(
        problem
        for problem in problems
        if problem.severity != "warning"
        or problem.path in inputs.changed
        or StoredProblem(*(getattr(problem, name) for name in StoredProblem._fields)) not in told
    )


def _record_failure(
    state: State, error: SourceError, now: datetime, site: Site, folder: str, changed: set[str]
) -> None:
    """Let `status` know of a run that failed; what cannot be recorded is printed all the same."""
    unreadable = [problem for problem in error.problems if problem.severity != "warning"]
    failure = f"failed: {unreadable[0] if unreadable else error.message}"
    with suppress(PublishError), open_state(state, now):
        state.forget_files({problem.path for problem in unreadable} - changed)  # they are not what their dates say
        state.tell({"failed": int(now.timestamp()), "failure": failure, "before": str(last_success(folder))})
        state.commit(site.feeds.memory_days)

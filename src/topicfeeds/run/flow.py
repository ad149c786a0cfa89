"""The flow: read -> resolve -> select -> build -> write, with its guards. No other module knows all steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..entries.chunk_cache import ChunkCache, ReadChunk
from ..entries.headers import make_headers
from ..entries.held import describe_held
from ..entries.model import Candidate, Header, find_content_changes, load_entry
from ..entries.resolve import Resolver
from ..entries.spill import Spill
from ..errors import Hint, Problem, PublishError, count
from ..feeds.model import Selection, find_held
from ..feeds.select import select_feeds
from ..models.site import Site
from ..output.documents import Document, Documents, date_empty_feed
from ..output.lock import last_success
from ..output.prune import Strays, find_strays
from ..output.retire import Retirement
from ..output.targets import Target
from ..output.write import StagedWrite, stage
from ..profile import NO_PROFILE, Profile
from ..sources import SiteSources
from ..sources.chunks import read_chunks
from ..sources.model import Chunk, Draft, ItemLike, Page
from ..state.cache import Cache, open_temporary_cache
from ..state.files import InputFiles, storable_path
from ..state.session import CacheDamagedError, open_state
from ..state.store import State
from ..state.versions import describe_versions
from .last_good import keep_last_good
from .report import Changes, RunReport, check_severity

if TYPE_CHECKING:
    from concurrent.futures import Executor

Watch = Callable[[Documents], Iterable[Document]]
"""A function, such as a progress bar, that receives the documents and yields them while they are written."""
_NOT_OURS = "is not removed: it is not a feed of this site (delete it if nobody needs it)"
_NOT_PRUNED = "nothing was pruned, because items were refused (correct them, and prune again)"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run."""

    now: datetime | None = None
    """The current time, with a zone. If it is None, nothing depends on time."""
    strict: bool = False
    """Publish nothing if an item is refused."""
    allow_shrink: bool = False
    """Remove items even if a source lost more of them than `max_shrink` allows."""
    dry_run: bool = False
    """Report what would change, and write nothing."""
    prune: bool = False
    """Remove documents of this site that no feed makes and that the state does not list."""
    wait: float = 0
    """Seconds to wait for another run to end."""
    executor: Executor | None = None
    """Reads large sources."""
    jobs: int = 1
    """How many processes read large sources if there is no executor."""
    watch: Watch = iter
    profile: Profile = NO_PROFILE


@dataclass(frozen=True, slots=True)
class Run:
    """One run of all steps. The caller has locked the folder."""

    site: Site
    folder: Path | None
    """The output folder. None if the run writes no documents."""
    state: State | None = None
    options: Options = Options()
    target: Target | None = None
    """If it is set, `folder` is a temporary folder, whose files are written to the target."""

    def publish(self, items: Iterable[ItemLike]) -> Changes:
        """Publish items. Raises SourceError and PublishError.

        If the cache turns out to be damaged, it is deleted, and the sources are read once more.
        """
        try:
            return self._publish(items)
        except CacheDamagedError as error:
            if not isinstance(items, SiteSources) or any(source.path == "-" for source in items.sources):
                raise PublishError(message=str(error)) from error  # the items cannot be read twice
            return self._publish(items)

    def _publish(self, items: Iterable[ItemLike]) -> Changes:
        """Publish items, without a second attempt.

        The state is committed before the first document is renamed. It already describes the new documents. If a run
        is killed in between, the next run finds files that differ from the state, and writes them again. So the date of
        an item is stored before it is published, and never changes.
        """
        options, profile, folder = self.options, self.options.profile, self.folder or Path()
        with open_state(self.state, options.now, dry=options.dry_run) as warnings, self._open_input(items) as source:
            report = RunReport(list(warnings))
            selections = self._select(source, report)
            check_severity(report, self.state, strict=options.strict, publishes=True)
            selections = {path: date_empty_feed(one, self.state, options.now) for path, one in selections.items()}
            documents = Documents(selections.values(), self.site, profile, self._make_pages(selections, report))
            watched, dry = options.watch(documents), options.dry_run
            staging = stage(watched, folder, self.state, dry=dry, target=self.target)
            with profile.measure("write"), staging as staged:
                self._warn_about_contents(selections.values(), documents.changes, report)
                retirement = Retirement()
                if self.state:
                    staged.add(retirement.retire(self.state, staged.folder, self.site, options.now))
                strays = self._find_strays(documents, retirement, report, staged)
                if not options.dry_run:
                    with profile.measure("remember"):
                        self._remember(report, selections.values(), retirement, source)
                    self._finish(staged, retirement, strays)
        removed = (*(one.path for one in retirement.removed), *strays.ours)
        report.problems += (
            Problem(f"{folder.absolute()}/{path}", 1, "", _NOT_OURS, "warning") for path in strays.others
        )
        done = replace(report.changes(), written=tuple(staged.written), removed=removed)
        return replace(done, unchanged=staged.unchanged, retired=len(retirement.waiting))

    def record(self, items: Iterable[ItemLike]) -> tuple[Problem, ...]:
        """Store in the state what `publish` would, and write no document. Raises SourceError and PublishError."""
        with open_state(self.state, self.options.now) as warnings, self._open_input(items) as source:
            report = RunReport(list(warnings))
            selections = self._select(source, report)
            check_severity(report, self.state, strict=False)
            self._warn_about_contents(selections.values(), {}, report)
            # no file stamps are stored: the next build with this state must not be skipped
            self._remember(report, selections.values(), Retirement(), source._replace(files=None))
        return tuple(report.problems)

    @contextmanager
    def _open_input(self, items: Iterable[ItemLike]) -> Iterator[_Input]:
        """Provide the headers of items. If sources are read, unchanged chunks come from the cache."""
        options = self.options
        is_parallel = bool(options.executor) or options.jobs > 1
        if not isinstance(items, SiteSources) or not (self.state or is_parallel):
            yield _Input(make_headers(self.site, options.profile.measure_each("read", items)))
            return
        with options.profile.measure("look"):
            cache = self.state.cache if self.state else open_temporary_cache()
            files = items.snapshot(cache.file_stamps())
            chunks = ChunkCache(self.site, items.base, cache)
        found: Iterable[Chunk | ReadChunk | Problem] = read_chunks(items.sources, items.base, files, self.site.url)
        with ExitStack() as stack:
            if is_parallel and not chunks.has_chunks:
                from ..parallel import is_large, process_pool, read_parallel  # imported here, as they load slowly

                if is_large(items.sources, items.base):
                    executor = options.executor or stack.enter_context(process_pool(options.jobs))
                    found = read_parallel(self.site, items, files, executor)
            yield _Input(chunks.read(found), files, chunks)

    def _select(self, source: _Input, report: RunReport) -> dict[str, Selection]:
        profile, spill = self.options.profile, Spill()
        resolver = Resolver(self.site, self.state, self.options.now, spill)
        found = resolver.resolve_all(profile.measure_each("read", source.headers))
        base = Path(source.files.base) if source.files else None
        kept = keep_last_good(resolver, report, base, allow_shrink=self.options.allow_shrink)
        resolved = profile.measure_each("resolve", chain(found, kept))
        decide = partial(report.note_notice, self.state, self.site.feeds)
        with profile.measure("select"):
            return select_feeds(self.site, report.collect(resolved, self.state), spill, decide=decide)

    def _make_pages(self, selections: Mapping[str, Selection], report: RunReport) -> list[Document]:
        if self.site.pages is None:
            return []
        from ..pages.subscribe import build_pages, find_due  # imported here, as most sites have no pages

        report.note_due(find_due(selections.values(), self.options.now))
        return list(build_pages(selections, self.site, self.options.now))

    def _warn_about_contents(
        self, selections: Iterable[Selection], rendered: Mapping[str, str], report: RunReport
    ) -> None:
        """Warn about contents that sanitising changed. `rendered` has the changes of rendered entries, by id.

        The cache has the changes of the other entries.
        """
        known = self.state.cache.content_changes() if self.state else None
        for candidate in find_held(selections):
            changes = rendered.get(candidate.id)
            if changes is None and known is not None:
                changes = known.get(candidate.digest, "")
            if changes is None:
                changes = find_content_changes(load_entry(candidate))
            report.warn_about_content(candidate, changes)

    def _find_strays(
        self, documents: Documents, retirement: Retirement, report: RunReport, staged: StagedWrite
    ) -> Strays:
        """Return the files to prune. Return no files if items were refused, as feeds may then be missing.

        Without the option, a run with a new state warns about these files: they may have items that were deleted.
        """
        prune, path = self.options.prune, str(staged.folder.path.absolute())
        is_new_file = self.state is not None and bool(self.state.path) and self.state.get_value("run") is None
        if report.changes().refused:
            if prune:
                report.problems.append(Problem(path, 1, "", _NOT_PRUNED, "warning"))
        elif prune or is_new_file:
            retired = (*(one.path for one in retirement.removed), *retirement.waiting)
            strays = find_strays(self.site, staged.folder, {*(one.path for one in documents), *retired})
            if prune:
                return strays
            if number := len(strays.ours):
                message = (
                    f"has {count('old file', number)} of this site, which no feed makes and the new state does not know"
                )
                report.problems.append(Problem(path, 1, "", message, "warning", hint=Hint.PRUNE))
        return Strays()

    def _remember(
        self, report: RunReport, selections: Iterable[Selection], retirement: Retirement, source: _Input
    ) -> None:
        """Commit the data that the next run needs to the state."""
        state, chunks = self.state, source.chunks
        if state is None:
            return
        candidates = find_held(selections)
        state.store_versions(self._note_held(candidates, state, chunks))
        for name in state.held_items().keys() - {one.id for one in candidates} - report.kept:
            state.hold_item(name, None)
        if chunks:
            for waiting in report.held:
                chunks.keep(waiting.header)
        # a size that no file has: if this run is killed before it removes these files, the next run removes them
        state.note_documents(*(one._replace(size=-1) for one in retirement.removed))
        for path in retirement.foreign:
            state.forget_document(path)
        before, names = state.accepted_counts(), {source.name for source in self.site.sources}
        fixed = {name: before[name] - report.moved[name] for name in report.lost | report.unread}
        state.set_accepted({**dict.fromkeys(names, 0), **report.accepted, **fixed})
        state.set_values(self._describe(report))
        _store_last_run(state.cache, report, source.files)
        state.commit(self.site.feeds.memory_days, is_whole=not report.unread)

    def _note_held(
        self, candidates: Iterable[Candidate], state: State, chunks: ChunkCache | None
    ) -> Iterator[tuple[str, str, str]]:
        """Note the items that feeds have, and yield id, kind and fields of each item that changed."""
        positions = set[tuple[bytes, int]]()
        for one in candidates:
            memory, body = one.memory, None
            if memory and not one.is_kept and memory.held != (held := describe_held(one)):
                body = one.header.body()
                memory = memory._replace(held=held if body else None)
                if one.header.kind == "event":  # the state already has its memory, which may name the feeds of a notice
                    state.hold_item(one.id, memory.held)
                if body:
                    yield one.id, one.header.kind, body
            if memory and one.header.kind != "event":
                state.note_item(one.id, memory)
            if chunks and one.header.position not in positions:  # a notice has the body of its event
                positions.add(one.header.position)
                chunks.keep(one.header, body)

    def _describe(self, report: RunReport) -> dict[str, str | int | None]:
        """Return the values of a run that the memory stores under a name."""
        now = int(self.options.now.timestamp()) if self.options.now else None
        serious = [problem for problem in report.problems if problem.severity == "unreadable"]
        first = replace(serious[0], hint=None) if serious else None
        return {
            "versions": describe_versions(),
            "retire_days": self.site.feeds.retire_days,
            "failed": now if serious else None,
            "failed_path": None,
            "failure": f"published, but a source has an error: {first}" if first else None,
            "before": str(last_success(str(self.folder))) if serious and self.folder else None,
            "items": report.items,
            "now": now,
            "due": int(report.due.timestamp()) if report.due else None,
        }

    def _finish(self, staged: StagedWrite, retirement: Retirement, strays: Strays) -> None:
        """Rename and remove documents, and delete the removed documents from the state."""
        removed = [one.path for one in retirement.removed]
        staged.finish((*removed, *strays.ours))
        for path in removed:
            if self.state:
                self.state.forget_document(path)


class _Input(NamedTuple):
    headers: Iterable[Header | Page | Problem | Draft]
    files: InputFiles | None = None
    """The site file and the files of the sources. The cache stores their stamps for the next run."""
    chunks: ChunkCache | None = None


def _flatten_problem(number: int, problem: Problem) -> tuple[object, ...]:
    """Return a problem as a row of the cache."""
    texts = problem.field, problem.message, problem.severity
    hint = problem.hint and problem.hint.name
    path, other = storable_path(problem.path), storable_path(problem.other)
    return number, path, problem.line, *texts, problem.item, problem.name, hint, other


def _store_last_run(cache: Cache, report: RunReport, files: InputFiles | None) -> None:
    """Store in the cache what the run read and found."""
    cache.replace_rows("findings", (_flatten_problem(n, one) for n, one in enumerate(report.problems)))
    site = files.site if files else None
    omitted = {"omitted": report.omitted.errors, "omitted_items": report.omitted.items}
    cache.set_values({**omitted, "site": site, "contents": 1})
    waiting = ((n, one, int(one.until.timestamp())) for n, one in enumerate(report.held) if one.whole)
    rows = ((n, one.header.path, one.header.line, one.title, until) for n, one, until in waiting)
    cache.replace_rows("held", rows)
    cache.replace_rows("contents", report.content_changes.items())
    cache.replace_rows("inputs", ((n, *one) for n, one in enumerate(files.sources if files else ())))
    cache.store_files(files.stamps_to_store() if files else {})

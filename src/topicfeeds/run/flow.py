"""The flow: read -> resolve -> select -> build -> write, with its guards. No other module knows all steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..entries.resolve import resolve
from ..entries.row_cache import RowCache
from ..errors import Hint, Problem, SourceError, count
from ..feeds.model import Selection
from ..feeds.select import select_feeds
from ..models.site import Site, Source
from ..output.documents import Document, Documents
from ..output.retire import Retirement, retire_documents
from ..output.write import StagedWrite, compare_documents, stage
from ..profile import NO_PROFILE, Profile
from ..sources.model import ItemLike, Passed, Same
from ..state.files import InputFiles
from ..state.session import open_state
from ..state.store import State
from ..state.versions import describe_versions
from .report import Changes, RunReport, note_memory

Watch = Callable[[Documents], Iterable[Document]]
"""A function, such as a progress bar, that receives the documents and yields them while they are written."""
_MAX_SHRINK: float = Source.model_fields["max_shrink"].default
_REFUSED = "Nothing was published: items were refused. The existing feeds are unchanged."
_SHRUNK = "Nothing was published: a source lost too many items. The existing feeds are unchanged."


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run."""

    now: datetime | None = None
    """The current time, with a zone. Without it, nothing depends on time."""
    strict: bool = False
    """Publish nothing if an item is refused."""
    allow_shrink: bool = False
    """Publish even if a source lost most of its items."""
    dry_run: bool = False
    """Report what would change, and write nothing."""
    wait: float = 0
    """Seconds to wait for another run to end."""
    jobs: int = 1
    """How many processes read large sources."""
    watch: Watch = iter
    profile: Profile = NO_PROFILE


@dataclass(frozen=True, slots=True)
class Run:
    """One run of all steps. The caller has locked the folder."""

    site: Site
    folder: Path
    state: State | None = None
    options: Options = Options()
    inputs: InputFiles | None = None
    """The site file and the files of the sources. The state stores their stamps for the next run."""
    rows: RowCache | None = None
    """The row cache, with the rows of the records in these files."""

    def publish(self, items: Iterable[ItemLike | Same | Passed]) -> Changes:
        """Publish items. Raises SourceError and PublishError.

        The state is committed before the first document is renamed. It already describes the new documents. If a run
        is killed in between, the next run finds files that differ from the state, and finishes the work. So an item
        whose date was published never gets another date.
        """
        options, profile = self.options, self.options.profile
        with open_state(self.state, options.now, dry=options.dry_run) as warnings:
            report = RunReport(list(warnings))
            selections = self._select(items, report)
            check_severity(report.problems, strict=options.strict)
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
        """Raise SourceError if a source lost more items than `max_shrink` allows. Most often, it is broken."""
        if self.state is None or self.options.allow_shrink:
            return
        accepted, limits = report.accepted, dict[str, float]()
        for source in self.site.sources:
            limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
        labels, problems = {source.name: source.label for source in self.site.sources}, []
        for name, before in self.state.accepted_counts().items():
            if self.site.sources and name not in limits and name not in accepted:
                continue  # the site file no longer names it
            if accepted[name] < before * (1 - limits.get(name, _MAX_SHRINK)):
                message = f"shrank from {count('item', before)} to {accepted[name]}"
                label = labels.get(name, name)
                problems.append(Problem(label, 1, "", message, "unreadable", hint=Hint.ALLOW_SHRINK))
        if problems:
            raise SourceError([*report.problems, *problems], _SHRUNK)  # the cause comes first

    def _keep_current(self, selections: dict[str, Selection]) -> int:
        """Keep the documents of unchanged feeds that this run did not select, and count them."""
        with self.options.profile.measure("look"):
            return self.rows.keep_current(selections, self.folder) if self.rows else 0

    def _retire(self) -> Retirement:
        return retire_documents(self.state, self.folder, self.site.feeds.retire_days, self.options.now)

    def _remember(self, report: RunReport, selections: Iterable[Selection], retirement: Retirement) -> None:
        """Commit the data that the next run needs to the state."""
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
        """Return the single values of a run that the state stores."""
        now = int(self.options.now.timestamp()) if self.options.now else None
        needs_all = report.problems or report.held or self.site.feed  # rows lack the data for these
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
        """Rename and remove documents, and delete the removed documents from the state."""
        staged.finish(retirement.removed)
        for path in retirement.removed:
            if self.state:
                self.state.forget_document(path)


def check_severity(problems: Sequence[Problem], *, strict: bool, hint: Hint = Hint.STRICT) -> None:
    """Raise SourceError if a source is unreadable or, with `strict`, if an item was refused.

    `hint` says how to publish without the refused items.
    """
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, SourceError.UNREADABLE)
    if strict and "refused" in severities:
        raise SourceError(problems, _REFUSED, hint)

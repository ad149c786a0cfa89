"""Reports: the problems, the counts and the changes of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..entries.changes import assign_feeds
from ..entries.model import Candidate, HeldBack, NewNotice
from ..errors import NONE_OMITTED, Hint, Omitted, Problem, Severity, SourceError, count
from ..models.site import FeedSettings
from ..sources.model import Draft, Page
from ..state.snapshot import Snapshot
from ..state.store import State

_REFUSED = "Nothing was published: items were refused. The existing feeds are unchanged."
MAX_PROBLEMS = 10_000
"""How many problems of each severity a run keeps. The others are only counted."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a run. Paths are relative to the output folder, in the order of writing. Threads may share it."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    items: int = 0
    """How many items were accepted."""
    problems: tuple[Problem, ...] = ()
    retired: int = 0
    """How many retired documents are empty now, and will be removed after `retire_days`."""
    omitted: Omitted = NONE_OMITTED
    """How many warnings, errors and refused items are not in `problems`. It has at most 10,000 per severity."""
    drafts: int = 0
    """How many drafts the sources have. They are not published."""
    left_out: tuple[Draft, ...] = ()
    """The drafts, in a result of `check`. At most 10,000."""

    @property
    def has_unread(self) -> bool:
        """Whether a source could not be read, or lost too many items. Its items stay as they were last published."""
        return any(problem.severity == "unreadable" for problem in self.problems)

    @property
    def refused(self) -> int:
        """The number of refused items."""
        return len({(p.path, p.item) for p in self.problems if p.severity == "refused"}) + self.omitted.items


@dataclass(slots=True)
class RunReport:
    """The problems and counts that a run collects while it turns records into feeds."""

    problems: list[Problem] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    """How many items each source has, including items that are held back."""
    max_problems: float = MAX_PROBLEMS
    found: Counter[Severity] = field(default_factory=Counter)
    """How many problems of each severity were found, kept or not."""
    omitted_items: int = 0
    last_refused: tuple[str, int] | None = None
    """Path and item of the last problem of a refused item. The problems of an item follow each other."""
    refused: dict[tuple[str | None, str | None], Problem] = field(default_factory=dict)
    """The first problem of each refused record, by its `id` and `link`."""
    broken: dict[str, Problem] = field(default_factory=dict)
    """The first problem of each file that is unreadable, or has a refused record without a readable id, by its path."""
    unread: set[str] = field(default_factory=set)
    """The names of the sources that have an unreadable file."""
    lost: set[str] = field(default_factory=set)
    """The names of the sources that lost too many items."""
    moved: Counter[str] = field(default_factory=Counter)
    """How many items of each source were found in another source, became drafts, or expired."""
    kept: set[str] = field(default_factory=set)
    """The ids of items whose last good version is published."""
    content_changes: dict[str, str] = field(default_factory=dict)
    """The changes that sanitising made to published contents, by the digest of the entry."""
    due: datetime | None = None
    """When the output next changes without an edit, because of a date of an item or the text of an event."""
    drafts: int = 0
    left_out: list[Draft] = field(default_factory=list)

    @property
    def items(self) -> int:
        """How many items are published."""
        return self.accepted.total() - sum(one.whole for one in self.held)

    def collect(
        self, resolved: Iterable[Candidate | HeldBack | Page | Problem | Draft], state: State | None = None
    ) -> Iterator[Candidate | Page]:
        """Yield the candidates and pages of the results. Note the rest for the report and the state."""
        for one in resolved:
            if isinstance(one, Candidate):
                self._collect_candidate(one, state)
                yield one
            elif isinstance(one, Problem):
                self.note_problem(one)
            elif isinstance(one, HeldBack):
                self.held.append(one)
                self.accepted[one.header.source] += one.whole
                self.note_due(one.until)
            elif isinstance(one, Draft):
                self.drafts += 1
                self.left_out += [one] if self.drafts <= self.max_problems else []
                self.note_due(one.until)
            else:
                yield one

    def warn_about_content(self, candidate: Candidate, changes: str) -> None:
        """Warn about changes that sanitising made, if a reader would notice them."""
        if changes:
            self.content_changes[candidate.digest] = changes
            self.note_problem(candidate.header.problem("content", changes, "warning"))

    def note_problem(self, problem: Problem) -> None:
        """Keep a problem. If there are too many of its severity, only count it."""
        self.found[problem.severity] += 1
        is_kept = self.found[problem.severity] <= self.max_problems
        if is_kept:
            self.problems.append(problem)
        if problem.severity != "warning":
            if problem.identity and any(problem.identity):
                self.refused.setdefault(problem.identity, problem)
            else:
                self.broken.setdefault(problem.path, problem)
        if problem.severity == "refused":
            self.omitted_items += not is_kept and (problem.path, problem.item) != self.last_refused
            self.last_refused = problem.path, problem.item

    @property
    def omitted(self) -> Omitted:
        """How many problems were not kept."""
        over = {severity: int(max(0, number - self.max_problems)) for severity, number in self.found.items()}
        warnings = over.pop("warning", 0)
        return Omitted(warnings, sum(over.values()), self.omitted_items)

    def _collect_candidate(self, candidate: Candidate, state: State | None) -> None:
        if candidate.notice:
            return
        self.accepted[candidate.header.source] += 1
        if candidate.is_kept:
            self.kept.add(candidate.id)
        self.note_due(candidate.header.expires)
        if candidate.event:
            note_memory(candidate, state)
            self.note_due(candidate.event.until)

    def note_notice(
        self,
        state: State | None,
        settings: FeedSettings,
        new: NewNotice,
        feeds: Sequence[str] | None,
        others: Sequence[str],
    ) -> None:
        """Store which feeds have a new notice. `others` are feeds of the event without it: warn about them."""
        event = new.event
        if event.memory:
            note_memory(event._replace(memory=assign_feeds(event.memory, feeds)), state)
        if others and settings.max_notices:
            limit = settings.notices_per_run
            more = f" and {count('other feed', len(others) - 1)}" if len(others) > 1 else ""
            where = f"the feed {others[0]}{more} {'have' if more else 'has'}"
            message = f"changed, but {where} no notice of it: a run adds at most {count('notice', limit)} to a feed"
            setting = "max_notices" if limit == settings.max_notices else "limit"
            advice = f"before the next large change, raise {setting} under [feeds] in the site file"
            self.note_problem(event.header.problem(new.field, f"{message} ({advice})", "warning"))

    def note_due(self, moment: datetime | None) -> None:
        """Note when the output next changes without an edit."""
        if moment and (self.due is None or moment < self.due):
            self.due = moment

    def changes(self) -> Changes:
        """Return the problems and counts, as the changes of a run that wrote nothing."""
        return Changes(items=self.items, problems=tuple(self.problems), omitted=self.omitted, drafts=self.drafts)


def note_memory(candidate: Candidate, state: State | None) -> None:
    """Store the memory of an item in the state."""
    if state and candidate.memory:
        state.note_item(candidate.id, candidate.memory)


def check_severity(
    report: RunReport, memory: State | Snapshot | None, *, strict: bool, publishes: bool = False
) -> None:
    """Raise SourceError if a source is unreadable or, with `strict`, if an item was refused.

    Without `strict`, the items of unreadable sources stay, if earlier runs have read these sources. `publishes` says
    that the call would write the feeds.
    """
    known = memory.accepted_counts().keys() if memory else set[str]()
    may_keep = bool(known) and known >= report.unread
    severities = {problem.severity for problem in report.problems}
    if "unreadable" in severities and (strict or not may_keep):
        message = SourceError.UNREADABLE if publishes else "A source could not be read."
        raise SourceError(report.problems, message, omitted=report.omitted)
    if strict and "refused" in severities:
        message, hint = (_REFUSED, Hint.STRICT) if publishes else ("Items were refused.", Hint.COLLECT)
        raise SourceError(report.problems, message, hint, report.omitted)

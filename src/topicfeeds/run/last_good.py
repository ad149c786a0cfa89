"""Last good versions: items stay as they were published while their record, file or source is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..entries.model import Candidate, HeldBack
from ..entries.resolve import Resolver
from ..errors import Hint, Problem, count
from ..models.site import Source
from ..sources._raw import EMPTY
from ..sources.chunks import list_paths
from .report import RunReport

MIN_GUARDED_ITEMS = 10
"""A source that had fewer items may lose all of them: they were probably removed on purpose."""
_MAX_SHRINK: float = Source.model_fields["max_shrink"].default

Kept = Iterator[Candidate | HeldBack | Problem]


def keep_last_good(resolver: Resolver, report: RunReport, base: Path | None, *, allow_shrink: bool) -> Kept:
    """Yield the last good versions of items whose records have errors, and a problem for each record or file.

    Start it after `report` has all candidates and problems. A source that lost too many items counts as broken, unless
    `allow_shrink` is set. `base` is the folder to which the paths of the sources are relative.
    """
    if resolver.memory:
        before = resolver.memory.accepted_counts()
        _accept_empty(report, before)
        unread = [problem.path for problem in report.broken.values() if problem.severity == "unreadable"]
        sources = resolver.site.sources if unread else ()
        report.unread |= {one.name for one in sources for path in unread if _has_file(one, path, base)}
        refused, broken = list(report.refused.items()), list(report.broken.values())
        for identity, problem in refused:
            name = resolver.held.find(identity)
            yield from _keep_items(resolver, [name] if name else [], problem, is_record=True)
        for problem in broken:
            yield from _keep_items(resolver, resolver.held.list_of(problem.path), problem)
        for problem in _find_losses(resolver, report, before) if not allow_shrink else ():
            yield from _keep_source(resolver, report, problem)
        report.moved = resolver.held.moved


def _has_file(source: Source, path: str, base: Path | None) -> bool:
    """Return whether a path in a problem is the name of a source, or the path of one of its files."""
    if path in (source.name, source.label) or (source.path == "-" and path == "standard input"):
        return True
    return base is not None and path in list_paths(source, base)


def _accept_empty(report: RunReport, before: dict[str, int]) -> None:
    """Turn the error about an empty file into a warning if its source had few items, as they were probably deleted."""
    for path, problem in list(report.broken.items()):
        if problem.message == EMPTY and path in before and before[path] < MIN_GUARDED_ITEMS:
            del report.broken[path]
            report.problems[report.problems.index(problem)] = replace(problem, severity="warning")


def _keep_items(resolver: Resolver, names: Iterable[str], problem: Problem, *, is_record: bool = False) -> Kept:
    """Yield the last good versions of the items of a broken file or, with `is_record`, of one record."""
    kept, lost = _keep(resolver, names, problem.path)
    yield from kept
    yield from _report_lost(lost, problem)
    if kept:
        number = len({one.id for one in kept if isinstance(one, Candidate) and not one.notice})
        verb = "stays" if number == 1 else "stay"
        message = f"{count('item', number)} {verb} as last published, until this is corrected"
        if is_record:
            message = "the last good version of this item stays published (correct the item, or remove it)"
        yield replace(problem, field="", message=message)


def _keep_source(resolver: Resolver, report: RunReport, problem: Problem) -> Kept:
    report.lost.add(problem.path)
    names = [name for name in resolver.held.missing if resolver.held.read_details(name).source == problem.path]
    kept, lost = _keep(resolver, names, None)
    yield from kept
    labels = {source.name: source.label for source in resolver.site.sources}
    problem = replace(problem, path=labels.get(problem.path, problem.path))
    yield problem
    yield from _report_lost(lost, problem)


def _report_lost(number: int, problem: Problem) -> Iterator[Problem]:
    """Report the items that leave the feeds, because the memory has no usable last good version of them."""
    if number:
        are, its = ("is", "its last good version") if number == 1 else ("are", "their last good versions")
        message = f"{count('item', number)} {are} no longer published: {its} in the state cannot be read"
        message += " (correct this, or restore a backup of the state)"
        yield replace(problem, field="", message=message, hint=None)


def _keep(resolver: Resolver, names: Iterable[str], path: str | None) -> tuple[list[Candidate | HeldBack], int]:
    """Return the last good versions of items that this run has not found, and how many have none.

    With `path`, items whose record in this file is missing are included, even if other records were found.
    """
    held = resolver.held
    missing = sorted(name for name in names if name in held.missing or (path and held.is_missing(name, path)))
    found = [resolver.resolve_last_good(name) for name in missing]
    return [one for some in found for one in some or ()], found.count(None)


def _find_losses(resolver: Resolver, report: RunReport, before: dict[str, int]) -> list[Problem]:
    """Return a problem for each source that lost more than its `max_shrink` allows. Its path is the source's name."""
    held, site = resolver.held, resolver.site
    leaving = Counter(held.read_details(name).source for name in held.missing)
    limits = dict[str, float]()
    for source in site.sources:
        limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
    found = []
    for name, number in before.items():
        if number < MIN_GUARDED_ITEMS or (site.sources and name not in limits and name not in report.accepted):
            continue  # the source has few items, or is no longer in the site file
        gone = 0 if name in report.unread else number - report.accepted[name] - held.moved[name]
        lost = max(leaving[name], gone)
        if lost > number * limits.get(name, _MAX_SHRINK):
            message = f"shrank from {count('item', number)} to {number - lost}; the missing items stay published"
            found.append(Problem(name, 1, "", message, "unreadable", hint=Hint.ALLOW_SHRINK))
    return found

"""The steps in a row: what the library's calls and the command share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from . import building, selecting, settling, sources, writing
from .errors import Problem, SourceError
from .flow import Changes, Document, Entry, Feed, Found, Page, Record
from .models import Site

Watch = Callable[[Sequence[Document]], Iterable[Document]]
"""Sees the documents pass, one by one, as they are worked on: a progress bar."""


def read(site: Site, base: Path | str = ".") -> Iterator[Record | Page | Problem]:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return sources.read(site.sources, Path(base))


def publish(
    site: Site,
    items: Iterable[Found],
    folder: Path | str,
    *,
    state: None = None,  # noqa: ARG001 - kept for the memory between runs
    now: datetime | None = None,
    executor: None = None,  # noqa: ARG001 - kept for reading on several cores
    strict: bool = False,
) -> Changes:
    """Write the feeds of a site into a folder, and tell what changed.

    `items` are articles and events, mappings with their fields, or what `read` and `read_objects`
    yield. An item that cannot be published is left out and named in the `problems` of the result; with
    `strict` it stops the run. With `now` (aware), items of the future are held back until then.
    `state` and `executor` have no use yet.

    Raises SourceError where the input is refused as a whole, PublishError where the folder cannot be
    written; all old files stand then.
    """
    return run(site, items, Path(folder), now=now, strict=strict)


def run(
    site: Site,
    items: Iterable[Found],
    folder: Path,
    *,
    now: datetime | None = None,
    strict: bool = False,
    dry: bool = False,
    watch: Watch = iter,
) -> Changes:
    """Publish, as `publish` does; `dry` only tells what would change."""
    feeds, found = _selected(site, items, now)
    _stop(found.problems, refused=strict)
    documents = list(building.build(feeds.values()))
    changes = writing.compare(watch(documents), folder) if dry else writing.write(watch(documents), folder)
    return replace(changes, items=found.items, problems=found.problems)


def check(site: Site, items: Iterable[Found], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    _, found = _selected(site, items, now)
    _stop(found.problems, refused=False)
    return found


def _selected(site: Site, items: Iterable[Found], now: datetime | None) -> tuple[dict[str, Feed], Changes]:
    problems: list[Problem] = []
    accepted: Counter[type] = Counter()
    feeds = selecting.select(site, _counted(accepted, _aside(problems, settling.settle(site, items, now=now))))
    return feeds, Changes(items=accepted[Entry], problems=tuple(problems))


def select(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    found: list[Problem] = [] if problems is None else problems
    feeds = selecting.select(site, _aside(found, settling.settle(site, items, now=now)))
    _stop(found, refused=problems is None)
    return feeds


def build(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to. `now` and `problems` as for `select`.
    """
    return list(building.build(select(site, items, now=now, problems=problems).values()))


def _aside(problems: list[Problem], settled: Iterable[Entry | Page | Problem]) -> Iterator[Entry | Page]:
    """Take the findings out of what passes."""
    for one in settled:
        if isinstance(one, Problem):
            problems.append(one)
        else:
            yield one


def _counted(counts: Counter[type], passing: Iterable[Entry | Page]) -> Iterator[Entry | Page]:
    for one in passing:
        counts[type(one)] += 1
        yield one


def _stop(problems: Sequence[Problem], *, refused: bool) -> None:
    """Stop where a source is unreadable, or, if wanted, where an item was refused. Raises SourceError."""
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, "nothing was published, as a source cannot be read: what was there stays")
    if refused and "refused" in severities:
        raise SourceError(problems, "nothing was published, as items were refused: what was there stays")

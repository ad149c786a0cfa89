"""The steps in a row: what the library's calls and the command share."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from . import building, selecting, settling, sources, writing
from .configuring import check_output
from .errors import Problem, PublishError, SourceError
from .flow import Changes, Document, Entry, Feed, Found, Held, Page, Record, Same
from .idling import Inputs
from .models import Site
from .recalling import Recall
from .remembering import Damaged, State, is_broken, is_damage
from .versions import versions

Watch = Callable[[Sequence[Document]], Iterable[Document]]
"""Sees the documents pass, one by one, as they are worked on: a progress bar."""
_SHRINK = 0.5


def read(site: Site, base: Path | str = ".") -> Iterator[Record | Page | Problem]:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return cast(Iterator[Record | Page | Problem], sources.read(site.sources, Path(base)))


def publish(
    site: Site,
    items: Iterable[Found],
    folder: Path | str,
    *,
    state: State | None = None,
    now: datetime | None = None,
    executor: None = None,  # noqa: ARG001 - kept for reading on several cores
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
    `executor` has no use yet.

    Raises ConfigError for a folder that no output can be, SourceError where the input is refused as a whole,
    PublishError where folder or state cannot be written, BusyError where another run works there; all
    old files stand then.
    """
    check_output(site, Path(folder))
    with writing.locked(Path(folder)):
        return run(site, items, Path(folder), state=state, now=now, strict=strict, allow_shrink=allow_shrink)


def run(
    site: Site,
    items: Iterable[Found | Same],
    folder: Path,
    *,
    state: State | None = None,
    now: datetime | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
    dry: bool = False,
    watch: Watch = iter,
    inputs: Inputs | None = None,
    recall: Recall | None = None,
) -> Changes:
    """Publish into a folder that is locked; `dry` only tells what would change.

    The state is written before the first document is renamed: it describes what will stand. A run that
    is cut between finds, the next time, documents that are not as described, and mends them; a date that was given
    in a feed is never given anew.
    """
    with begun(state, now, dry=dry) as warnings:
        found = _Findings(state, list(warnings), recall=recall)
        feeds = found.select(site, items, now)
        _stop(found.problems, refused=strict)
        if state and not allow_shrink:
            _guard(site, found, state)
        documents = list(building.build(feeds.values()))
        if dry:
            batch = writing.compare(watch(documents), folder, state)
            gone, retired = found.gone(site, folder, now)
        else:
            with writing.prepared(watch(documents), folder, state) as batch:
                gone, retired = found.gone(site, folder, now)
                found.remember(site, feeds.values(), folder, now, inputs)
                batch.finish(gone)
                found.forget(gone)
    made = found.changes()
    return replace(made, written=batch.written, removed=tuple(gone), unchanged=batch.unchanged, retired=retired)


def check(site: Site, items: Iterable[Found], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    found = _Findings(None)
    found.select(site, items, now)
    _stop(found.problems, refused=False)
    return found.changes()


def select(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    found = _Findings(None, [] if problems is None else problems)
    feeds = found.select(site, items, now)
    _stop(found.problems, refused=problems is None)
    return feeds


def build(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to. `now` and `problems` as for `select`.
    """
    return list(building.build(select(site, items, now=now, problems=problems).values()))


@dataclass(slots=True)
class _Findings:
    """What is found on the way from items to feeds."""

    state: State | None
    problems: list[Problem] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    """Items by source, those that are held back among them."""
    due: datetime | None = None
    """When an event changes by itself."""
    recall: Recall | None = None

    def select(self, site: Site, items: Iterable[Found | Same], now: datetime | None) -> dict[str, Feed]:
        """Settle and select."""
        return selecting.select(site, self._aside(settling.settle(site, items, self.state, now)))

    def _aside(self, settled: Iterable[Entry | Held | Page | Problem]) -> Iterator[Entry | Page]:
        for one in settled:
            if isinstance(one, Problem):
                self.problems.append(one)
                if self.recall:
                    self.recall.tell(one)
            elif isinstance(one, Held):
                self.held.append(one)
                self.accepted[one.record.source] += one.whole
            else:
                if isinstance(one, Entry):
                    self.accepted[one.source] += one.notice is None
                    if self.recall:
                        self.recall.note(one)
                    if one.event and not one.notice:
                        self._note(one)
                        self.due = min((m for m in (self.due, one.event.until) if m), default=None)
                yield one

    def _note(self, entry: Entry) -> None:
        if self.state and entry.known:
            self.state.note(entry.id, entry.known)

    def changes(self) -> Changes:
        """Tell what was found."""
        waiting = sum(one.whole for one in self.held)
        return Changes(items=self.accepted.total() - waiting, problems=tuple(self.problems))

    def gone(self, site: Site, folder: Path, now: datetime | None) -> tuple[list[str], int]:
        """Give the documents to remove, as no feed makes them any more, and how many others wait for that."""
        moment = int(now.timestamp()) if now else None
        found = [one for one in self.state.gone(moment) if writing.ours(one, folder)] if self.state else []
        stay = site.feeds.retire_days * 86400
        gone = [one.path for one in found if moment is not None and (one.retired or 0) + stay <= moment]
        return gone, len(found) - len(gone)

    def remember(
        self, site: Site, feeds: Iterable[Feed], folder: Path, now: datetime | None, inputs: Inputs | None
    ) -> None:
        """Commit what the next run has to know."""
        state, settings = self.state, site.feeds
        if state is None:
            return
        for entry in {entry.id: entry for feed in feeds for entry in feed.entries}.values():
            if self.recall:
                self.recall.hold(entry)
            if entry.kind != "event":
                self._note(entry)
        for document in state.gone(int(now.timestamp()) if now else None):
            if writing.ours(document, folder):
                state.keep(document)
            else:
                state.forget(document.path)
        state.replace("accepted", self.accepted.items())
        found = enumerate(self.problems)
        state.replace("findings", ((n, p.path, p.line, p.field, p.message, p.severity, p.item) for n, p in found))
        waiting = ((n, held, int(held.until.timestamp())) for n, held in enumerate(self.held))
        state.replace("held", ((n, h.record.path, h.record.line, h.record.item.title, at) for n, h, at in waiting))
        state.replace("inputs", ((n, *one) for n, one in enumerate(inputs.sources if inputs else ())))
        state.keep_files(inputs.stamps if inputs else {})
        if self.recall:
            self.recall.settle()
        else:
            state.rows.settle(())
        items = self.accepted.total() - sum(one.whole for one in self.held)
        due = int(self.due.timestamp()) if self.due else None
        values: dict[str, str | int | None] = {
            "versions": versions(),
            "retire_days": settings.retire_days,
            "items": items,
            "failed": None,
            "due": due,
        }
        state.tell(values)
        state.commit(settings.memory_days)

    def forget(self, gone: Iterable[str]) -> None:
        """Strike documents that were removed."""
        for path in gone:
            if self.state:
                self.state.forget(path)


@contextmanager
def begun(state: State | None, now: datetime | None, *, dry: bool = False) -> Iterator[list[Problem]]:
    """Open the state for a run, and say in words what is wrong with it. A damaged one is set aside."""
    if state is None:
        yield []
        return
    warnings: list[Problem] = []
    moment = int(now.timestamp()) if now else None
    try:
        try:
            state.begin(moment, dry=dry)
        except Damaged as error:
            state.close()
            if state.path is None or dry or "newer" in str(error):
                raise PublishError(message=f"{state}: {error}") from None
            if not is_broken(state.path):
                raise OSError("a disk failed to read it") from error
            done = f"{error}, and was set aside as {_aside(state.path)} (dates first seen are forgotten)"
            warnings.append(Problem(state.path, 1, "", done, "warning"))
            state.begin(moment, dry=dry)
        yield warnings
    except (sqlite3.Error, OSError) as error:
        state.close()
        if not is_damage(error) or state.path is None or dry or not is_broken(state.path):
            raise PublishError(message=f"{state}: the state cannot be used: {error}") from error
        message = f"{state}: is damaged, and was set aside as {_aside(state.path)}: the next run builds all anew"
        raise PublishError(message=message) from error
    finally:
        state.close()


def _aside(path: str) -> str:
    """Set a damaged state aside, and give its new place."""
    Path(path).replace(f"{path}.damaged")
    return f"{path}.damaged"


def _guard(site: Site, found: _Findings, state: State) -> None:
    """Stop where a source lost more items than it may: most often it is broken. Raises SourceError."""
    accepted, limits = found.accepted, dict[str, float]()
    for source in site.sources:
        limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
    labels, problems = {source.name: source.label for source in site.sources}, []
    for name, before in state.accepted().items():
        if site.sources and name not in limits and name not in accepted:
            continue  # the site file does not name it any more
        if accepted[name] < before * (1 - limits.get(name, _SHRINK)):
            message = f"has {accepted[name]} items where it had {before} (--allow-shrink, or max_shrink in its source)"
            problems.append(Problem(labels.get(name, name), 1, "", message, "unreadable"))
    if problems:
        problems += found.problems  # they may tell why
        raise SourceError(problems, "nothing was published, as a source lost too many items: what was there stays")


def _stop(problems: Sequence[Problem], *, refused: bool) -> None:
    """Stop where a source is unreadable, or, if wanted, where an item was refused. Raises SourceError."""
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, "nothing was published, as a source cannot be read: what was there stays")
    if refused and "refused" in severities:
        raise SourceError(problems, "nothing was published, as items were refused: what was there stays")

"""Sources are read by many workers at once: cut into shards, read and settled apart, and put together in their order.

So what comes together is what one process would have read, whatever the number of shards.
"""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from stat import S_ISREG

from . import sources
from .errors import Problem, PublishError
from .models import Site, Source
from .sourced import Page, Passed, Record, Same
from .working import Found, Shard, Task, Told, work

FEW = 75_000_000
"""Bytes of sources, 50,000 items or less, up to which one process is as quick: to start workers takes time, too."""
_LEAST = 1_500
"""So many bytes an item counts at least, and a file."""
_LARGEST = 64 << 20
"""Bytes of a shard at most."""
_WIDTH = 32
"""Workers of an executor that does not tell how many it has."""


def large(some: Iterable[Source], base: Path) -> bool:
    """Tell whether sources hold so much that more than one process pays; what comes by a pipe is not read twice."""
    some = list(some)
    if any(source.path == "-" for source in some):
        return False
    return sum(weight for source in some for _, weight in _weighed(source, base)) > FEW


def read(site: Site, some: Iterable[Source], base: Path, executor: Executor, now: datetime | None) -> Iterator[Found]:
    """Yield what some sources hold for a site, in the order in which one process would.

    Raises PublishError where a shard can be read neither by a worker nor here.
    """
    office, ahead = _Office(executor, Task(site, base, now)), 2 * int(getattr(executor, "_max_workers", _WIDTH))
    waiting: deque[tuple[Shard | Source, Future[Told] | None]] = deque()
    try:
        for shard in _plan(some, base, ahead):
            waiting.append((shard, office.send(shard)))
            if len(waiting) > ahead:
                yield from office.collect(*waiting.popleft())
        while waiting:
            yield from office.collect(*waiting.popleft())
    finally:
        for _, future in waiting:
            if future:
                future.cancel()


def _plan(some: Iterable[Source], base: Path, least: int) -> Iterator[Shard | Source]:
    """Cut sources into at least so many shards, unless these would be small; what only one can read stays whole."""
    weighed = [(source, list(_weighed(source, base))) for source in some]
    whole = sum(weight for _, files in weighed for _, weight in files)
    size = max(min(_LARGEST, whole // least), FEW // 16)
    for source, files in weighed:
        group: list[str] = []
        heavy = 0
        for shard, weight in files:
            if not shard.part:
                group += shard.paths
                heavy += weight
            if group and (shard.part or heavy >= size):
                yield Shard(source, tuple(group))
                group, heavy = [], 0
            if shard.part:
                yield from _cut(shard, -(-weight // size))
        if group:
            yield Shard(source, tuple(group))
        if not files:
            yield source


def _cut(shard: Shard, parts: int) -> Iterator[Shard]:
    whole = shard.stamp[0]
    edges = [whole * n // parts for n in range(parts + 1)]
    return (shard._replace(part=part) for part in pairwise(edges))


def _weighed(source: Source, base: Path) -> Iterator[tuple[Shard, int]]:
    """Give every file of a source that a worker can read, and how much it is."""
    for path in sources.paths_of(source, base):
        shard, weight = Shard(source, (path,)), _LEAST
        with suppress(OSError):  # whoever reads it says what is wrong
            status = (base / path).stat()
            size = status.st_size
            weight = max(weight, size)
            if sources.kind_of(source, path) == "jsonl" and S_ISREG(status.st_mode):
                with (base / path).open("rb") as file:
                    start = file.read(1 << 16)
                if start.strip():  # one that is blank is read as a whole, which says so
                    weight = max(weight, _LEAST * start.count(b"\n") * size // len(start))
                    shard = shard._replace(part=(0, size), stamp=(size, status.st_mtime_ns))
        yield shard, weight


class _Office:
    """Sends shards to workers, and puts what they tell together."""

    def __init__(self, executor: Executor, task: Task) -> None:
        self.executor, self.task, self.run = executor, task, secrets.token_hex(8)
        self._lines = Counter[str]()
        """The line ends in the parts of files that were collected."""
        self._changed: set[str] = set()

    def send(self, shard: Shard | Source) -> Future[Told] | None:
        """Let a worker read a shard, if there is one left."""
        if isinstance(shard, Source):
            return None
        try:
            return self.executor.submit(work, shard, self.task, self.run)
        except (RuntimeError, OSError):  # it is broken, shut down, or cannot start a process
            return None

    def collect(self, shard: Shard | Source, future: Future[Told] | None) -> Iterator[Found]:
        """Yield what a worker told of a shard, or read it here."""
        if isinstance(shard, Source):
            yield from sources.read([shard], self.task.base)
            return
        path = shard.paths[0]
        found, count = self._result(shard, future)
        if count is None and path not in self._changed:
            self._changed.add(path)
            yield Problem(path, 1, "", "changed while it was read (run again)", "unreadable")
        before = self._lines[path] if shard.part and shard.part[0] else 0
        yield from (_moved(one, before, shard.source, self.task.base) for one in found) if before else found
        self._lines[path] = before + (count or 0)

    def _result(self, shard: Shard, future: Future[Told] | None) -> Told:
        """Wait for a shard. One whose worker failed is read here."""
        if future:
            try:
                return future.result()
            except (Exception, CancelledError):  # noqa: S110 - a worker that died, or what will happen here, too
                pass
        try:
            return work(shard, self.task, self.run)
        except (OSError, MemoryError) as error:
            message = f"{shard.paths[0]}: cannot be read, neither by a worker nor here: {error}"
            raise PublishError(message=message) from error


def _moved(one: Found, lines: int, source: Source, base: Path) -> Found:
    """Count the lines of the parts before."""
    if isinstance(one, Passed):
        return one._replace(line=one.line + lines)
    if isinstance(one, Problem):
        return replace(one, line=one.line + lines, item=one.item + lines if one.item else 0)
    if isinstance(one, Page):
        return one
    locator = one.locator and one.locator._replace(line=one.locator.line + lines)
    if isinstance(one, Same) and locator:
        return one._replace(locator=locator, read=partial(sources.again, source, base, locator))
    if isinstance(one, Record):
        moved = {name: line + lines for name, line in one.lines.items()}
        return one._replace(line=one.line + lines, lines=moved, locator=locator)
    return one

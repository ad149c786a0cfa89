"""Parallel reading: sources are cut into shards, workers read them, and the results come back in order.

The result is what one process would have read, whatever the number of shards.
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from .entries.model import Candidate, Entry
from .entries.resolve import Resolver
from .entries.row_cache import RowCache, to_row
from .errors import Problem, PublishError
from .feeds.select import FeedSelector
from .models.site import Site, Source
from .sources import is_by_line, is_single, list_paths, read_files, read_sources
from .sources._lines import count_line_ends
from .sources._unchanged import reread
from .sources.model import Page, Passed, Record, Same
from .state.files import compare_files
from .state.store import State

MIN_PARALLEL_BYTES = 75_000_000
"""Bytes of sources, 50,000 items or less, up to which one process is as quick: to start workers takes time, too."""
_MIN_ITEM_BYTES = 1_500
"""So many bytes an item counts at least, and a file."""
_MAX_SHARD_BYTES = 64 << 20
"""Bytes of a shard at most."""
_DEFAULT_WORKERS = 32
"""Workers of an executor that does not tell how many it has."""


def is_large(some: Iterable[Source], base: Path) -> bool:
    """Tell whether sources hold so much that more than one process pays; what comes by a pipe is not read twice."""
    some = list(some)
    if any(source.path == "-" for source in some):
        return False
    return sum(weight for source in some for _, weight in _weigh_files(source, base)) > MIN_PARALLEL_BYTES


def read_parallel(
    site: Site, some: Iterable[Source], base: Path, executor: Executor, now: datetime | None
) -> Iterator[SourceResult]:
    """Yield what some sources hold for a site, in the order in which one process would.

    Raises PublishError where a shard can be read neither by a worker nor here.
    """
    reader = _ShardReader(executor, Task(site, base, now))
    ahead = 2 * int(getattr(executor, "_max_workers", _DEFAULT_WORKERS))
    waiting: deque[tuple[Shard | Source, Future[ShardResult] | None]] = deque()
    try:
        for shard in _plan_shards(some, base, ahead):
            waiting.append((shard, reader.send(shard)))
            if len(waiting) > ahead:
                yield from reader.collect(*waiting.popleft())
        while waiting:
            yield from reader.collect(*waiting.popleft())
    finally:
        for _, future in waiting:
            if future:
                future.cancel()


def _plan_shards(some: Iterable[Source], base: Path, least: int) -> Iterator[Shard | Source]:
    """Cut sources into at least so many shards, unless these would be small; what only one can read stays whole."""
    weighed = [(source, list(_weigh_files(source, base))) for source in some]
    whole = sum(weight for _, files in weighed for _, weight in files)
    size = max(min(_MAX_SHARD_BYTES, whole // least), MIN_PARALLEL_BYTES // 16)
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
                yield from _cut_file(shard, -(-weight // size))
        if group:
            yield Shard(source, tuple(group))
        if not files:
            yield source


def _cut_file(shard: Shard, parts: int) -> Iterator[Shard]:
    whole = shard.stamp[0]
    edges = [whole * n // parts for n in range(parts + 1)]
    return (shard._replace(part=part) for part in pairwise(edges))


def _weigh_files(source: Source, base: Path) -> Iterator[tuple[Shard, int]]:
    """Give every file of a source that a worker can read, and how much it is."""
    for path in list_paths(source, base):
        shard, weight = Shard(source, (path,)), _MIN_ITEM_BYTES
        with suppress(OSError):  # whoever reads it says what is wrong
            status = (base / path).stat()
            size = status.st_size
            weight = max(weight, size)
            if is_by_line(source, path) and S_ISREG(status.st_mode):
                with (base / path).open("rb") as file:
                    start = file.read(1 << 16)
                if start.strip():  # one that is blank is read as a whole, which says so
                    weight = max(weight, _MIN_ITEM_BYTES * start.count(b"\n") * size // len(start))
                    shard = shard._replace(part=(0, size), stamp=(size, status.st_mtime_ns))
        yield shard, weight


class _ShardReader:
    """Sends shards to workers, and puts what they tell together."""

    def __init__(self, executor: Executor, task: Task) -> None:
        self.executor, self.task, self.run = executor, task, secrets.token_hex(8)
        self._lines = Counter[str]()
        """The line ends in the parts of files that were collected."""
        self._changed: set[str] = set()

    def send(self, shard: Shard | Source) -> Future[ShardResult] | None:
        """Let a worker read a shard, if there is one left."""
        if isinstance(shard, Source):
            return None
        try:
            return self.executor.submit(read_shard, shard, self.task, self.run)
        except (RuntimeError, OSError):  # it is broken, shut down, or cannot start a process
            return None

    def collect(self, shard: Shard | Source, future: Future[ShardResult] | None) -> Iterator[SourceResult]:
        """Yield what a worker told of a shard, or read it here."""
        if isinstance(shard, Source):
            yield from read_sources([shard], self.task.base)
            return
        path = shard.paths[0]
        found, count = self._result(shard, future)
        if count is None and path not in self._changed:
            self._changed.add(path)
            yield Problem(path, 1, "", "changed while it was read (run again)", "unreadable")
        before = self._lines[path] if shard.part and shard.part[0] else 0
        yield from (_shift_lines(one, before, shard.source, self.task.base) for one in found) if before else found
        self._lines[path] = before + (count or 0)

    def _result(self, shard: Shard, future: Future[ShardResult] | None) -> ShardResult:
        """Wait for a shard. One whose worker failed is read here."""
        if future:
            try:
                return future.result()
            except (Exception, CancelledError):  # noqa: S110 - a worker that died, or what will happen here, too
                pass
        try:
            return read_shard(shard, self.task, self.run)
        except (OSError, MemoryError) as error:
            message = f"{shard.paths[0]}: could not be read by a worker or by the main process: {error} (run again)"
            raise PublishError(message=message) from error


def _shift_lines(one: SourceResult, lines: int, source: Source, base: Path) -> SourceResult:
    """Count the lines of the parts before."""
    if isinstance(one, Passed):
        return one._replace(line=one.line + lines)
    if isinstance(one, Problem):
        return replace(one, line=one.line + lines, item=one.item + lines if one.item else 0)
    if isinstance(one, Page):
        return one
    location = one.location and one.location._replace(line=one.location.line + lines)
    if isinstance(one, Same) and location:
        return one._replace(location=location, read=partial(reread, source, base, location))
    if isinstance(one, Record):
        moved = {name: line + lines for name, line in one.lines.items()}
        return one._replace(line=one.line + lines, lines=moved, location=location)
    return one


SourceResult = Record | Same | Passed | Page | Problem


class Shard(NamedTuple):
    """What one worker reads at a time: some files, or some bytes of one."""

    source: Source
    paths: tuple[str, ...]
    part: tuple[int, int] | None = None
    """The first byte of the part, and that after the last; a line belongs to the part that it starts in."""
    stamp: tuple[int, int] = (0, 0)
    """Size and mtime (nanoseconds) of the file that is read in parts."""


class Task(NamedTuple):
    """What all shards of a run have in common."""

    site: Site
    base: Path
    now: datetime | None


ShardResult = tuple[list[SourceResult], int | None]
"""What a worker found, in order, and the number of line ends in its part; None where the file is not what it was."""


class _WorkerMemory(threading.local):
    """What a worker knows of the run that it works for: the newest entries of all shards that it has read."""

    run = ""
    selector: FeedSelector


_WORKER = _WorkerMemory()


def read_shard(shard: Shard, task: Task, run: str) -> ShardResult:
    """Read a shard; `run` names the run that it is for. Done by workers, in processes of their own."""
    site, base, now = task
    if _WORKER.run != run:
        _WORKER.run, _WORKER.selector = run, FeedSelector(site)
    if _is_changed(shard, base):
        return [], None
    state = State()
    state.begin()
    resolver = Resolver(site, now, state)
    found: list[tuple[str, SourceResult]] = []
    single = [path for path in shard.paths if is_single(shard.source, path)]
    rows = RowCache(state, compare_files(single, str(base), {})[0], known=False)
    for one in read_files(shard.source, shard.paths, base, rows, shard.part):
        candidate = _resolve_alone(resolver, one) if isinstance(one, Record) else None
        if candidate and isinstance(one, Record):
            _WORKER.selector.add(candidate._replace(load=_not_loadable))
            found.append((candidate.id, _to_same(candidate, one, shard.source, base) or one))
        else:
            found.append(("", one))
    state.close()
    if _is_changed(shard, base):
        return [], None
    held = _WORKER.selector.held_ids()
    results = [one if name in held or not name else _to_passed(name, one) for name, one in found]
    return results, count_line_ends(base / shard.paths[0], *shard.part) if shard.part else 0


def _resolve_alone(resolver: Resolver, record: Record) -> Candidate | None:
    """Resolve a record that needs neither a memory nor other records, and that has no problem."""
    item = record.item
    if item.kind == "event" or not item.published or not (item.id or item.link):
        return None
    found = list(resolver.resolve(record, resolver.identify(record)))
    return found[0] if len(found) == 1 and isinstance(found[0], Candidate) and found[0].records == 1 else None


def _not_loadable() -> Entry:
    """Stand in for the entries that a worker lets go of."""
    raise RuntimeError("workers do not keep entries")


def _to_same(candidate: Candidate, record: Record, source: Source, base: Path) -> Same | None:
    row = to_row(candidate)
    if record.location is None or row is None:
        return None
    return Same(row, record.location, record.source, partial(reread, source, base, record.location))


def _to_passed(name: str, one: SourceResult) -> SourceResult:
    if isinstance(one, Same):
        return Passed(name, one.location.path, one.location.line, one.source)
    return Passed(name, one.path, one.line, one.source) if isinstance(one, Record) else one


def _is_changed(shard: Shard, base: Path) -> bool:
    """Tell whether a file is not any more what it was when it was cut."""
    if not shard.part:
        return False
    try:
        status = (base / shard.paths[0]).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != shard.stamp


@contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """Give so many processes; where the work is given up, they end at once."""
    before, executor = set(active_children()), Executor()  # which takes no work: the parent does it
    with suppress(OSError, NotImplementedError):  # no semaphores, as in some containers
        executor = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker)
    try:
        yield executor
    except BaseException:
        for process in set(active_children()) - before:
            process.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Start a worker: it ends with its parent, and leaves the keyboard to that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(300_000, 20, 50)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)

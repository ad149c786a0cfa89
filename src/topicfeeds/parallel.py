"""Parallel reading: cut sources into shards, let workers read the shards, and yield the results in order.

The results are the same as with one process, whatever the number of shards.
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
"""The size of sources up to which one process is as quick, in bytes (about 50,000 items): workers start slowly."""
_MIN_ITEM_BYTES = 1_500
"""The minimum weight of an item or a file, in bytes."""
_MAX_SHARD_BYTES = 64 << 20
"""The largest target weight of a shard, in bytes."""
_DEFAULT_WORKERS = 32
"""The assumed number of workers of an executor that does not say how many it has."""


def is_large(some: Iterable[Source], base: Path) -> bool:
    """Return whether sources are large enough for several processes.

    Standard input never is: it cannot be read twice.
    """
    some = list(some)
    if any(source.path == "-" for source in some):
        return False
    return sum(weight for source in some for _, weight in _weigh_files(source, base)) > MIN_PARALLEL_BYTES


def read_parallel(
    site: Site, some: Iterable[Source], base: Path, executor: Executor, now: datetime | None
) -> Iterator[SourceResult]:
    """Yield the results of sources, in the same order as with one process.

    Raises PublishError if neither a worker nor this process can read a shard.
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
    """Yield the shards of sources: at least `least`, unless they would be small.

    A source without files, such as a database, is yielded as a whole.
    """
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
    """Yield each file of a source that a worker can read, with its weight in bytes."""
    for path in list_paths(source, base):
        shard, weight = Shard(source, (path,)), _MIN_ITEM_BYTES
        with suppress(OSError):  # the reader reports the error
            status = (base / path).stat()
            size = status.st_size
            weight = max(weight, size)
            if is_by_line(source, path) and S_ISREG(status.st_mode):
                with (base / path).open("rb") as file:
                    start = file.read(1 << 16)
                if start.strip():  # a blank file is read as a whole, and reported
                    weight = max(weight, _MIN_ITEM_BYTES * start.count(b"\n") * size // len(start))
                    shard = shard._replace(part=(0, size), stamp=(size, status.st_mtime_ns))
        yield shard, weight


class _ShardReader:
    """Sends shards to workers, and yields their results in order."""

    def __init__(self, executor: Executor, task: Task) -> None:
        self.executor, self.task, self.run = executor, task, secrets.token_hex(8)
        self._lines = Counter[str]()
        """The number of line ends in the parts of each file, so far."""
        self._changed: set[str] = set()

    def send(self, shard: Shard | Source) -> Future[ShardResult] | None:
        """Send a shard to a worker, and return its future, or None if it must be read here."""
        if isinstance(shard, Source):
            return None
        try:
            return self.executor.submit(read_shard, shard, self.task, self.run)
        except (RuntimeError, OSError):  # the executor is broken, shut down, or cannot start a process
            return None

    def collect(self, shard: Shard | Source, future: Future[ShardResult] | None) -> Iterator[SourceResult]:
        """Yield the results of a shard, from its worker or read here."""
        if isinstance(shard, Source):
            yield from read_sources([shard], self.task.base)
            return
        path = shard.paths[0]
        found, count = self._result(shard, future)
        if count is None and path not in self._changed:
            self._changed.add(path)
            yield Problem(path, 1, "", "changed while topicfeeds read it (run again)", "unreadable")
        before = self._lines[path] if shard.part and shard.part[0] else 0
        yield from (_shift_lines(one, before, shard.source, self.task.base) for one in found) if before else found
        self._lines[path] = before + (count or 0)

    def _result(self, shard: Shard, future: Future[ShardResult] | None) -> ShardResult:
        """Return the result of a shard from its worker. If the worker failed, read the shard here."""
        if future:
            try:
                return future.result()
            except (Exception, CancelledError):  # noqa: S110 - the worker died, or the same error occurs here
                pass
        try:
            return read_shard(shard, self.task, self.run)
        except (OSError, MemoryError) as error:
            message = f"{shard.paths[0]}: could not be read by a worker or by the main process: {error} (run again)"
            raise PublishError(message=message) from error


def _shift_lines(one: SourceResult, lines: int, source: Source, base: Path) -> SourceResult:
    """Return a result with all its line numbers increased by `lines`, the lines in earlier parts of the file."""
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
    """The work of one call of a worker: some files, or a part of one file."""

    source: Source
    paths: tuple[str, ...]
    part: tuple[int, int] | None = None
    """The first byte of the part, and the byte after its last. A line belongs to the part in which it starts."""
    stamp: tuple[int, int] = (0, 0)
    """Size and mtime (nanoseconds) of a file that is read in parts."""


class Task(NamedTuple):
    """The data that all shards of a run share."""

    site: Site
    base: Path
    now: datetime | None


ShardResult = tuple[list[SourceResult], int | None]
"""The results of a worker in order, and the number of line ends in its part; None if the file changed."""


class _WorkerMemory(threading.local):
    """The data of a worker about a run: the newest candidates of all shards that it has read."""

    run = ""
    selector: FeedSelector


_WORKER = _WorkerMemory()


def read_shard(shard: Shard, task: Task, run: str) -> ShardResult:
    """Return the results of a shard. `run` identifies the run. Workers call this function in their own processes."""
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
    """Return the candidate of a record.

    Return None if the record needs the memory or other records, or has a problem.
    """
    item = record.item
    if item.kind == "event" or not item.published or not (item.id or item.link):
        return None
    found = list(resolver.resolve(record, resolver.identify(record)))
    return found[0] if len(found) == 1 and isinstance(found[0], Candidate) and found[0].records == 1 else None


def _not_loadable() -> Entry:
    """Raise an error: a worker keeps no entries."""
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
    """Return whether a file changed since it was cut into parts."""
    if not shard.part:
        return False
    try:
        status = (base / shard.paths[0]).stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != shard.stamp


@contextmanager
def process_pool(jobs: int) -> Iterator[Executor]:
    """Provide a pool of processes. If the body of the `with` statement fails, the processes are ended at once."""
    before, executor = set(active_children()), Executor()  # this executor accepts no work: the parent reads everything
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
    """Prepare a worker process. It ends when its parent ends, and ignores interrupts from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(300_000, 20, 50)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)

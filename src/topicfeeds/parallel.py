"""Parallel reading: cut sources into shards, let workers read the shards, and yield their chunks in order.

Workers return the rows of the chunk cache, so the results are the same as with one process, whatever the number of
shards.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from .entries.chunk_cache import ReadChunk, parse_chunk
from .entries.headers import HeaderMaker
from .entries.model import Candidate, Header
from .errors import Problem, PublishError
from .feeds.select import FeedSelector
from .models.site import Site, Source
from .sources import SiteSources
from .sources._explain import warn_about_pages
from .sources._lines import count_line_ends
from .sources.chunks import is_by_line, list_paths, read_chunks, read_file
from .sources.model import Chunk, Location
from .state.files import FileStamp, InputFiles

MIN_PARALLEL_BYTES = 75_000_000
"""Up to this total weight of the sources (in bytes; about 50,000 items), workers save no time: they start slowly."""
_MIN_ITEM_BYTES = 1_500
"""The minimum weight of an item or a file, in bytes. The weight estimates the time to read it."""
_MAX_SHARD_BYTES = 64 << 20
"""The largest target weight of a shard, in bytes."""
_DEFAULT_WORKERS = 32
"""The assumed number of workers of an executor that does not say how many it has."""


def is_large(some: Sequence[Source], base: Path) -> bool:
    """Return whether sources are large enough for several processes.

    Standard input cannot be read twice, so sources with standard input are never large enough.
    """
    weights = (weight for source in some for _, weight, _ in _weigh_files(source, base))
    return all(source.path != "-" for source in some) and sum(weights) > MIN_PARALLEL_BYTES


def read_parallel(site: Site, items: SiteSources, files: InputFiles, executor: Executor) -> Iterator[ChunkResult]:
    """Yield the chunks of sources, in the same order as with one process. The digests of new files are added to
    `files`.

    Raises PublishError if neither a worker nor this process can read a shard.
    """
    for source in items.sources:
        yield from warn_about_pages(source, items.base)
    reader = _ShardReader(executor, site, items.base, files)
    ahead = 2 * int(getattr(executor, "_max_workers", _DEFAULT_WORKERS))
    waiting: deque[tuple[Shard, Future[ShardResult] | None]] = deque()
    try:
        for shard in _plan_shards(items.sources, items.base, files, ahead):
            waiting.append((shard, reader.send(shard)))
            if len(waiting) > ahead:
                yield from reader.collect(*waiting.popleft())
        while waiting:
            yield from reader.collect(*waiting.popleft())
    finally:
        for _, future in waiting:
            if future:
                future.cancel()


def _plan_shards(some: Iterable[Source], base: Path, files: InputFiles, least: int) -> Iterator[Shard]:
    """Yield the shards of the sources: `least` or more, but fewer if shards would be too small.

    A source without files, such as a database, has one shard without paths.
    """
    weighed = [(source, list(_weigh_files(source, base))) for source in some]
    whole = sum(weight for _, found in weighed for _, weight, _ in found)
    size = max(min(_MAX_SHARD_BYTES, whole // least), MIN_PARALLEL_BYTES // 16)
    for number, (source, found) in enumerate(weighed):
        group, heavy = list[str](), 0
        for path, weight, stamp in found:
            if not stamp:
                group.append(path)
                heavy += weight
            if group and (stamp or heavy >= size):
                yield _make_shard(source, number, group, files)
                group, heavy = [], 0
            if stamp:
                parts = -(-weight // size)
                edges = pairwise(stamp[0] * n // parts for n in range(parts + 1))
                yield from (Shard(source, number, (path,), part=part, stamp=stamp) for part in edges)
        if group or not found:
            yield _make_shard(source, number, group, files)


def _make_shard(source: Source, number: int, paths: list[str], files: InputFiles) -> Shard:
    stamps = {path: files.stamps[path] for path in paths if path in files.stamps}
    return Shard(source, number, tuple(paths), stamps=stamps)


def _weigh_files(source: Source, base: Path) -> Iterator[tuple[str, int, tuple[int, int] | None]]:
    """Yield path, weight in bytes, and stamp of each file of a source.

    Only files that can be cut into parts have a stamp: size and mtime (nanoseconds).
    """
    for path in list_paths(source, base):
        weight, stamp = _MIN_ITEM_BYTES, None
        with suppress(OSError):  # the reader reports the error
            status = (base / path).stat()
            size = status.st_size
            weight = max(weight, size)
            if is_by_line(source, path) and S_ISREG(status.st_mode):
                with (base / path).open("rb") as file:
                    start = file.read(1 << 16)
                if start.strip():  # a blank file is read as a whole, and reported
                    weight = max(weight, _MIN_ITEM_BYTES * start.count(b"\n") * size // len(start))
                    stamp = (size, status.st_mtime_ns)
        yield path, weight, stamp


class _ShardReader:
    """Sends shards to workers, and yields their results in order."""

    def __init__(self, executor: Executor, site: Site, base: Path, files: InputFiles) -> None:
        self.executor, self.site, self.base, self.files = executor, site, base, files
        self._lines = Counter[str]()
        """The number of line ends in the parts of each file that were collected so far."""
        self._changed: set[str] = set()

    def send(self, shard: Shard) -> Future[ShardResult] | None:
        """Send a shard to a worker, and return its future, or None if it must be read here."""
        if shard.paths:
            # The executor is broken, shut down, or cannot start a process, as in a daemonic worker of Celery.
            with suppress(RuntimeError, OSError, AssertionError):
                return self.executor.submit(read_shard, shard, self.site, self.base)
        return None

    def collect(self, shard: Shard, future: Future[ShardResult] | None) -> Iterator[ChunkResult]:
        """Yield the results of a shard, from its worker or read here."""
        if not shard.paths:
            yield from read_chunks([shard.source], self.base, url=self.site.url)
            return
        path = shard.paths[0]
        found = self._result(shard, future)
        if found.line_ends is None and path not in self._changed:
            self._changed.add(path)
            yield Problem(path, 1, "", "changed while topicfeeds read it (run again)", "unreadable")
        before = self._lines[path] if shard.part and shard.part[0] else 0
        yield from (_shift_lines(one, before) for one in found.chunks) if before else found.chunks
        self._lines[path] = before + (found.line_ends or 0)
        self.files.stamps.update(found.stamps)

    def _result(self, shard: Shard, future: Future[ShardResult] | None) -> ShardResult:
        """Return the result of a shard from its worker. If the worker failed, read the shard here."""
        if future:
            try:
                return future.result()
            except (Exception, CancelledError):  # noqa: S110 - the worker died, or the same error occurs here
                pass
        try:
            return read_shard(shard, self.site, self.base)
        except (OSError, MemoryError) as error:
            message = f"{shard.paths[0]}: could not be read by a worker or by the main process: {error} (run again)"
            raise PublishError(message=message) from error


def _shift_lines(one: ReadChunk | Problem, lines: int) -> ReadChunk | Problem:
    """Return a result with its lines increased by `lines`, the lines in earlier parts of the file."""
    if isinstance(one, Problem):
        return replace(one, line=one.line + lines, item=one.item + lines if one.item else 0)
    return one._replace(location=one.location._replace(line=one.location.line + lines))


ChunkResult = Chunk | ReadChunk | Problem


class Shard(NamedTuple):
    """The work of one call of a worker: some files, or a part of one file."""

    source: Source
    number: int
    """The number of its source in the site file, from 0."""
    paths: tuple[str, ...] = ()
    stamps: Mapping[str, FileStamp] = {}
    """The stamps of the files. A file without a digest gets it when it is read."""
    part: tuple[int, int] | None = None
    """A range of bytes: its start, and its end (exclusive). A line belongs to the part in which it starts."""
    stamp: tuple[int, int] = (0, 0)
    """Size and mtime (nanoseconds) of a file that is read in parts."""


class ShardResult(NamedTuple):
    """The result of reading a shard."""

    chunks: list[ReadChunk | Problem]
    stamps: Mapping[str, FileStamp]
    """The stamps of its files, with their digests."""
    line_ends: int | None
    """The number of line ends in its part; None if the file changed."""


def read_shard(shard: Shard, site: Site, base: Path) -> ShardResult:
    """Return the results of a shard. Workers call this function in their own processes."""
    if _is_changed(shard, base):
        return ShardResult([], {}, None)
    maker, selector, stamps = HeaderMaker(site), FeedSelector(site), dict(shard.stamps)
    files = InputFiles([], stamps, set(), "", str(base), set(), {})
    chunks: list[ReadChunk | Problem] = []
    for path in shard.paths:
        for chunk in read_file(Location(shard.source, path, url=site.url), shard.number, base, files, shard.part):
            chunks += [chunk] if isinstance(chunk, Problem) else _read_chunk(chunk, maker, selector)
    if _is_changed(shard, base):
        return ShardResult([], {}, None)
    held = selector.held_ids()
    kept = [one if isinstance(one, Problem) else _drop_bodies(one, held) for one in chunks]
    return ShardResult(kept, stamps, count_line_ends(base / shard.paths[0], *shard.part) if shard.part else 0)


def _read_chunk(chunk: Chunk, maker: HeaderMaker, selector: FeedSelector) -> list[ReadChunk | Problem]:
    """Return a chunk as its rows, or the problems of a chunk that is unreadable."""
    stored: list[ReadChunk | Problem] = []
    bodies: dict[int, tuple[str, str]] = {}
    problems: list[ReadChunk | Problem] = []
    for one in parse_chunk(chunk, maker, lambda key, rows: stored.append(ReadChunk(chunk.location, key, rows, bodies))):
        if isinstance(one, Header) and not one.is_single:
            bodies[one.position[1]] = _select_header(one, selector), one.body()
        elif isinstance(one, Problem):
            problems.append(one)
    return stored or problems


def _select_header(header: Header, selector: FeedSelector) -> str:
    """Add a header to the feeds of a shard, and return its id; "" if only the parent can find its date or id."""
    name = header.own_id or header.link
    if header.times or not header.published or not name:
        return ""
    dates = header.published, header.updated or header.published
    labels = header.topics, header.tags
    selector.add(Candidate(name, header, *dates, *labels, ""))
    return name


def _drop_bodies(one: ReadChunk, held: Container[str]) -> ReadChunk:
    """Return a chunk without the bodies of records that are too old for all feeds."""
    return one._replace(
        bodies={number: found for number, found in one.bodies.items() if not found[0] or found[0] in held}
    )


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

"""Sources are read by many workers at once: cut into shards, read and settled apart, and put together in their order.

Of a record that a feed may hold, a worker sends what selecting takes, and where it stands; of others their ids. What a
single worker cannot settle it sends as it was read: events, records without an id or date, and what something is found
about. So what comes together is what one process would have read, whatever the number of shards.
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
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import NamedTuple

from . import sources
from .errors import Problem, PublishError
from .expanding import survey
from .flow import Entry
from .models import Site, Source
from .recalling import Recall
from .remembering import State
from .selecting import Hall
from .settling import Desk
from .sourced import Page, Passed, Record, Same

FEW = 75_000_000
"""Bytes of sources, some 50,000 items, up to which one process is as quick: to start workers takes time, too."""
_LEAST = 1_500
"""So many bytes a file counts at least."""
_LARGEST = 64 << 20
"""Bytes of a shard at most."""
_WIDTH = 32
"""Workers of an executor that does not tell how many it has."""

Found = Record | Same | Passed | Page | Problem


class Shard(NamedTuple):
    """What one worker reads at a time: some files, or some bytes of one."""

    source: Source
    paths: tuple[str, ...]
    part: tuple[int, int] | None = None
    """The first byte of the part, and that after the last; a line belongs to the part that it starts in."""
    stamp: tuple[int, int] = (0, 0)
    """Size and mtime (nanoseconds) of the file that is read in parts."""


def large(sites_sources: Iterable[Source], base: Path) -> bool:
    """Tell whether sources hold so much that more than one process pays."""
    return sum(weight for _, weight in _weighed(sites_sources, base)) > FEW


def read(site: Site, base: Path, executor: Executor, now: datetime | None) -> Iterator[Found]:
    """Yield what the sources of a site hold, in the order in which one process would.

    Raises PublishError where a shard can be read neither by a worker nor here.
    """
    run, ahead = secrets.token_hex(8), 2 * int(getattr(executor, "_max_workers", _WIDTH))
    waiting: deque[tuple[Shard | Source, Future[_Told] | None]] = deque()
    lines = Counter[str]()

    def collect() -> Iterator[Found]:
        shard, future = waiting.popleft()
        if isinstance(shard, Source):
            yield from sources.read([shard], base)
            return
        found, count = _result(shard, future, site, base, now, run)
        before = lines[shard.paths[0]]
        if count < 0:  # once for the file
            yield from () if before < 0 else found
            lines[shard.paths[0]] = count
            return
        yield from (_moved(one, before, shard.source, base) for one in found) if before else found
        lines[shard.paths[0]] += count

    try:
        for shard in _plan(site.sources, base, ahead):
            waiting.append((shard, _submit(executor, shard, site, base, now, run)))
            if len(waiting) > ahead:
                yield from collect()
        while waiting:
            yield from collect()
    finally:
        for _, future in waiting:
            if future:
                future.cancel()


@contextmanager
def pool(jobs: int) -> Iterator[Executor]:
    """Give so many processes; where the work is given up, they end at once."""
    before = set(active_children())
    executor = ProcessPoolExecutor(jobs, get_context("spawn"), _attend)
    try:
        yield executor
    except BaseException:
        for process in set(active_children()) - before:
            process.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _attend() -> None:
    """Start a worker: it ends with its parent, and leaves the keyboard to that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 20, 50)
    threading.Thread(target=_mourn, daemon=True).start()


def _mourn() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _plan(some: Iterable[Source], base: Path, least: int) -> Iterator[Shard | Source]:
    """Cut sources into at least so many shards, unless these would be small; what only one can read stays whole."""
    weighed = list(_weighed(some, base))
    size = max(min(_LARGEST, sum(weight for _, weight in weighed) // least), FEW // 16)
    for source in some:
        mine = [(shard, weight) for shard, weight in weighed if shard.source is source]
        if not mine:
            yield source
        group: list[str] = []
        heavy = 0
        for shard, weight in mine:
            if shard.part:
                yield from (Shard(source, tuple(group)),) if group else ()
                yield from _cut(shard, size)
                group, heavy = [], 0
                continue
            group += shard.paths
            heavy += weight
            if heavy >= size:
                yield Shard(source, tuple(group))
                group, heavy = [], 0
        if group:
            yield Shard(source, tuple(group))


def _cut(shard: Shard, size: int) -> Iterator[Shard]:
    whole = shard.stamp[0]
    parts = -(-whole // size)
    edges = [whole * n // parts for n in range(parts + 1)]
    return (shard._replace(part=part) for part in pairwise(edges))


def _weighed(some: Iterable[Source], base: Path) -> Iterator[tuple[Shard, int]]:
    """Give every file that a worker can read, and how much it is."""
    for source in some:
        for path in sources.paths_of(source, base):
            try:
                status = (base / path).stat()
                weight = max(status.st_size, _LEAST)
            except OSError:  # whoever reads it says so
                yield Shard(source, (path,)), _LEAST
                continue
            if sources.kind_of(source, path) == "jsonl" and _is_begun(base / path):
                stamp = (status.st_size, status.st_mtime_ns)
                yield Shard(source, (path,), (0, status.st_size), stamp), weight
            else:
                yield Shard(source, (path,)), weight


def _is_begun(path: Path) -> bool:
    """Tell whether something stands at the start of a file: one that is blank is read as a whole, which says so."""
    with path.open("rb") as file:
        return bool(file.read(1 << 16).strip())


_Told = tuple[list[Found], int]
"""What a worker found, in order, and the number of line ends in its part; -1 where that is not what it was."""


def _submit(
    executor: Executor, shard: Shard | Source, site: Site, base: Path, now: datetime | None, run: str
) -> Future[_Told] | None:
    if isinstance(shard, Source):
        return None
    try:
        return executor.submit(work, shard, site, base, now, run)
    except RuntimeError:  # it is broken, or shut down
        return None


def _result(
    shard: Shard, future: Future[_Told] | None, site: Site, base: Path, now: datetime | None, run: str
) -> _Told:
    """Wait for a shard. One whose worker failed is read here."""
    if future:
        try:
            return future.result()
        except (Exception, CancelledError):  # noqa: S110 - a worker that died, or what will happen here, too
            pass
    try:
        return work(shard, site, base, now, run)
    except (OSError, MemoryError) as error:
        path = shard.paths[0]
        raise PublishError(message=f"{path}: cannot be read, neither by a worker nor here: {error}") from error


class _Here(threading.local):
    """What a worker knows of the run that it works for: the newest entries of all shards that it has read."""

    run = ""
    hall: Hall


_HERE = _Here()


def work(shard: Shard, site: Site, base: Path, now: datetime | None, run: str) -> _Told:
    """Read a shard; `run` names the run that it is for. Done by workers, in processes of their own."""
    if _HERE.run != run:
        _HERE.run, _HERE.hall = run, Hall(site)
    if shard.part and _stamp(shard, base) != shard.stamp:
        return [_changed(shard)], -1
    state = State()
    state.begin()
    desk = Desk(site, now, state)
    found: list[tuple[str, Found]] = []
    files = [path for path in shard.paths if sources.kind_of(shard.source, path) == "markdown"]
    recall = Recall(state, survey(files, str(base), {})[0], known=False)
    for one in sources.read_files(shard.source, shard.paths, base, recall, shard.part):
        entry = _settled(desk, one) if isinstance(one, Record) else None
        if entry and isinstance(one, Record):
            _HERE.hall.offer(entry.without())
            found.append((entry.id, _same(entry, one, shard.source, base) or one))
        else:
            found.append(("", one))
    state.close()
    if shard.part and _stamp(shard, base) != shard.stamp:
        return [_changed(shard)], -1
    held = _HERE.hall.held()
    told = [one if name in held or not name else _passed(name, one) for name, one in found]
    return told, sources.line_ends(base / shard.paths[0], *shard.part) if shard.part else 0


def _settled(desk: Desk, record: Record) -> Entry | None:
    """Settle a record, if that needs neither a memory nor other records, and nothing is found about it."""
    item = record.item
    if item.kind == "event" or not item.published or not (item.id or item.link):
        return None
    found = list(desk.settle(record, desk.identify(record)))
    return found[0] if len(found) == 1 and isinstance(found[0], Entry) and found[0].records == 1 else None


def _same(entry: Entry, record: Record, source: Source, base: Path) -> Same | None:
    if record.locator is None or entry.row is None:
        return None
    return Same(entry.row, record.locator, record.source, partial(sources.again, source, base, record.locator))


def _passed(name: str, one: Found) -> Found:
    if isinstance(one, Same):
        return Passed(name, one.locator.path, one.locator.line, one.source)
    return Passed(name, one.path, one.line, one.source) if isinstance(one, Record) else one


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
        return replace(one, locator=locator, read=partial(sources.again, source, base, locator))
    if isinstance(one, Record):
        moved = {name: line + lines for name, line in one.lines.items()}
        return replace(one, line=one.line + lines, lines=moved, locator=locator)
    return one


def _stamp(shard: Shard, base: Path) -> tuple[int, int] | None:
    try:
        status = (base / shard.paths[0]).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _changed(shard: Shard) -> Problem:
    return Problem(shard.paths[0], 1, "", "changed while it was read (run again)", "unreadable")

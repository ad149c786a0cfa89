"""What a worker does: it reads a shard of the sources, and settles what it can settle alone.

Of a record that a feed may hold, it sends back what selecting takes, and where it stands; of others their ids. What it
cannot settle it sends as it was read: events, records without an id or date, and what something is found about.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import NamedTuple

from . import sources
from .errors import Problem
from .expanding import survey
from .flow import Entry
from .models import Site, Source
from .recalling import Recall
from .remembering import State
from .selecting import Hall
from .settling import Desk
from .sourced import Page, Passed, Record, Same

Found = Record | Same | Passed | Page | Problem


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


Told = tuple[list[Found], int | None]
"""What a worker found, in order, and the number of line ends in its part; None where the file is not what it was."""


class _Here(threading.local):
    """What a worker knows of the run that it works for: the newest entries of all shards that it has read."""

    run = ""
    hall: Hall


_HERE = _Here()


def work(shard: Shard, task: Task, run: str) -> Told:
    """Read a shard; `run` names the run that it is for. Done by workers, in processes of their own."""
    site, base, now = task
    if _HERE.run != run:
        _HERE.run, _HERE.hall = run, Hall(site)
    if _is_changed(shard, base):
        return [], None
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
    if _is_changed(shard, base):
        return [], None
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
def pool(jobs: int) -> Iterator[Executor]:
    """Give so many processes; where the work is given up, they end at once."""
    before, executor = set(active_children()), Executor()  # which takes no work: the parent does it
    with suppress(OSError, NotImplementedError):  # no semaphores, as in some containers
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
    gc.set_threshold(300_000, 20, 50)
    threading.Thread(target=_mourn, daemon=True).start()


def _mourn() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)

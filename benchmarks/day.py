"""A day of cron: a build every five minutes, twelve edits, and what readers fetch on that day."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from .corpus import Item
from .measuring import Cost
from .stores import MAKERS, Corpus, Store

RUNS = 288
_MINUTES = 5
_RUNS_PER_EDIT = 24
READERS = 1000
_RUNS_PER_POLL = 12
_START = datetime(2025, 3, 3, tzinfo=UTC)
_NOT_MODIFIED_BYTES = 200
"""About the size of a response 304, with its headers."""

Stamps = Mapping[str, tuple[int, int]]
"""The mtime in nanoseconds and the size in bytes of each document."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What readers fetch on a day."""

    full: int
    """The number of responses with a document. The others are 304."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Day:
    """The cost of a day of cron."""

    cpu: float
    """CPU seconds of all runs."""
    written: int
    """The bytes of all documents that were written."""
    traffic: Traffic


def run_day(store: Store, build: Callable[[int], Cost], output: Path, corpus: Corpus, items: int, seed: int) -> Day:
    """Run a day of builds after a full build. `build` gets the time of the run in seconds since 1970."""
    start = int(_START.timestamp())
    build(start - _MINUTES * 60)
    edits = {place * _RUNS_PER_EDIT + 6: edit for place, edit in enumerate(make_edits(corpus, items, seed))}
    cpu, written, days = 0.0, 0, [_read_stamps(output)]
    for number in range(RUNS):
        if number in edits:
            store.replace(*edits[number])
        cpu += build(start + number * _MINUTES * 60).cpu
        days.append(_read_stamps(output))
        written += sum(size for path, (mtime, size) in days[-1].items() if days[-2].get(path) != (mtime, size))
    return Day(cpu, written, count_traffic(days))


def estimate_day(full: Cost, output: Path) -> Day:
    """Return what a day costs with a program that writes all documents in each run."""
    stamps = [{path: (number, size) for path, (_, size) in _read_stamps(output).items()} for number in range(RUNS + 1)]
    return Day(full.cpu * RUNS, RUNS * sum(size for _, size in stamps[0].values()), count_traffic(stamps))


def count_traffic(days: Sequence[Stamps]) -> Traffic:
    """Count what readers fetch. Each polls one document every hour, and starts with the version of the day before.

    The web server compares mtime and size, as nginx does.
    """
    chance, names = random.Random(1), sorted(days[0])
    full = fetched = 0
    for reader in range(READERS):
        name, known = chance.choice(names), 0
        for run in range(1 + reader % _RUNS_PER_POLL, len(days), _RUNS_PER_POLL):
            now = days[run].get(name)
            if now and now != days[known].get(name):
                full, fetched = full + 1, fetched + now[1]
            fetched += _NOT_MODIFIED_BYTES
            known = run
    return Traffic(full, fetched)


def make_edits(corpus: Corpus, items: int, seed: int) -> list[tuple[int, Item | None]]:
    """Return the edits: the number of each item, and the item that replaces it, or None to remove it."""
    some = list(islice(MAKERS[corpus](items, seed), 60))
    new = list(islice(MAKERS[corpus](items, seed + 1), 60))
    return [
        (0, _retitle(some[0])),
        (items, _renew(new[11], items)),
        (5, _retitle(some[5])),
        (10, _move(some[10])),
        (12, _with(some[12], title="")),
        (12, some[12]),
        (7, None),
        (20, _with(some[20], **({"status": "cancelled"} if "start" in some[20].fields else {"summary": "Cancelled."}))),
        (14, replace(some[14], blocks=some[14].blocks[:3])),
        (items + 1, _renew(new[25], items + 1)),
        (30, None),
        (16, _with(some[16], tags=some[17].fields["tags"])),
    ]


def _with(item: Item, **fields: object) -> Item:
    return replace(item, fields=item.fields | fields)


def _retitle(item: Item) -> Item:
    return _with(item, title=item.fields["title"].swapcase())


def _renew(item: Item, number: int) -> Item:
    """Make an item that is new on that day."""
    fields = {"id": f"tag:example.org,2026:item/{number}", "link": f"https://www.example.org/news/item-{number}/"}
    return replace(_with(item, **fields, published=f"2025-03-03T00:0{number % 2}:30+00:00"), number=number)


def _move(item: Item) -> Item:
    """Move an event to another day."""
    start = str(item.fields.get("start", ""))
    return _with(item, start=f"2025-06-11{start[10:]}", end=f"2025-06-11{start[10:]}") if start else _retitle(item)


def _read_stamps(output: Path) -> Stamps:
    found = {}
    for path in output.rglob("*.xml"):
        status = path.stat()
        found[path.relative_to(output).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found

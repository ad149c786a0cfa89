"""Estimate what a build with many items would take with many workers.

Measures the cost of one item and one document on this machine, then simulates how workers and parent wait for each
other. Run `python -m benchmarks.simulation --help`.
"""

from __future__ import annotations

import gc
import heapq
import pickle
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from topicfeeds import Problem
from topicfeeds.config import load_site
from topicfeeds.entries.chunk_cache import ChunkCache, ReadChunk
from topicfeeds.entries.model import Candidate
from topicfeeds.entries.resolve import Resolver
from topicfeeds.feeds.select import FeedSelector
from topicfeeds.models import Site, Source
from topicfeeds.output.documents import Documents
from topicfeeds.output.write import stage
from topicfeeds.parallel import Shard, ShardResult, read_shard
from topicfeeds.state.cache import open_temporary_cache

from . import corpus
from .stores import format_line

_SITE = 'title = "City"\nurl = "https://www.example.org/"\n[[sources]]\npath = "items.jsonl"\n'
_LIMIT = 50
_FEEDS = 1 + len(corpus.TOPICS) + len(corpus.TAGS)


class Constants(NamedTuple):
    """CPU seconds for one item or document."""

    work: float
    """The worker reads and resolves an item, and sends the result."""
    row: float
    """The parent receives an item, stores its row and selects it."""
    document: float
    """The parent makes a document: it reads the items again, sanitises, serialises and writes them."""
    start: float = 0.5
    """Starting the workers."""


class Outcome(NamedTuple):
    """What a simulated build takes, in seconds."""

    total: float
    worker: float
    """How long each worker is busy, on average."""
    parent: float
    """How long the parent is busy with the results of the workers."""
    documents: float
    """How long the parent takes for all documents."""


@dataclass(frozen=True, slots=True)
class Load:
    """The build that is simulated."""

    items: int
    workers: int
    shard: int = 25_000
    """The number of items in a shard."""
    documents: int = 2 * _FEEDS


def simulate(load: Load, costs: Constants) -> Outcome:
    """Simulate a build: workers read shards, and the parent collects the results in the order of the shards.

    Assumes that at most two shards for each worker are queued.
    """
    free = [(costs.start, worker) for worker in range(load.workers)]
    heapq.heapify(free)
    collected: list[float] = []
    parent = busy = worked = 0.0
    for number, shard in enumerate(_shards(load)):
        moment, worker = heapq.heappop(free)
        ahead = number - 2 * load.workers
        done = max(moment, collected[ahead] if ahead >= 0 else 0) + shard * costs.work
        heapq.heappush(free, (done, worker))
        worked += shard * costs.work
        took = shard * costs.row
        parent, busy = max(parent, done) + took, busy + took
        collected.append(parent)
    written = load.documents * costs.document
    return Outcome(parent + written, worked / load.workers, busy, written)


def _shards(load: Load) -> Iterable[int]:
    whole, rest = divmod(load.items, load.shard)
    return [*[load.shard] * whole, *([rest] if rest else [])]


def measured(items: int) -> Constants:
    """Measure the constants with a corpus of `items` items."""
    with TemporaryDirectory(prefix="simulation-") as name:
        folder = Path(name)
        with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(map(format_line, corpus.plain_items(items)))
        (folder / "topicfeeds.toml").write_text(_SITE, "utf-8")
        site = load_site(folder / "topicfeeds.toml")
        found, worked = _worked(site, site.sources[0], folder)
        selector, row = _selected(site, folder, [one for one in found if isinstance(one, ReadChunk)])
        written = time.process_time()
        documents = Documents(selector.select().values(), site)
        with stage(documents, folder / "public", None) as batch:
            batch.finish()
        written = time.process_time() - written
    return Constants(worked / items, row / items, written / len(documents))


def _worked(site: Site, source: Source, folder: Path) -> tuple[Sequence[ReadChunk | Problem], float]:
    """Do the work of a worker, including pickling. Return the results and the CPU seconds."""
    path = folder / "items.jsonl"
    status = path.stat()
    stamp = (status.st_size, status.st_mtime_ns)
    shard = Shard(source, 0, (path.name,), part=(0, status.st_size), stamp=stamp)
    began = time.process_time()
    sent = pickle.dumps(read_shard(shard, site, folder))
    took = time.process_time() - began
    result: ShardResult = pickle.loads(sent)
    return result.chunks, took


def _selected(site: Site, folder: Path, found: Sequence[ReadChunk]) -> tuple[FeedSelector, float]:
    """Do what the parent does with results of workers. Return the selector and the CPU seconds."""
    sent, selector = pickle.dumps(found), FeedSelector(site)
    chunks = ChunkCache(site, folder, open_temporary_cache())
    began = time.process_time()
    for one in Resolver(site).resolve_all(chunks.read(pickle.loads(sent))):
        if isinstance(one, Candidate):
            selector.add(one)
    return selector, time.process_time() - began


@click.command()
@click.option("--items", default=100_000_000, show_default=True, help="Number of items of the build.")
@click.option(
    "--workers",
    type=int,
    multiple=True,
    default=(1, 8, 64),
    show_default=True,
    help="Number of workers. Can be repeated.",
)
@click.option("--documents", default=2 * _FEEDS, show_default=True, help="Number of documents that the build writes.")
@click.option("--sample", default=20_000, show_default=True, help="Number of items with which the costs are measured.")
def main(items: int, workers: Sequence[int], documents: int, sample: int) -> None:
    """Measure what one item and one document cost on this machine, and simulate a build with many workers."""
    gc.set_threshold(300_000, 20, 50)  # as the command and its workers do
    costs = measured(sample)
    for name in ("work", "row", "document"):
        click.echo(f"{name:<9} {getattr(costs, name) * 1e6:8.1f} microseconds")
    click.echo(f"\n{'workers':>7} {'total s':>9} {'worker s':>11} {'parent s':>9} {'documents s':>12}")
    for count in workers:
        one = simulate(Load(items, count, documents=documents), costs)
        click.echo(f"{count:>7} {one.total:>9,.0f} {one.worker:>11,.0f} {one.parent:>9,.0f} {one.documents:>12,.1f}")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.simulation")

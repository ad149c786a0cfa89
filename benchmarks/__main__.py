"""Run the benchmarks. For the options, run `python -m benchmarks --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from .checking import OtherJob
from .entrants import PEERS, Peer
from .goals import CORPORA, Measured
from .jobs import JOB, Figures, Ground, measure
from .measuring import Failed
from .plotting import draw
from .reporting import tables, write_page
from .stores import Corpus

_NAMES = [peer.name for peer in PEERS]


@click.command()
@click.option(
    "--items", type=click.IntRange(100, 1_000_000), multiple=True, metavar="N", help="Number of items. Can be repeated."
)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Number of runs of each job.")
@click.option("--quick", is_flag=True, help="Check that everything works: --items 300 --runs 1.")
@click.option(
    "--peer",
    "names",
    type=click.Choice([*_NAMES, "none"]),
    multiple=True,
    help="Compare with this program only. Can be repeated.",
)
@click.option("--corpus", "chosen", type=click.Choice(CORPORA), multiple=True, help="This corpus only.")
@click.option("--seed", default=1, show_default=True, help="Seed of the corpus.")
@click.option("--write", is_flag=True, help="Also write docs/benchmarks.md and docs/pictures/growth.svg.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Date on the page.  [default: today]")
def main(  # noqa: PLR0913 - a command
    items: Sequence[int],
    runs: int,
    quick: bool,
    names: Sequence[str],
    chosen: Sequence[Corpus],
    seed: int,
    write: bool,
    day: datetime | None,
) -> None:
    """Measure topicfeeds and other programs (peers), and print tables.

    Before a peer is measured, its documents are compared with those of topicfeeds.

    The corpus is written into a temporary folder (TMPDIR). It takes about 9 KB per item, or 3 KB above 100,000 items.
    Peers that are not installed are skipped. Peers that are too slow or need too much memory are skipped if there are
    many items.
    """
    sizes, runs = ((300,), 1) if quick else (sorted(set(items)) or (JOB,), runs)
    peers = _present([peer for peer in PEERS if not names or peer.name in names])
    try:
        measured = {(one, size): _measured(one, size, seed, runs, peers) for size in sizes for one in chosen or CORPORA}
    except (OtherJob, Failed) as error:
        sys.exit(f"benchmarks: {error}")
    for table in (table for made in tables(measured).values() for table in made):
        click.echo(f"\n{table.text()}", nl=False)
    if write:
        _write(measured, runs, day.date() if day else datetime.now(UTC).date(), peers)


def _present(peers: Sequence[Peer]) -> list[Peer]:
    """Return the peers that are installed. For the others, print how to install them."""
    for peer in peers:
        if not peer.version():
            _tell(f"{peer.name} is not installed, and is skipped (to install it: {peer.install})")
    return [peer for peer in peers if peer.version()]


def _measured(corpus: Corpus, items: int, seed: int, runs: int, peers: Sequence[Peer]) -> Figures:
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        _tell(f"{corpus} corpus, {items:,} items: writing the files")
        return measure(Ground(Path(folder), corpus, items, seed), peers, runs, _tell)


def _write(measured: Measured, runs: int, day: date, peers: Sequence[Peer]) -> None:
    write_page(measured, runs, day, peers)
    try:
        draw(measured)
    except ImportError:
        sys.exit('benchmarks: drawing the picture needs matplotlib: pip install -e ".[bench]"')


def _tell(what: str) -> None:
    click.echo(what, err=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")

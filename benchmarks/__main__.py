"""Run the benchmarks: python -m benchmarks --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from .checking import OtherJob
from .entrants import PEERS, Peer
from .goals import Measured
from .jobs import Figures, Ground, measure
from .measuring import Failed
from .plotting import draw
from .reporting import tables, write_page

_NAMES = [peer.name for peer in PEERS]


@click.command()
@click.option("--items", type=click.IntRange(300, 1_000_000), multiple=True, metavar="N", help="How many; repeatable.")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="So often each is measured.")
@click.option("--quick", is_flag=True, help="The same as --items 1000 --runs 1: whether it works.")
@click.option("--peer", "names", type=click.Choice([*_NAMES, "none"]), multiple=True, help="Only this one; repeatable.")
@click.option("--seed", default=1, show_default=True, help="Of the corpus.")
@click.option("--write", is_flag=True, help="Write docs/benchmarks.md and docs/pictures/growth.svg.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of the page.  [default: today]")
def main(  # noqa: PLR0913 - a command
    items: Sequence[int], runs: int, quick: bool, names: Sequence[str], seed: int, write: bool, day: datetime | None
) -> None:
    """Measure topicfeeds beside its peers, and alone; look that all did the same job, and print tables.

    The corpus is made in a temporary folder (TMPDIR): about 6 KB an item, 3 KB above 100,000 items. Peers that are not
    installed are skipped, and peers that are known to take too much are not run with many items.
    """
    sizes, runs = ((1000,), 1) if quick else (sorted(set(items)) or (10_000,), runs)
    peers = _present([peer for peer in PEERS if not names or peer.name in names])
    try:
        measured = {size: _measured(size, seed, runs, peers) for size in sizes}
    except (OtherJob, Failed) as error:
        sys.exit(f"benchmarks: {error}")
    for table in (table for made in tables(measured).values() for table in made):
        click.echo(f"\n{table.text()}", nl=False)
    if write:
        _write(measured, runs, day.date() if day else datetime.now(UTC).date(), peers)


def _present(peers: Sequence[Peer]) -> list[Peer]:
    """Leave out who is not installed, and say how to install it."""
    for peer in peers:
        if not peer.version():
            _tell(f"{peer.name} is skipped: {peer.install}")
    return [peer for peer in peers if peer.version()]


def _measured(items: int, seed: int, runs: int, peers: Sequence[Peer]) -> Figures:
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        _tell(f"{items:,} items: the corpus")
        return measure(Ground(Path(folder), items, seed), peers, runs, _tell)


def _write(measured: Measured, runs: int, day: date, peers: Sequence[Peer]) -> None:
    write_page(measured, runs, day, peers)
    try:
        draw(measured)
    except ImportError:
        sys.exit('benchmarks: the picture needs matplotlib: pip install -e ".[bench]"')


def _tell(what: str) -> None:
    click.echo(what, err=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")

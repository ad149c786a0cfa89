"""Run topicfeeds and its peers on the same work, in turn, and print what each took.

python -m benchmarks --items 10000 --runs 5 --growth 1000 10000 100000 --write
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import corpus, jobs, reporting
from .checking import Skips, difference, feeds
from .peers import FOLDER, OURS, PEERS, PELICAN, PLAIN, Peer
from .running import Cost, FailedError, in_turn

_MAKERS = {PLAIN: corpus.write_jsonl, FOLDER: corpus.write_markdown, PELICAN: corpus.write_pelican}


def main() -> int:
    """Run what the arguments ask for; give the exit code."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        try:
            _run(options, Path(folder))
        except FailedError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000, metavar="N", help="so many items (10,000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="so many runs of each, in turn (5)")
    parser.add_argument("--growth", type=int, nargs="*", default=[], metavar="N", help="full builds of so many")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="peers with this in their name")
    parser.add_argument("--folder", metavar="FOLDER", help="where corpora and feeds are made (they are removed)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its picture")
    return parser


def _run(options: argparse.Namespace, folder: Path) -> None:
    report = reporting.Report(options.items, options.runs)
    peers = [peer for peer in PEERS if not options.only or any(text in peer.name for text in options.only)]
    for peer in list(peers):
        if needed := peer.missing():
            report.skip(peer.name, needed)
            peers.remove(peer)
    for given in {PLAIN, FOLDER, *(peer.input for peer in peers)}:
        _MAKERS[given](folder / given, options.items)
    everybody = {peer.name: peer for peer in [*OURS.values(), *peers]}
    made = {name: folder / f"made-{n}" for n, name in enumerate(everybody)}
    commands = {name: peer.command(folder / peer.input, made[name]) for name, peer in everybody.items()}
    report.peers = in_turn(commands, options.runs)
    for given in (PLAIN, FOLDER):
        place = folder / f"own-{given}"
        report.own[given] = jobs.unchanged_and_changed(OURS[given], folder / given, place, options.runs)
    for items in options.growth:
        report.growth[items] = grow(items, folder, min(options.runs, 3))
    check(everybody, made)  # last: what is run counts the memory of what runs it as its own
    print(report.text())
    if options.write:
        report.write()


def check(everybody: dict[str, Peer], made: dict[str, Path]) -> None:
    """Check that all did the same job. Raises FailedError."""
    wanted = {given: feeds(made[peer.name]) for given, peer in OURS.items()}
    if found := difference(wanted[PLAIN], wanted[FOLDER], Skips()):
        raise FailedError(f"topicfeeds made different feeds of the same items: {found}")
    for name, peer in everybody.items():
        if found := difference(wanted[PLAIN], feeds(peer.gather(made[name])), peer.skips):
            raise FailedError(f"{name} did another job: {found}")


def grow(items: int, folder: Path, runs: int) -> list[Cost]:
    """Run full builds of JSON Lines alone."""
    given = folder / f"growth-{items}"
    corpus.write_jsonl(given, items)
    costs = in_turn({"ours": OURS[PLAIN].command(given, folder / f"grown-{items}")}, runs)["ours"]
    (given / "items.jsonl").unlink()
    return costs


if __name__ == "__main__":
    sys.exit(main())

"""The jobs that are measured: builds by topicfeeds and its peers, and builds by topicfeeds alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from . import checking, corpus
from .checking import OtherJob
from .entrants import ROOT, Peer, Source
from .measuring import Cost, Failed, Pair, in_turn, run

_SITE = f"""title = "{corpus.TITLE}"
url = "{corpus.SITE}"
tag_authority = "example.org,2026"

[[sources]]
"""
_SOURCES: dict[Source, str] = {
    "lines": 'path = "items.jsonl"\n',
    "folder": 'path = "content"\nfields = { id = "slug", title = "title", link = "canonical", summary = "summary", '
    'content = "content", published = "date", topic = "category", tags = "tags" }\n',
}
LARGEST_FOLDER = 100_000
MANY, FEW = 100_000, 3
"""With at least MANY items, each job runs at most FEW times, and each peer runs once."""


class Comparison(NamedTuple):
    """The costs of topicfeeds and of a peer, run in turn."""

    peer: Peer
    pair: Pair


@dataclass(frozen=True, slots=True)
class Figures:
    """All measurements for one size of the corpus."""

    items: int
    compared: Sequence[Comparison]
    nothing: Mapping[Source, Pair]
    """Builds in which nothing changed, and `python -c pass`."""
    one: Mapping[Source, Pair]
    """Builds in which one item changed, and full builds."""
    two: Mapping[Source, Sequence[Cost]]
    """Full builds with two processes. Empty if there are fewer than MANY items."""
    steps: Mapping[Source, Sequence[Mapping[str, Any]]]
    """The cost of each step of a full build: `step`, `cpu`, `time`, `peak`."""


class Ground:
    """A folder with a corpus in both forms, in which all programs work."""

    def __init__(self, folder: Path, items: int, seed: int) -> None:
        self.folder, self.items = folder, items
        self.sources: list[Source] = ["lines", "folder"] if items <= LARGEST_FOLDER else ["lines"]
        self._ours: dict[Source, checking.Documents] = {}
        corpus.write_lines(folder / "items.jsonl", items, seed)
        if "folder" in self.sources:
            corpus.write_folder(folder / "content", items, seed)
        for source in self.sources:
            (folder / f"{source}.toml").write_text(_SITE + _SOURCES[source], "utf-8")

    def compare(self, peer: Peer, runs: int) -> Comparison:
        """First, run both programs once and compare their documents. Then run them in turn. Raises OtherJob."""
        ours, theirs = partial(self.build, peer.source), partial(self._peer, peer)
        if peer.source not in self._ours:
            ours()
            self._ours[peer.source] = self._read_ours(peer.source)
        theirs()
        try:
            documents = checking.read(self.folder / "theirs", peer.renames)
            checking.compare(self._ours[peer.source], documents, sanitised=peer.sanitises)
        except OtherJob as error:
            raise OtherJob(f"{peer.name}: different documents: {error}") from None
        return Comparison(peer, in_turn(ours, theirs, runs))

    def nothing(self, source: Source, runs: int) -> Pair:
        """Run builds in which nothing changed, in turn with `python -c pass`."""
        self.build(source)
        idle = partial(run, [sys.executable, "-c", "pass"])
        return in_turn(partial(self._topicfeeds, source), idle, runs)

    def one(self, source: Source, runs: int) -> Pair:
        """Run builds in which one item changed, in turn with full builds."""
        turns = [(self.build(source), self._changed(source)) for _ in range(runs)]
        return Pair([changed for _, changed in turns], [full for full, _ in turns])

    def build(self, source: Source, *more: str) -> Cost:
        """Run a full build: without earlier output and without a state."""
        self._clear()
        return run(self._command(source, *more))

    def _clear(self) -> None:
        shutil.rmtree(self.folder / "ours", ignore_errors=True)
        (self.folder / "state").unlink(missing_ok=True)

    def two(self, source: Source, runs: int) -> Sequence[Cost]:
        """Run full builds with two processes."""
        return [self.build(source, "--jobs", "2") for _ in range(runs)]

    def steps(self, source: Source) -> Sequence[Mapping[str, Any]]:
        """Run one more full build, and return the cost of each step. Raises Failed."""
        self._clear()
        done = subprocess.run(
            self._command(source, "--profile", "--log-format", "json"), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"topicfeeds --profile: {done.stderr}")
        return [one for one in map(json.loads, done.stderr.splitlines()) if "step" in one]

    def _changed(self, source: Source) -> Cost:
        corpus.change_first(self.folder / ("items.jsonl" if source == "lines" else "content/item-0.md"))
        return self._topicfeeds(source)

    def _topicfeeds(self, source: Source) -> Cost:
        return run(self._command(source))

    def _command(self, source: Source, *more: str) -> list[str]:
        options = {"--site": f"{source}.toml", "--output": "ours", "--state": "state"}
        paths = [part for name, path in options.items() for part in (name, str(self.folder / path))]
        return [sys.executable, "-m", "topicfeeds", "build", "--quiet", *paths, *more]

    def _peer(self, peer: Peer) -> Cost:
        shutil.rmtree(self.folder / "theirs", ignore_errors=True)
        source = self.folder / ("items.jsonl" if peer.source == "lines" else "content")
        return run(peer.command(source, self.folder / "theirs"), cwd=ROOT)

    def _read_ours(self, source: Source) -> checking.Documents:
        documents = checking.read(self.folder / "ours")
        if len(documents) != corpus.DOCUMENTS or not all(documents.values()):
            raise OtherJob(f"topicfeeds made {len(documents)} documents from {source}, not {corpus.DOCUMENTS}")
        return documents


def measure(ground: Ground, peers: Sequence[Peer], runs: int, tell: Callable[[str], None]) -> Figures:
    """Run all jobs. Report each one to `tell` before it starts. Raises OtherJob and Failed."""
    compared, nothing, one = [], dict[Source, Pair](), dict[Source, Pair]()
    two, steps = dict[Source, Sequence[Cost]](), dict[Source, Sequence[Mapping[str, Any]]]()
    many = ground.items >= MANY
    for peer in peers:
        if ground.items <= peer.most:
            tell(f"{ground.items:,} items: topicfeeds and {peer.name}")
            compared.append(ground.compare(peer, 1 if many else runs))
    for source in ground.sources:
        tell(f"{ground.items:,} items: topicfeeds alone, {source}")
        few = min(runs, FEW) if many else runs
        nothing[source] = ground.nothing(source, few)
        one[source] = ground.one(source, few)
        steps[source] = ground.steps(source)
        if many:
            two[source] = ground.two(source, few)
    return Figures(ground.items, compared, nothing, one, two, steps)

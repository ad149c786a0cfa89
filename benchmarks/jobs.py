"""The jobs that are measured: builds by topicfeeds and its peers, and builds by topicfeeds alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from . import checking
from .checking import OtherJob
from .day import Day, estimate_day, run_day
from .entrants import ROOT, Peer
from .measuring import Cost, Failed, Pair, in_turn, run
from .stores import MAKERS, Corpus, Form, Store

LARGEST_FOLDER = 100_000
JOB = 10_000
"""The number of items for which most goals are set, and for which a day of cron is measured."""
MANY, FEW = 100_000, 3
"""With at least MANY items, each job runs at most FEW times, and each peer runs once."""
_CODES = (0, 1)
"""Exit code 1 says that some items were refused."""


class Comparison(NamedTuple):
    """The costs of topicfeeds and of a peer, run in turn."""

    peer: Peer
    pair: Pair
    day: Day
    """A day on which the peer rebuilds everything every five minutes."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What topicfeeds needs for one form of a corpus."""

    nothing: Pair
    """Builds in which nothing changed, and `python -c pass`."""
    article: Pair
    """Builds in which an article changed, and full builds."""
    event: Pair | None
    """Builds in which an event changed, and full builds. None if the corpus has no events."""
    steps: Sequence[Mapping[str, Any]]
    """The cost of each step of a full build: `step`, `cpu`, `time`, `peak`."""
    state: int
    """The size of the state in bytes, after a full build."""
    two: Sequence[Cost] = ()
    """Full builds with two processes. Empty if there are fewer than MANY items."""
    day: Day | None = None
    """A day of cron. None if there are not JOB items."""

    @property
    def full(self) -> Sequence[Cost]:
        """Full builds."""
        return self.article.theirs


@dataclass(frozen=True, slots=True)
class Figures:
    """All measurements for one corpus of one size."""

    corpus: Corpus
    items: int
    documents: int
    compared: Sequence[Comparison] = ()
    alone: Mapping[Form, Alone] = field(default_factory=dict)


class Ground:
    """A folder with a corpus in all forms, in which all programs work."""

    def __init__(self, folder: Path, corpus: Corpus, items: int, seed: int) -> None:
        self.folder, self.corpus, self.items, self.seed = folder, corpus, items, seed
        forms: list[Form] = ["lines", "yaml", "folder"] if items <= LARGEST_FOLDER else ["lines"]
        self.stores = {form: Store(folder / form, form) for form in forms}
        for store in self.stores.values():
            store.write(MAKERS[corpus](items, seed))
        self._ours: dict[Form, checking.Documents] = {}

    @property
    def output(self) -> Path:
        """Where topicfeeds writes."""
        return self.folder / "ours"

    def read_documents(self, form: Form) -> checking.Documents:
        """Build once, and read the documents. Raises OtherJob."""
        if form not in self._ours:
            self.build(form)
            self._ours[form] = checking.read(self.output)
            if not self._ours[form] or not all(self._ours[form].values()):
                raise OtherJob(f"topicfeeds made an empty document from {form}")
        return self._ours[form]

    def compare(self, peer: Peer, runs: int) -> Comparison:
        """First, run both programs once and compare their documents. Then run them in turn. Raises OtherJob."""
        ours, theirs = self.read_documents(peer.form), partial(self._run_peer, peer)
        theirs()
        try:
            documents, is_city = checking.read(self.folder / "theirs", peer.renames), self.corpus == "city"
            checking.compare(ours, documents, sanitised=peer.sanitises, rewritten=is_city)
        except OtherJob as error:
            raise OtherJob(f"{peer.name}: different documents: {error}") from None
        pair = in_turn(partial(self.build, peer.form), theirs, runs)
        middle = sorted(pair.theirs, key=lambda cost: cost.cpu)[len(pair.theirs) // 2]
        return Comparison(peer, pair, estimate_day(middle, self.folder / "theirs"))

    def measure_alone(self, form: Form, runs: int) -> Alone:
        """Measure topicfeeds with one form of the corpus."""
        self.build(form)
        state = sum(path.stat().st_size for path in self.folder.glob("state*"))
        idle = partial(run, [sys.executable, "-c", "pass"])
        nothing = in_turn(partial(self._run, form), idle, runs)
        turns = [self._change(form) for _ in range(runs)]
        full, article, event = zip(*turns, strict=True)
        alone = Alone(
            nothing,
            Pair(article, full),
            Pair(event, full) if self.corpus == "city" else None,
            self._measure_steps(form),
            state,
        )
        return (
            replace(alone, two=[self.build(form, "--jobs", "2") for _ in range(runs)]) if self.items >= MANY else alone
        )

    def measure_day(self, form: Form) -> Day:
        """Measure a day of cron. This changes the files of the corpus."""
        self._clear()
        return run_day(self.stores[form], partial(self._run_at, form), self.output, self.corpus, self.items, self.seed)

    def build(self, form: Form, *more: str) -> Cost:
        """Run a full build: without earlier output and without a state."""
        self._clear()
        return self._run(form, *more)

    def _clear(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)
        for path in self.folder.glob("state*"):
            path.unlink()

    def _change(self, form: Form) -> tuple[Cost, Cost, Cost]:
        """Run a full build, one after an article changed, and one after an event changed (else, an article again)."""
        event, article = islice(MAKERS[self.corpus](self.items, self.seed), 2)
        costs = [self.build(form)]
        for item in (article, event):
            title = item.fields["title"]
            self.stores[form].replace(item.number, replace(item, fields=item.fields | {"title": title.swapcase()}))
            costs.append(self._run(form))
        for item in (article, event):
            self.stores[form].replace(item.number, item)
        return costs[0], costs[1], costs[2]

    def _measure_steps(self, form: Form) -> Sequence[Mapping[str, Any]]:
        self._clear()
        command = self._make_command(form, "--profile", "--log-format", "json")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in _CODES:
            raise Failed(f"topicfeeds --profile: {done.stderr}")
        return [one for one in map(json.loads, done.stderr.splitlines()) if "step" in one]

    def _run(self, form: Form, *more: str) -> Cost:
        return run(self._make_command(form, *more), accepted=_CODES)

    def _run_at(self, form: Form, moment: int) -> Cost:
        return run(self._make_command(form), env={"SOURCE_DATE_EPOCH": str(moment)}, accepted=_CODES)

    def _make_command(self, form: Form, *more: str) -> list[str]:
        options = {"--site": self.stores[form].site, "--output": self.output, "--state": self.folder / "state"}
        paths = [part for name, path in options.items() for part in (name, str(path))]
        return [sys.executable, "-m", "topicfeeds", "build", "--quiet", *paths, *more]

    def _run_peer(self, peer: Peer) -> Cost:
        shutil.rmtree(self.folder / "theirs", ignore_errors=True)
        return run(peer.command(self.stores[peer.form].source, self.folder / "theirs"), cwd=ROOT)


def measure(ground: Ground, peers: Sequence[Peer], runs: int, tell: Callable[[str], None]) -> Figures:
    """Run all jobs. Report each one to `tell` before it starts. Raises OtherJob and Failed."""
    many, what = ground.items >= MANY, f"{ground.corpus} corpus, {ground.items:,} items"
    compared, alone, documents = [], dict[Form, Alone](), len(ground.read_documents("lines"))
    for peer in peers:
        if ground.items <= peer.most and ground.corpus in peer.corpora:
            tell(f"{what}: topicfeeds and {peer.name}")
            compared.append(ground.compare(peer, 1 if many else runs))
    for form in ground.stores:
        tell(f"{what}: topicfeeds alone, {form}")
        alone[form] = ground.measure_alone(form, min(runs, FEW) if many else runs)
    if ground.items == JOB:
        for form in ground.stores:
            tell(f"{what}: a day of cron, {form}")
            alone[form] = replace(alone[form], day=ground.measure_day(form))
    return Figures(ground.corpus, ground.items, documents, compared, alone)

"""What commands cost: CPU and wall time and peak memory of whole processes, and of many runs the median and range."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")


class Failed(Exception):
    """A command did not do its work."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds of CPU (user and system, children included), seconds, and MB at its peak."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A median with its range."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """Sum up the values of some runs."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known))

    def __str__(self) -> str:
        if self.low == self.high:
            return _short(self.median)
        return f"{_short(self.median)} [{_short(self.low)}-{_short(self.high)}]"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two commands that were run in turn."""

    ours: Sequence[Cost]
    theirs: Sequence[Cost]

    def ratio(self, name: str) -> Figure:
        """Divide ours by theirs, turn by turn, in `cpu`, `wall` or `memory`."""
        turns = zip(self.ours, self.theirs, strict=True)
        return Figure.of(getattr(one, name) / getattr(other, name) for one, other in turns)


Work = Callable[[], Cost]
"""Makes ready what a run needs, runs it, and gives the cost of the run alone."""


def in_turn(ours: Work, theirs: Work, runs: int) -> Pair:
    """Run two works in turn, A B A B."""
    turns = [(ours(), theirs()) for _ in range(runs)]
    return Pair([one for one, _ in turns], [other for _, other in turns])


def figure(costs: Sequence[Cost], name: str) -> Figure:
    """Sum up `cpu`, `wall` or `memory` of some runs."""
    return Figure.of(getattr(cost, name) for cost in costs)


def run(command: Sequence[str], cwd: Path | None = None) -> Cost:
    """Run a command and tell its cost. Raises Failed."""
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), *command]
    done = subprocess.run(launch, cwd=cwd, capture_output=True, encoding="utf-8", errors="replace", check=False)
    told = json.loads(done.stdout.rstrip().rpartition("\n")[2]) if done.returncode == 0 else {"code": done.returncode}
    if told.pop("code"):
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise Failed(f"{' '.join(command)}: {last}")
    return Cost(**told)


def _short(number: float) -> str:
    """Spell a number with three digits."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2 if number >= 1 else 3
    return f"{number:,.{digits}f}"

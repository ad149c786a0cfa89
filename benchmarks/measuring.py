"""Measure commands: CPU time, wall time and peak memory of whole processes; median and range of several runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")


class Failed(Exception):
    """A command failed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one run: CPU seconds (user and system, with children), wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A median with the lowest and the highest value."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """Summarise the values of several runs."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known))

    def __str__(self) -> str:
        if self.low == self.high:
            return _short(self.median)
        return f"{_short(self.median)} [{_short(self.low)}-{_short(self.high)}]"


@dataclass(frozen=True, slots=True)
class Pair:
    """The costs of two commands that were run in turn."""

    ours: Sequence[Cost]
    theirs: Sequence[Cost]

    def ratio(self, name: str) -> Figure:
        """Divide our cost by theirs for each turn. `name` is `cpu`, `wall` or `memory`."""
        turns = zip(self.ours, self.theirs, strict=True)
        return Figure.of(getattr(one, name) / getattr(other, name) for one, other in turns)


Work = Callable[[], Cost]
"""Prepares a run, runs it, and returns the cost of the run without the preparation."""


def in_turn(ours: Work, theirs: Work, runs: int) -> Pair:
    """Run two jobs in turn: A B A B."""
    turns = [(ours(), theirs()) for _ in range(runs)]
    return Pair([one for one, _ in turns], [other for _, other in turns])


def figure(costs: Sequence[Cost], name: str) -> Figure:
    """Summarise `cpu`, `wall` or `memory` of several runs."""
    return Figure.of(getattr(cost, name) for cost in costs)


def run(
    command: Sequence[str],
    cwd: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    accepted: Collection[int] = (0,),
) -> Cost:
    """Run a command and return its cost. Raises Failed if its exit code is not accepted."""
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), *command]
    done = subprocess.run(
        launch,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=env and {**os.environ, **env},
    )
    told = json.loads(done.stdout.rstrip().rpartition("\n")[2]) if done.returncode == 0 else {"code": done.returncode}
    if told.pop("code") not in accepted:
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise Failed(f"{' '.join(command)}: {last}")
    return Cost(**told)


def _short(number: float) -> str:
    """Format a number with three significant digits."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2 if number >= 1 else 3
    return f"{number:,.{digits}f}"

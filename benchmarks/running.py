"""Whole processes are run in turn, and measured: CPU, time, and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What a run took."""

    cpu: float
    """Seconds, of the process and those that it waited for."""
    wall: float
    """Seconds."""
    peak: float
    """Megabytes, of the largest process."""


class Command(NamedTuple):
    """What is run, and what is done before it, unmeasured."""

    line: Sequence[str]
    folder: Path
    before: Callable[[], object] = list
    may_end: Sequence[int] = (0,)
    """The exit codes that it may end with."""


class FailedError(Exception):
    """A command did not do its work."""


def measured(command: Command) -> Cost:
    """Run a command. Raises FailedError with what it printed."""
    command.before()
    start = time.perf_counter()
    with (command.folder / "printed.txt").open("w+b") as printed:
        process = subprocess.Popen(command.line, cwd=command.folder, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.may_end:
            printed.seek(0)
            text = printed.read().decode("utf-8", "replace")[-1000:]
            raise FailedError(f"{' '.join(command.line)}: ended with {process.returncode}\n{text}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Command], runs: int) -> dict[str, list[Cost]]:
    """Run all commands in turn, so that what else the machine does falls on all of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(measured(command))
    return costs


class Spread(NamedTuple):
    """The median of some values, and their range."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{_short(self.median)} [{_short(self.least)}-{_short(self.most)}]"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values: Sequence[float]) -> Spread:
    """Give median and range."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[Cost], theirs: Sequence[Cost], what: str) -> Spread:
    """Compare runs that followed each other: ours against theirs."""
    pairs = zip(ours, theirs, strict=True)
    return spread([getattr(one, what) / getattr(other, what) for one, other in pairs])

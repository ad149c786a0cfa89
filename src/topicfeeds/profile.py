"""The profile: time and memory of each step of a run."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

T = TypeVar("T")
_BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in what the system counts memory by."""


_STEPS = ("start", "look", "read", "resolve", "select", "build", "render", "write", "remember", "end")
"""All that there are, in the order of their first results."""


class Step(NamedTuple):
    """What a step took, without those that it waited for."""

    name: str
    cpu: float
    """Seconds of this process."""
    time: float
    """Seconds."""
    peak: float
    """The most memory that the process had by the end of the step, in megabytes."""


class Profile:
    """Charges the time of a run to the step that is at work. One that is not `on` costs nothing."""

    def __init__(self, *, on: bool = False) -> None:
        self._on = on
        self._times: dict[str, list[float]] = {}
        self._name = "start"
        self._cpu, self._time = 0.0, time.perf_counter() - time.process_time()  # of what was before, as good as known

    def steps(self) -> list[Step]:
        """Give the steps, in the order of the flow; `end` is what was between them and after."""
        for _ in range(2):
            self._turn("end")
        return [Step(name, *self._times[name]) for name in _STEPS if name in self._times]

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Charge what is done to a step."""
        before = self._turn(name)
        try:
            yield
        finally:
            self._turn(before)

    def measure_each(self, name: str, some: Iterable[T]) -> Iterable[T]:
        """Charge to a step what it takes to get one after the other."""
        return self._each(name, some) if self._on else some

    def _each(self, name: str, some: Iterable[T]) -> Iterator[T]:
        left = iter(some)
        while True:
            before = self._turn(name)
            try:
                one = next(left)
            except StopIteration:
                return
            finally:
                self._turn(before)
            yield one

    def measure_call(self, name: str, do: Callable[[], T]) -> Callable[[], T]:
        """Charge a call to a step, whenever it is made."""

        def done() -> T:
            with self.measure(name):
                return do()

        return done if self._on else do

    def _turn(self, name: str) -> str:
        """Let another step work from now on, and name the one that did."""
        before = self._name
        if self._on:
            cpu, moment = time.process_time(), time.perf_counter()
            took = self._times.setdefault(before, [0.0, 0.0, 0.0])
            took[0] += cpu - self._cpu
            took[1] += moment - self._time
            if before != name or name == "end":
                took[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_A_UNIT / 1e6
            self._name, self._cpu, self._time = (name if name != "start" else "end"), cpu, moment
        return before


NO_PROFILE = Profile()

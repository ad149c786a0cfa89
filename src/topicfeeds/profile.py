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
"""The unit in which the system reports memory, in bytes."""


_STEPS = ("start", "look", "read", "resolve", "select", "build", "render", "write", "remember", "end")
"""All steps, in the order of the flow."""


class Step(NamedTuple):
    """Time and memory of a step, without the steps that it waited for."""

    name: str
    cpu: float
    """CPU seconds of this process."""
    time: float
    """Elapsed seconds."""
    peak: float
    """Peak memory of the process until the end of the step, in megabytes."""


class Profile:
    """Measures the time of each step of a run. A profile that is not `on` costs nothing."""

    def __init__(self, *, on: bool = False) -> None:
        self._on = on
        self._times: dict[str, list[float]] = {}
        self._name = "start"
        self._cpu, self._time = (
            0.0,
            time.perf_counter() - time.process_time(),
        )  # the time before this line, approximately

    def steps(self) -> list[Step]:
        """Return the steps in the order of the flow. `end` is the time between and after the steps."""
        for _ in range(2):
            self._turn("end")
        return [Step(name, *self._times[name]) for name in _STEPS if name in self._times]

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure a block as part of a step."""
        before = self._turn(name)
        try:
            yield
        finally:
            self._turn(before)

    def measure_each(self, name: str, some: Iterable[T]) -> Iterable[T]:
        """Measure the time to get each value of an iterable as part of a step."""
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
        """Return a function whose calls are measured as part of a step."""

        def done() -> T:
            with self.measure(name):
                return do()

        return done if self._on else do

    def _turn(self, name: str) -> str:
        """Start a step, and return the name of the one before."""
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

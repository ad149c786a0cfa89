"""The profile: time and memory of each step of a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
_BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024
"""The unit of `ru_maxrss`, in bytes."""
_STEPS = ("start", "look", "read", "resolve", "select", "build", "render", "write", "remember", "end")
"""All steps, in the order of their first results."""


class Step(NamedTuple):
    """The cost of a step, without the steps that it waited for."""

    name: str
    cpu: float
    """CPU time of this process, in seconds."""
    time: float
    """Elapsed time, in seconds."""
    peak: float
    """The peak memory of the process up to the end of the step, in megabytes."""


class Profile:
    """Measures time and memory of each step of a run. If `on` is false, it measures nothing and costs nothing."""

    def __init__(self, *, on: bool = False) -> None:
        self._on = on
        self._times: dict[str, list[float]] = {}
        self._name = "start"
        self._cpu, self._time = 0.0, time.perf_counter() - time.process_time()  # about when the process started

    def steps(self) -> list[Step]:
        """Return the steps in the order of the flow. The step `end` has the time between and after the other steps."""
        for _ in range(2):
            self._turn("end")
        return [Step(name, *self._times[name]) for name in _STEPS if name in self._times]

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time of the body of the `with` statement to a step."""
        before = self._turn(name)
        try:
            yield
        finally:
            self._turn(before)

    def measure_each(self, name: str, some: Iterable[T]) -> Iterable[T]:
        """Return the same items. The time to get each item is added to a step."""
        end: Any = object()
        return iter(self.measure_call(name, partial(next, iter(some), end)), end) if self._on else some

    def measure_call(self, name: str, do: Callable[[], T]) -> Callable[[], T]:
        """Return a function that calls `do` and adds its time to a step."""
        return self.measure(name)(do) if self._on else do

    def _turn(self, name: str) -> str:
        """Switch to another step, and return the name of the previous step."""
        before = self._name
        if self._on:
            cpu, moment = time.process_time(), time.perf_counter()
            took = self._times.setdefault(before, [0.0, 0.0, 0.0])
            took[0] += cpu - self._cpu
            took[1] += moment - self._time
            if before != name or name == "end":
                import resource  # imported here, as only Unix has it

                took[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_A_UNIT / 1e6
            self._name, self._cpu, self._time = (name if name != "start" else "end"), cpu, moment
        return before


NO_PROFILE = Profile()

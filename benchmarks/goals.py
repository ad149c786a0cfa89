"""The goals of topicfeeds, compared with the measurements. Goals without a number of items are for 10,000 items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .jobs import Figures
from .measuring import Figure, figure

Measured = Mapping[int, Figures]
_JOB, _MANY, _MOST = 10_000, 100_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its upper limit."""

    what: str
    limit: float
    unit: str
    find: Callable[[Measured], Figure | None]

    def verdict(self, measured: Measured) -> tuple[str, str]:
        """Return the measurement, and whether it meets the goal."""
        found = self.find(measured)
        if found is None:
            return "not measured", ""
        return f"{found}{self.unit}", "yes" if found.median <= self.limit else "no"


def _against(peer: str, name: str) -> Callable[[Measured], Figure | None]:
    def find(measured: Measured) -> Figure | None:
        compared = measured[_JOB].compared if _JOB in measured else []
        return next((one.pair.ratio(name) for one in compared if one.peer.name == peer), None)

    return find


def _nothing(measured: Measured) -> Figure | None:
    return measured[_JOB].nothing["lines"].ratio("cpu") if _JOB in measured else None


def _one(measured: Measured) -> Figure | None:
    return measured[_JOB].one["lines"].ratio("cpu") if _JOB in measured else None


def _peak(measured: Measured) -> Figure | None:
    return figure(measured[_MOST].one["lines"].theirs, "memory") if _MOST in measured else None


def _rise(measured: Measured) -> Figure | None:
    if _MOST not in measured or _MANY not in measured:
        return None
    before = figure(measured[_MANY].one["lines"].theirs, "memory").median
    return Figure.of(cost.memory / before for cost in measured[_MOST].one["lines"].theirs)


def _each(measured: Measured) -> Figure | None:
    if not measured.keys() >= {_JOB, _MANY, _MOST}:
        return None
    few, many, most = (figure(measured[n].one["lines"].theirs, "cpu").median for n in (_JOB, _MANY, _MOST))
    return Figure.of([(most - many) / (_MOST - _MANY) / ((many - few) / (_MANY - _JOB))])


GOALS = [
    Goal("CPU of a full build / feedgen without validation and sanitising", 1.0, "", _against("feedgen", "cpu")),
    Goal(
        "CPU of a full build / feedgen with the same validation and sanitising",
        0.7,
        "",
        _against("feedgen, validating and sanitising", "cpu"),
    ),
    Goal("CPU of a full build from Markdown / Hugo", 0.35, "", _against("Hugo", "cpu")),
    Goal("Time of a full build from Markdown / Hugo", 0.45, "", _against("Hugo", "wall")),
    Goal("CPU of a full build from Markdown / Pelican", 0.06, "", _against("Pelican", "cpu")),
    Goal("CPU of a full build / the floor", 1.4, "", _against("floor, by hand", "cpu")),
    Goal("CPU if nothing changed / `python -c pass`", 6.0, "", _nothing),
    Goal("CPU if one item changed / a full build", 0.25, "", _one),
    Goal("Peak memory with 1,000,000 items", 200.0, " MB", _peak),
    Goal("Peak memory with 1,000,000 items / with 100,000 items", 1.25, "", _rise),
    Goal("CPU per additional item, from 100,000 to 1,000,000 items / from 10,000 to 100,000 items", 1.15, "", _each),
]

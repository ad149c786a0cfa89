"""The goals of topicfeeds, compared with the measurements. Goals without a number of items are for 10,000 items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .entrants import CAREFUL
from .jobs import JOB, Alone, Comparison, Figures
from .measuring import Figure, Pair, figure
from .stores import FORMS, Corpus, Form

Measured = Mapping[tuple[Corpus, int], Figures]
CORPORA: tuple[Corpus, ...] = ("plain", "city")
_MANY, _MOST = 100_000, 1_000_000

Find = Callable[[Measured, Corpus], Figure | None]


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its upper limit."""

    what: str
    limits: Mapping[Corpus, float]
    find: Find
    unit: str = ""

    @property
    def limit(self) -> str:
        """The limit as text."""
        numbers = [f"{self.limits[corpus]:g}{self.unit}" for corpus in CORPORA]
        return numbers[0] if len(set(numbers)) == 1 else f"{numbers[0]} plain, {numbers[1]} city"

    def judge(self, measured: Measured) -> tuple[str, str, str]:
        """Return the measurements of both corpora, and whether they meet the goal."""
        found = {corpus: self.find(measured, corpus) for corpus in CORPORA}
        texts = [f"{one}{self.unit}" if one else "not measured" for one in found.values()]
        known = [one.median <= self.limits[corpus] for corpus, one in found.items() if one]
        return texts[0], texts[1], ("yes" if all(known) else "no") if known else ""


def _same(limit: float) -> Mapping[Corpus, float]:
    return dict.fromkeys(CORPORA, limit)


def find_peer(figures: Figures | None, peer: str) -> Comparison | None:
    """Return the comparison with a peer."""
    return next((one for one in figures.compared if one.peer.name == peer), None) if figures else None


def _against(peer: str, name: str) -> Find:
    def find(measured: Measured, corpus: Corpus) -> Figure | None:
        compared = find_peer(measured.get((corpus, JOB)), peer)
        return compared.pair.ratio(name) if compared else None

    return find


def _day(form: Form) -> Find:
    def find(measured: Measured, corpus: Corpus) -> Figure | None:
        figures = measured.get((corpus, JOB))
        peer, ours = find_peer(figures, CAREFUL), figures.alone[form].day if figures else None
        return Figure.of([ours.cpu / peer.day.cpu]) if peer and ours else None

    return find


def _alone(form: Form, choose: Callable[[Alone], Pair | None]) -> Find:
    def find(measured: Measured, corpus: Corpus) -> Figure | None:
        pair = choose(measured[corpus, JOB].alone[form]) if (corpus, JOB) in measured else None
        return pair.ratio("cpu") if pair else None

    return find


def _yaml(measured: Measured, corpus: Corpus) -> Figure | None:
    if (corpus, JOB) not in measured:
        return None
    alone = measured[corpus, JOB].alone
    pairs = zip(alone["yaml"].full, alone["lines"].full, strict=True)
    return Figure.of(one.cpu / other.cpu for one, other in pairs)


def _peak(measured: Measured, corpus: Corpus) -> Figure | None:
    return figure(measured[corpus, _MOST].alone["lines"].full, "memory") if (corpus, _MOST) in measured else None


def _rise(measured: Measured, corpus: Corpus) -> Figure | None:
    if not measured.keys() >= {(corpus, _MANY), (corpus, _MOST)}:
        return None
    before = figure(measured[corpus, _MANY].alone["lines"].full, "memory").median
    return Figure.of(cost.memory / before for cost in measured[corpus, _MOST].alone["lines"].full)


def _each(measured: Measured, corpus: Corpus) -> Figure | None:
    sizes = (JOB, _MANY, _MOST)
    if not measured.keys() >= {(corpus, size) for size in sizes}:
        return None
    few, many, most = (figure(measured[corpus, n].alone["lines"].full, "cpu").median for n in sizes)
    return Figure.of([(most - many) / (_MOST - _MANY) / ((many - few) / (_MANY - JOB))])


def _make_goals() -> Iterator[Goal]:
    for form, name in FORMS.items():
        yield Goal(f"CPU of a day of cron from {name} / feedgen, validating and sanitising", _same(0.025), _day(form))
    yield Goal(
        "CPU of a full build / feedgen, validating and sanitising",
        {"plain": 0.7, "city": 1.0},
        _against(CAREFUL, "cpu"),
    )
    yield Goal("CPU of a full build from Markdown / Hugo", _same(0.35), _against("Hugo", "cpu"))
    yield Goal("Time of a full build from Markdown / Hugo", _same(0.6), _against("Hugo", "wall"))
    yield Goal("CPU of a full build from Markdown / Pelican", _same(0.1), _against("Pelican", "cpu"))
    yield Goal("CPU of a full build from YAML / from JSON Lines", _same(1.3), _yaml)
    yield Goal("CPU if nothing changed / `python -c pass`", _same(3), _alone("lines", lambda one: one.nothing))
    for form, name in FORMS.items():
        yield Goal(
            f"CPU if one article changed in {name} / a full build", _same(0.2), _alone(form, lambda one: one.article)
        )
    for form, name in FORMS.items():
        yield Goal(
            f"CPU if one event changed in {name} / a full build", _same(0.2), _alone(form, lambda one: one.event)
        )
    yield Goal("Peak memory with 1,000,000 items", _same(200), _peak, " MB")
    yield Goal("Peak memory with 1,000,000 items / with 100,000 items", _same(1.25), _rise)
    yield Goal(
        "CPU per additional item, from 100,000 to 1,000,000 items / from 10,000 to 100,000 items", _same(1.15), _each
    )


GOALS = list(_make_goals())

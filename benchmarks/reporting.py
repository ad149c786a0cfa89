"""Format measurements as tables: plain text for the terminal, Markdown for the page of the documentation."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import topicfeeds

from .corpus import DOCUMENTS
from .entrants import ROOT, Peer, Source
from .goals import GOALS, Measured
from .jobs import MANY, Figures
from .measuring import Cost, Figure, figure

PAGE = ROOT / "docs" / "benchmarks.md"
_TEMPLATE = Path(__file__).with_name("page.md")
_NAMES: dict[Source, str] = {"lines": "JSON Lines", "folder": "a folder of Markdown files"}
_STEPS = ["start", "look", "read", "resolve", "select", "build", "render", "write", "remember", "end"]
_COSTS = ["CPU s", "time s", "peak MB"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a title."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Return the table as text with aligned columns."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
        return "\n".join([self.title, *("  ".join(line).rstrip() for line in cells)]) + "\n"

    def markdown(self) -> str:
        """Return the table in Markdown."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join([f"{self.title}:", "", *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


def tables(measured: Measured) -> dict[str, list[Table]]:
    """Make all tables. Each key is the name of a placeholder in `page.md`."""
    return {
        "goals": [_goals(measured)],
        "peers": list(chain.from_iterable(_compared(figures) for figures in measured.values())),
        "alone": [_alone(figures) for figures in measured.values()],
        "growth": [_growth(measured)],
        "steps": [_steps(figures) for figures in measured.values() if figures.items < MANY],
    }


def write_page(measured: Measured, runs: int, day: date, peers: Iterable[Peer]) -> None:
    """Write `docs/benchmarks.md`."""
    marks = {name: "\n".join(table.markdown() for table in made) for name, made in tables(measured).items()}
    marks |= {"machine": machine(), "versions": versions(peers), "runs": str(runs), "day": day.isoformat()}
    page = re.sub(r"\{(\w+)\}", lambda found: marks[found[1]].strip(), _TEMPLATE.read_text("utf-8"))
    PAGE.write_text(page, "utf-8")


def machine() -> str:
    """Describe the processor and its number of cores."""
    try:
        told = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        told = None
    return f"{told[1] if told else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def versions(peers: Iterable[Peer]) -> str:
    """List the programs with their versions."""
    known = [f"topicfeeds {topicfeeds.__version__}", f"Python {platform.python_version()}"]
    return ", ".join(dict.fromkeys([*known, *(version for peer in peers if (version := peer.version()))]))


def _goals(measured: Measured) -> Table:
    rows = [[goal.what, f"{goal.limit:g}{goal.unit}", *goal.verdict(measured)] for goal in GOALS]
    return Table("Goals and measurements", ["", "at most", "measured", "met"], rows)


def _compared(figures: Figures) -> Iterator[Table]:
    for source, name in _NAMES.items():
        pairs = {one.peer.name: one.pair for one in figures.compared if one.peer.source == source}
        ours = [cost for pair in pairs.values() for cost in pair.ours]
        rows = [
            [peer, *_costs(pair.theirs), str(pair.ratio("cpu")), str(pair.ratio("wall"))]
            for peer, pair in pairs.items()
        ]
        if rows:
            header = ["", *_COSTS, "our CPU / its CPU", "our time / its time"]
            title = f"{figures.items:,} items from {name}, {DOCUMENTS} documents"
            yield Table(title, header, [["topicfeeds", *_costs(ours), "", ""], *rows])


def _alone(figures: Figures) -> Table:
    rows = []
    for source, name in _NAMES.items():
        if source in figures.nothing:
            nothing, one = figures.nothing[source], figures.one[source]
            rows += [
                [f"{name}: nothing changed", *_costs(nothing.ours), f"{nothing.ratio('cpu')} × python -c pass"],
                [f"{name}: one item changed", *_costs(one.ours), f"{one.ratio('cpu')} × a full build"],
                [f"{name}: full build", *_costs(one.theirs), ""],
            ]
        if source in figures.two:
            rows.append([f"{name}: full build, --jobs 2", *_costs(figures.two[source]), ""])
    return Table(f"{figures.items:,} items, topicfeeds alone", ["", *_COSTS, "CPU"], rows)


def _growth(measured: Measured) -> Table:
    rows = [
        [f"{items:,}", _NAMES[source], *_costs(full := pair.theirs), _each(full, items)]
        for source in _NAMES
        for items, figures in sorted(measured.items())
        if (pair := figures.one.get(source))
    ]
    return Table("Full builds", ["items", "from", *_COSTS, "CPU microseconds per item"], rows)


def _steps(figures: Figures) -> Table:
    rows = []
    for source, steps in figures.steps.items():
        whole = sum(one["cpu"] for one in steps)
        shares = {one["step"]: f"{one['cpu']:.2f} ({100 * one['cpu'] / whole:.0f} %)" for one in steps}
        rows.append([_NAMES[source], f"{whole:.2f}", *(shares.get(name, "") for name in _STEPS)])
    return Table(f"{figures.items:,} items, CPU s", ["", "all", *_STEPS], rows)


def _costs(costs: Sequence[Cost]) -> list[str]:
    return [str(figure(costs, name)) for name in ("cpu", "wall", "memory")]


def _each(costs: Sequence[Cost], items: int) -> str:
    return str(Figure.of(cost.cpu * 1e6 / items for cost in costs))

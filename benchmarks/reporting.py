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

from .entrants import ROOT, Peer
from .goals import GOALS, Measured, find_peer
from .jobs import JOB, MANY, Figures
from .measuring import Cost, Figure, figure
from .stores import FORMS

PAGE = ROOT / "docs" / "benchmarks.md"
_TEMPLATE = Path(__file__).with_name("page.md")
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
        "answers": [_answers(measured)],
        "goals": [_goals(measured)],
        "peers": list(chain.from_iterable(_compared(figures) for figures in measured.values())),
        "day_tables": [_days(figures) for figures in measured.values() if figures.items == JOB],
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


def _answers(measured: Measured) -> Table:
    """For each size, show the corpus whose full build takes longer."""
    rows = []
    for items in sorted({items for _, items in measured if items <= JOB}):
        some = [figures for (_, size), figures in measured.items() if size == items]
        one = max(some, key=lambda figures: figure(figures.alone["yaml"].full, "wall").median)
        alone, peer = one.alone["yaml"], find_peer(one, "feedgen")
        pair = alone.event or alone.article
        costs = [figure(costs, "wall") for costs in (alone.full, pair.ours, alone.nothing.ours)]
        theirs = f"{figure(peer.pair.theirs, 'wall').median:.2f} s" if peer else ""
        memory = f"{figure(alone.full, 'memory').median:.0f} MB"
        rows.append([f"{items:,}", *(f"{cost.median:.2f} s" for cost in costs), memory, theirs])
    header = ["items", "full build", "one event changed", "nothing changed", "peak memory", "feedgen, each build"]
    return Table("Builds of the city corpus from YAML", header, rows)


def _goals(measured: Measured) -> Table:
    rows = [[goal.what, goal.limit, *goal.judge(measured)] for goal in GOALS]
    return Table("Goals and measurements", ["", "at most", "plain", "city", "met"], rows)


def _compared(figures: Figures) -> Iterator[Table]:
    for form, name in FORMS.items():
        pairs = {one.peer.name: one.pair for one in figures.compared if one.peer.form == form}
        ours = [cost for pair in pairs.values() for cost in pair.ours]
        rows = [
            [peer, *_costs(pair.theirs), str(pair.ratio("cpu")), str(pair.ratio("wall"))]
            for peer, pair in pairs.items()
        ]
        if rows:
            header = ["", *_COSTS, "our CPU / its CPU", "our time / its time"]
            title = f"{_name(figures)} from {name}, {figures.documents} documents"
            yield Table(title, header, [["topicfeeds", *_costs(ours), "", ""], *rows])


def _days(figures: Figures) -> Table:
    days = {f"topicfeeds, {name}": figures.alone[form].day for form, name in FORMS.items()}
    days |= {one.peer.name: one.day for one in figures.compared}
    rows = [
        [
            name,
            f"{day.cpu:,.0f}",
            f"{day.written / 1e6:,.0f}",
            f"{day.traffic.full:,}",
            f"{day.traffic.bytes / 1e6:,.0f}",
        ]
        for name, day in days.items()
        if day
    ]
    header = ["", "CPU s", "MB written", "responses with a document", "MB sent"]
    return Table(f"A day of cron, {_name(figures)}", header, rows)


def _alone(figures: Figures) -> Table:
    rows = []
    for form, one in figures.alone.items():
        name, nothing, article = FORMS[form], one.nothing, one.article
        rows.append([f"{name}: nothing changed", *_costs(nothing.ours), f"{nothing.ratio('cpu')} × python -c pass"])
        rows.append([f"{name}: one article changed", *_costs(article.ours), f"{article.ratio('cpu')} × a full build"])
        if one.event:
            rows.append(
                [f"{name}: one event changed", *_costs(one.event.ours), f"{one.event.ratio('cpu')} × a full build"]
            )
        rows.append([f"{name}: full build", *_costs(one.full), f"state: {one.state / 1e6:,.1f} MB"])
        if one.two:
            rows.append([f"{name}: full build, --jobs 2", *_costs(one.two), ""])
    return Table(f"{_name(figures)}, topicfeeds alone", ["", *_COSTS, "CPU compared, or size of the state"], rows)


def _growth(measured: Measured) -> Table:
    rows = [
        [f"{figures.items:,}", figures.corpus, FORMS[form], *_costs(alone.full), _each(alone.full, figures.items)]
        for figures in sorted(measured.values(), key=lambda one: (one.corpus, one.items))
        for form, alone in figures.alone.items()
    ]
    return Table("Full builds", ["items", "corpus", "from", *_COSTS, "CPU microseconds per item"], rows)


def _steps(figures: Figures) -> Table:
    rows = []
    for form, alone in figures.alone.items():
        whole = sum(one["cpu"] for one in alone.steps)
        shares = {one["step"]: f"{one['cpu']:.2f} ({100 * one['cpu'] / whole:.0f} %)" for one in alone.steps}
        rows.append([FORMS[form], f"{whole:.2f}", *(shares.get(name, "") for name in _STEPS)])
    return Table(f"{_name(figures)}, CPU s", ["", "total", *_STEPS], rows)


def _name(figures: Figures) -> str:
    return f"{figures.items:,} items of the {figures.corpus} corpus"


def _costs(costs: Sequence[Cost]) -> list[str]:
    return [str(figure(costs, name)) for name in ("cpu", "wall", "memory")]


def _each(costs: Sequence[Cost], items: int) -> str:
    return str(Figure.of(cost.cpu * 1e6 / items for cost in costs))

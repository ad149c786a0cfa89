"""The table on the terminal, and the page with its picture."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .peers import FOLDER, OURS, PEERS, PELICAN, PLAIN
from .running import Cost, ratios, spread

_DOCS = Path(__file__).parent.parent / "docs"
_GOALS = [
    ("full build, against plain feedgen", PLAIN, "feedgen, plainly", "cpu", 1.0),
    (
        "full build, against feedgen that validates and sanitises",
        PLAIN,
        "feedgen, validating and sanitising",
        "cpu",
        0.7,
    ),
    ("full build, against the floor by hand", PLAIN, "floor by hand (pydantic, nh3, lxml)", "cpu", 1.4),
    ("full build of Markdown, against Hugo", FOLDER, "Hugo", "cpu", 0.35),
    ("the same, in time", FOLDER, "Hugo", "wall", 0.45),
    ("full build of Markdown, against Pelican", FOLDER, "Pelican", "cpu", 0.06),
]


@dataclass
class Report:
    """What was measured."""

    items: int
    runs: int
    peers: dict[str, list[Cost]] = field(default_factory=dict)
    own: dict[str, dict[str, list[Cost]]] = field(default_factory=dict)
    growth: dict[int, list[Cost]] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, name: str, needed: str) -> None:
        """Say that a peer is not installed."""
        self.skipped.append((name, needed))

    def text(self) -> str:
        """Give all tables, as Markdown that reads well on a terminal."""
        parts = [self._machine(), self._peers(), self._goals(), self._own(), self._growth()]
        if self.skipped:
            parts.append("\n".join(f"Skipped: {name} ({needed})" for name, needed in self.skipped))
        return "\n\n".join(part for part in parts if part)

    def _machine(self) -> str:
        model = [
            line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")
        ] or [platform.machine()]
        packages = ", ".join(f"{name} {_version(name)}" for name in ("feedgen", "lxml", "pydantic", "nh3", "pyromark"))
        return (
            f"{self.items:,} items, {self.runs} runs of each in turn; {os.cpu_count()} cores, {model[0]};"
            f" Python {platform.python_version()}, {packages}."
        )

    def _peers(self) -> str:
        rows = []
        for name, costs in self.peers.items():
            given = next((peer.input for peer in [*OURS.values(), *PEERS] if peer.name == name), PLAIN)
            mine = self.peers[OURS[FOLDER if given == PELICAN else given].name]
            rows.append([name, *_costs(costs), str(ratios(mine, costs, "cpu")), str(ratios(mine, costs, "wall"))])
        head = ["full build", "CPU s", "time s", "peak MB", "ours / theirs, CPU", "ours / theirs, time"]
        return _table(head, rows)

    def _goals(self) -> str:
        rows = []
        for what, given, name, measure, goal in _GOALS:
            if name in self.peers:
                rows.append(_goal(what, ratios(self.peers[OURS[given].name], self.peers[name], measure), goal))
        for given, costs in self.own.items():
            full, one, none, bare = (
                costs[name] for name in ("full build", "one item changed", "nothing changed", "python -c pass")
            )
            what = "JSON Lines" if given == PLAIN else "Markdown"
            rows.append(_goal(f"nothing changed ({what}), against `python -c pass`", ratios(none, bare, "cpu"), 6))
            rows.append(_goal(f"one item changed ({what}), against a full build", ratios(one, full, "cpu"), 0.25))
        return _table(["goal", "at most", "measured", "met"], rows)

    def _own(self) -> str:
        rows = []
        for given, costs in self.own.items():
            what = "JSON Lines" if given == PLAIN else "Markdown"
            rows += [[f"{what}: {name}", *_costs(found)] for name, found in costs.items()]
        return _table(["cron's builds", "CPU s", "time s", "peak MB"], rows)

    def _growth(self) -> str:
        rows = []
        for items, costs in self.growth.items():
            each = spread([1e6 * cost.cpu / items for cost in costs])
            rows.append([f"{items:,}", *_costs(costs), str(each)])
        return _table(["items", "CPU s", "time s", "peak MB", "CPU us an item"], rows) if rows else ""

    def write(self) -> None:
        """Write the page and its picture."""
        before, _, rest = (_DOCS / "benchmarks.md").read_text("utf-8").partition("<!-- tables -->")
        after = rest.partition("<!-- end of tables -->")[2]
        page = f"{before}<!-- tables -->\n\n{self.text()}\n\n<!-- end of tables -->{after}"
        (_DOCS / "benchmarks.md").write_text(page, "utf-8")
        if len(self.growth) > 1:
            _plot(self.growth, _DOCS / "pictures/growth.svg")


def _goal(what: str, measured: object, goal: float) -> list[str]:
    return [what, f"{goal:g}", str(measured), "yes" if getattr(measured, "median", 0) <= goal else "no"]


def _costs(costs: list[Cost]) -> list[str]:
    return [str(spread([getattr(cost, what) for cost in costs])) for what in ("cpu", "wall", "peak")]


def _table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _plot(growth: dict[int, list[Cost]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "topicfeeds"
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axes, what, title in ((left, "cpu", "CPU, seconds"), (right, "peak", "peak memory, megabytes")):
        axes.plot(list(growth), [spread([getattr(c, what) for c in costs]).median for costs in growth.values()], "o-")
        axes.set(xscale="log", xlabel="items", title=title, ylim=(0, None) if what == "peak" else None)
    left.set(yscale="log")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})

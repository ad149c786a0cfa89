"""Draw how CPU time and peak memory of full builds grow with the number of items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .entrants import ROOT
from .goals import Measured
from .measuring import Cost, figure
from .stores import FORMS

PICTURE = ROOT / "docs" / "pictures" / "growth.svg"


def draw(measured: Measured, path: Path = PICTURE) -> None:
    """Write the picture as SVG, without a date. Raises ImportError if matplotlib is not installed."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "topicfeeds"}):
        picture = Figure(figsize=(9, 5), layout="constrained")
        for place, (name, label) in enumerate((("cpu", "CPU, seconds"), ("memory", "peak memory, MB")), 1):
            axes = picture.add_subplot(1, 2, place)
            for number, (curve, points) in enumerate(_curves(measured).items()):
                ours = curve.startswith("topicfeeds")
                axes.plot(
                    list(points),
                    [figure(costs, name).median for costs in points.values()],
                    color=mpl.colormaps["tab20"](number),
                    label=curve,
                    linewidth=3 if ours else 1,
                    marker="o" if ours else ".",
                )
            axes.set(xscale="log", yscale="log", xlabel="items", ylabel=label)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
            axes.grid(alpha=0.3)
        picture.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
        path.parent.mkdir(exist_ok=True)
        picture.savefig(path, format="svg", metadata={"Date": None})


def _curves(measured: Measured) -> dict[str, dict[int, Sequence[Cost]]]:
    """Return the costs by number of items: of the city corpus for topicfeeds and all peers that can read it."""
    curves: dict[str, dict[int, Sequence[Cost]]] = {}
    for (corpus, items), figures in sorted(measured.items()):
        if corpus == "city":
            for form, alone in figures.alone.items():
                curves.setdefault(f"topicfeeds, {FORMS[form]}", {})[items] = alone.full
            for compared in figures.compared:
                curves.setdefault(compared.peer.name, {})[items] = compared.pair.theirs
    return curves

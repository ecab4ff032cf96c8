"""The crawl to look at: which framework versions run where, what fails over time, how fast it goes."""

from __future__ import annotations

import html
import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.outcome import Outcome, Verdict
from resolver.core.target import PYTHONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAMEWORKS = ("tensorflow", "torch", "jax", "keras", "mxnet", "onnxruntime", "scikit-learn", "transformers", "numpy")
"""What the rows of the heat map are about, in this order."""
TOP_CLASSES = 9
MOST_ROWS = 90

Shares = Mapping[tuple[str, str], Mapping[str, tuple[int, int]]]
"""(framework, feature series) -> interpreter -> (passing builds, all builds)."""


def shares(outcomes: Iterable[Outcome]) -> Shares:
    """How the builds that held each framework series fared on each interpreter; void ones are left out. Rows in order of version."""
    found: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for outcome in outcomes:
        if outcome.verdict is Verdict.VOID:
            continue
        for pin in outcome.spec.pins:
            if pin.name in FRAMEWORKS:
                row = found.setdefault((pin.name, ".".join(pin.version.split(".")[:2])), {})
                passed, every = row.get(outcome.spec.target.python, (0, 0))
                row[outcome.spec.target.python] = (passed + outcome.passed, every + 1)
    return {key: found[key] for key in sorted(found, key=lambda key: (FRAMEWORKS.index(key[0]), _numbers(key[1])))}


def classes_by_day(outcomes: Iterable[Outcome]) -> dict[date, Counter[str]]:
    """For each day how many builds failed for which reason; "pass" and "void" are counted too."""
    found: dict[date, Counter[str]] = {}
    for outcome in outcomes:
        if outcome.when:
            word = outcome.failure.value if outcome.verdict is Verdict.FAIL else outcome.verdict.value
            found.setdefault(outcome.when.date(), Counter())[word or "unknown"] += 1
    return dict(sorted(found.items()))


def pace(outcomes: Iterable[Outcome]) -> list[tuple[str, int, float]]:
    """(hour, builds that ended in it, their mean seconds), in order; hours are UTC."""
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        if outcome.when:
            found.setdefault(f"{outcome.when:%Y-%m-%d %H}h", []).append(outcome.seconds)
    return [(hour, len(seconds), sum(seconds) / len(seconds)) for hour, seconds in sorted(found.items())]


def heat_page(table: Shares) -> str:
    """The heat map as one HTML page without anything from elsewhere: share passing as colour, passing/all as text."""
    rows = []
    for (framework, series), row in table.items():
        cells = "".join(_cell(*row.get(python, (0, 0))) for python in PYTHONS)
        rows.append(f"<tr><th>{html.escape(framework)} {html.escape(series)}</th>{cells}</tr>")
    head = "".join(f"<th>{python}</th>" for python in PYTHONS)
    style = "table{border-collapse:collapse;font:13px sans-serif}td,th{padding:2px 8px;text-align:center;border:1px solid #ddd}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>What runs where</title><style>{style}</style>'
        f"<h1>Builds that passed / all builds</h1><table><tr><th>version \\ Python</th>{head}</tr>\n"
        + "\n".join(rows)
        + "\n</table></html>\n"
    )


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write heat-map.html, heat-map.png, classes.png and throughput.png; the files that there was something to draw for. Some seconds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    folder.mkdir(parents=True, exist_ok=True)
    table, days, hours = shares(outcomes), classes_by_day(outcomes), pace(outcomes)
    written = []

    def save(name: str, figure: Figure) -> None:
        FigureCanvasAgg(figure)
        figure.savefig(folder / name, dpi=110, bbox_inches="tight")
        written.append(folder / name)

    if table:
        (folder / "heat-map.html").write_text(heat_page(table), encoding="utf-8")
        written.append(folder / "heat-map.html")
        save("heat-map.png", _heat_map(table))
    if days:
        save("classes.png", _classes(days))
        save("throughput.png", _throughput(hours))
    return written


def _heat_map(table: Shares) -> Figure:
    import numpy as np
    from matplotlib.figure import Figure

    keys = sorted(table, key=lambda key: -sum(every for _, every in table[key].values()))[:MOST_ROWS]
    keys = [key for key in table if key in set(keys)]
    counts = np.array([[table[key].get(python, (0, 0)) for python in PYTHONS] for key in keys], dtype=float)
    with np.errstate(invalid="ignore"):
        share = np.where(counts[:, :, 1] > 0, counts[:, :, 0] / counts[:, :, 1], np.nan)
    figure = Figure(figsize=(7, 1.2 + 0.2 * len(keys)))
    axes = figure.subplots()
    picture = axes.imshow(share, cmap="RdYlGn", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(PYTHONS)), PYTHONS)
    axes.set_yticks(range(len(keys)), [f"{framework} {series}" for framework, series in keys], fontsize=7)
    for row, column in zip(*np.nonzero(counts[:, :, 1]), strict=True):
        axes.text(column, row, f"{int(counts[row, column, 1])}", ha="center", va="center", fontsize=6)
    axes.set_title("Share of builds that pass (colour) and builds (number)")
    figure.colorbar(picture, ax=axes, shrink=0.5)
    return figure


def _classes(days: Mapping[date, Counter[str]]) -> Figure:
    from matplotlib.figure import Figure

    totals = sum((counts for counts in days.values()), Counter[str]())
    named = [word for word, _ in totals.most_common() if word not in ("pass", "void")][:TOP_CLASSES]
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots()
    labels, below = [f"{day:%m-%d}" for day in days], [0.0] * len(days)
    for word in ("pass", *named, "other", "void"):
        rest = {"pass", "void", *named}
        heights = [counts[word] if word != "other" else sum(n for w, n in counts.items() if w not in rest) for counts in days.values()]
        shown = [height / max(1, counts.total()) for height, counts in zip(heights, days.values(), strict=True)]
        axes.bar(labels, shown, bottom=below, label=word, color={"pass": "#bbddbb", "void": "#dddddd"}.get(word))
        below = [low + high for low, high in zip(below, shown, strict=True)]
    axes.set_title("Outcomes of each day, as shares")
    axes.legend(fontsize=7, bbox_to_anchor=(1.01, 1), loc="upper left")
    return figure


def _throughput(hours: Sequence[tuple[str, int, float]]) -> Figure:
    from matplotlib.figure import Figure

    last = hours[-72:]
    figure = Figure(figsize=(8, 3.5))
    axes = figure.subplots()
    axes.bar([hour for hour, _, _ in last], [count for _, count, _ in last], color="#88aacc")
    axes.set_ylabel("builds in the hour")
    axes.tick_params(axis="x", rotation=90, labelsize=6)
    beside = axes.twinx()
    beside.plot([hour for hour, _, _ in last], [seconds for _, _, seconds in last], color="#aa4444", marker=".")
    beside.set_ylabel("mean seconds of a build")
    axes.set_title("Throughput, hours with builds (UTC)")
    return figure


def _cell(passed: int, every: int) -> str:
    if not every:
        return "<td></td>"
    return f'<td style="background:hsl({round(120 * passed / every)},60%,75%)">{passed}/{every}</td>'


def _numbers(series: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in series.split("."))

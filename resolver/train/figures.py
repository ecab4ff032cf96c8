"""What a reviewer looks at: how sure the ranker is and how right, what it draws on, and where it fails. Pictures by matplotlib."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from resolver.core.errors import MissingExtra
from resolver.rank.features import EDGE_FEATURES, Floats
from resolver.rank.files import RankerText
from resolver.rank.sets import SET_FEATURES
from resolver.train.metrics import BINS, Judged, mean_top_one

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PASSED = "passed"
SHOWN = 15
"""So many features are drawn."""
_STEPS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def _figure(title: str, size: tuple[float, float] = (7.0, 4.5)) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("figures need matplotlib", hint="pip install 'resolver[train]'") from error
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    return figure


def calibration(judged: Sequence[Judged]) -> Figure:
    """Told probability against the share that passed, in equally filled bins."""
    told, passed = _flat(judged)
    order = np.argsort(told, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, len(order))) if len(part)]
    figure = _figure("Calibration: what was told, and what happened")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([told[part].mean() for part in parts], [passed[part].mean() for part in parts], marker="o")
    axes.set(xlabel="probability told", ylabel="share that passed", xlim=(0, 1), ylim=(0, 1))
    return figure


def precision_recall(judged: Mapping[str, Sequence[Judged]]) -> Figure:
    """A curve for each ranker."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    figure = _figure("Precision and recall of passing sets")
    axes = figure.add_subplot()
    for name, ones in judged.items():
        told, passed = _flat(ones)
        precision, recall, _ = precision_recall_curve(passed, told)
        axes.plot(recall, precision, label=f"{name} ({average_precision_score(passed, told):.3f})")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend()
    return figure


def importance(ranker: RankerText, sets: Floats, edges: Floats | None = None) -> Figure:
    """Gain, and the mean size of the SHAP values, of the set booster's and the edge booster's features."""
    import lightgbm

    figure = _figure("What the boosters draw on", (11.0, 7.5))
    places = figure.subplots(2, 2)
    for row, (what, text, forest, table, names) in enumerate((
        ("sets", ranker.sets, ranker.set_forest, sets, SET_FEATURES),
        ("edges", ranker.edge, ranker.edge_forest, edges, EDGE_FEATURES),
    )):  # fmt: skip
        gain = lightgbm.Booster(model_str=text).feature_importance("gain")
        _bars(places[row][0], f"{what}: gain", names, gain)
        if table is not None:
            _bars(places[row][1], f"{what}: mean |SHAP|, log-odds", names, np.abs(forest.contributions(table))[:, :-1].mean(axis=0))
    return figure


def _bars(axes: object, title: str, names: Sequence[str], values: Floats) -> None:
    best = np.argsort(-values, kind="stable")[:SHOWN][::-1]
    axes.barh([names[place] for place in best], values[best])  # type: ignore[attr-defined]
    axes.set_title(title, fontsize=10)  # type: ignore[attr-defined]
    axes.tick_params(labelsize=7)  # type: ignore[attr-defined]


def confusion(judged: Sequence[Judged]) -> Figure:
    """How builds of each failure class were judged: counts by the probability that was told."""
    classes = np.array([kind for one in judged for kind in one.kinds])
    told, _ = _flat(judged)
    rows = [PASSED, *sorted(set(classes.tolist()) - {PASSED}, key=lambda kind: (-int((classes == kind).sum()), kind))]
    counts = np.array([np.histogram(told[classes == kind], bins=_STEPS)[0] for kind in rows])
    figure = _figure("Told probability by what happened", (8.0, 0.4 * len(rows) + 1.5))
    axes = figure.add_subplot()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(_STEPS) - 1), [f"{low:g} to {high:g}" for low, high in itertools.pairwise(_STEPS)])
    return figure


def of_judged(judged: Mapping[str, Sequence[Judged]]) -> dict[str, Figure]:
    """The figures of what several rankers said of the same builds, "learned" among them; those of the learned one first."""
    learned = judged["learned"]
    rest = {name: ones for name, ones in judged.items() if name in ("learned", "edge-rules-only")}
    return {
        "calibration": calibration(learned),
        "precision_recall": precision_recall(rest),
        "confusion_by_failure_class": confusion(learned),
        "top1_by_framework": frameworks(judged),
    }


def by_framework(judged: Mapping[str, Sequence[Judged]]) -> Mapping[str, Mapping[str, float]]:
    """Top-1 by ranker and framework, over the groups with a choice; frameworks without such a group are left out."""
    kinds = sorted({one.framework for ones in judged.values() for one in ones if one.decided})
    return {name: {kind: mean_top_one([one for one in ones if one.framework == kind]) for kind in kinds} for name, ones in judged.items()}


def frameworks(judged: Mapping[str, Sequence[Judged]]) -> Figure:
    """`by_framework` as bars, with the number of groups."""
    found = by_framework(judged)
    some = next(iter(judged.values()), ())
    kinds = list(next(iter(found.values()), {}))
    counts = {kind: sum(one.decided and one.framework == kind for one in some) for kind in kinds}
    figure = _figure("Top-1 by framework", (8.0, 4.5))
    axes = figure.add_subplot()
    width = 0.8 / max(1, len(found))
    for number, (name, row) in enumerate(found.items()):
        axes.bar([place + number * width for place in range(len(kinds))], [row[kind] for kind in kinds], width, label=name)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(kinds))], [f"{kind} ({counts[kind]})" for kind in kinds])
    axes.set(ylabel="first-ranked set passes", ylim=(0, 1.05))
    axes.legend(fontsize=8, ncol=3)
    return figure


def nights(curves: Mapping[str, Sequence[float]], title: str = "Over the nights") -> Figure:
    """Curves over nights, in order."""
    figure = _figure(title)
    axes = figure.add_subplot()
    for name, values in curves.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", markersize=3, label=name)
    axes.set(xlabel="night", ylim=(0, 1.02))
    axes.legend(fontsize=8)
    return figure


def write(figures: Mapping[str, Figure], folder: Path) -> list[str]:
    """Each figure as a PNG in `folder`; their paths."""
    paths = []
    for name, figure in figures.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})
        paths.append(str(path))
    return paths


def _flat(judged: Sequence[Judged]) -> tuple[Floats, Floats]:
    return np.concatenate([one.probability for one in judged]), np.concatenate([one.passed for one in judged])

"""By what a set is behind the best one: the set booster's SHAP values and what it starts from, summed by what the features speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resolver.rank.coverage import COVERAGE
from resolver.rank.features import Floats
from resolver.rank.files import Start
from resolver.rank.forest import Forest, logit
from resolver.rank.outside import OUTSIDE, outside_factor
from resolver.rank.rules import rule_factors
from resolver.rank.sets import EDGES, SET_COLUMN

GROUPS: Mapping[str, tuple[str, ...]] = {
    "edges": (*EDGES, "orphan_imports"),
    "names": COVERAGE,
    "dates": (
        *("python_bounds_violated", "upload_spread", "direct_spread", "python_gap", "python_minor", "last_worked_gap", "median_year"),
    ),
    "shape": ("relaxed", "sdist_only", "no_wheel", "packages", "size_mb", "accelerator"),
    "outside": OUTSIDE,
}
"""What features speak of: risky edges, names of the project, dates and interpreters, the shape of the set, what it lacks from outside."""


def behind(table: Floats, forest: Forest, columns: Sequence[str], start: Start) -> list[dict[str, float]]:
    """For each row of set features, by group, how many log-odds it is behind the first row; the sum is the whole distance before
    calibration.
    """
    moved = forest.contributions(table)[:, :-1]
    place = SET_COLUMN[OUTSIDE[0]]
    factors = {**rule_factors(table), "outside": outside_factor(table[:, place : place + len(OUTSIDE)])}
    logs = {group: np.log(np.maximum(factor, 1e-12)) for group, factor in factors.items()}
    lost = {group: log[0] - log for group, log in logs.items()}
    begun = start.slope * logit(np.exp(np.sum(list(logs.values()), axis=0)))
    total = np.sum(list(lost.values()), axis=0)
    each = np.divide(begun[0] - begun, total, out=np.zeros(len(table)), where=np.abs(total) > 1e-9)
    found = {}
    for group, names in GROUPS.items():
        own = moved[:, [position for position, name in enumerate(columns) if name in names]].sum(axis=1)
        found[group] = lost[group] * each + own[0] - own
    return [{group: float(values[row]) for group, values in found.items()} for row in range(len(table))]

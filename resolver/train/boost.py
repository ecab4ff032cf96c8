"""The boosters themselves: what each is fitted with, where it starts from, and how its word becomes a probability."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from resolver.core.errors import MissingExtra
from resolver.rank.booster import ruled, start_odds
from resolver.rank.coverage import COVERAGE, lacking
from resolver.rank.edges import edge_offset
from resolver.rank.features import CODED, COLUMN, EDGE_FEATURES, SEEN, Floats
from resolver.rank.files import Calibration, Start
from resolver.rank.forest import logit
from resolver.rank.sets import FALLING, SET_COLUMN, SET_FEATURES
from resolver.train.dataset import Observation
from resolver.train.derive import WEIGHT as WHOLE_WEIGHT

_ISOTONIC_FROM = 1000
_TRUSTED = 0.7
_RISING = frozenset({"names_missing", "prior", *(name for name in SEEN if name.endswith("share"))})

EDGE_PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 6,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "min_data_per_group": 30,
    "cat_smooth": 20.0,
    "cat_l2": 20.0,
    "max_cat_to_onehot": 1,
}
EDGE_ROUNDS = 150
SET_PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 4,
    "min_data_in_leaf": 25,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
}
SET_ROUNDS = 80
MANY: Mapping[str, Any] = {**SET_PARAMETERS, "learning_rate": 0.08, "lambda_l2": 5.0, "extra_trees": True}
MANY_ROUNDS = 200
"""From `MANY_FROM` builds on a second set booster tells more cases apart, and what both say is averaged: it is surer of the stack (AUC),
the small one of the order within it (top-1).
"""
MANY_FROM = 600
STACK_WIDE = frozenset({
    "use_count", "use_unknown", "size_mb", "packages", "median_year", "accelerator", "last_worked_gap",
    "direct_spread", "upload_spread", "python_minor", "python_gap", "edge_seen_share",
})  # fmt: skip
"""Features that say more of the stack than of the set: with fewer than `STACKS_FROM` stacks they would only name the stack."""
STACKS_FROM = 100
_STEADY = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a fit may be told: the seed, and columns to leave out (for ablations; they are blanked in training, so never split on)."""

    seed: int = 0
    without: frozenset[str] = frozenset()
    trained_on: str = ""


def fit_edges(rows: Floats, observations: Sequence[Observation], recipe: Recipe, kept: Sequence[bool]) -> str:
    """The edge booster's text. Every row is shown twice, the second time as if the edge and its names had never been seen, so that
    the booster also knows what to say of packages that nobody built.
    """
    mask = np.array(kept, dtype=bool)
    label = np.array([float(seen.broke) for seen in observations])[mask]
    weight = np.array([seen.weight * np.log1p(seen.count) for seen in observations])[mask]
    known = rows[mask]
    unseen = known.copy()
    for name in SEEN:
        unseen[:, COLUMN[name]] = 0.0 if name.endswith("count") else np.nan
    for name in CODED:
        unseen[:, COLUMN[name]] = 0.0
    table = np.concatenate([known, unseen])
    blank(table, COLUMN, recipe.without | (frozenset(SEEN) if "history" in recipe.without else frozenset()))
    return _train(
        table,
        np.concatenate([label, label]),
        np.concatenate([weight, 0.5 * weight]),
        {**EDGE_PARAMETERS, "monotone_constraints": [int(name in _RISING) for name in EDGE_FEATURES]},
        EDGE_ROUNDS,
        list(EDGE_FEATURES),
        list(CODED),
        recipe.seed,
        offset=edge_offset(table),
    )


def fit_sets(table: Floats, passed: Floats, recipe: Recipe, weight: Floats | None = None) -> tuple[Start, str]:
    """Where the set booster starts from, and its text, bound to fall in every feature of `FALLING`."""
    weight = np.ones(len(passed)) if weight is None else weight
    start = fit_start(table, passed, weight)
    bounds = [-int(name in FALLING) for name in SET_FEATURES]
    many = (weight >= WHOLE_WEIGHT).sum() >= MANY_FROM
    odds = start_odds(table, start)
    texts = [
        _train(
            table, passed, weight, {**settings, "monotone_constraints": bounds}, rounds, list(SET_FEATURES), [], recipe.seed, offset=odds
        )
        for settings, rounds in (((SET_PARAMETERS, SET_ROUNDS), (MANY, MANY_ROUNDS)) if many else ((SET_PARAMETERS, SET_ROUNDS),))
    ]
    return start, mean_of(texts)


def mean_of(texts: Sequence[str]) -> str:
    """The text of one booster that says the mean of what several say: their trees side by side, each leaf divided by their number."""
    import lightgbm
    from lightgbm.basic import _LIB, _safe_call  # type: ignore[attr-defined]

    first, *others = (lightgbm.Booster(model_str=text) for text in texts)
    for booster in (first, *others) if others else ():
        for tree, told in enumerate(booster.dump_model()["tree_info"]):
            for leaf in range(told["num_leaves"]):
                booster.set_leaf_output(tree, leaf, booster.get_leaf_output(tree, leaf) / len(texts))
    for other in others:
        _safe_call(_LIB.LGBM_BoosterMerge(first._handle, other._handle))  # noqa: SLF001 - the package wraps all of the library but this
    return str(first.model_to_string(num_iteration=-1)) if others else texts[0]


def fit_start(table: Floats, passed: Floats, weight: Floats) -> Start:
    """How far the rules on learned edge risks are to be trusted: a logistic line with a slope that cannot be negative."""
    from scipy.optimize import minimize

    if np.isnan(table[:, SET_COLUMN["edge_sum"]]).any():  # blanked for an ablation
        return Start(slope=0.0, offset=round(float(logit(np.array([np.average(passed, weights=weight)]))[0]), 4))
    rules = logit(ruled(table))

    def loss(line: Floats) -> float:
        odds = line[0] * rules + line[1]
        return float((weight * (np.logaddexp(0.0, odds) - passed * odds)).sum() + (line[0] - _TRUSTED) ** 2)

    found = minimize(loss, np.array([_TRUSTED, 0.0]), bounds=[(0.0, None), (None, None)]).x
    return Start(slope=round(float(found[0]), 4), offset=round(float(found[1]), 4))


def fit_order(table: Floats, passed: Floats, groups: Sequence[str], recipe: Recipe, start: Start) -> str:
    """A set booster trained to order the sets of each group (lambdarank) rather than to tell probabilities, from the same start."""
    order = sorted(range(len(groups)), key=groups.__getitem__)
    sizes = [len(list(members)) for _, members in itertools.groupby(groups[place] for place in order)]
    bounds = [-int(name in FALLING) for name in SET_FEATURES]
    settings = {**SET_PARAMETERS, "objective": "lambdarank", "bagging_freq": 0, "monotone_constraints": bounds}
    odds, even = start_odds(table[order], start), np.ones(len(order))
    return _train(table[order], passed[order], even, settings, SET_ROUNDS, list(SET_FEATURES), [], recipe.seed, sizes, odds)


def calibrate(raw: Floats, passed: Floats, sets: Floats) -> Calibration:
    """Isotonic from a thousand outcomes on, Platt below; on out-of-fold probabilities of sets that lack nothing the project uses."""
    place = SET_COLUMN[COVERAGE[0]]
    whole = ~lacking(sets[:, place : place + len(COVERAGE)])
    raw, passed = raw[whole], passed[whole]
    if len(raw) < 20 or not 0 < passed.mean() < 1:
        return Calibration()
    try:
        from sklearn.isotonic import IsotonicRegression
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtra("training needs scikit-learn", hint="pip install 'resolver[train]'") from error
    if len(raw) >= _ISOTONIC_FROM:
        curve = IsotonicRegression(out_of_bounds="clip", y_min=0.003, y_max=0.997).fit(raw, passed)
        return Calibration(
            kind="isotonic",
            x=tuple(round(float(x), 6) for x in curve.X_thresholds_),
            y=tuple(round(float(y), 6) for y in curve.y_thresholds_),
        )
    clipped = np.clip(raw, 1e-6, 1 - 1e-6)
    line = LogisticRegression(C=10.0).fit(np.log(clipped / (1 - clipped)).reshape(-1, 1), passed)
    return Calibration(kind="platt", x=(round(float(line.coef_[0, 0]), 6), round(float(line.intercept_[0]), 6)))


def blank(table: Floats, columns: Mapping[str, int], without: frozenset[str]) -> None:
    """Blank the named columns in place."""
    for name in without & columns.keys():
        table[:, columns[name]] = np.nan


def _train(
    table: Floats,
    label: Floats,
    weight: Floats,
    settings: Mapping[str, Any],
    rounds: int,
    names: list[str],
    categories: list[str],
    seed: int,
    sizes: list[int] | None = None,
    offset: Floats | None = None,
) -> str:
    import lightgbm

    frame = lightgbm.Dataset(
        table,
        label=label,
        weight=weight,
        group=sizes,
        init_score=offset,
        feature_name=names,
        categorical_feature=categories,
        free_raw_data=False,
    )
    booster = lightgbm.train({**settings, **_STEADY, "seed": seed}, frame, num_boost_round=rounds)
    text: str = booster.model_to_string(num_iteration=-1)
    return text

"""The learned judge of single edges: steers the solver, and explains."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from resolver.rank.book import FactBook
from resolver.rank.features import COLUMN, Floats
from resolver.rank.files import RankerText
from resolver.rank.forest import Forest, logistic, logit
from resolver.rank.judge import RowJudge
from resolver.rank.prior import OUTDATED

TRUST = 0.8
"""How much of the rules' log-odds the edge booster starts from; it learned what to add."""


def edge_offset(table: Floats) -> Floats:
    """Where the edge booster starts from for each row."""
    return TRUST * logit(table[:, COLUMN["prior"]])


_SATISFIED, _PRIOR = COLUMN["satisfied"], COLUMN["prior"]
_MISSING, _NEAR = COLUMN["names_missing"], COLUMN["seen_near_count"]
LACKING = 0.85
"""Of the pairs in the stored builds whose importer takes a name that the provider surely lacks, 36 of 39 never passed (2026-11-26,
benchmarks/lacking.py)."""


def learned_risks(forest: Forest, table: Floats) -> Floats:
    """The probability that each edge breaks, by the rules and what the booster adds.

    What the booster does not lower, because it can have met too little of it: a declared bound that is not kept stays as risky as the
    rules say (the solver never breaks one), and a name that is surely missing, or generated code that the runtime refuses, counts in full
    unless these very versions were seen together: a pair that ran a hundred times in other versions says nothing of it.
    """
    risks = logistic(forest.predict(table) + edge_offset(table))
    risks = np.where(table[:, _SATISFIED] == 0, np.maximum(risks, table[:, _PRIOR]), risks)
    lacks = (table[:, _MISSING] >= 1) | (table[:, _PRIOR] == OUTDATED)
    floor = np.minimum(table[:, _PRIOR], LACKING)
    found: Floats = np.where(lacks & (table[:, _NEAR] == 0), np.maximum(risks, floor), risks)
    return found


def learned_risk(forest: Forest, row: Sequence[float]) -> float:
    """The same for one edge."""
    prior = min(max(row[COLUMN["prior"]], 1e-4), 1 - 1e-4)
    odds = forest.predict_one(row) + TRUST * math.log(prior / (1 - prior))
    risk = 1.0 / (1.0 + math.exp(-odds))
    if row[_SATISFIED] == 0:
        risk = max(risk, row[_PRIOR])
    lacks = row[_MISSING] >= 1 or row[_PRIOR] == OUTDATED
    return max(risk, min(row[_PRIOR], LACKING)) if lacks and row[_NEAR] == 0 else risk


class LearnedEdgeJudge(RowJudge):
    """EdgeJudge by the trained edge booster."""

    def __init__(self, text: RankerText, book: FactBook) -> None:
        super().__init__(book, text.history, text.vocabulary, functools.partial(learned_risk, text.edge_forest))

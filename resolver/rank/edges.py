"""The learned judge of single edges: steers the solver, and explains."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from resolver.core.candidate import EdgeRisk
from resolver.core.package import Pin, Release
from resolver.rank.book import FactBook
from resolver.rank.features import COLUMN, Floats, remembered_row
from resolver.rank.files import RankerText
from resolver.rank.forest import Forest, logistic, logit
from resolver.rank.prior import OUTDATED
from resolver.rank.reasons import edge_reason

_WORTH_A_REASON = 0.02
TRUST = 0.8
"""How much of the rules' log-odds the edge booster starts from; it learned what to add."""


def edge_offset(table: Floats) -> Floats:
    """Where the edge booster starts from for each row."""
    return TRUST * logit(table[:, COLUMN["prior"]])


_SATISFIED, _PRIOR = COLUMN["satisfied"], COLUMN["prior"]
_MISSING, _NEAR = COLUMN["names_missing"], COLUMN["seen_near_count"]
LACKING = 0.6
"""Of the edges in the stored builds whose importer takes a name that the provider surely lacks, 25 of 32 broke (2026-11-25)."""


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


class LearnedEdgeJudge:
    """EdgeJudge by the trained edge booster; remembers what it was asked (some 50 microseconds the first time, then a look-up)."""

    def __init__(self, text: RankerText, book: FactBook) -> None:
        self._book = book
        self._history = text.history
        self._vocabulary = text.vocabulary
        self._forest = text.edge_forest
        self._known: dict[tuple[Pin, Pin, str, bool], EdgeRisk] = {}

    def risk(self, importer: Release, provider: Release, python: str) -> EdgeRisk:
        """The probability that `importer` breaks on `provider`, with a reason when it is worth one."""
        key = (importer.pin, provider.pin, python, bool(importer.requires))
        known = self._known.get(key)
        if known is None:
            left, right = self._book.facts(importer), self._book.facts(provider)
            row = remembered_row(left, right, python, self._book, self._history, self._vocabulary)
            risk = learned_risk(self._forest, row)
            why = edge_reason(left, right, python, row, self._book, self._history) if risk >= _WORTH_A_REASON else ""
            known = self._known[key] = EdgeRisk(importer=importer.pin, provider=provider.pin, probability=risk, why=why)
        return known

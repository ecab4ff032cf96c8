"""A judge of edges by rows of the edge table, whatever says how risky a row is: it remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resolver.core.candidate import EdgeRisk
from resolver.core.package import Pin, Release
from resolver.rank.book import FactBook
from resolver.rank.features import Vocabulary, remembered_row
from resolver.rank.history import History
from resolver.rank.reasons import edge_reason

_WORTH_A_REASON = 0.02


class RowJudge:
    """EdgeJudge by `risk_of` one row; some 50 microseconds the first time, then a look-up. Not safe to share between threads."""

    def __init__(self, book: FactBook, history: History, vocabulary: Vocabulary, risk_of: Callable[[Sequence[float]], float]) -> None:
        self._book = book
        self._history = history
        self._vocabulary = vocabulary
        self._risk_of = risk_of
        self._known: dict[tuple[Pin, Pin, str, bool], EdgeRisk] = {}

    def risk(self, importer: Release, provider: Release, python: str) -> EdgeRisk:
        """The probability that `importer` breaks on `provider`, with a reason when it is worth one."""
        key = (importer.pin, provider.pin, python, bool(importer.requires))
        known = self._known.get(key)
        if known is None:
            left, right = self._book.facts(importer), self._book.facts(provider)
            row = remembered_row(left, right, python, self._book, self._history, self._vocabulary)
            risk = self._risk_of(row)
            why = edge_reason(left, right, python, row, self._book, self._history) if risk >= _WORTH_A_REASON else ""
            known = self._known[key] = EdgeRisk(importer=importer.pin, provider=provider.pin, probability=risk, why=why)
        return known

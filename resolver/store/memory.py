"""An outcome store that lasts as long as the process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from resolver.core.outcome import Outcome, Verdict
from resolver.store.counts import counts
from resolver.store.rows import digest, edge_rows, fact_rows, outcome_row, to_outcome


class MemoryStore:
    """Outcomes in a list; what goes in comes out as a database would give it back."""

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self._outcomes: list[Outcome] = []
        self._facts: dict[tuple[str, str, str], str] = {}
        self._digests: set[str] = set()
        for one in outcomes:
            self.add(one)

    def add(self, outcome: Outcome) -> None:
        """Append one outcome."""
        row, edges = outcome_row(outcome), edge_rows(outcome)
        self._digests.add(digest(row, edges))
        self._outcomes.append(to_outcome(row, edges))
        for fact in fact_rows(outcome):
            self._facts.setdefault((fact.dist, fact.version, fact.python), fact.line)

    def add_missing(self, outcomes: Iterable[Outcome]) -> int:
        """Append the outcomes that are not here yet; returns how many."""
        before = len(self._outcomes)
        for one in outcomes:
            if digest(outcome_row(one), edge_rows(one)) not in self._digests:
                self.add(one)
        return len(self._outcomes) - before

    def keys(self) -> frozenset[str]:
        """Keys of the specs that have a non-void outcome."""
        return frozenset(one.spec.key for one in self._outcomes if one.verdict is not Verdict.VOID)

    def iterate(self) -> Iterator[Outcome]:
        """All outcomes in the order they were added; `released` is left out (see `facts`)."""
        return iter(list(self._outcomes))

    def facts(self) -> Iterator[str]:
        """What the walks of installed releases wrote, one JSON line per (distribution, version, interpreter)."""
        return (line for _, line in sorted(self._facts.items()))

    def known_releases(self) -> frozenset[str]:
        """ "name==version" of every release that was walked on any interpreter."""
        return frozenset(f"{dist}=={version}" for dist, version, _ in self._facts if dist)

    def counts(self) -> dict[str, Any]:
        """What the store holds, in numbers."""
        return counts(self._outcomes)


def stripped(outcome: Outcome) -> Outcome:
    """The outcome as `iterate` gives it back: without the walked releases."""
    return dataclasses.replace(outcome, released=())

"""How much of what the project itself uses a set offers; the one thing that no probability may outweigh."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from resolver.core.package import NormalizedName, Release
from resolver.core.project import Project
from resolver.rank.facts import FactBook
from resolver.rank.features import Floats

COVERAGE = ("use_count", "use_missing", "use_doubt", "use_unknown", "roots_missing", "roots_unknown")
"""Columns: names used (logarithm), names known to be missing, summed doubt of the uncertain ones, share unknown, import roots that
nothing in the set provides, and those of which that cannot be told."""

_ABSENT, _UNTOLD = -2.0, -1.0
SURELY_MISSING = 0.2
"""Certainty up to which a name counts as missing."""
_FLOOR = 0.04
_EACH = 0.8


class ProjectUses:
    """The unguarded names of one project against releases; each release is asked once."""

    def __init__(self, project: Project, book: FactBook) -> None:
        uses = [use for use in project.evidence.uses if not use.guarded]
        self.names: tuple[str, ...] = tuple(sorted({use.dotted for use in uses}))
        roots = sorted({name.split(".")[0] for name in self.names})
        self.roots = tuple(roots)
        place = {root: position for position, root in enumerate(roots)}
        self._root_of = np.array([place[name.split(".")[0]] for name in self.names], dtype=np.int64)
        self._book = book
        self._rows: dict[int, Floats | None] = {}

    def row(self, key: int, release: Release) -> Floats | None:
        """Certainty for each name, -1 unknown, -2 not this release's matter; None when it owns no root at all."""
        if key not in self._rows:
            self._rows[key] = self._ask(release)
        return self._rows[key]

    def _ask(self, release: Release) -> Floats | None:
        owned = [position for position, root in enumerate(self.roots) if self._book.owns(release, root)]
        if not owned:
            return None
        row = np.full(len(self.names), _ABSENT)
        mine = np.flatnonzero(np.isin(self._root_of, owned))
        answers = self._book.offers(release.pin, [self.names[position] for position in mine])
        row[mine] = [_UNTOLD if answer is None else float(answer) for answer in answers]
        return row

    def combine(self, rows: Sequence[Floats]) -> tuple[Floats, list[int]]:
        """Certainty for each name over all the releases of a set (NaN unknown), and the roots that none of them owns."""
        if not rows:
            return np.full(len(self.names), math.nan), list(range(len(self.roots)))
        table = np.stack(rows)
        best = table.max(axis=0)
        untold = (table == _UNTOLD).any(axis=0) & (best < 0.5)
        certainty = np.where(untold | (best < 0), math.nan, best)
        absent = np.flatnonzero(best == _ABSENT)
        return certainty, sorted({int(root) for root in self._root_of[absent]})

    def missing(self, rows: Sequence[Floats]) -> tuple[str, ...]:
        """The names that are surely missing, for a sentence."""
        certainty, _ = self.combine(rows)
        return tuple(name for name, value in zip(self.names, certainty, strict=True) if value <= SURELY_MISSING)

    def numbers(
        self, rows: Sequence[Floats], all_modules_known: bool, names: frozenset[NormalizedName] | set[NormalizedName]
    ) -> list[float]:
        """One row of `COVERAGE` for a set whose owning releases have these rows and whose packages have these names."""
        if not self.names:
            return [0.0] * len(COVERAGE)
        certainty, absent = self.combine(rows)
        known = ~np.isnan(certainty)
        missing = known & (certainty <= SURELY_MISSING)
        doubt = float((1.0 - certainty[known & ~missing]).sum())
        gone = [root for root in absent if all_modules_known or self._book.is_elsewhere(self.roots[root], names)]
        return [
            math.log1p(len(self.names)),
            float(missing.sum()),
            doubt,
            float((~known).mean()),
            float(len(gone)),
            float(len(absent) - len(gone)),
        ]


def coverage_factor(table: Floats) -> Floats:
    """What a probability is multiplied by for rows of `COVERAGE`: 1 when nothing is missing, about 0.04 and falling otherwise."""
    missing = table[:, 1] + table[:, 4]
    hard = np.where(missing > 0, _FLOOR * _EACH ** np.minimum(missing - 1, 30), 1.0)
    return hard * np.maximum(0.5, 1.0 - 0.3 * table[:, 2]) * np.maximum(0.6, 1.0 - 0.2 * table[:, 5])

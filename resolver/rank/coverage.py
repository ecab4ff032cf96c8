"""How much of what the project itself uses a set offers; the one thing that no probability may outweigh."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resolver.core.package import Release
from resolver.core.project import Project
from resolver.rank.batch import Batch, Member
from resolver.rank.book import FactBook
from resolver.rank.facts import root_of
from resolver.rank.features import Floats
from resolver.rank.names import SeenNames, better

Flags = npt.NDArray[np.bool_]

COVERAGE = ("use_count", "use_missing", "use_doubt", "use_unknown", "roots_missing", "roots_unknown")
"""Columns: names used (logarithm), names known to be missing, doubt (minus the logarithm of the chance that every root offers what is
used of it), share of names unknown, import roots that nothing in the set provides, and those of which that cannot be told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What some releases offer together of a project's names: those surely missing, the roots nobody owns, the summed doubt of the
    uncertain names, the share of which nothing is known.
    """

    missing: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    doubt: float = 0.0
    unknown: float = 0.0


_ABSENT, _UNTOLD = -2.0, -1.0
SURELY_MISSING = 0.2
"""Certainty up to which a name counts as missing."""
_FLOOR = 0.04
_EACH = 0.8


def chance(certainty: float) -> float:
    """The chance that a project finds a root's names, given the certainty of the most doubtful one: even a sure absence may be wrong."""
    return float(_FLOOR + (1.0 - _FLOOR) * certainty**0.7)


class ProjectUses:
    """The unguarded names of one project against the releases of one batch; each release, and each mix of owners, is asked once."""

    def __init__(self, project: Project, book: FactBook, seen: SeenNames | None = None) -> None:
        uses = [use for use in project.evidence.uses if not use.guarded]
        self.names: tuple[str, ...] = tuple(sorted({use.dotted for use in uses}))
        self.roots: tuple[str, ...] = tuple(sorted({root_of(name) for name in self.names}))
        place = {root: position for position, root in enumerate(self.roots)}
        self._root_of = np.array([place[root_of(name)] for name in self.names], dtype=np.int64)
        self._book = book
        self._seen = seen if seen is not None and len(seen) else None
        self._rows: dict[int, Floats | None] = {}
        self._mixes: dict[tuple[int, ...], Mix] = {}

    def _row(self, place: int, release: Release) -> Floats | None:
        """Certainty for each name, -1 unknown, -2 not this release's matter; None when it owns no root at all."""
        if place not in self._rows:
            self._rows[place] = self._ask(release)
        return self._rows[place]

    def _ask(self, release: Release) -> Floats | None:
        owned = [position for position, root in enumerate(self.roots) if self._book.owns(release, root)]
        if not owned:
            return None
        row = np.full(len(self.names), _ABSENT)
        mine = np.flatnonzero((np.array(owned)[:, None] == self._root_of).any(axis=0))
        asked = [self.names[position] for position in mine]
        answers = self._book.offers(release.pin, asked)
        if self._seen:
            answers = [better(told, self._seen.offers(*release.pin, name)) for told, name in zip(answers, asked, strict=True)]
        row[mine] = [_UNTOLD if answer is None else float(answer) for answer in answers]
        return row

    def mix(self, batch: Batch, member: Member) -> Mix:
        """What the releases of one set offer together."""
        places = tuple(place for place in member.places.tolist() if self._row(place, batch.releases[place].release) is not None)
        known = self._mixes.get(places)
        if known is None:
            known = self._mixes[places] = self._combine([row for place in places if (row := self._rows[place]) is not None])
        return known

    def _combine(self, rows: Sequence[Floats]) -> Mix:
        if not rows:
            return Mix(absent=self.roots, unknown=1.0)
        table = np.stack(rows)
        best = table.max(axis=0)
        known = (best >= 0) & ~((table == _UNTOLD).any(axis=0) & (best < 0.5))
        missing = known & (best <= SURELY_MISSING)
        return Mix(
            missing=tuple(self.names[place] for place in np.flatnonzero(missing)),
            absent=tuple(self.roots[place] for place in sorted(set(self._root_of[best == _ABSENT].tolist()))),
            doubt=sum(-math.log(chance(float(best[known & (self._root_of == root)].min()))) for root in set(self._root_of[known].tolist())),
            unknown=float((~known).mean()),
        )

    def numbers(self, batch: Batch, member: Member) -> list[float]:
        """One row of `COVERAGE` for a member of the batch."""
        if not self.names:
            return [0.0] * len(COVERAGE)
        found = self.mix(batch, member)
        gone = self.gone(member, found)
        return [
            math.log1p(len(self.names)),
            float(len(found.missing)),
            found.doubt,
            found.unknown,
            float(len(gone)),
            float(len(found.absent) - len(gone)),
        ]

    def gone(self, member: Member, found: Mix) -> tuple[str, ...]:
        """The roots that surely nothing in the set provides: all modules of all members are known, or the owners are and are not in it."""
        if not found.absent:
            return ()
        releases = member.candidate.packages
        names = {release.pin.name for release in releases}
        told = all(release.modules for release in releases)
        return tuple(root for root in found.absent if told or self._book.is_elsewhere(root, names))


def lacking(table: Floats) -> Flags:
    """Of rows of `COVERAGE` those that likely lack a name or a module that the project uses."""
    found: Flags = (table[:, 1] > 0) | (table[:, 4] > 0)
    return found


def coverage_factor(table: Floats) -> Floats:
    """What a probability is multiplied by for rows of `COVERAGE`: 1 when all is surely there, 0.04 or less when not."""
    names = np.exp(-table[:, 2]) * _EACH ** np.minimum(np.maximum(table[:, 1] - 1, 0), 20)
    roots = np.where(table[:, 4] > 0, _FLOOR * _EACH ** np.minimum(np.maximum(table[:, 4] - 1, 0), 20), 1.0)
    found: Floats = names * roots * np.maximum(0.6, 1.0 - 0.2 * table[:, 5])
    return found

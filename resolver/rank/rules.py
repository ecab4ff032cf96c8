"""Rankers and a judge that learned nothing: what is used before any training, and what the learned ones have to beat."""

from __future__ import annotations

import operator
import random
from collections.abc import Sequence

import numpy as np

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import CUDA, PYTHON
from resolver.core.project import Project
from resolver.rank.book import FactBook
from resolver.rank.coverage import COVERAGE, coverage_factor
from resolver.rank.facts import day_of
from resolver.rank.features import COLUMN, Floats, Vocabulary
from resolver.rank.featurizer import Featurizer
from resolver.rank.history import History
from resolver.rank.judge import RowJudge
from resolver.rank.reasons import set_reasons
from resolver.rank.scoring import scored_in_order
from resolver.rank.sets import SET_COLUMN


def rule_risks(table: Floats) -> Floats:
    """The risk of each row of the edge table by general rules alone."""
    return table[:, COLUMN["prior"]]


class RuleEdgeJudge(RowJudge):
    """EdgeJudge by general rules alone, for a cold start."""

    def __init__(self, book: FactBook) -> None:
        super().__init__(book, History(), Vocabulary(), operator.itemgetter(COLUMN["prior"]))


class RuleRanker:
    """Ranker by edge rules and project coverage alone: the cold start, and the baseline called "edge-rules-only"."""

    def __init__(self, book: FactBook) -> None:
        self._featurizer = Featurizer(book, History(), Vocabulary())

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """Every candidate, best first; never drops one; equal inputs give equal output."""
        if not candidates:
            return []
        batch = self._featurizer.batch(candidates)
        risks = rule_risks(batch.table)
        uses = self._featurizer.uses(project)
        table = self._featurizer.sets(project, batch, risks, uses)
        return scored_in_order(self._featurizer, project, uses, batch, risks, table, rule_probability(table), set_reasons)


def rule_probability(table: Floats) -> Floats:
    """Rows of set features -> probability by rules: no edge breaks, nothing the project uses is missing, no bound is violated."""
    factors = rule_factors(table)
    found: Floats = factors["edges"] * factors["names"] * factors["dates"] * factors["shape"]
    return found


def rule_factors(table: Floats) -> dict[str, Floats]:
    """What the rules multiply, by what it speaks of: edges, names of the project, dates and interpreters, the shape of the set."""
    column = {name: table[:, position] for name, position in SET_COLUMN.items()}
    place = SET_COLUMN[COVERAGE[0]]
    return {
        "edges": np.exp(-column["edge_sum"]) * 0.8 ** np.minimum(column["orphan_imports"], 5),
        "names": coverage_factor(table[:, place : place + len(COVERAGE)]),
        "dates": 0.2 ** np.minimum(column["python_bounds_violated"], 3),
        "shape": 0.85 ** np.minimum(column["relaxed"], 10),
    }


class KeyRanker:
    """Base of the baselines that order by one number, larger first; the probability is the rank's place, not a belief."""

    def key(self, project: Project, candidate: Candidate) -> float:
        """What candidates are ordered by, larger first."""
        raise NotImplementedError

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """Every candidate, best first; ties by pins."""
        order = sorted(candidates, key=lambda c: (-self.key(project, c), c.target.python, c.pins))
        return [Scored(candidate=c, probability=1.0 - (place + 0.5) / len(order), known=False) for place, c in enumerate(order)]


def _days(candidate: Candidate) -> list[float]:
    wanted = set(candidate.direct) or {r.pin.name for r in candidate.packages}
    return [day_of(r.uploaded) for r in candidate.releases if r.pin.name in wanted and r.pin.name not in (PYTHON, CUDA) and r.uploaded]


class NewestRanker(KeyRanker):
    """Newest direct releases first: what a plain install does."""

    def key(self, project: Project, candidate: Candidate) -> float:  # noqa: ARG002
        """Mean upload day of the direct releases."""
        days = _days(candidate)
        return float(np.mean(days)) if days else 0.0


class AsOfRanker(KeyRanker):
    """Nearest to the day on which the project was last known to work; newest when no day is known."""

    def key(self, project: Project, candidate: Candidate) -> float:
        """Minus the mean distance in days between direct releases and that day."""
        days = _days(candidate)
        if not days:
            return -1e9
        worked = project.evidence.last_worked
        return float(np.mean(days)) if worked is None else -float(np.mean(np.abs(np.array(days) - day_of(worked))))


class RandomRanker(KeyRanker):
    """In an order that depends on nothing but the seed and the pins."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def key(self, project: Project, candidate: Candidate) -> float:  # noqa: ARG002
        """A number drawn from the seed and the pins."""
        return random.Random(f"{self._seed} {candidate.target} {candidate.pins}").random()  # noqa: S311

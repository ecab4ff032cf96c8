"""The learned ranker: edge risks, then set features, then a calibrated probability."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from resolver.core.candidate import Candidate, Scored
from resolver.core.project import Project
from resolver.core.resolution import RankerInfo
from resolver.interfaces import EdgeJudge, Ranker
from resolver.rank.book import FactBook
from resolver.rank.coverage import COVERAGE, coverage_factor, lacking
from resolver.rank.edges import LearnedEdgeJudge, learned_risks
from resolver.rank.features import Floats
from resolver.rank.featurizer import Featurizer
from resolver.rank.files import FACTS_FILE, Calibration, RankerText, Start
from resolver.rank.forest import logistic, logit
from resolver.rank.outside import OUTSIDE, outside_factor
from resolver.rank.reasons import Told, set_reasons
from resolver.rank.rules import RuleEdgeJudge, RuleRanker, rule_probability
from resolver.rank.scoring import REASONED, scored_in_order
from resolver.rank.sets import SET_COLUMN

GROUPS = {
    "coverage": ("use_", "roots_"),
    "edges": ("edge_", "prior_", "orphan_"),
    "dates": ("upload_", "direct_", "python_", "median_", "last_", "sdist_", "no_wheel"),
}
"""Which set features stand behind which sentence."""


def ruled(table: Floats) -> Floats:
    """The probability of rows of set features by rules alone."""
    place = SET_COLUMN[OUTSIDE[0]]
    return rule_probability(table) * outside_factor(table[:, place : place + len(OUTSIDE)])


def start_odds(table: Floats, start: Start) -> Floats:
    """The log-odds from which the set booster starts: what rules make of the learned edge risks, the project's coverage, and what the set
    lacks from outside; without a slope (an ablation without edges) the same for every row.
    """
    if not start.slope:
        return np.full(len(table), start.offset)
    found: Floats = start.slope * logit(ruled(table)) + start.offset
    return found


def set_probability(odds: Floats, table: Floats, calibration: Calibration) -> Floats:
    """Calibrated probability; a set that lacks a name or a module the project uses is all but ruled out, whatever the booster says."""
    place = SET_COLUMN[COVERAGE[0]]
    covered = table[:, place : place + len(COVERAGE)]
    found: Floats = calibration.apply(logistic(odds)) * np.where(lacking(covered), coverage_factor(covered), 1.0)
    return found


class LearnedRanker:
    """Ranker by the two trained boosters. Scores 1,000 candidates of 60 packages in some 0.4 s; not safe to share between threads."""

    def __init__(self, text: RankerText, book: FactBook) -> None:
        self.info = RankerInfo(version=text.version, trained_on=text.trained_on)
        self._featurizer = Featurizer(book, text.history, text.vocabulary, text.names)
        self._edges, self._sets, self._columns = text.edge_forest, text.set_forest, text.set_features
        self._start = text.start
        self._calibration = text.calibration

    @classmethod
    def load(cls, folder: Path, book: FactBook) -> LearnedRanker:
        """The ranker saved in `folder`. Raises ResolverError when there is none or it is damaged."""
        return cls(RankerText.load(folder), book)

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """Every candidate, best first; never drops one; equal inputs give equal output."""
        if not candidates:
            return []
        batch = self._featurizer.batch(candidates)
        risks = learned_risks(self._edges, batch.table)
        uses = self._featurizer.uses(project)
        table = self._featurizer.sets(project, batch, risks, uses)
        odds = self._sets.predict(table) + start_odds(table, self._start)
        probability = set_probability(odds, table, self._calibration)
        weights: dict[int, dict[str, float]] = {}

        def reasons(told: Told) -> tuple[str, ...]:
            if not weights:
                best = np.argsort(-probability, kind="stable")[: 4 * REASONED]
                weights.update(zip(best.tolist(), self._weights(table[best]), strict=True))
            return set_reasons(told, weights.get(told.place))

        return scored_in_order(self._featurizer, project, uses, batch, risks, table, probability, reasons)

    def behind(self, project: Project, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
        """For each candidate, by what features speak of, how many log-odds it is behind the first one (see `rank.behind`)."""
        from resolver.rank.behind import behind  # asked for by --explain alone

        batch = self._featurizer.batch(candidates)
        table = self._featurizer.sets(project, batch, learned_risks(self._edges, batch.table))
        return behind(table, self._sets, self._columns, self._start)

    def _weights(self, table: Floats) -> list[dict[str, float]]:
        """For each row how much each group of features moved the log-odds, up or down."""
        moved = np.abs(self._sets.contributions(table))
        places = {group: [p for p, name in enumerate(self._columns) if name.startswith(starts)] for group, starts in GROUPS.items()}
        return [{group: float(row[own].sum()) for group, own in places.items()} for row in moved]


def has_ranker(folder: Path) -> bool:
    """Whether a trained ranker is saved in `folder`."""
    return (folder / FACTS_FILE).is_file()


def _text(folder: Path) -> RankerText:
    return _read(folder, (folder / FACTS_FILE).stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _read(folder: Path, written: int) -> RankerText:
    """The ranker's texts, read once as long as they stay as they are."""
    del written
    return RankerText.load(folder)


def load_ranker(folder: Path, book: FactBook) -> Ranker:
    """The champion in `folder`, or the ranker by rules when none was trained. Raises ResolverError when it is damaged."""
    return LearnedRanker(_text(folder), book) if has_ranker(folder) else RuleRanker(book)


def load_judge(folder: Path, book: FactBook) -> EdgeJudge:
    """The judge of edges in `folder`, or the one by rules when none was trained; one book for judge and ranker lets the ranking find ready
    what the search looked up. Raises ResolverError when it is damaged.
    """
    return LearnedEdgeJudge(_text(folder), book) if has_ranker(folder) else RuleEdgeJudge(book)


def ranker_info(ranker: Ranker) -> RankerInfo:
    """Version and training of a ranker, for the record; the rules say so."""
    found = getattr(ranker, "info", None)
    return found if isinstance(found, RankerInfo) else RankerInfo(version="rules", trained_on="nothing: general rules")

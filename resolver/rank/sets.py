"""The features of a whole set: how bad its edges are, what the project finds in it, how well its dates hang together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from resolver.core.package import CUDA, PYTHON
from resolver.core.project import Bound, Project
from resolver.rank.batch import Batch, Member
from resolver.rank.coverage import COVERAGE, ProjectUses
from resolver.rank.facts import day_of, python_day
from resolver.rank.features import COLUMN, Floats, signed_log
from resolver.rank.outside import OUTSIDE, Outside
from resolver.rank.versions import python_satisfies

EDGES = (
    "edge_worst",
    "edge_second",
    "edge_third",
    "edge_sum",
    "edge_risky",
    "edge_python_worst",
    "edge_missing_names",
    "edge_seen_share",
    "prior_sum",
    "prior_worst",
)
SHAPE = (
    "orphan_imports",  # modules that members import unguarded and nothing in the set provides
    "python_bounds_violated",
    "relaxed",
    "sdist_only",
    "no_wheel",  # packages without a wheel for this interpreter
    "packages",
    "size_mb",
    "upload_spread",  # between the oldest and the newest tenth of the set
    "direct_spread",  # between the oldest direct release and the newest release of all
    "python_gap",  # interpreter's release minus the median upload
    "python_minor",
    "last_worked_gap",  # median direct upload minus the project's last dated sign
    "accelerator",  # 0 cpu, 1 cuda, 2 rocm
    "median_year",
)
SET_FEATURES = (*EDGES, *COVERAGE, *SHAPE, *OUTSIDE)
"""Column names of the set table, in order. How a candidate was found (its policy) is deliberately none of them."""

SET_COLUMN = {name: position for position, name in enumerate(SET_FEATURES)}

FALLING = frozenset({
    "edge_worst", "edge_second", "edge_third", "edge_sum", "edge_risky", "edge_python_worst", "edge_missing_names", "use_missing",
    "use_doubt", "prior_sum", "prior_worst", "roots_missing", "roots_unknown", "orphan_imports", "python_bounds_violated", "relaxed",
    *OUTSIDE,
})  # fmt: skip
"""More of these can only lower the probability; the set booster is bound to that."""

_ACCELERATORS = {"cpu": 0.0, "cuda": 1.0, "rocm": 2.0}
_NO_EDGES = [0.0] * len(EDGES)


def set_rows(project: Project, batch: Batch, risks: Floats, uses: ProjectUses, outside: Outside) -> Floats:
    """One row of `SET_FEATURES` per candidate of the batch, given the risk of each distinct edge."""
    edges = _edge_rows(batch, np.clip(risks, 0.0, 0.9999))
    shelves = Shelves(batch)
    violated: dict[str, float] = {}
    worked = day_of(project.evidence.last_worked)
    rows = np.empty((len(batch.members), len(SET_FEATURES)))
    for position, member in enumerate(batch.members):
        python = member.candidate.target.python
        if python not in violated:
            violated[python] = violation(python, project.evidence.bounds)
        shape = _shape(shelves, member, violated[python], worked)
        rows[position] = [*edges[position], *uses.numbers(batch, member), *shape, *outside.numbers(member)]
    return rows


def violation(python: str, bounds: Sequence[Bound]) -> float:
    """How much of the project's bounds an interpreter breaks: firm ones one each, of the weak ones the heaviest alone."""
    broken = [bound.weight for bound in bounds if python_satisfies(python, bound.specifier) is False]
    return sum(weight for weight in broken if weight >= 1) + max((weight for weight in broken if weight < 1), default=0.0)


class Shelves:
    """Facts of the releases of a batch as arrays by release number; zero for those that no member holds."""

    def __init__(self, batch: Batch) -> None:
        self._releases = batch.releases
        self._held = sorted(set(np.concatenate([member.places for member in batch.members]).tolist()))  # np.unique imports numpy.ma
        self.days, self.installed, self.sdist_only = (np.zeros(len(batch.releases)) for _ in range(3))
        for place in self._held:
            facts = batch.releases[place]
            self.days[place] = facts.day
            self.installed[place] = facts.name not in (PYTHON, CUDA)
            self.sdist_only[place] = facts.sdist_only == 1.0
        self._by_python: dict[str, tuple[Floats, Floats]] = {}

    def wheels(self, python: str) -> tuple[Floats, Floats]:
        """(1 for a release that has wheels and none for this interpreter, megabytes to fetch)."""
        known = self._by_python.get(python)
        if known is None:
            known = self._by_python[python] = (np.zeros(len(self._releases)), np.zeros(len(self._releases)))
            for place in self._held:
                fit, size = self._releases[place].wheel(python)
                known[0][place], known[1][place] = fit == 0.0, 0.0 if math.isnan(size) else size
        return known


def _edge_rows(batch: Batch, risks: Floats) -> list[list[float]]:
    to_python = batch.table[:, COLUMN["to_python"]] > 0
    missing = np.nan_to_num(batch.table[:, COLUMN["names_missing"]])
    seen = (batch.table[:, COLUMN["seen_near_count"]] > 0) | (batch.table[:, COLUMN["names_used"]] > 0)
    prior = batch.table[:, COLUMN["prior"]]
    weight, prior_weight = -np.log1p(-risks), -np.log1p(-prior)
    rows = []
    for start, stop in zip(batch.starts[:-1].tolist(), batch.starts[1:].tolist(), strict=True):
        own = batch.edges[start:stop]
        if not len(own):
            rows.append(_NO_EDGES)
            continue
        risk = risks[own]
        top = [*np.sort(risk)[-3:][::-1].tolist(), 0.0, 0.0]
        interpreter = risk[to_python[own]]
        rows.append(
            [
                *top[:3],
                float(weight[own].sum()),
                float((risk > 0.5).sum()),
                float(interpreter.max()) if len(interpreter) else 0.0,
                math.log1p(float(missing[own].sum())),
                float(seen[own].mean()),
                float(prior_weight[own].sum()),
                float(prior[own].max()),
            ]
        )
    return rows


def _shape(shelves: Shelves, member: Member, violated: float, worked: float) -> list[float]:
    candidate = member.candidate
    python = candidate.target.python
    own = member.places[shelves.installed[member.places] > 0]
    days = np.sort(shelves.days[own])
    days = days[~np.isnan(days)].tolist()
    wanted = set(candidate.direct)
    chosen = [place for release, place in zip(candidate.releases, member.places.tolist(), strict=True) if release.pin.name in wanted]
    direct = sorted(day for day in shelves.days[chosen].tolist() if not math.isnan(day)) if chosen else []
    median = days[len(days) // 2] if days else math.nan
    unfit, sizes = shelves.wheels(python)
    return [
        float(len(member.orphans)),
        violated,
        float(len(candidate.relaxed)),
        float(shelves.sdist_only[own].sum()),
        float(unfit[own].sum()),
        float(len(own)),
        math.log1p(float(sizes[own].sum())),
        signed_log(days[-1 - len(days) // 10] - days[len(days) // 10]) if days else math.nan,
        signed_log(days[-1] - direct[0]) if direct and days else math.nan,
        signed_log(python_day(python) - median),
        float(python.partition(".")[2] or 0),
        signed_log((direct[len(direct) // 2] if direct else median) - worked),
        _ACCELERATORS.get(candidate.target.accelerator.kind, 0.0),
        1970.0 + median / 365.25,
    ]

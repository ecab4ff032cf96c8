"""From probabilities to an order of scored candidates with reasons; shared by the learned ranker and the rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from resolver.core.candidate import EdgeRisk, Scored
from resolver.core.project import Project
from resolver.rank.batch import Batch, Member
from resolver.rank.coverage import ProjectUses
from resolver.rank.features import COLUMN, Floats
from resolver.rank.featurizer import Featurizer
from resolver.rank.reasons import Told, edge_reason
from resolver.rank.sets import SET_COLUMN

WORST = 3
"""How many edges are named with each candidate."""
WORTH_NAMING = 0.02
REASONED = 25
"""How many of the best candidates get sentences; the rest get their worst edges alone."""

SetReasons = Callable[[Told], tuple[str, ...]]


def scored_in_order(
    featurizer: Featurizer,
    project: Project,
    uses: ProjectUses,
    batch: Batch,
    risks: Floats,
    table: Floats,
    probability: Floats,
    reasons: SetReasons,
) -> list[Scored]:
    """All candidates, most probable first; near-equal ones by coverage, then coherent dates, then newer, then their pins."""
    order = sorted(range(len(batch.members)), key=lambda place: _order_key(batch.members[place], table[place], float(probability[place])))
    named: dict[int, EdgeRisk] = {}
    scored = []
    for rank, place in enumerate(order):
        worst = tuple(_edge_risk(featurizer, batch, int(edge), risks, named) for edge in worst_edges(batch, place, risks))
        told = Told(project=project, batch=batch, place=place, row=table[place], worst=worst, uses=uses)
        scored.append(
            Scored(
                candidate=batch.members[place].candidate,
                probability=float(probability[place]),
                reasons=reasons(told) if rank < REASONED else (),
                worst_edges=worst,
                known=is_known(featurizer, batch, place),
            )
        )
    return scored


def _order_key(member: Member, row: Floats, probability: float) -> tuple[object, ...]:
    missing = row[SET_COLUMN["use_missing"]] + row[SET_COLUMN["roots_missing"]]
    doubt = row[SET_COLUMN["use_doubt"]] + row[SET_COLUMN["use_unknown"]]
    spread = row[SET_COLUMN["upload_spread"]]
    year = row[SET_COLUMN["median_year"]]
    return (
        -round(probability, 3),
        float(missing),
        round(float(doubt), 3),
        -round(probability, 4),
        999.0 if math.isnan(spread) else round(float(spread), 1),
        0.0 if math.isnan(year) else -float(year),
        member.candidate.target.python,
        member.candidate.pins,
        member.candidate.policy,
    )


def worst_edges(batch: Batch, place: int, risks: Floats, count: int = WORST) -> Sequence[int]:
    """The numbers of a candidate's riskiest edges, riskiest first; those under two percent left out."""
    own = batch.edges[batch.starts[place] : batch.starts[place + 1]]
    order = np.argsort(-risks[own], kind="stable")[:count]
    return [int(edge) for edge in own[order] if risks[edge] >= WORTH_NAMING]


def _edge_risk(featurizer: Featurizer, batch: Batch, edge: int, risks: Floats, named: dict[int, EdgeRisk]) -> EdgeRisk:
    known = named.get(edge)
    if known is None:
        importer, provider, python = batch.ends[edge]
        left, right = batch.releases[importer], batch.releases[provider]
        why = edge_reason(left, right, python, batch.table[edge].tolist(), featurizer.book, featurizer.history)
        known = named[edge] = EdgeRisk(importer=left.pin, provider=right.pin, probability=float(risks[edge]), why=why)
    return known


def is_known(featurizer: Featurizer, batch: Batch, place: int) -> bool:
    """Whether most edges of a set touch something that was built before, or whose names are on record."""
    own = batch.edges[batch.starts[place] : batch.starts[place + 1]]
    if not len(own) or not len(featurizer.history):
        return False
    table = batch.table[own]
    built = (table[:, COLUMN["seen_pair_count"]] > 0) | (table[:, COLUMN["seen_importer_count"]] > 0)
    return bool(built.mean() >= 0.5)

import dataclasses
from collections.abc import Mapping, Sequence

import pytest

from resolver.core.candidate import Candidate, Scored
from resolver.core.outcome import Outcome, Stage, Verdict
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.stacks import Stack
from resolver.flows import nightly
from resolver.flows.nightly import chosen, say
from tests.fakes_crawl import ShelfSolver

STACKS = [Stack(name=name, needs=(name,)) for name in ("alpha", "beta")]


class TableRanker:
    """Probabilities by the candidate's identity, one half for the others."""

    def __init__(self, table: Mapping[int, float]) -> None:
        self.table = table

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        scored = [Scored(candidate=one, probability=self.table.get(id(one), 0.5)) for one in candidates]
        return sorted(scored, key=lambda one: -one.probability)


@pytest.fixture
def pool() -> list[Cell]:
    return list(cells(STACKS, ShelfSolver(), libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")))


def outcome(cell: Cell, seconds: float) -> Outcome:
    return Outcome(spec=cell.spec, verdict=Verdict.PASS, stage=Stage.RUN, seconds=seconds)


def test_the_budget_holds_as_many_cells_as_the_last_builds_took(pool: list[Cell]) -> None:
    asked = {"build_seconds": 0, "committee": (), "since": None, "reporter": Reporter()}
    slow = [outcome(pool[0], 20.0), outcome(pool[1], 40.0)]
    assert len(chosen(pool, budget_seconds=225, side_by_side=1, seen=slow, **asked)) == 11  # 225 / 30 * 4/3 + 1
    assert len(chosen(pool, budget_seconds=225, side_by_side=2, seen=slow, **asked)) == 21
    assert len(chosen(pool, budget_seconds=float("inf"), side_by_side=1, seen=(), **asked)) == len(pool)
    void = dataclasses.replace(slow[0], verdict=Verdict.VOID, seconds=10**6)
    assert len(chosen(pool, budget_seconds=60, side_by_side=1, seen=[void], **asked)) == 11  # nothing measured yet


def test_what_may_take_longer_than_the_budget_is_left_out(pool: list[Cell], monkeypatch) -> None:
    slow = pool[3].candidate
    monkeypatch.setattr(nightly, "unbuilt", lambda candidate, known: ("spacy",) if candidate is slow else ())
    asked = {"build_seconds": 1800, "side_by_side": 400, "seen": (), "committee": (), "since": None, "reporter": Reporter()}
    short, long = (chosen(pool, budget_seconds=seconds, **asked) for seconds in (1799, 1800))
    assert {choice.cell.spec.key for choice in long} - {choice.cell.spec.key for choice in short} == {pool[3].spec.key}


def test_the_committee_is_asked_stack_by_stack_and_decides_a_turn(pool: list[Cell]) -> None:
    torn = pool[7].candidate
    members = [TableRanker({id(torn): low}) for low in (0.1, 0.9)]
    table = say(members, pool)
    assert [row[7] for row in table] == [0.1, 0.9]
    assert all(row[:7] == [0.5] * 7 for row in table)
    seen = [outcome(cell, 1.0) for cell in pool] * 2
    plan = chosen(pool, budget_seconds=1.5, build_seconds=0, side_by_side=1, seen=seen, committee=members, since=None, reporter=Reporter())
    assert [choice.why for choice in plan] == ["spread", "unsure", "spread"]
    assert plan[1].cell is pool[7]

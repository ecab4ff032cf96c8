from collections.abc import Iterator, Mapping, Sequence

import pytest

from resolver.core.outcome import Outcome
from resolver.core.reporter import Reporter
from resolver.crawl import runner
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.side_by_side import Threads
from resolver.crawl.stacks import Stack
from resolver.flows import crawl as recipe
from resolver.flows.crawl import CrawlRequest, crawl, longest_first, rounds_of
from resolver.interfaces import Executor
from resolver.store.memory import MemoryStore
from resolver.train.tracking import NullTracker
from tests.fakes_build import FakeExecutor
from tests.fakes_crawl import ShelfSolver

STACKS = [Stack(name=f"s{number:02}", needs=(f"need{number}",)) for number in range(30)]


def test_rounds_grow_and_hold_every_stack_once() -> None:
    rounds = rounds_of(STACKS, CrawlRequest(round_stacks=16))
    assert [len(one) for one in rounds] == [4, 8, 16, 2]
    assert sorted(stack.name for one in rounds for stack in one) == [stack.name for stack in STACKS]
    assert rounds_of(STACKS, CrawlRequest(seed=1)) != rounds_of(STACKS, CrawlRequest(seed=2))


def test_stacks_that_were_never_built_come_first() -> None:
    built = {stack.name: 3 for stack in STACKS if stack.name not in ("s07", "s21")}
    first = rounds_of(STACKS, CrawlRequest(seed=5), built)[0]
    assert {stack.name for stack in first[:2]} == {"s07", "s21"}


class Clock:
    """A second passes with every build, and at no other time."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def builds(self, order: Sequence[Cell], executor: Executor, deadline: float) -> Iterator[Outcome]:
        for cell in order:
            if self.now >= deadline:
                return
            self.now += 1
            yield executor.run(cell.spec)


@pytest.mark.parametrize(("shared", "built"), [(True, {4: 20, 8: 40}), (False, {4: 48, 8: 12})])
def test_a_shared_night_reaches_every_round_though_the_first_ones_would_fill_it(
    monkeypatch, shared: bool, built: Mapping[int, int]
) -> None:
    clock, store = Clock(), MemoryStore()
    monkeypatch.setattr(recipe, "time", clock)
    monkeypatch.setattr(runner, "time", clock)
    told: list[float] = []

    def planned(stacks: Sequence[Stack], seconds: float) -> list[Cell]:
        told.append(seconds)
        return list(cells(stacks, ShelfSolver(), libraries=lambda _: (), per_stack=12))

    rounds = rounds_of(STACKS[:12], CrawlRequest())
    night = crawl(
        rounds,
        CrawlRequest(budget_seconds=60),
        planned=planned,
        executor=FakeExecutor(),
        builds=clock.builds,
        store=store,
        tracker=NullTracker(),
        prune=lambda: None,
        snapshot="2026-01-01",
        reporter=Reporter(),
        shared=shared,
    )
    assert (night.built, night.ended) == (60, "budget")
    stacks = [outcome.spec.stack for outcome in store.iterate()]
    assert {len(members): sum(name in {stack.name for stack in members} for name in stacks) for members in rounds} == built
    assert told == ([20, 40] if shared else [60, 60])


def test_caches_are_pruned_within_a_round_and_every_cell_is_built(monkeypatch) -> None:
    monkeypatch.setattr(recipe, "PRUNE_EVERY", 5)
    solver = ShelfSolver()
    pruned: list[int] = []
    store = MemoryStore()

    def planned(stacks: Sequence[Stack], seconds: float) -> list[Cell]:
        return list(cells(stacks, solver, libraries=lambda _: (), per_stack=3))

    night = crawl(
        rounds_of(STACKS[:8], CrawlRequest()),
        CrawlRequest(),
        planned=planned,
        executor=FakeExecutor(),
        builds=Threads(),
        store=store,
        tracker=NullTracker(),
        prune=lambda: pruned.append(len(list(store.iterate()))),
        snapshot="2026-01-01",
        reporter=Reporter(),
    )
    assert (night.built, night.passed, night.ended) == (24, 24, "done")
    assert pruned == [5, 10, 12, 17, 22, 24]


def test_what_compiles_for_minutes_is_started_first(monkeypatch) -> None:
    made = list(cells(STACKS[:2], ShelfSolver(), libraries=lambda _: (), per_stack=3))
    slow = made[4].candidate
    monkeypatch.setattr(recipe, "unbuilt", lambda candidate: ("scipy",) if candidate is slow else ())
    assert longest_first(made) == [made[4], *made[:4], made[5]]

import time
from collections.abc import Sequence

from resolver.core.outcome import BuildSpec, Outcome
from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.side_by_side import Threads
from resolver.crawl.stacks import Stack
from resolver.flows import crawl as recipe
from resolver.flows.crawl import CrawlRequest, crawl, longest_first, rounds_of, share
from resolver.store.memory import MemoryStore
from resolver.train.tracking import NullTracker
from tests.fakes_build import FakeExecutor
from tests.fakes_crawl import ShelfSolver

STACKS = [Stack(name=f"s{number:02}", needs=(f"need{number}",)) for number in range(30)]


def test_rounds_grow_and_hold_every_stack_once() -> None:
    rounds = rounds_of(STACKS, CrawlRequest(round_stacks=16))
    assert [len(one) for one in rounds] == [4, 16, 10]
    assert sorted(stack.name for one in rounds for stack in one) == [stack.name for stack in STACKS]
    assert rounds_of(STACKS, CrawlRequest(seed=1)) != rounds_of(STACKS, CrawlRequest(seed=2))


def test_stacks_that_were_never_built_come_first() -> None:
    built = {stack.name: 3 for stack in STACKS if stack.name not in ("s07", "s21")}
    first = rounds_of(STACKS, CrawlRequest(seed=5), built)[0]
    assert {stack.name for stack in first[:2]} == {"s07", "s21"}


def test_a_shared_night_reaches_every_round_though_the_first_alone_would_fill_it() -> None:
    told: list[float] = []
    store = MemoryStore()

    def planned(stacks: Sequence[Stack], seconds: float) -> list[Cell]:
        told.append(seconds)
        return list(cells(stacks, ShelfSolver(), libraries=lambda _: (), per_stack=12))

    class Slow(FakeExecutor):
        def run(self, spec: BuildSpec) -> Outcome:
            time.sleep(0.1)
            return super().run(spec)

    rounds = rounds_of(STACKS[:8], CrawlRequest())
    night = crawl(
        rounds,
        CrawlRequest(budget_seconds=3),
        planned=planned,
        executor=Slow(),
        builds=Threads(),
        store=store,
        tracker=NullTracker(),
        prune=lambda: None,
        snapshot="2026-01-01",
        reporter=Reporter(),
        shared=True,
    )
    assert share(rounds) == 0.5
    assert all(0 < seconds <= 2 for seconds in told)
    reached = {outcome.spec.stack for outcome in store.iterate()}
    assert all(reached & {stack.name for stack in members} for members in rounds)
    assert 0 < night.built < 96
    assert night.ended == "budget"


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

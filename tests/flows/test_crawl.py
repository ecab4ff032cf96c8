from collections.abc import Sequence

from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.side_by_side import Threads
from resolver.crawl.stacks import Stack
from resolver.flows import crawl as recipe
from resolver.flows.crawl import CrawlRequest, crawl, longest_first, rounds_of
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


def test_caches_are_pruned_within_a_round_and_every_cell_is_built(monkeypatch) -> None:
    monkeypatch.setattr(recipe, "PRUNE_EVERY", 5)
    solver = ShelfSolver()
    pruned: list[int] = []
    store = MemoryStore()

    def planned(stacks: Sequence[Stack]) -> list[Cell]:
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

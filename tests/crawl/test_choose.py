import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

from resolver.crawl.choose import FIRST, Tally, choose, doubt
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver

STACKS = [Stack(name=name, needs=(name,)) for name in ("alpha", "beta", "gamma")]


def pool(solver: Solver) -> list[Cell]:
    return list(cells(STACKS, solver, libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")))


def test_every_stack_comes_first_then_what_was_least_seen(shelf_solver: Callable[..., Solver]) -> None:
    every = pool(shelf_solver())
    seen = [cell.spec for cell in every if cell.stack.name == "alpha"][:5]
    fresh = [cell for cell in every if cell.spec not in seen]
    chosen = choose(fresh, 3 * FIRST, seen=seen)
    assert {choice.why for choice in chosen} == {"spread"}
    assert Counter(choice.cell.stack.name for choice in chosen[: 2 * FIRST]) == {"beta": FIRST, "gamma": FIRST}
    assert len({choice.cell.spec.target.python for choice in chosen if choice.cell.stack.name == "beta"}) == 2


def test_queues_take_turns_and_no_cell_comes_twice(shelf_solver: Callable[..., Solver]) -> None:
    every = pool(shelf_solver())
    doubts = {cell.spec.key: 1.0 for cell in every if cell.stack.name == "gamma"}
    seen = [cell.spec for cell in every[:1]] * 10 + [dataclasses.replace(every[0].spec, stack=name) for name in ("beta", "gamma")] * FIRST
    chosen = choose(every, 8, seen=seen, unsure=doubts)
    assert [choice.why for choice in chosen] == ["spread", "unsure"] * 4
    assert {choice.cell.stack.name for choice in chosen if choice.why == "unsure"} == {"gamma"}
    everything = choose(every, 1000, seen=(), unsure=doubts)
    assert sorted(choice.cell.spec.key for choice in everything) == sorted(cell.spec.key for cell in every)


def test_what_was_uploaded_since_last_night_has_its_turn(shelf_solver: Callable[..., Solver]) -> None:
    every = pool(shelf_solver())
    new = dataclasses.replace(every[5].candidate.releases[0], uploaded=datetime(2026, 1, 2, tzinfo=UTC))
    every[5] = dataclasses.replace(every[5], candidate=dataclasses.replace(every[5].candidate, releases=(new,)))
    seen = [cell.spec for cell in every] * 2
    chosen = choose(every, 4, seen=seen, since=date(2026, 1, 1))
    assert [choice.cell.spec.key for choice in chosen if choice.why == "new"] == [every[5].spec.key]
    assert not [choice for choice in choose(every, 4, seen=seen, since=date(2026, 1, 2)) if choice.why == "new"]


def test_doubt_grows_with_entropy_and_with_disagreement() -> None:
    sure, torn, split = doubt([[0.99, 0.5, 0.1], [0.99, 0.5, 0.9]])
    assert 0 <= sure < torn < split <= 2


def test_novelty_only_falls(shelf_solver: Callable[..., Solver]) -> None:
    cell, *rest = pool(shelf_solver())
    tally, last = Tally(), 1.0
    assert tally.novelty(cell) == 1
    for other in [cell, *rest]:
        tally.add(other.spec)
        assert tally.novelty(cell) <= last
        last = tally.novelty(cell)

import dataclasses
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.outcome import FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.plan import NOTHING, Unbuildable, groups, heavy_group, plan, unbuildable, uncertainty
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver

STACKS = [Stack(name=name, needs=(name,)) for name in ("alpha", "beta", "gamma")]


def test_known_keys_are_dropped_and_each_key_comes_once(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=5))
    known = frozenset(cell.spec.key for cell in made[:4])
    keys = [cell.spec.key for cell in plan([*made, *made], known)]
    assert len(keys) == len(set(keys)) == len(made) - 4
    assert not known & set(keys)


def test_a_round_holds_one_cell_of_every_stack(shelf_solver: Callable[..., Solver]) -> None:
    made = cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=4)
    order = plan(made, frozenset(), window=3)
    for start in range(0, len(order), 3):
        assert {cell.stack.name for cell in order[start : start + 3]} == {"alpha", "beta", "gamma"}


def test_cells_that_share_heavy_wheels_stand_together(shelf_solver: Callable[..., Solver]) -> None:
    order = plan(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=12), frozenset(), window=100)
    marks = [heavy_group(cell) for cell in order]
    assert marks == sorted(marks)
    assert len(groups(order)) == len(set(marks))


def test_the_most_interesting_cell_of_a_stack_comes_first(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS[:1], shelf_solver(), libraries=lambda _: (), per_stack=6))
    favourite = made[3].spec.key
    assert plan(made, frozenset(), interest=lambda c: float(c.spec.key == favourite), window=1)[0].spec.key == favourite


@given(st.floats(0, 1))
def test_uncertainty_is_symmetric_and_greatest_at_one_half(p: float) -> None:
    assert 0 <= uncertainty(p) <= uncertainty(0.5) == 1
    assert abs(uncertainty(p) - uncertainty(1 - p)) < 1e-6


def test_cells_of_one_interpreter_stand_together_a_wheel_is_made_for_one(shelf_solver: Callable[..., Solver]) -> None:
    order = plan(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")), frozenset(), window=100)
    pythons = [cell.spec.target.python for cell in order]
    assert pythons == sorted(pythons)


def test_what_a_source_distribution_ended_twice_is_not_asked_again_on_that_python(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS[:1], shelf_solver(), libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")))
    of = {(cell.spec.target.python, cell.spec.pins[0].version): cell.spec for cell in made}
    told = "Failed to build `alpha==5.0`: error"
    ended = Outcome(spec=of["3.8", "5.0"], verdict=Verdict.FAIL, stage=Stage.INSTALL, failure=FailureClass.SDIST_BUILD, message=told)
    stuck = unbuildable([ended, ended])
    assert stuck.pins == {("3.8", Pin("alpha", "5.0"))}
    left = {(cell.spec.target.python, cell.spec.pins[0].version) for cell in plan(made, frozenset(), unbuildable=stuck)}
    assert left == set(of) - {("3.8", "5.0")}
    assert unbuildable([ended]) == NOTHING  # once may be the machine's
    assert not unbuildable([ended, ended, dataclasses.replace(ended, stage=Stage.IMPORT, failure=FailureClass.ABI)]).pins


def test_no_release_without_a_wheel_is_tried_where_others_of_its_name_ended_two_builds(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS[:1], shelf_solver(), libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")))
    stuck = Unbuildable(names=frozenset({"alpha"}))

    def bare(cell: Cell) -> list[str]:
        return ["alpha"] if cell.spec.pins[0].version in ("0.0", "1.0") and cell.spec.target.python == "3.9" else []

    left = plan(made, frozenset(), unbuildable=stuck, costly=bare)
    assert not any(bare(cell) for cell in left)
    assert len(left) == sum(not bare(cell) for cell in made)


def test_of_what_is_costly_a_stack_builds_one_and_that_last(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=6))
    dear = {cell.spec.key for cell in made if cell.spec.pins[0].version in ("0.0", "1.0", "2.0")}
    costly = {key: ["alpha"] for key in dear}
    order = plan(made, frozenset(), costly=lambda cell: costly.get(cell.spec.key, []), window=1)
    order = [cell for cell in order if cell.stack.name == "alpha"]
    told = [cell.spec.key in dear for cell in order]
    assert told[:-1] == [False] * (len(told) - 1)
    assert told[-1]

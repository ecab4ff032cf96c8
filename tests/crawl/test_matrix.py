import random
from collections import Counter
from collections.abc import Callable

from resolver.core.project import Project
from resolver.crawl.matrix import cells, spread
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver

STACKS = [Stack(name="a", needs=("alpha",), imports=("import alpha",), names=("alpha.x",)), Stack(name="b", needs=("beta",))]


def test_cells_are_spread_over_pythons_and_carry_the_probe(shelf_solver: Callable[..., Solver]) -> None:
    made = list(cells(STACKS, shelf_solver(), libraries=lambda _: ("libb", "liba"), per_stack=4, pythons=("3.8", "3.9")))
    assert Counter((c.stack.name, c.spec.target.python) for c in made) == {(s, p): 2 for s in "ab" for p in ("3.8", "3.9")}
    assert made[0].spec.probe.imports == ("import alpha",)
    assert made[0].spec.probe.distributions == ("alpha",)
    assert made[0].spec.system_packages == ("liba", "libb")


def test_the_draw_is_the_same_for_a_seed_and_another_for_another(shelf_solver: Callable[..., Solver]) -> None:
    def draw(seed: int) -> list[str]:
        return [c.spec.key for c in cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=3, seed=seed)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_every_policy_kind_of_a_python_is_drawn_before_any_twice(shelf_solver: Callable[..., Solver]) -> None:
    found = list(shelf_solver().candidates(STACKS[0].project(), [_target()], 99))
    kinds = [c.policy.split()[0] for c in spread(found, 2, random.Random(0))]
    assert sorted(kinds) == ["as-of", "newest"]


def _target():
    from resolver.core.target import Target

    return Target(python="3.9")


def test_cells_are_drawn_from_every_reading_of_a_stack(shelf_solver: Callable[..., Solver]) -> None:
    def readings(stack: Stack) -> list[Project]:
        return [stack.project(), Stack(name=stack.name, needs=("other",)).project()]

    made = list(cells(STACKS[:1], shelf_solver(), libraries=lambda _: (), per_stack=4, projects=readings, pythons=("3.9",)))
    assert Counter(c.spec.pins[0].name for c in made) == {"alpha": 2, "other": 2}


def test_every_accelerator_of_a_stack_has_its_share(shelf_solver: Callable[..., Solver]) -> None:
    stack = Stack(name="card", needs=("alpha",), accelerators=("cuda 11", "cuda 12", "cuda 13"))
    made = list(cells([stack], shelf_solver(), libraries=lambda _: (), per_stack=9, pool=10, pythons=("3.10",)))
    assert Counter(str(cell.spec.target.accelerator) for cell in made) == {"cuda 11": 3, "cuda 12": 3, "cuda 13": 3}

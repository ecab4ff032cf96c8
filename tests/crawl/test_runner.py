import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, Outcome, Verdict
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.runner import VOID_LIMIT, run_plan
from resolver.crawl.side_by_side import Threads, build_cell
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver
from resolver.store.database import open_store
from resolver.store.memory import MemoryStore
from tests.fakes_crawl import ScriptedExecutor

STACKS = [Stack(name="a", needs=("alpha",)), Stack(name="b", needs=("beta",))]


@pytest.fixture
def order(shelf_solver: Callable[..., Solver]) -> list[Cell]:
    return list(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=6, pythons=("3.9",)))


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_cell_has_one_stamped_outcome(order: list[Cell], jobs: int) -> None:
    store = MemoryStore()
    night = run_plan(order, ScriptedExecutor(), store, builds=Threads(jobs), snapshot="2026-01-01")
    kept = list(store.iterate())
    assert {o.spec.key for o in kept} == {c.spec.key for c in order}
    assert (night.built, night.passed, night.failed, night.ended) == (12, 6, 6, "done")
    assert night.classes == (("abi", 6),)
    assert all(o.when is not None and o.snapshot == "2026-01-01" for o in kept)


def test_the_budget_ends_it_and_the_next_start_goes_on(order: list[Cell]) -> None:
    from resolver.crawl.plan import plan

    store = MemoryStore()
    night = run_plan(order, ScriptedExecutor(seconds=0.05), store, budget_seconds=0.12)
    assert night.ended == "budget"
    assert 0 < night.built < len(order)
    rest = plan(order, store.keys())
    assert len(rest) == len(order) - night.built
    run_plan(rest, ScriptedExecutor(), store)
    assert sorted(o.spec.key for o in store.iterate()) == sorted(c.spec.key for c in order)


def test_a_broken_machine_stops_the_crawl_and_leaves_no_label(shelf_solver: Callable[..., Solver]) -> None:
    order = list(cells(STACKS, shelf_solver(), libraries=lambda _: (), per_stack=20))
    store = MemoryStore()
    night = run_plan(order, ScriptedExecutor(broken=True), store)
    assert night.ended == "machine"
    assert night.built == night.void == VOID_LIMIT
    assert not store.keys()


def test_an_engine_that_went_away_is_a_void_outcome(order: list[Cell]) -> None:
    class Gone:
        name = "gone"

        def run(self, spec: BuildSpec) -> Outcome:
            raise EngineUnavailable("no daemon", hint="start it")

    assert build_cell(Gone(), order[0]).verdict is Verdict.VOID


def _crawl(order: list[Cell], path: str) -> None:
    run_plan(order, ScriptedExecutor(seconds=0.05), open_store(path))


def test_a_killed_driver_loses_nothing_that_was_finished(order: list[Cell], tmp_path: Path) -> None:
    path = str(tmp_path / "outcomes.sqlite")
    driver = multiprocessing.get_context("fork").Process(target=_crawl, args=(order, path))
    driver.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (Path(path).exists() and len(open_store(path).keys()) >= 3):
        time.sleep(0.02)
    assert driver.pid
    os.kill(driver.pid, signal.SIGKILL)
    driver.join()
    finished = open_store(path).keys()
    assert 3 <= len(finished) < len(order)
    rest = [cell for cell in order if cell.spec.key not in finished]
    run_plan(rest, ScriptedExecutor(), open_store(path))
    assert open_store(path).keys() == {cell.spec.key for cell in order}

"""A real scheduler and real worker processes; some of them are killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import Verdict
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.runner import run_plan
from resolver.crawl.side_by_side import Cluster, local_cluster
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver
from resolver.store.database import open_store
from resolver.store.memory import MemoryStore
from tests.fakes_crawl import DeadlyExecutor, ScriptedExecutor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
ROOT = Path(__file__).parents[2]


class Dask:
    """A scheduler and workers, each a process of its own, started by dask's own command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        self.workers: list[subprocess.Popen[bytes]] = []
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        log = (self.folder / f"{words[0]}-{time.monotonic_ns()}.log").open("wb")
        with log:
            return subprocess.Popen([sys.executable, "-m", "dask", *words], env=environment, stdout=log, stderr=log, cwd=self.folder)

    def add(self, count: int) -> None:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
        self.workers += [self._start("worker", self.address, *options) for _ in range(count)]

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    with contextlib.ExitStack() as stack:
        started = Dask(tmp_path)
        stack.callback(started.stop)
        yield started


@pytest.fixture
def order(shelf_solver: Callable[..., Solver]) -> list[Cell]:
    stacks = [Stack(name=name, needs=(name,)) for name in ("alpha", "beta", "gamma", "delta")]
    return list(cells(stacks, shelf_solver(), libraries=lambda _: (), per_stack=6, pythons=("3.9",)))


def test_a_killed_worker_takes_no_cell_along(dask: Dask, order: list[Cell], tmp_path: Path) -> None:
    dask.add(3)
    store = open_store(tmp_path / "outcomes.sqlite")
    came = 0

    def builds(*asked: object) -> Iterator[object]:
        nonlocal came
        for outcome in Cluster(dask.address)(*asked):  # type: ignore[arg-type]
            came += 1
            if came == 4:
                os.kill(dask.workers[0].pid, signal.SIGKILL)
            yield outcome

    night = run_plan(order, ScriptedExecutor(seconds=0.2), store, builds=builds, snapshot="s")  # type: ignore[arg-type]
    kept = list(store.iterate())
    assert dask.workers[0].wait(5) == -signal.SIGKILL
    assert sorted(one.spec.key for one in kept) == sorted(cell.spec.key for cell in order)
    assert (night.built, night.passed, night.failed, night.void, night.ended) == (24, 12, 12, 0, "done")
    assert len({one.message for one in kept if one.verdict is Verdict.PASS}) > 1  # more than one process built


def test_a_cell_that_kills_every_worker_is_void_and_the_others_are_built(order: list[Cell]) -> None:
    store = MemoryStore()
    deadly = order[2].spec.key
    with local_cluster(2) as cluster:
        night = run_plan(order, DeadlyExecutor(deadly=deadly), store, builds=cluster)
    assert night.built == 24
    void = [one for one in store.iterate() if one.verdict is Verdict.VOID]
    assert [one.spec.key for one in void] == [deadly]
    assert "no worker survived it" in void[0].message
    assert store.keys() == {cell.spec.key for cell in order} - {deadly}


def test_a_cell_that_waits_behind_a_deadly_one_is_not_blamed(order: list[Cell]) -> None:
    store = MemoryStore()
    with local_cluster(1) as cluster:
        run_plan(order[:2], DeadlyExecutor(deadly=order[0].spec.key), store, builds=cluster)
    assert [one.spec.key for one in store.iterate() if one.verdict is Verdict.VOID] == [order[0].spec.key]
    assert store.keys() == {order[1].spec.key}


def test_a_scheduler_that_goes_away_is_told_and_the_next_start_goes_on(dask: Dask, order: list[Cell], tmp_path: Path) -> None:
    dask.add(2)
    store = open_store(tmp_path / "outcomes.sqlite")

    def builds(*asked: object) -> Iterator[object]:
        for number, outcome in enumerate(Cluster(dask.address, 2.0)(*asked)):  # type: ignore[arg-type]
            if number == 3:
                dask.scheduler.kill()
            yield outcome

    with pytest.raises(EngineUnavailable, match="scheduler") as caught:
        run_plan(order, ScriptedExecutor(seconds=0.2), store, builds=builds)  # type: ignore[arg-type]
    assert caught.value.hint
    finished = store.keys()
    assert 4 <= len(finished) < len(order)
    rest = [cell for cell in order if cell.spec.key not in finished]
    run_plan(rest, ScriptedExecutor(), store)
    assert sorted(one.spec.key for one in store.iterate()) == sorted(cell.spec.key for cell in order)


def test_the_budget_is_kept_on_a_cluster(order: list[Cell]) -> None:
    store = MemoryStore()
    with local_cluster(2) as cluster:
        night = run_plan(order, ScriptedExecutor(seconds=0.4), store, builds=cluster, budget_seconds=1.0)
    assert night.ended == "budget"
    assert 0 < night.built < len(order)
    assert night.built == len(list(store.iterate()))


def test_no_scheduler_is_an_error_with_a_hint(order: list[Cell]) -> None:
    with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:9") as caught:
        run_plan(order, ScriptedExecutor(), MemoryStore(), builds=Cluster("tcp://127.0.0.1:9", 1.0))
    assert "dask scheduler" in caught.value.hint

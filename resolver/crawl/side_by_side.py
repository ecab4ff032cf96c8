"""Builds side by side: in threads of this process, or on the workers of a dask cluster. Neither writes anything: outcomes come back."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import Outcome, void
from resolver.crawl.matrix import Cell
from resolver.interfaces import Executor

Builds = Callable[[Sequence[Cell], Executor, float], Iterator[Outcome]]
"""(cells, executor, deadline) -> outcomes as they come; cells that would start after the deadline (`time.monotonic`) are not built."""


@dataclasses.dataclass(frozen=True, slots=True)
class Threads:
    """`jobs` builds at a time in this process: a build is a child process anyway."""

    jobs: int = 1

    def __call__(self, order: Sequence[Cell], executor: Executor, deadline: float) -> Iterator[Outcome]:
        """Outcomes as they come."""
        from joblib import Parallel, delayed

        def due() -> Iterator[object]:
            for cell in order:
                if time.monotonic() >= deadline:
                    return
                yield delayed(build_cell)(executor, cell)

        # pre_dispatch keeps the generator from running ahead of the deadline.
        wanted = {"backend": "threading", "return_as": "generator_unordered", "pre_dispatch": self.jobs, "batch_size": 1}
        yield from Parallel(n_jobs=self.jobs, **wanted)(due())


@dataclasses.dataclass(frozen=True, slots=True)
class Cluster:
    """The workers of the dask scheduler at `address` ("tcp://host:8786").

    A worker that dies takes no cell along: dask gives its cells to another one, and a cell that no worker survives is void.
    Workers may come and go; each needs this program, and what its executor needs.
    """

    address: str
    patience_seconds: float = 20.0

    def __call__(self, order: Sequence[Cell], executor: Executor, deadline: float) -> Iterator[Outcome]:
        """Outcomes as they come. Raises EngineUnavailable when the scheduler does not answer, or goes away for longer than the patience."""
        from distributed.client import FutureCancelledError

        client = self._client()
        try:
            suspects = []
            for cell, future in _built(client, order, executor, deadline, queued=2):
                if future.exception():
                    suspects.append(cell)
                else:
                    yield future.result()
            # A waiting cell is blamed for the death that its neighbour caused: each suspect is tried alone before it is void.
            for cell, future in _built(client, suspects, executor, deadline, queued=0):
                problem = future.exception()
                yield void(cell.spec, executor.name, f"no worker survived it: {problem}") if problem else future.result()
        except (OSError, FutureCancelledError) as problem:
            raise EngineUnavailable("the dask scheduler went away", hint="start it again; what was built is stored") from problem
        finally:
            with contextlib.suppress(OSError, TimeoutError):
                client.close(timeout=2)

    def _client(self) -> Any:
        from distributed import Client

        try:
            return Client(self.address, timeout=self.patience_seconds)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as problem:
            hint = "start one: dask scheduler; and workers: dask worker ADDRESS"
            raise EngineUnavailable(f"no dask scheduler answers at {self.address}", hint=hint) from problem


def _built(client: Any, order: Sequence[Cell], executor: Executor, deadline: float, queued: int) -> Iterator[tuple[Cell, Any]]:
    """(cell, its ended future) as they end, `queued` cells to a thread of the cluster, or one cell at a time where that is 0."""
    from distributed import as_completed
    from distributed.client import FutureCancelledError

    coming = as_completed()  # type: ignore[no-untyped-call]
    waiting = iter(enumerate(order))
    cells: dict[str, Cell] = {}
    while True:
        # Two cells a thread: one runs, the next one is there when it ends, and the deadline is kept.
        room = max(1, queued * sum(client.nthreads().values())) - len(cells)
        while room > 0 and time.monotonic() < deadline and (found := next(waiting, None)):
            number, cell = found
            key = f"cell-{cell.spec.key}-{number}-{time.monotonic_ns()}"
            cells[key] = cell
            coming.add(client.submit(build_cell, executor, cell, key=key, pure=False))  # type: ignore[no-untyped-call]
            room -= 1
        if not cells:
            return
        future = next(coming)
        if isinstance(problem := future.exception(), FutureCancelledError):
            raise problem
        yield cells.pop(future.key), future


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[Cluster]:
    """A scheduler and `workers` worker processes on this machine, one build each."""
    from distributed import LocalCluster

    # A worker's memory is its builds', which have a limit of their own.
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        yield Cluster(cluster.scheduler_address)


def build_cell(executor: Executor, cell: Cell) -> Outcome:
    """One build. An engine that went away in the middle is a void outcome here: the driver decides when to stop."""
    try:
        return executor.run(cell.spec)
    except EngineUnavailable as problem:
        return void(cell.spec, executor.name, problem.message)

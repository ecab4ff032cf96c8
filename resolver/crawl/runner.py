"""Running the plan: builds side by side, each outcome stored the moment it comes, by this process alone."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import Outcome, Verdict
from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell
from resolver.interfaces import Executor, OutcomeStore

VOID_LIMIT = 12
"""So many void outcomes in a row mean that the machine is broken, not the cells: the crawl stops."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one crawl did: counts, seconds, and why it ended ("done", "budget", "machine")."""

    built: int = 0
    passed: int = 0
    failed: int = 0
    void: int = 0
    seconds: float = 0.0
    ended: str = "done"
    classes: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Night) -> Night:
        """Both together; the later one tells how it ended."""
        return Night(
            built=self.built + other.built,
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            void=self.void + other.void,
            seconds=self.seconds + other.seconds,
            ended=other.ended,
            classes=tuple((Counter(dict(self.classes)) + Counter(dict(other.classes))).most_common()),
        )


def run_plan(
    order: Sequence[Cell],
    executor: Executor,
    store: OutcomeStore,
    *,
    jobs: int = 1,
    budget_seconds: float = float("inf"),
    snapshot: str = "",
    reporter: Reporter | None = None,
    backend: str = "threading",
) -> Night:
    """Build the cells in order, `jobs` at a time, until the plan or the budget ends; returns the counts.

    This process alone writes to the store, as outcomes come; a kill loses only the builds under way.
    Raises EngineUnavailable when there is no engine from the start.
    """
    report = reporter or Reporter()
    started = time.monotonic()
    counts: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    voids = 0
    ended = "done"
    for done, outcome in enumerate(_outcomes(order, executor, jobs, started + budget_seconds, backend), 1):
        stamped = dataclasses.replace(outcome, snapshot=outcome.snapshot or snapshot, when=outcome.when or datetime.now(UTC))
        store.add(stamped)
        counts[stamped.verdict] += 1
        if stamped.verdict is Verdict.FAIL:
            classes[stamped.failure] += 1
        voids = voids + 1 if stamped.verdict is Verdict.VOID else 0
        report.progress(done, len(order), told(stamped))
        if voids >= VOID_LIMIT:
            ended = "machine"
            report.warning(f"{voids} builds in a row failed for reasons of the machine ({stamped.message}); the crawl stops")
            break
    if ended == "done" and time.monotonic() - started >= budget_seconds:
        ended = "budget"
    return Night(
        built=sum(counts.values()),
        passed=counts[Verdict.PASS],
        failed=counts[Verdict.FAIL],
        void=counts[Verdict.VOID],
        seconds=time.monotonic() - started,
        ended=ended,
        classes=tuple(classes.most_common()),
    )


def told(outcome: Outcome) -> str:
    """One outcome in a line, for progress."""
    spec = outcome.spec
    why = f" {outcome.failure}: {outcome.message[:90]}" if outcome.verdict is not Verdict.PASS else ""
    return f"{outcome.verdict} {spec.stack} py{spec.target.python} [{spec.policy}] {outcome.seconds:.1f}s{why}"


def _outcomes(order: Sequence[Cell], executor: Executor, jobs: int, deadline: float, backend: str) -> Iterator[Outcome]:
    """Outcomes as they come. Cells that would start after the deadline are not built."""
    from joblib import Parallel, delayed

    def due() -> Iterator[object]:
        for cell in order:
            if time.monotonic() >= deadline:
                return
            yield delayed(build_cell)(executor, cell)

    # pre_dispatch keeps the generator from running ahead of the deadline.
    yield from Parallel(n_jobs=jobs, backend=backend, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)(due())


def build_cell(executor: Executor, cell: Cell) -> Outcome:
    """One build. An engine that went away in the middle is a void outcome here: the driver decides when to stop."""
    from resolver.core.outcome import FailureClass, Stage

    try:
        return executor.run(cell.spec)
    except EngineUnavailable as problem:
        return Outcome(
            spec=cell.spec,
            verdict=Verdict.VOID,
            stage=Stage.INSTALL,
            failure=FailureClass.MACHINE,
            message=problem.message,
            executor=executor.name,
        )

"""The nightly recipe: matrix -> plan -> builds -> store -> a run in the tracker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from resolver.core.candidate import Candidate
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.plan import plan, uncertainty
from resolver.crawl.runner import Night, run_plan
from resolver.crawl.stacks import Stack
from resolver.interfaces import Executor, OutcomeStore, Ranker, Solver, Tracker


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRequest:
    """How much to build: cells a stack, jobs at a time, seconds in all, the seed of the draw."""

    per_stack: int = 12
    jobs: int = 1
    budget_seconds: float = float("inf")
    seed: int = 0
    prune_every: int = 20


def plan_crawl(
    stacks: Sequence[Stack],
    request: CrawlRequest,
    *,
    solver: Solver,
    libraries: Callable[[Candidate], tuple[str, ...]],
    projects: Callable[[Stack], Sequence[Project]],
    known: frozenset[str],
    ranker: Ranker | None,
    reporter: Reporter,
) -> list[Cell]:
    """The cells a crawl would build, in order; the ranker's uncertainty decides within a stack when there is a ranker."""
    reporter.step(f"planning {len(stacks)} stacks")
    drawn = cells(stacks, solver, libraries=libraries, per_stack=request.per_stack, projects=projects, seed=request.seed, reporter=reporter)
    found = list(drawn)

    def interest(cell: Cell) -> float:
        assert ranker is not None
        return uncertainty(ranker.rank(cell.stack.project(), [cell.candidate])[0].probability)

    return plan(found, known, interest=interest if ranker else None, seed=request.seed)


def crawl(
    order: Sequence[Cell],
    request: CrawlRequest,
    *,
    executor: Executor,
    store: OutcomeStore,
    tracker: Tracker,
    prune: Callable[[], None],
    snapshot: str,
    reporter: Reporter,
) -> Night:
    """Build the plan within its budget, prune caches as it goes, and log the night."""
    reporter.step(f"building {len(order)} cells with {executor.name}, {request.jobs} at a time")

    def after(done: int) -> None:
        if done % request.prune_every == 0:
            prune()

    night = run_plan(
        order,
        executor,
        store,
        jobs=request.jobs,
        budget_seconds=request.budget_seconds,
        after=after,
        snapshot=snapshot,
        reporter=reporter,
    )
    metrics = {"built": night.built, "passed": night.passed, "failed": night.failed, "void": night.void, "seconds": night.seconds}
    metrics |= {f"class.{name}": count for name, count in night.classes}
    parameters = {
        "per_stack": request.per_stack,
        "jobs": request.jobs,
        "seed": request.seed,
        "planned": len(order),
        "ended": night.ended,
    }
    tracker.log("crawl", f"night of {snapshot}", parameters=parameters, metrics={k: float(v) for k, v in metrics.items()})
    return night

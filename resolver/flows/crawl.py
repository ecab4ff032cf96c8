"""The nightly recipe: matrix -> plan -> builds -> store -> a run in the tracker."""

from __future__ import annotations

import dataclasses
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from resolver.core.candidate import Candidate
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.crawl.figures import can_draw, draw
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.plan import NOTHING, Unbuildable, plan, uncertainty
from resolver.crawl.progress import Pace
from resolver.crawl.runner import Night, run_plan
from resolver.crawl.side_by_side import Builds
from resolver.crawl.stacks import Stack
from resolver.flows.unbuilt import unbuilt
from resolver.interfaces import Executor, OutcomeStore, Ranker, Solver, Tracker

PRUNE_EVERY = 48
"""So many cells are built between two looks at the caches' size."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRequest:
    """How much to build: cells a stack, seconds in all, the seed of the draw, stacks in a round, megabytes that a cell may download, and
    whether newly met releases are walked for the API timeline. And where: `jobs` at a time here, or on so many `workers` (processes
    here), or on the `cluster` of a dask scheduler ("tcp://host:8786").
    """

    per_stack: int = 12
    jobs: int = 1
    workers: int = 0
    cluster: str = ""
    budget_seconds: float = float("inf")
    seed: int = 0
    round_stacks: int = 64
    most_mb: float = float("inf")
    walk: bool = True


def plan_crawl(
    stacks: Sequence[Stack],
    request: CrawlRequest,
    *,
    solver: Solver,
    libraries: Callable[[Candidate], tuple[str, ...]],
    projects: Callable[[Stack], Sequence[Project]],
    known: frozenset[str],
    unbuildable: Unbuildable = NOTHING,
    ranker: Ranker,
    trained: bool,
    reporter: Reporter,
) -> list[Cell]:
    """The cells a crawl would build, in order. With a trained ranker half of them are what it would choose, so that its own choices
    are put to the test, and its uncertainty decides the order within a stack.
    """
    reporter.step(f"planning {len(stacks)} stacks")

    def ranked(project: Project, found: Sequence[Candidate]) -> list[Candidate]:
        return [scored.candidate for scored in ranker.rank(project, found)]

    found = list(
        cells(
            stacks,
            solver,
            libraries=libraries,
            per_stack=request.per_stack,
            projects=projects,
            ranked=ranked if trained else None,
            seed=request.seed,
            reporter=reporter,
        )
    )

    # One table for all sets of a stack: a call for each cell would take half of the planning.
    unsure: dict[str, float] = {}
    for stack, members in itertools.groupby(found if trained else (), key=lambda cell: cell.stack):
        of = {id(cell.candidate): cell for cell in members}
        told = ranker.rank(stack.project(), [cell.candidate for cell in of.values()])
        unsure |= {of[id(scored.candidate)].spec.key: uncertainty(scored.probability) for scored in told}

    return plan(
        found,
        known,
        unbuildable=unbuildable,
        interest=(lambda cell: unsure[cell.spec.key]) if trained else None,
        costly=lambda cell: [release.name for release in unbuilt(cell.candidate)],
        most_mb=request.most_mb,
        seed=request.seed,
    )


def crawl(
    rounds: Sequence[Sequence[Stack]],
    request: CrawlRequest,
    *,
    planned: Callable[[Sequence[Stack], float], list[Cell]],
    executor: Executor,
    store: OutcomeStore,
    tracker: Tracker,
    builds: Builds,
    prune: Callable[[], None],
    snapshot: str,
    reporter: Reporter,
    shared: bool = False,
) -> Night:
    """Build round after round of stacks within the budget, prune caches as it goes, and log the night.

    The next round is planned in a thread while this one builds; `planned` is told the round's stacks and the seconds that it may take.
    With `shared` every round has its part of the budget, by its number of stacks; without, the first rounds have all they need.
    """
    deadline = time.monotonic() + request.budget_seconds
    night = Night()

    def turn(number: int, since: float) -> float:
        return (deadline - since) * (share(rounds[number:]) if shared else 1)

    with ThreadPoolExecutor(1) as planner:
        ahead = planner.submit(planned, rounds[0], turn(0, time.monotonic())) if rounds else None
        for number in range(len(rounds)):
            assert ahead is not None
            order = ahead.result()
            started = time.monotonic()
            until = started + turn(number, started)
            if number + 1 < len(rounds):
                ahead = planner.submit(planned, rounds[number + 1], turn(number + 1, until if shared else started))
            reporter.step(f"round {number + 1} of {len(rounds)}: {len(order)} cells with {executor.name}")
            pace = Pace(len(order), until)
            for start in range(0, len(order), PRUNE_EVERY):
                part = longest_first(order[start : start + PRUNE_EVERY])
                left = until - time.monotonic()
                night += run_plan(
                    part, executor, store, builds=builds, budget_seconds=left, snapshot=snapshot, reporter=reporter, pace=pace
                )
                prune()
                if night.ended != "done":
                    break
            if night.ended == "machine" or time.monotonic() >= deadline:
                planner.shutdown(wait=False, cancel_futures=True)
                break
    _log(night, request, snapshot, tracker, store)
    return night


def longest_first(part: Sequence[Cell]) -> list[Cell]:
    """What builds from large sources before all else: at the end of a part every other worker would wait for it."""
    return sorted(part, key=lambda cell: not unbuilt(cell.candidate))


def share(rounds: Sequence[Sequence[Stack]]) -> float:
    """The first round's part of the time that is left for all of these, 0 to 1, by its number of stacks."""
    return len(rounds[0]) / sum(map(len, rounds))


def rounds_of(stacks: Sequence[Stack], request: CrawlRequest, built: Mapping[str, int] | None = None) -> list[list[Stack]]:
    """The stacks, those `built` least often first, else in an order drawn by the seed, cut into rounds of 4, 8, 16, ... up to
    `round_stacks`: the first build starts after seconds, and later rounds are large enough that cells of many stacks share each heavy
    wheel.
    """
    drawn = sorted(stacks, key=lambda stack: stack.name)
    random.Random(request.seed).shuffle(drawn)  # noqa: S311 - an order, not a secret
    if built:
        drawn.sort(key=lambda stack: built.get(stack.name, 0))
    cut: list[list[Stack]] = []
    size = min(4, request.round_stacks)
    while drawn:
        cut.append(drawn[:size])
        drawn = drawn[size:]
        size = min(2 * size, request.round_stacks)
    return cut


def _log(night: Night, request: CrawlRequest, snapshot: str, tracker: Tracker, store: OutcomeStore) -> None:
    """The night's figures, and pictures of everything that was ever seen."""
    metrics = {"built": night.built, "passed": night.passed, "failed": night.failed, "void": night.void, "seconds": night.seconds}
    metrics |= {"builds_an_hour": 3600 * night.built / night.seconds if night.seconds else 0.0}
    metrics |= {f"class.{name}": count for name, count in night.classes}
    parameters = {"per_stack": request.per_stack, "jobs": request.jobs, "seed": request.seed, "ended": night.ended}
    with tempfile.TemporaryDirectory(prefix="resolver-night-") as folder:
        files = [str(file) for file in draw(list(store.iterate()), Path(folder))] if can_draw() else []
        numbers = {name: float(number) for name, number in metrics.items()}
        tracker.log("crawl", f"night of {snapshot}", parameters=parameters, metrics=numbers, files=files)

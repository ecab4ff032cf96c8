"""Running the plan: builds side by side, each outcome stored the moment it comes, by this process alone."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from resolver.core.outcome import Verdict
from resolver.core.reporter import Reporter
from resolver.crawl.matrix import Cell
from resolver.crawl.progress import Pace
from resolver.crawl.side_by_side import Builds, Threads
from resolver.interfaces import Executor, OutcomeStore

ONE_BY_ONE = Threads(1)
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
    builds: Builds = ONE_BY_ONE,
    budget_seconds: float = float("inf"),
    snapshot: str = "",
    reporter: Reporter | None = None,
    pace: Pace | None = None,
) -> Night:
    """Build the cells in order until the plan or the budget ends; returns the counts. `pace` is that of a longer plan, of which this
    is a part.

    This process alone writes to the store, as outcomes come; a kill loses only the builds under way.
    Raises EngineUnavailable when there is no engine from the start.
    """
    report = reporter or Reporter()
    started = time.monotonic()
    counts: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    voids = 0
    ended = "done"
    pace = pace or Pace(len(order), started + budget_seconds)
    for outcome in builds(order, executor, started + budget_seconds):
        stamped = dataclasses.replace(outcome, snapshot=outcome.snapshot or snapshot, when=outcome.when or datetime.now(UTC))
        store.add(stamped)
        counts[stamped.verdict] += 1
        if stamped.verdict is Verdict.FAIL:
            classes[stamped.failure] += 1
        voids = voids + 1 if stamped.verdict is Verdict.VOID else 0
        line = pace.tell(stamped)
        report.progress(pace.done, pace.total, line)
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

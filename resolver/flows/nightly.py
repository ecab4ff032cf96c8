"""What one night builds: chosen out of everything that could be built, by what was seen and what the rankers say of the rest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import date

from resolver.core.outcome import Outcome, Verdict
from resolver.core.reporter import Reporter
from resolver.crawl.choose import Choice, choose, doubt
from resolver.crawl.matrix import Cell
from resolver.flows.unbuilt import Known, unbuilt
from resolver.interfaces import Ranker

USUAL_SECONDS = 8.0
"""What a cell takes before anything was measured."""
RECENT = 300
"""So many of the latest outcomes say how long a cell takes."""


def chosen(
    pool: Sequence[Cell],
    *,
    budget_seconds: float,
    build_seconds: float,
    side_by_side: int,
    seen: Iterable[Outcome],
    committee: Sequence[Ranker],
    since: date | None,
    reporter: Reporter,
) -> list[Choice]:
    """As many cells as the budget holds at the pace of the last builds, and a third more, so that a quick night does not run dry.

    What is built from a large source may take up to `build_seconds` while all else waits for it: a shorter budget leaves it out.
    """
    if budget_seconds < build_seconds:
        known: Known = {}
        pool = [cell for cell in pool if not unbuilt(cell.candidate, known)]
    past = [outcome for outcome in seen if outcome.verdict is not Verdict.VOID]
    pace = statistics.fmean([outcome.seconds for outcome in past[-RECENT:]] or [USUAL_SECONDS])
    wanted = int(min(budget_seconds * side_by_side / pace * 4 / 3 + 1, len(pool)))
    reporter.step(f"choosing {wanted} of {len(pool)} cells ({pace:.1f} s each)")
    doubts = dict(zip((cell.spec.key for cell in pool), doubt(say(committee, pool)), strict=True)) if committee and pool else {}
    return choose(pool, wanted, seen=(outcome.spec for outcome in past), unsure=doubts, since=since)


def say(committee: Sequence[Ranker], pool: Sequence[Cell]) -> list[list[float]]:
    """The probability that each member gives each cell, a row a member."""
    stacks: dict[str, list[int]] = {}
    for place, cell in enumerate(pool):
        stacks.setdefault(cell.stack.name, []).append(place)
    table = [[0.0] * len(pool) for _ in committee]
    for row, ranker in zip(table, committee, strict=True):
        for places in stacks.values():
            of = {id(pool[place].candidate): place for place in places}
            for scored in ranker.rank(pool[places[0]].stack.project(), [pool[place].candidate for place in places]):
                row[of[id(scored.candidate)]] = scored.probability
    return table

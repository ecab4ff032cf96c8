"""What speaks against a set as a whole and no edge tells; the likeliest sets are held against it until one stands."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Callable, Sequence

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import Pin

NEWER = 0.05
"""What is left of the probability of a set with a member that the interpreter cannot import (see `flows.newer`)."""
DRAWN = 0.08
"""By so much a perturbed set must be likelier: on the stored builds, by stack and out of fold, top-1 of three seeds rose from 0.925, 0.906,
0.925 to 0.943 with any figure between 0.05 and 0.12 (2026-11-25)."""
TRIES = 12
"""So many sets are asked about their pairs."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """`apart` tells of a pair of a set that takes from each other in vain, and what that leaves; `newer` of a member that wants another
    interpreter than the set's, which speaks against every set with that member and interpreter.
    """

    apart: Callable[[Candidate], tuple[str, float] | None] = lambda _: None
    newer: Callable[[Candidate], tuple[Pin, str] | None] = lambda _: None

    def weighed(self, ranked: Sequence[Scored]) -> list[Scored]:
        """Best first again, with doubts counted, until the best has none left to be asked about or `TRIES` were asked."""
        waiting = [(standing(scored), place, scored) for place, scored in enumerate(ranked)]
        heapq.heapify(waiting)
        asked: set[int] = set()
        wrong: dict[tuple[Pin, str], str] = {}
        tries = 0
        while waiting and waiting[0][1] not in asked and tries < TRIES:
            _, place, scored = heapq.heappop(waiting)
            asked.add(place)
            told, left = self._unrunnable(scored.candidate, wrong), NEWER
            if not told:
                tries += 1
                told, left = self.apart(scored.candidate) or ("", 1.0)
            if told:
                scored = dataclasses.replace(scored, probability=scored.probability * left, reasons=(*scored.reasons, told))
            heapq.heappush(waiting, (standing(scored), place, scored))
        return [scored for _, _, scored in sorted(waiting, key=lambda entry: entry[:2])]

    def _unrunnable(self, candidate: Candidate, wrong: dict[tuple[Pin, str], str]) -> str:
        """Why the interpreter cannot import a member, "" when nothing is known of it; what was found once is not asked for again."""
        python = candidate.target.python
        told = next((wrong[pin, python] for pin in candidate.pins if (pin, python) in wrong), "") if wrong else ""
        if not told and (found := self.newer(candidate)):
            told = wrong[found[0], python] = found[1]
        return told


NO_DOUBTS = Doubts()


def standing(scored: Scored) -> float:
    """Where a set belongs, less is better. One that was drawn away from every policy goes first only when it is clearly likelier: of
    hundreds of draws the one that the ranker overrates most looks best.
    """
    return -round(scored.probability - (DRAWN if scored.candidate.policy.startswith("perturbed") else 0.0), 3)

"""What to build next: what was least seen, where the ranker is unsure, and what is new since last night."""

from __future__ import annotations

import dataclasses
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from resolver.core.outcome import BuildSpec
from resolver.core.package import Pin
from resolver.crawl.matrix import Cell
from resolver.crawl.plan import uncertainty

FIRST = 2
"""So many builds of each stack come before anything else is asked of the night."""


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """A cell and why it was chosen: "spread", "unsure" or "new"."""

    cell: Cell
    why: str


def choose(
    pool: Iterable[Cell],
    wanted: int,
    *,
    seen: Iterable[BuildSpec],
    unsure: Mapping[str, float] | None = None,
    since: date | None = None,
) -> list[Choice]:
    """At most `wanted` cells of the pool, best first; the same for the same pool.

    First every stack gets `FIRST` builds, then three queues take turns: the cell whose stack, interpreter and releases were least
    `seen`; the one that is most `unsure` (by key, see `doubt`), weighed by how little of it was seen, so that a batch is not one
    question asked many times; and the least seen one with a release uploaded after `since`. What is chosen counts as seen at once.
    """
    tally = Tally(seen)
    cells = {cell.spec.key: cell for cell in pool}
    doubts = unsure or {}
    fresh = [cell for cell in cells.values() if since and _is_fresh(cell, since)]
    taken: set[str] = set()
    queues = {
        "spread": _Queue(cells.values(), tally.novelty, taken),
        "unsure": _Queue([c for k, c in cells.items() if k in doubts], lambda c: doubts[c.spec.key] * (0.2 + tally.novelty(c)), taken),
        "new": _Queue(fresh, tally.novelty, taken),
    }
    chosen: list[Choice] = []

    def take(why: str, cell: Cell) -> None:
        taken.add(cell.spec.key)
        tally.add(cell.spec)
        chosen.append(Choice(cell, why))

    for cell in _first(cells.values(), tally):
        if len(chosen) < wanted:
            take("spread", cell)
    while len(chosen) < min(wanted, len(cells)):
        for why, queue in queues.items():
            if len(chosen) < wanted and (found := queue.pop()):
                take(why, found)
    return chosen


def doubt(committee: Sequence[Sequence[float]]) -> list[float]:
    """How little each cell's result is known: the entropy (bits) of the committee's mean probability, and how far its members differ.

    One row a member, one column a cell; 0 to 2.
    """
    table = np.asarray(committee, dtype=float)
    spread = 2 * table.std(axis=0)
    return [uncertainty(float(mean)) + float(apart) for mean, apart in zip(table.mean(axis=0), spread, strict=True)]


class Tally:
    """How often the facets of builds were seen: a stack on an interpreter, a feature series of a release on an interpreter."""

    def __init__(self, seen: Iterable[BuildSpec] = ()) -> None:
        self.stacks: Counter[str] = Counter()
        self._facets: Counter[tuple[str, str, str]] = Counter()
        for spec in seen:
            self.add(spec)

    def add(self, spec: BuildSpec) -> None:
        """One more build."""
        self.stacks[spec.stack] += 1
        self._facets.update(_facets(spec))

    def novelty(self, cell: Cell) -> float:
        """1 for a cell of which nothing was seen, towards 0 for one of which everything was seen often; falls as more is seen."""
        place, *series = _facets(cell.spec)
        rare = sum(1 / (1 + self._facets[one]) for one in series) / max(1, len(series))
        return 0.5 * (rare + 1 / (1 + self._facets[place]))


def _facets(spec: BuildSpec) -> list[tuple[str, str, str]]:
    python = spec.target.python
    return [("stack", spec.stack, python), *((pin.name, _series(pin), python) for pin in spec.pins)]


def _series(pin: Pin) -> str:
    return ".".join(pin.version.split(".")[:2])


def _is_fresh(cell: Cell, since: date) -> bool:
    return any(release.uploaded is not None and release.uploaded.date() > since for release in cell.candidate.packages)


def _first(cells: Iterable[Cell], tally: Tally) -> Iterator[Cell]:
    """Cells of stacks that were hardly built yet, as many as each lacks, the most novel ones."""
    stacks: dict[str, list[Cell]] = {}
    for cell in cells:
        stacks.setdefault(cell.stack.name, []).append(cell)
    for name, members in sorted(stacks.items()):
        lacking = max(0, FIRST - tally.stacks[name])
        yield from sorted(members, key=lambda cell: (-tally.novelty(cell), cell.spec.key))[:lacking]


class _Queue:
    """Cells by a score that only falls as more is chosen: the top one is scored anew until it stays on top."""

    def __init__(self, cells: Iterable[Cell], score: Callable[[Cell], float], taken: set[str]) -> None:
        self._score, self._taken = score, taken
        self._cells = {cell.spec.key: cell for cell in cells}
        self._heap = [(-score(cell), key) for key, cell in self._cells.items()]
        heapq.heapify(self._heap)

    def pop(self) -> Cell | None:
        """The best cell that is not taken; None when there is none."""
        while self._heap:
            _, key = heapq.heappop(self._heap)
            if key in self._taken:
                continue
            now = -self._score(self._cells[key])
            if not self._heap or now <= self._heap[0][0]:
                return self._cells[key]
            heapq.heappush(self._heap, (now, key))
        return None

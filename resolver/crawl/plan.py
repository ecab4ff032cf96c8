"""The order of building: unknown keys only, spread over stacks first, heavy wheels kept together."""

from __future__ import annotations

import dataclasses
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from resolver.build.logs import failed_source
from resolver.core.outcome import FailureClass, Outcome, Stage
from resolver.core.package import Pin, normalize
from resolver.crawl.matrix import Cell

HEAVY_MB = 40
"""A pin whose wheel is at least this large decides the group that a cell is built in (MB)."""

ENOUGH = 2
"""So many builds ended at a source distribution on an interpreter before no more is asked of it there: a compiler's minute each."""
INSTALLED = (Stage.IMPORT, Stage.USE, Stage.RUN)


@dataclasses.dataclass(frozen=True, slots=True)
class Unbuildable:
    """What builds have shown of source distributions: (Python, pin) of those that do not build, and the names of those that ended builds
    at any version on any Python: of these no release is tried again where it has wheels, but none for the target.
    """

    pins: frozenset[tuple[str, Pin]] = frozenset()
    names: frozenset[str] = frozenset()


NOTHING = Unbuildable()


def unbuildable(outcomes: Iterable[Outcome]) -> Unbuildable:
    """The source distributions that ended at least `ENOUGH` builds on a Python; of pins those that are in no set that was installed
    there.
    """
    ended: Counter[tuple[str, Pin]] = Counter()
    names: Counter[str] = Counter()
    installed: set[tuple[str, Pin]] = set()
    for outcome in outcomes:
        python = outcome.spec.target.python
        if outcome.failure is FailureClass.SDIST_BUILD:
            name = failed_source(outcome.message)
            ended.update((python, pin) for pin in outcome.spec.pins if normalize(pin.name) == name)
            names[name] += 1
        elif outcome.stage in INSTALLED:
            installed.update((python, pin) for pin in outcome.spec.pins)
    return Unbuildable(
        frozenset(pair for pair, times in ended.items() if times >= ENOUGH and pair not in installed),
        frozenset(name for name, times in names.items() if times >= ENOUGH),
    )


def plan(
    cells: Iterable[Cell],
    known: frozenset[str],
    *,
    unbuildable: Unbuildable = NOTHING,
    interest: Callable[[Cell], float] | None = None,
    costly: Callable[[Cell], Collection[str]] = lambda _: (),
    most_mb: float = math.inf,
    window: int = 600,
    seed: int = 0,
) -> list[Cell]:
    """The cells to build, in order: each key once, same for a seed. Left out: known ones, those that download more than `most_mb`, and
    those with a source distribution of `unbuildable`. `costly` names those members of a cell that have no wheel and hardly ever build.

    Cells are dealt in rounds: a round holds at most one cell of every stack, the most interesting first (`interest` is the ranker's
    uncertainty, 0 to 1; without one the deal is random). Of the costly ones a stack has one, its last.
    Within a window of `window` cells those of one interpreter that share heavy wheels stand together, so that each is fetched once
    while it is in the cache.
    """
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    seen = set(known)
    stacks: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        python = cell.spec.target.python
        stuck = any((python, pin) in unbuildable.pins for pin in cell.spec.pins)
        stuck = stuck or not unbuildable.names.isdisjoint(costly(cell))
        if cell.spec.key not in seen and not stuck and megabytes(cell) <= most_mb:
            seen.add(cell.spec.key)
            stacks[cell.stack.name].append(cell)
    for queue in stacks.values():
        chance.shuffle(queue)
        if interest:
            queue.sort(key=interest, reverse=True)
        dear = [cell for cell in queue if costly(cell)]
        queue[:] = [cell for cell in queue if cell not in dear] + dear[:1]
    order: list[Cell] = []
    names = sorted(stacks)
    for row in range(max((len(queue) for queue in stacks.values()), default=0)):
        chance.shuffle(names)
        order += [stacks[name][row] for name in names if row < len(stacks[name])]
    return in_windows(order, window)


def in_windows(order: Sequence[Cell], window: int = 600) -> list[Cell]:
    """The order with cells that share heavy wheels side by side within each window."""
    return [cell for start in range(0, len(order), window) for cell in sorted(order[start : start + window], key=heavy_group)]


def heavy_group(cell: Cell) -> tuple[str, ...]:
    """The interpreter and the heavy pins of a cell, heaviest first: cells with equal groups share downloads."""
    heavy = [(weight(cell, place), str(release.pin)) for place, release in enumerate(cell.candidate.packages)]
    return (cell.spec.target.python, *(pin for mb, pin in sorted(heavy, reverse=True) if mb >= HEAVY_MB))


def megabytes(cell: Cell) -> float:
    """What a cell downloads at most, in MB."""
    return sum(weight(cell, place) for place in range(len(cell.candidate.packages)))


def weight(cell: Cell, place: int) -> float:
    """The size in MB of the largest wheel that the release at `place` could install on the cell's Python, 0 when unknown."""
    release = cell.candidate.packages[place]
    tag = "cp" + cell.spec.target.python.replace(".", "")
    sizes = [
        file.size
        for file in release.files
        if file.kind == "wheel" and (f"-{tag}" in file.filename or "-py3" in file.filename or "abi3" in file.filename)
    ]
    return max(sizes, default=0) / 1e6


def uncertainty(probability: float) -> float:
    """Shannon entropy of a pass probability, in bits: 1 at one half, 0 when sure."""
    p = min(max(probability, 1e-9), 1 - 1e-9)
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def groups(order: Sequence[Cell]) -> list[list[Cell]]:
    """The plan cut where the heavy group changes; cells of one group may run side by side."""
    cut: list[list[Cell]] = []
    for cell in order:
        if cut and heavy_group(cut[-1][0]) == heavy_group(cell):
            cut[-1].append(cell)
        else:
            cut.append([cell])
    return cut

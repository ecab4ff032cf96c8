"""`resolver score` over many lines: each core scores a share with a program of its own, and answers come in the order of the lines."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from resolver.rank.score import Numbered
from resolver.settings import Settings

FEW = 200
"""So many lines are scored before another process would have started."""
SHARE = 64
"""Lines that a process takes at a time."""
PROCESSES = 4
"""At most so many: each holds some 150 MB."""


def scored(settings: Settings, lines: Iterable[Numbered], here: Callable[[Iterable[Numbered]], Iterator[str]]) -> Iterator[str]:
    """The answer to each line, in order; by `here` alone where there are few lines or one core. What is read ahead is bounded.

    Raises what `here` raises, after the answers to the lines before.
    """
    waiting = iter(lines)
    first = list(itertools.islice(waiting, FEW + 1))
    processes = min(PROCESSES, len(os.sched_getaffinity(0)))
    if len(first) <= FEW or processes < 2:
        yield from here(itertools.chain(first, waiting))
        return
    shares = _shares(itertools.chain(first, waiting))
    # Spawned: a forked SQLite connection or LightGBM thread pool is of no use to anybody.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        while window := list(itertools.islice(shares, 8 * processes)):
            for answers in pool.map(functools.partial(_score, settings), window):
                yield from answers


def _shares(lines: Iterator[Numbered]) -> Iterator[Sequence[Numbered]]:
    while share := list(itertools.islice(lines, SHARE)):
        yield share


def _score(settings: Settings, share: Sequence[Numbered]) -> list[str]:
    return list(_house(settings)(share))


@functools.cache
def _house(settings: Settings) -> Callable[[Iterable[Numbered]], Iterator[str]]:
    from resolver.compose.house import House

    return House(settings).score_here

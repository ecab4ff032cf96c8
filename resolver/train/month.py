"""A month in an afternoon: the outcomes on record arrive in the order of time, every night trains, and what comes next is the test."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from resolver.core.errors import ResolverError
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import LearnedRanker
from resolver.train.boost import Recipe
from resolver.train.dataset import Corpus, Example, observe
from resolver.train.evaluate import judge, report
from resolver.train.fit import fit
from resolver.train.split import hold_out


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """After one night: on how many builds of how many stacks the ranker was trained, and its metrics on the stacks it never sees."""

    builds: int
    stacks: int
    learned: dict[str, float]


def month(corpus: Corpus, book: FactBook, assembler: Assembler, *, nights: int = 30, seed: int = 0) -> Iterator[Night]:
    """A ranker for each night, trained on what had come by then, judged on the fixed hold-out; nights with too little are left out."""
    kept, held = hold_out(corpus)
    if not held.examples:
        raise ResolverError("the hold-out is empty", hint="a month needs outcomes of more stacks: resolver crawl")
    for examples in arrivals(kept.examples, nights):
        part = Corpus(examples=examples, observations=tuple(observe(examples)))
        try:
            text, _ = fit(part, book, assembler, Recipe(seed=seed))
        except ResolverError:
            continue
        yield Night(builds=len(examples), stacks=len(part.groups), learned=report(judge(LearnedRanker(text, book), held.examples)))


def arrivals(examples: Sequence[Example], nights: int) -> list[tuple[Example, ...]]:
    """What had come by the end of each night: equal parts in the order in which the builds were made, undated ones first."""
    dated = sorted(examples, key=lambda example: example.when.timestamp() if example.when else 0.0)
    return [tuple(dated[: round(len(dated) * night / nights)]) for night in range(1, nights + 1)]

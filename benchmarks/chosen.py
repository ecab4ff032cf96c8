#!/usr/bin/env python3
"""Do chosen cells teach more than random ones? Recorded outcomes stand for builds; both ways start alike and are judged alike.

  .venv/bin/python benchmarks/chosen.py [--outcomes data/outcomes] [--start 60] [--step 80] [--rounds 3] [--seeds 3]

The pool is every recorded outcome outside the fixed hold-out of stacks. A turn begins with `start` cells drawn at random, the same for both
ways. Then, `rounds` times, `step` cells are added: at random, or as `resolver crawl --nightly` chooses (spread, unsure, new; the committee
is the ranker fitted on what was taken so far, and the rules; a cell's verdict is looked at only once it is taken). After each round a
ranker is fitted on what was taken and judged on the hold-out. A line a fit as JSON, then means over the seeds. Some minutes.
"""

import argparse
import json
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from resolver.compose import House
from resolver.core.outcome import Verdict
from resolver.crawl.choose import choose, doubt
from resolver.crawl.matrix import Cell
from resolver.crawl.stacks import Stack
from resolver.rank.booster import LearnedRanker
from resolver.rank.rules import RuleRanker
from resolver.settings import load
from resolver.store.export import read_export
from resolver.train.boost import Recipe
from resolver.train.dataset import Corpus, Example, observe, read_corpus
from resolver.train.evaluate import judge
from resolver.train.fit import fit
from resolver.train.metrics import summary
from resolver.train.split import hold_out

METRICS = ("auc", "auc_within", "log_loss", "ece", "top1")


def corpus_of(examples: Sequence[Example]) -> Corpus:
    return Corpus(examples=tuple(examples), observations=tuple(observe(examples)))


def picked(pool: list[Example], taken: list[Example], wanted: int, ranker: LearnedRanker, rules: RuleRanker) -> list[Example]:
    """What the nightly recipe would build next: it sees the specs of the pool and no verdict."""
    cells = {e.outcome.spec.key: Cell(stack=Stack(name=e.group), candidate=e.candidate, spec=e.outcome.spec) for e in pool}
    by_key = {e.outcome.spec.key: e for e in pool}
    rows = []
    for member in (ranker, rules):
        told: dict[int, float] = {}
        for group in sorted({e.group for e in pool}):
            for project in {e.project.evidence for e in pool if e.group == group}:
                part = [e for e in pool if e.group == group and e.project.evidence == project]
                told |= {id(one.candidate): one.probability for one in member.rank(part[0].project, [e.candidate for e in part])}
        rows.append([told[id(by_key[key].candidate)] for key in cells])
    doubts = dict(zip(cells, doubt(rows), strict=True))
    found = choose(cells.values(), wanted, seen=[e.outcome.spec for e in taken], unsure=doubts)
    return [by_key[choice.cell.spec.key] for choice in found]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--outcomes", type=Path, default=Path("data/outcomes"))
    for name, default in (("start", 60), ("step", 80), ("rounds", 3), ("seeds", 3)):
        words.add_argument(f"--{name}", type=int, default=default)
    asked = words.parse_args()
    house = House(load({"offline": True})[0])
    outcomes = [outcome for outcome in read_export(asked.outcomes) if outcome.verdict is not Verdict.VOID]
    kept, held = hold_out(read_corpus(outcomes, house.assembler, dated=house.dated()))
    every = list({example.outcome.spec.key: example for example in kept.examples}.values())
    rules = RuleRanker(house.book)
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for seed in range(asked.seeds):
        start = random.Random(seed).sample(every, asked.start)
        for way in ("random", "chosen"):
            taken, chance = list(start), random.Random(1000 + seed)
            for turn in range(asked.rounds + 1):
                text, _ = fit(corpus_of(taken), house.book, house.assembler, Recipe(seed=seed))
                ranker = LearnedRanker(text, house.book)
                figures = summary(judge(ranker, held.examples))
                failing = sum(not example.passed for example in taken)
                row = {"seed": seed, "way": way, "cells": len(taken), "failing": failing, "stacks": len({e.group for e in taken})}
                row |= {name: round(figures[name], 4) for name in METRICS}
                print(json.dumps(row), flush=True)
                found.setdefault((way, len(taken)), []).append(row)
                rest = [example for example in every if example not in taken]
                if turn < asked.rounds:
                    wanted = min(asked.step, len(rest))
                    taken += chance.sample(rest, wanted) if way == "random" else picked(rest, taken, wanted, ranker, rules)
    print(f"pool {len(every)}, hold-out {len(held.examples)} builds of {len(held.groups)} stacks")
    for (way, cells), rows in sorted(found.items(), key=lambda pair: (pair[0][1], pair[0][0])):
        print(way, cells, *(f"{name} {statistics.fmean(row[name] for row in rows):.4f}" for name in (*METRICS, "failing", "stacks")))


if __name__ == "__main__":
    main()

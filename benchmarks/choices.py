"""Top-1 by stack, apart for stacks whose sets were drawn by the crawl and for those that hold the program's own answers alone.

`python benchmarks/choices.py`. A stack of the second kind is a project whose answer failed, was mended in general and built again: its
first set is what a ranker liked best and was wrong about, so that such stacks are no sample of choices. Offline; four fits, minutes.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from resolver.compose import House
from resolver.settings import load
from resolver.store.export import read_export
from resolver.train.boost import Recipe
from resolver.train.dataset import read_corpus
from resolver.train.evaluate import every_stack
from resolver.train.metrics import Judged, top_one

ROOT = Path(__file__).parents[1]


def told(judged: list[Judged], stacks: set[str]) -> str:
    hits = [top_one(one) for one in judged if one.decided and one.group in stacks]
    chance = np.random.default_rng(0)
    means = [float(np.mean(chance.choice(hits, len(hits)))) for _ in range(2000)] if hits else [0.0]
    return f"{np.mean(hits) if hits else 0:.3f} [{np.quantile(means, 0.025):.2f}, {np.quantile(means, 0.975):.2f}] of {len(hits)}"


def main() -> None:
    outcomes = list(read_export(ROOT / "data" / "outcomes"))
    origins: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        origins[outcome.spec.stack].add(outcome.origin)
    own = {stack for stack, found in origins.items() if found == {"project"}}
    values, _ = load({"offline": True})
    house = House(values)
    corpus = read_corpus(outcomes, house.assembler, dated=house.dated())
    for name, judged in every_stack(corpus, house.book, house.assembler, Recipe()).items():
        print(f"{name:16} drawn {told(list(judged), set(origins) - own)}; own answers {told(list(judged), own)}", flush=True)


if __name__ == "__main__":
    main()

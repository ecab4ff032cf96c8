"""Processor seconds of one training (tables, both boosters, calibration) on a quarter, a half and all of data/outcomes.

`python benchmarks/training.py`. Offline, on the bundled files alone.
"""

from __future__ import annotations

import time
from pathlib import Path

from resolver.compose import House
from resolver.settings import load
from resolver.store.export import read_export
from resolver.train.boost import Recipe
from resolver.train.dataset import read_corpus
from resolver.train.fit import fit

ROOT = Path(__file__).parents[1]


def main() -> None:
    outcomes = list(read_export(ROOT / "data" / "outcomes"))
    for parts in (4, 2, 1):
        values, _ = load({"offline": True, "cache": str(ROOT / "work" / "training-cache")})
        house = House(values)
        begun, wall = time.process_time(), time.perf_counter()
        corpus = read_corpus(outcomes[::parts], house.assembler, dated=house.dated())
        fit(corpus, house.book, house.assembler, Recipe())
        busy, wall = time.process_time() - begun, time.perf_counter() - wall
        print(f"{len(corpus.examples)} builds, {len(corpus.observations)} edges: processor {busy:.1f} s, wall {wall:.1f} s", flush=True)


if __name__ == "__main__":
    main()

"""The curve of a simulated month: `python benchmarks/month.py [NIGHTS]`; data/outcomes in the order of time, judged on the fixed hold-out.

Prints a line a night and writes work/month.png; recorded in MLflow under "evaluate".
"""

from __future__ import annotations

import sys
from pathlib import Path

from resolver.compose import House
from resolver.settings import load
from resolver.store.export import read_export
from resolver.train import figures
from resolver.train.dataset import read_corpus
from resolver.train.month import month
from resolver.train.training import record

ROOT = Path(__file__).parents[1]


def main(nights: int) -> None:
    values, _ = load({"offline": True, "cache": str(ROOT / "work" / "month-cache")})
    house = House(values)
    corpus = read_corpus(read_export(ROOT / "data" / "outcomes"), house.assembler, dated=house.dated())
    curves: dict[str, list[float]] = {"top1": [], "auc": [], "ece": []}
    metrics = {}
    for number, night in enumerate(month(corpus, house.book, house.assembler, nights=nights), start=1):
        for name, values_ in curves.items():
            values_.append(night.learned[name])
            metrics[f"night {number:02}.{name}"] = night.learned[name]
        told = "  ".join(f"{name} {night.learned[name]:.3f}" for name in curves)
        print(
            f"night {number:2}: {night.builds:4} builds of {night.stacks:3} stacks  {told}  log loss {night.learned['log_loss']:.3f}",
            flush=True,
        )
    drawn = {"nights": figures.nights(curves, "A simulated month: metrics on the fixed hold-out")}
    (ROOT / "work").mkdir(exist_ok=True)
    figures.write({"month": drawn["nights"]}, ROOT / "work")
    record(house.tracker, "evaluate", "simulated month", {"nights": nights, "outcomes": len(corpus.examples)}, metrics, {}, drawn)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)

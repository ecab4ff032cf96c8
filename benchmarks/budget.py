"""What the learned preference inside the solver is worth: the best of 50 sets found with it beside the best of 50 and of 500 without.

`python benchmarks/budget.py [EVERY]`: every so many stacks of the bundled matrix (default 12). Search and choice are by the champion's
blind twin; the chosen sets are judged by the champion: a probability, no build. Offline. "halved" spends the first half of the 50 on all
interpreters and the other half on the two that look best by then.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from resolver.compose import House
from resolver.core.errors import ResolverError
from resolver.core.target import PYTHONS, Accelerator, Target
from resolver.flows.accelerate import fitted
from resolver.flows.narrow import narrow
from resolver.rank.booster import load_judge, load_ranker
from resolver.settings import load
from resolver.solve.solver import InProcessSolver

WAYS = (("halved", 50), ("learned", 50), ("unlearned", 50), ("unlearned", 500))


def main(every: int) -> None:
    values, _ = load({"offline": True})
    house = House(values)
    folder = Path(values.ranker) / "blind"
    judge, chooser = load_judge(folder, house.book), load_ranker(folder, house.book)
    targets = [Target(python=python) for python in PYTHONS]
    told: dict[tuple[str, int], list[float]] = {way: [] for way in WAYS}
    for stack in house.stacks(None)[::every]:
        project = narrow(fitted(stack.project(), Accelerator()), house.index, house.timeline, house.owners)
        row, begun = {}, time.perf_counter()
        try:
            for way in WAYS:
                kind, limit = way
                solver = InProcessSolver(house.index, judge=None if kind == "unlearned" else judge, implied=house.implied)
                candidates = list(solver.candidates(project, targets, limit // 2 if kind == "halved" else limit))
                if kind == "halved":
                    pythons = list(dict.fromkeys(scored.candidate.target for scored in chooser.rank(project, candidates)))[:2]
                    shown = sum(candidate.target in pythons for candidate in candidates)
                    again = solver.candidates(project, pythons, shown + limit - len(candidates))
                    candidates = list({(c.target.python, c.pins): c for c in (*candidates, *again)}.values())
                best = chooser.rank(project, candidates)[0].candidate
                row[way] = house.ranker.rank(project, [best])[0].probability
        except (ResolverError, IndexError):
            continue  # needs what the snapshot lacks
        for way, probability in row.items():
            told[way].append(probability)
        shown = "  ".join(f"{limit} {kind} {probability:.3f}" for (kind, limit), probability in row.items())
        print(f"{stack.name:55} {shown}  ({time.perf_counter() - begun:.1f} s)", flush=True)
    for (kind, limit), found in told.items():
        print(f"{limit:4} {kind:10} mean {statistics.mean(found):.4f}  over {len(found)} stacks")
    for kind in ("halved", "learned"):
        better = [one - other for one, other in zip(told[kind, 50], told["unlearned", 500], strict=True)]
        up, down = sum(gain > 0.001 for gain in better), sum(gain < -0.001 for gain in better)
        print(f"50 {kind} less 500 unlearned: {statistics.mean(better):+.4f}; higher in {up}, lower in {down}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)

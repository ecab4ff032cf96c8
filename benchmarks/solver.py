"""Distinct complete sets per second of the solver alone, on the bundled snapshot: `python benchmarks/solver.py [LIMIT] [NEED ...]`."""

from __future__ import annotations

import platform
import resource
import sys
import time
from datetime import date
from pathlib import Path

from resolver.core.project import Evidence, Need, Origin, OriginKind, Project
from resolver.core.signs import Sign
from resolver.core.target import PYTHONS, Target
from resolver.index.snapshot import Snapshot
from resolver.solve.solver import InProcessSolver

NEEDS = ("keras==2.2.5", "tensorflow", "flask", "pillow", "opencv-python")
SNAPSHOT = Path(__file__).parents[1] / "data" / "bundled" / "snapshot.sqlite"


def main(limit: int, texts: tuple[str, ...]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    project = Project(
        root=Path(),
        needs=tuple(Need(requirement=text, origin=origin) for text in texts),
        evidence=Evidence(dates=(Sign(date(2020, 3, 1), "benchmark"),)),
        frameworks=("tensorflow",),
    )
    targets = [Target(python=python) for python in PYTHONS]
    solver = InProcessSolver(Snapshot(SNAPSHOT))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; needs: {' '.join(texts)}")
    for name in ("cold", "warm", "warm again"):
        start, busy = time.perf_counter(), time.process_time()
        found = list(solver.candidates(project, targets, limit))
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        size = sum(len(c.packages) for c in found) / max(1, len(found))
        rate = f"{len(found) / seconds:.0f} a second ({len(found) / busy:.0f} per second of processor time)"
        print(f"{name:>10}: {len(found)} distinct sets of {size:.0f} packages in {seconds:.2f} s = {rate}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'memory':>10}: peak {peak / 1024:.0f} MiB, of which {(peak - before) / 1024:.0f} MiB for index and solver")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 400, tuple(arguments[1:]) or NEEDS)

#!/usr/bin/env python3
"""Twenty cells of the crawl's own plan: our crawl beside a plain loop of `docker build` with `pip install`, in one run.

  .venv/bin/python benchmarks/throughput.py [--cells 20] [--jobs 4] [--max-mb 600] [--seed 0] [--only NAME]

The cells are the first ones that `resolver crawl` would build with an empty store. All of them are built three times: by us with `--jobs`
builds side by side for the first time (the cache volume is this run's own, and empty at the start, as in a first night), by the plain
loop, one after the other, and by us again (as in every later night). The plain loop writes

    FROM python:X-slim; RUN apt-get ... (system packages); COPY requirements.txt; RUN pip install --no-deps -r ...; RUN python app.py

where app.py holds the stack's import statements, builds it, and removes the image and its layers (not timed). It tells pass from fail by
those imports alone; ours also tries names, direct needs, forward calls, and imports every other distribution. A line a cell as JSON (its
own seconds in each of the three), then what the three took, ours by the clock and the loop's as the sum of its builds, and their ratios.
Needs a machine that does nothing else.
"""

import argparse
import json
import math
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import uv

from resolver.build import host, process, upkeep
from resolver.build.docker import BUILDKIT, DockerExecutor
from resolver.build.process import Limits
from resolver.compose import House
from resolver.core.outcome import BuildSpec
from resolver.crawl.matrix import Cell
from resolver.crawl.side_by_side import Threads
from resolver.flows.crawl import CrawlRequest
from resolver.settings import load

Told = dict[str, tuple[str, float]]


def planned(cells: int, seed: int, only: str, most_mb: float) -> list[Cell]:
    """The first cells of the crawl's first round with an empty store."""
    from resolver.flows.crawl import longest_first, rounds_of

    with tempfile.TemporaryDirectory(prefix="resolver-plan-") as scratch:
        values, _ = load({"store": f"{scratch}/none.sqlite"})
        house = House(values)
        request = CrawlRequest(seed=seed, most_mb=most_mb)
        found: list[Cell] = []
        for stacks in rounds_of(house.stacks(None, only), request):
            found += house.plan(stacks, request)
            if len(found) >= cells:
                break
        return longest_first(found[:cells])


def plain(spec: BuildSpec) -> tuple[str, float]:
    """One turn of the loop that anybody would write; pass or fail, and seconds."""
    with tempfile.TemporaryDirectory(prefix="resolver-plain-") as scratch:
        folder = Path(scratch)
        lines = [f"FROM python:{spec.target.python}-slim"]
        if spec.system_packages:
            lines.append(f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(spec.system_packages)}")
        lines += ["COPY requirements.txt app.py ./", "RUN pip install --no-deps -r requirements.txt", "RUN python app.py"]
        (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
        (folder / "requirements.txt").write_text("".join(f"{pin.name}=={pin.version}\n" for pin in spec.pins))
        (folder / "app.py").write_text("\n".join(spec.probe.imports) + f"\n# {secrets.token_hex(8)}\n")
        tag = f"resolver-plain:{secrets.token_hex(6)}"
        start = time.monotonic()
        command = [str(host.buildkit_command()), "build", "-t", tag, scratch]
        done = process.run(command, environment=BUILDKIT, limits=Limits(seconds=1800))
        seconds = time.monotonic() - start
        subprocess.run(["docker", "rmi", "-f", tag], capture_output=True, check=False)
        words = ["docker", "builder", "prune", "-f", "--filter", "type=regular", "--keep-storage", "4GB"]
        subprocess.run(words, capture_output=True, check=False)  # its layers would fill the disk
        return "pass" if done.ok else "fail", seconds


def timed(name: str, cells: Sequence[Cell], loop: Callable[[Sequence[Cell]], Iterator[tuple[str, str, float]]]) -> tuple[Told, float]:
    """One way to build all cells: what it told of each (key -> verdict and seconds), and how long it took by the clock."""
    start, told = time.monotonic(), {}
    for key, verdict, seconds in loop(cells):
        told[key] = (verdict, round(seconds, 1))
        print(f"{name} {len(told)}/{len(cells)} {verdict} {seconds:.1f} s", file=sys.stderr, flush=True)
    return told, time.monotonic() - start


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--cells", type=int, default=20)
    words.add_argument("--jobs", type=int, default=4)
    words.add_argument("--max-mb", type=float, default=600)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--only", default="")
    asked = words.parse_args()
    executor = DockerExecutor(uv=Path(uv.find_uv_bin()), cache_id=f"resolver-bench-{secrets.token_hex(4)}")

    def ours(cells: Sequence[Cell]) -> Iterator[tuple[str, str, float]]:
        for outcome in Threads(asked.jobs)(cells, executor, math.inf):
            yield outcome.spec.key, f"{outcome.verdict} {outcome.failure}".strip(), outcome.seconds

    def loop(cells: Sequence[Cell]) -> Iterator[tuple[str, str, float]]:
        for cell in cells:
            yield cell.spec.key, *plain(cell.spec)

    cells = planned(asked.cells, asked.seed, asked.only, asked.max_mb)
    told: dict[str, Told] = {}
    clock: dict[str, float] = {}
    try:
        for name, way in (("first", ours), ("plain", loop), ("again", ours)):
            told[name], clock[name] = timed(name, cells, way)
        clock["plain"] = sum(seconds for _, seconds in told["plain"].values())
    finally:
        upkeep.trim(host.buildkit_command(), keep_gb=0, cache_id=executor.cache_id)
    for cell in cells:
        spec = cell.spec
        row = {"stack": spec.stack, "python": spec.target.python, "pins": len(spec.pins)}
        print(json.dumps(row | {name: rows.get(spec.key) for name, rows in told.items()}))
    ratios = {f"plain_by_{name}": round(clock["plain"] / clock[name], 2) for name in ("first", "again")}
    print(json.dumps({"cells": len(cells), "jobs": asked.jobs} | {name: round(took, 1) for name, took in clock.items()} | ratios))


if __name__ == "__main__":
    main()

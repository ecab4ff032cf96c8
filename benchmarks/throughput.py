#!/usr/bin/env python3
"""Twenty cells of the crawl's own plan: our executor beside a plain loop of `docker build` with `pip install`, in one run.

  .venv/bin/python benchmarks/throughput.py [--cells 20] [--seed 0] [--only NAME]

The cells are the first ones that `resolver crawl` would build with an empty store. Each is built three times, one after the other, so
that a change of the machine's load meets all three alike: by us for the first time (the cache volume is this run's own, and empty at the
start, as in a first night), by the plain loop, and by us again (as in every later night). The plain loop writes

    FROM python:X-slim; RUN apt-get ... (system packages); COPY requirements.txt; RUN pip install --no-deps -r ...; RUN python app.py

where app.py holds the stack's import statements, builds it, and removes the image (not timed). It tells pass from fail by those imports
alone; ours also tries names, direct needs, forward calls, and imports every other distribution. A line a cell as JSON, then the sums of
wall time and their ratios.
"""

import argparse
import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uv

from resolver.build import host, process, upkeep
from resolver.build.docker import BUILDKIT, DockerExecutor
from resolver.build.process import Limits
from resolver.compose import House
from resolver.core.outcome import BuildSpec
from resolver.flows.crawl import CrawlRequest
from resolver.settings import load


def planned(cells: int, seed: int, only: str) -> list[BuildSpec]:
    """The first cells of the crawl's first round with an empty store."""
    from resolver.flows.crawl import rounds_of

    with tempfile.TemporaryDirectory(prefix="resolver-plan-") as scratch:
        values, _ = load({"store": f"{scratch}/none.sqlite"})
        house = House(values)
        request = CrawlRequest(seed=seed, most_mb=600)
        found: list[BuildSpec] = []
        for stacks in rounds_of(house.stacks(None, only), request):
            found += [cell.spec for cell in house.plan(stacks, request)]
            if len(found) >= cells:
                break
        return found[:cells]


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
        return "pass" if done.ok else "fail", seconds


def row_of(spec: BuildSpec, ours: Callable[[BuildSpec], tuple[str, float]], sums: dict[str, float]) -> dict[str, object]:
    """One cell, three times; the seconds go into the sums."""
    row: dict[str, object] = {
        "stack": spec.stack,
        "python": spec.target.python,
        "pins": len(spec.pins),
        "load": round(os.getloadavg()[0], 1),
    }
    for name, loop in (("first", ours), ("plain", plain), ("again", ours)):
        verdict, seconds = loop(spec)
        sums[name] += seconds
        row |= {name: verdict, f"{name}_s": round(seconds, 2)}
    return row


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--cells", type=int, default=20)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--only", default="")
    asked = words.parse_args()
    executor = DockerExecutor(uv=Path(uv.find_uv_bin()), cache_id=f"resolver-bench-{secrets.token_hex(4)}")

    def ours(spec: BuildSpec) -> tuple[str, float]:
        outcome = executor.run(spec)
        return f"{outcome.verdict} {outcome.failure}".strip(), outcome.seconds

    sums = {"first": 0.0, "plain": 0.0, "again": 0.0}
    specs = planned(asked.cells, asked.seed, asked.only)
    try:
        for spec in specs:
            print(json.dumps(row_of(spec, ours, sums)), flush=True)
    finally:
        upkeep.trim(host.buildkit_command(), keep_gb=0, cache_id=executor.cache_id)
    told = {name: round(seconds, 1) for name, seconds in sums.items()}
    ratios = {f"plain_by_{name}": round(sums["plain"] / sums[name], 2) for name in ("first", "again")}
    print(json.dumps({"cells": len(specs)} | told | ratios))


if __name__ == "__main__":
    main()

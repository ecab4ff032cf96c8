#!/usr/bin/env python3
"""Twenty cells of the crawl's own plan: our executor beside a plain loop of `docker build` with `pip install`, in one run.

  .venv/bin/python benchmarks/throughput.py [--cells 20] [--seed 0] [--jobs 2] [--only NAME] [--ours] [--store FILE]

The cells are the first ones that `resolver crawl` would build with an empty store. Ours starts with an empty cache volume of its own, as a
first night does, and is run a second time warm, as every later night is. The plain loop writes for each cell

    FROM python:X-slim; RUN apt-get ... (system packages); COPY requirements.txt; RUN pip install --no-deps -r ...; RUN python app.py

where app.py holds the stack's import statements, builds it, and removes the image (not timed). The plain loop tells pass from fail by those
imports alone; ours also tries names, direct needs, forward calls and reads every other distribution. A line a cell as JSON, then the
ratio of the sums of wall time. `--jobs` is the number of builds side by side, the same for both.
"""

import argparse
import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uv

from resolver.build import host, process
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


def run(name: str, specs: Sequence[BuildSpec], jobs: int, one: Callable[[BuildSpec], tuple[str, float]]) -> float:
    """Wall seconds of all specs, a line for each."""

    def told(spec: BuildSpec) -> None:
        verdict, seconds = one(spec)
        row = {"loop": name, "key": spec.key, "stack": spec.stack, "python": spec.target.python, "pins": len(spec.pins)}
        print(json.dumps(row | {"verdict": verdict, "seconds": round(seconds, 2)}), flush=True)

    start = time.monotonic()
    with ThreadPoolExecutor(jobs) as threads:
        list(threads.map(told, specs))
    return time.monotonic() - start


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--cells", type=int, default=20)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--jobs", type=int, default=1)
    words.add_argument("--only", default="")
    words.add_argument("--ours", action="store_true", help="leave the plain loop out")
    asked = words.parse_args()
    specs = planned(asked.cells, asked.seed, asked.only)
    executor = DockerExecutor(uv=Path(uv.find_uv_bin()), cache_id=f"resolver-bench-{secrets.token_hex(4)}")

    def ours(spec: BuildSpec) -> tuple[str, float]:
        outcome = executor.run(spec)
        return f"{outcome.verdict} {outcome.failure}".strip(), outcome.seconds

    cold = run("ours, empty cache", specs, asked.jobs, ours)
    warm = run("ours, warm", specs, asked.jobs, ours)
    told = {"cells": len(specs), "jobs": asked.jobs, "cold_s": round(cold, 1), "warm_s": round(warm, 1)}
    if not asked.ours:
        loop = run("plain", specs, asked.jobs, plain)
        told |= {"plain_s": round(loop, 1), "plain_by_cold": round(loop / cold, 2), "plain_by_warm": round(loop / warm, 2)}
    print(json.dumps(told | {"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()

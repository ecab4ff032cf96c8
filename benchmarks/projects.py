#!/usr/bin/env python3
"""The whole of `resolve` on the facts of the bundled public projects.

  .venv/bin/python benchmarks/projects.py --out work/projects.jsonl [--store FILE] [--part 0/4] [--only NAME] [--again] [--offline]
  .venv/bin/python benchmarks/projects.py --out work/strangers.jsonl --facts benchmarks/strangers.jsonl.gz --score BENCH/score

Each stack of data/bundled/stacks.yaml (or each of --facts, in the score's own form) becomes a project folder (requirement
files, an app.py that imports and names what the project does, its date), as bench/score makes one. `resolve` answers once; the answer
is built as one cell (a throw-away container build with the probe in it, some ten seconds) instead of as an image (a minute or two). A
row a project goes to --out as it comes; a project that has a row is left out next time unless --again. With --store every
outcome is kept there, as a proof of `resolve --build` would be.

`ok` asks what bench/score asks: it installed, every import ran, every name is there. `passed` also wants every direct need to import
and each framework's forward call to run. These are development projects: the champion has seen builds of many of them, so the share
is no estimate for strangers.
"""

import argparse
import dataclasses
import gzip
import json
import os
import subprocess
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ablation import score_module

from resolver.compose import House
from resolver.core.errors import ResolverError
from resolver.core.outcome import BuildSpec, Stage
from resolver.crawl.stacks import Stack
from resolver.flows.feedback import spec_of
from resolver.settings import load


def folder_of(stack: Stack, root: Path) -> Path:
    folder = root / stack.name
    folder.mkdir()
    if stack.needs:
        (folder / "requirements.txt").write_text("\n".join(stack.needs) + "\n")
    roots = sorted({name.split(".")[0] for name in stack.names})
    body = [
        *stack.imports,
        *(f"import {name}" for name in roots),
        "",
        "",
        "def uses():",
        *(f"    {name}" for name in stack.names),
        "    return None",
    ]
    (folder / "app.py").write_text("\n".join(body) + "\n")
    if stack.dated:
        when = f"{stack.dated.isoformat()}T12:00:00Z"
        environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        author = ["-c", "user.name=author", "-c", "user.email=author@example.org"]
        for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "source"]):
            subprocess.run(["git", "-C", str(folder), *words], check=True, env=environment)
    return folder


@dataclasses.dataclass(frozen=True)
class Asked:
    """A project to try: its folder is made by `write`; `facts` (the score's form) are what the probe asks, else what its reader found."""

    name: str
    write: Callable[[Path], Path]
    facts: dict[str, list[str]] | None = None


def of_stack(stack: Stack) -> Asked:
    return Asked(stack.name, lambda root: folder_of(stack, root))


def of_facts(facts: dict, make: Callable[[dict, Path], None]) -> Asked:
    def write(root: Path) -> Path:
        make(facts, root)
        return root

    return Asked(facts["id"], write, facts)


def facts_in(place: Path) -> list[dict]:
    """The facts of a folder of JSON files, or of one file with a line each."""
    if place.is_dir():
        return [json.loads(path.read_text()) for path in sorted(place.glob("*.json"))]
    return [json.loads(line) for line in gzip.decompress(place.read_bytes()).splitlines()]


def probe_of(spec: BuildSpec, facts: dict[str, list[str]] | None) -> BuildSpec:
    if facts is None:
        return spec
    asked = dataclasses.replace(spec.probe, imports=tuple(facts["imports"]), names=tuple(facts.get("attributes", ())))
    return dataclasses.replace(spec, probe=asked)


def judge(house: House, asked: Asked, root: Path, *, keep: bool) -> dict[str, object]:
    row: dict[str, object] = {"id": asked.name, "ok": False, "passed": False, "stage": "resolve"}
    started = time.monotonic()
    try:
        resolution, _ = house.resolve(asked.write(root))
    except ResolverError as problem:
        return row | {"why": str(problem)[:400], "resolve_s": round(time.monotonic() - started, 1)}
    except Exception:  # noqa: BLE001 - a bug is a row like any other, and the next project goes on
        return row | {"why": traceback.format_exc()[-600:], "stage": "bug"}
    row |= {"resolve_s": round(time.monotonic() - started, 1), "python": resolution.target.python}
    row |= {"probability": round(resolution.chosen.probability, 4), "policy": resolution.chosen.candidate.policy}
    row |= {"relaxed": len(resolution.relaxed), "pins": {p.name: p.version for p in resolution.chosen.candidate.pins}}
    spec = probe_of(spec_of(resolution, asked.name), asked.facts)
    outcome = house.executor().run(spec)
    if keep:
        stamped = dataclasses.replace(outcome, origin="project", snapshot=resolution.snapshot, when=outcome.when or datetime.now(UTC))
        house.store.add(stamped)
    installed = outcome.stage is not Stage.INSTALL
    row |= {
        "ok": installed and not outcome.missing,
        "passed": outcome.passed,
        "stage": outcome.stage.value,
        "failure": outcome.failure.value,
    }
    row |= {"verdict": outcome.verdict.value, "missing": outcome.missing[:10], "build_s": outcome.seconds, "why": outcome.message[:400]}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--store", default="")
    parser.add_argument("--facts", type=Path, help="facts in the score's form instead of the bundled stacks: a folder, or a .jsonl.gz")
    parser.add_argument("--score", type=Path, help="the score itself; it makes the project folders of --facts")
    parser.add_argument("--part", default="0/1", help="which of how many equal parts (by name)")
    parser.add_argument("--only", default="")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--offline", action="store_true")
    args = parser.parse_args()
    settings, _ = load({"offline": args.offline} | ({"store": args.store} if args.store else {}))
    house = House(settings)
    number, parts = map(int, args.part.split("/"))
    done = set() if args.again or not args.out.exists() else {json.loads(line)["id"] for line in args.out.read_text().splitlines()}
    if args.facts:
        make = score_module(args.score)["make_project"]
        every = [of_facts(facts, make) for facts in facts_in(args.facts)]
    else:
        every = [of_stack(stack) for stack in house.stacks(None)]
    wanted = [one for place, one in enumerate(every) if place % parts == number and one.name not in done and args.only in one.name]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    with args.out.open("a") as out:
        for one in wanted:
            with tempfile.TemporaryDirectory(prefix="projects-") as scratch:
                row = judge(house, one, Path(scratch), keep=bool(args.store))
            rows.append(row)
            out.write(json.dumps(row) + "\n")
            out.flush()
            told = "ok  " if row["ok"] else "FAIL"
            print(f"{told} {row['id']:<50} py{row.get('python', '?'):<5} p={row.get('probability')} resolve {row.get('resolve_s')} s "
                  f"build {row.get('build_s')} s {row['stage']} {str(row.get('why', ''))[:150]!r}", flush=True)  # fmt: skip
    good, passed = sum(bool(r["ok"]) for r in rows), sum(bool(r["passed"]) for r in rows)
    print(f"TOTAL {good}/{len(rows)} ok, {passed} passed")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What each kind of evidence is worth: real projects solved without it.

  .venv/bin/python benchmarks/ablation.py --score .../bench/score --projects .../bench/projects --out work/ablation [--only NAME,NAME]

For each kind of evidence every project is resolved once with that kind taken away, and once with everything. An answer that equals the
full one (interpreter, pins, system packages) has its outcome; a project in which there is nothing to take away is not resolved again.
Each distinct answer is built once as one cell (a throw-away container build, as the crawl makes them), and asked what bench/score asks:
every import statement, every dotted name of the project's facts. Rows go to --out/answers.jsonl and --out/builds.jsonl as they come, and
what is there is not done again. An answer is surely lost when it is none (a refusal), and when nothing in it provides a module that the
project imports, or the API timeline is sure that a used name is not there; that takes no build. The table is printed at the end (markdown).
With --resolve-only nothing is built.

Nothing of this is in the program: evidence is taken away from the `Project` value between reading and searching, or a recipe's step is
replaced.
"""

import argparse
import contextlib
import dataclasses
import hashlib
import json
import re
import shutil
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from packaging.requirements import Requirement

from resolver.compose import House
from resolver.core.errors import ResolverError
from resolver.core.outcome import BuildSpec, Probe, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.project import Evidence, Need, OriginKind, Project
from resolver.core.target import Target
from resolver.crawl.stacks import _dotted as dotted_of
from resolver.project.tables import is_stdlib
from resolver.settings import load

SURE = 0.05
"""Up to this certainty a name is surely not there."""

Change = Callable[[Project], Project]


def without_evidence(**left: object) -> Change:
    return lambda project: dataclasses.replace(project, evidence=dataclasses.replace(project.evidence, **left))


def without_versions(project: Project) -> Project:
    """Declared lines as names alone."""

    def bare(need: Need) -> Need:
        requirement = Requirement(need.requirement)
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        return dataclasses.replace(need, requirement=f"{requirement.name}{extras}")

    return dataclasses.replace(project, needs=tuple(bare(n) if n.origin.kind is OriginKind.DECLARED else n for n in project.needs))


def without_inferred(project: Project) -> Project:
    """Only what some file declares (companions stay away too)."""
    needs = tuple(n for n in project.needs if n.origin.kind is not OriginKind.IMPORTED)
    return dataclasses.replace(project, needs=needs, evidence=dataclasses.replace(project.evidence, runs_with=()))


def without_companions(project: Project) -> Project:
    """Without what the table of companions added; it is told in notes."""
    told = " ".join(note for note in project.evidence.notes if "is added:" in note)
    needs = tuple(n for n in project.needs if f"'{n.requirement}' is added" not in told)
    return dataclasses.replace(project, needs=needs, evidence=dataclasses.replace(project.evidence, runs_with=()))


def same(project: Project) -> Project:
    return project


@contextlib.contextmanager
def replaced(target: str, value: object) -> Iterator[None]:
    with mock.patch(target, value):
        yield


class NothingTaken(ResolverError):
    """The project has nothing of the kind of evidence."""


class Nothing:
    """Instead of the implied needs of releases."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, _: object) -> tuple[str, ...]:
        """No needs."""
        return ()


def unrepaired(_desk: object, _project: object, _where: object, seen: object) -> object:
    return seen


KINDS: dict[str, tuple[str, Change, dict[str, Any]]] = {
    "full": ("everything", same, {}),
    "uses": ("names the source uses (API timeline)", without_evidence(uses=()), {}),
    "narrow": (
        "names as needs (the ranker still weighs them)",
        same,
        {"resolver.flows.narrow.narrow": lambda project, *_: project},
    ),
    "dates": ("dates", without_evidence(dates=()), {"resolver.flows.dated.dated": lambda project, _: project}),
    "bounds": ("bounds on the interpreter (declared, syntax, standard library)", without_evidence(bounds=()), {}),
    "versions": ("versions of declared lines", without_versions, {}),
    "inferred": ("needs inferred from imports", without_inferred, {}),
    "companions": ("the table of companions", without_companions, {}),
    "implied": ("needs that releases' own imports imply", same, {"resolver.flows.implied.ImpliedNeeds": Nothing}),
    "spoken": ("READMEs, Dockerfiles, CI, tox, notebooks' installs", without_evidence(hearsay=(), system=()), {}),
    "repair": (
        "repair of lines that nearly surely break",
        same,
        {"resolver.flows.resolve.repaired": unrepaired},
    ),
    "ranker": ("builds (rules instead of the learned ranker)", same, {"resolver.rank.booster.has_ranker": lambda _: False}),
    "all": (
        "all that is read out of sources, dates and builds",
        lambda project: without_inferred(dataclasses.replace(project, evidence=Evidence())),
        {"resolver.rank.booster.has_ranker": lambda _: False, "resolver.flows.implied.ImpliedNeeds": Nothing},
    ),
}
"""Kind -> (in words, what is taken from the project as read, what is replaced in the recipe)."""


def answer(kind: str, folder: Path) -> dict[str, Any]:
    """One resolution with a kind of evidence taken away."""
    _, change, replacements = KINDS[kind]
    started = time.monotonic()
    from resolver.project import read

    real = read.read_project

    def changed(*asked: object, **more: object) -> Project:
        found = real(*asked, **more)  # type: ignore[arg-type]
        less = change(found)
        if less == found and kind != "full" and not replacements:
            raise NothingTaken("there is nothing of the kind")
        return less

    with contextlib.ExitStack() as stack:
        stack.enter_context(replaced("resolver.project.read.read_project", changed))
        for target, value in replacements.items():
            stack.enter_context(replaced(target, value))
        house = House(load({})[0])
        try:
            resolution, _ = house.resolve(folder)
        except NothingTaken:
            return {"kind": kind, "answer": "same"}
        except ResolverError as problem:
            return {"kind": kind, "refused": str(problem)[:300], "seconds": round(time.monotonic() - started, 1), "answer": "refused"}
        except Exception:  # noqa: BLE001 - a bug is a row like any other
            return {"kind": kind, "refused": traceback.format_exc()[-500:], "answer": "bug"}
    pins = {str(pin.name): pin.version for pin in resolution.chosen.candidate.pins}
    content = json.dumps([resolution.target.python, sorted(pins.items()), sorted(resolution.system_packages)])
    return {
        "kind": kind,
        "python": resolution.target.python,
        "probability": round(resolution.chosen.probability, 4),
        "pins": pins,
        "system": sorted(resolution.system_packages),
        "seconds": round(time.monotonic() - started, 1),
        "answer": hashlib.sha256(content.encode()).hexdigest()[:16],
    }


def score_module(path: Path) -> dict[str, Any]:
    """The score's own functions (its `main()` call at the end left out)."""
    text = re.sub(r"\nmain\(\)\s*$", "\n", path.read_text())
    space: dict[str, Any] = {"__name__": "score", "__file__": str(path)}
    exec(compile(text, str(path), "exec"), space)
    return space


def built(given: dict[str, Any], facts: dict[str, Any], house: House) -> dict[str, Any]:
    """The answer built once as one cell (a throw-away container build), with the score's questions as its probe: every import statement
    and every dotted name of the facts. `ok` as the score means it: it installed, and nothing was missing.
    """
    spec = BuildSpec(
        target=Target(python=given["python"]),
        pins=tuple(sorted(Pin(normalize(name), version) for name, version in given["pins"].items())),
        system_packages=tuple(given["system"]),
        probe=Probe(imports=tuple(facts["imports"]), names=tuple(facts.get("attributes", ())), forward=False),
        stack="ablation",
    )
    outcome = house.executor().run(spec)
    ok = outcome.stage is not Stage.INSTALL and not outcome.missing and outcome.verdict is not Verdict.VOID
    return {
        "ok": ok,
        "verdict": outcome.verdict.value,
        "stage": outcome.stage.value,
        "missing": outcome.missing[:5],
        "why": outcome.message[:300],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--projects", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--resolve-only", action="store_true")
    parser.add_argument("--build-only", action="store_true", help="build the answers that lie there already")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    facts = [path for path in sorted(args.projects.glob("*.json")) if not args.only or path.stem in args.only.split(",")]
    answers = resolved(args.out) if args.build_only else answered(args, facts)
    builds = {} if args.resolve_only else build_all(args, facts, answers)
    print(table(args.kinds.split(","), facts, answers, builds))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def resolved(out: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """(kind, project) -> row of the answers that are known."""
    return {(str(row["kind"]), str(row["id"])): row for row in rows(out / "answers.jsonl")}


def answered(args: argparse.Namespace, facts: list[Path]) -> dict[tuple[str, str], dict[str, Any]]:
    """(kind, project) -> row; resolving what is not known yet."""
    place = args.out / "answers.jsonl"
    known = resolved(args.out)
    make = score_module(args.score)["make_project"]
    with place.open("a") as out:
        for path in facts:
            for kind in args.kinds.split(","):
                if (kind, path.stem) in known:
                    continue
                with tempfile.TemporaryDirectory(prefix="ablation-") as scratch:
                    if kind == "full":  # what is read of the index and walked on the way would differ between the first kind and the rest
                        warm = Path(scratch) / "warm"
                        warm.mkdir()
                        make(json.loads(path.read_text()), warm)  # type: ignore[operator]
                        answer(kind, warm)
                        shutil.rmtree(warm)
                    make(json.loads(path.read_text()), Path(scratch))  # type: ignore[operator]
                    row = answer(kind, Path(scratch))
                row["id"] = path.stem
                if row["answer"] == "same":
                    row |= {key: known["full", path.stem].get(key) for key in ("answer", "python", "pins", "system", "refused")}
                known[kind, path.stem] = row
                out.write(json.dumps(row) + "\n")
                out.flush()
                print(kind, path.stem, row.get("python"), row["answer"], row.get("seconds"), str(row.get("refused", ""))[:100], flush=True)
    return known


def build_all(
    args: argparse.Namespace, facts: list[Path], answers: dict[tuple[str, str], dict[str, Any]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """(project, answer) -> the score's row, each distinct answer built once; those of a known full run are taken from it."""
    place = args.out / "builds.jsonl"
    known = {(str(row["project"]), str(row["answer"])): row for row in rows(place)}
    house = House(load({})[0])
    with place.open("a") as out:
        for kind in args.kinds.split(","):
            for path in facts:
                given = answers.get((kind, path.stem))
                if given is None:
                    continue
                key = (path.stem, str(given["answer"]))
                known |= {(str(row["project"]), str(row["answer"])): row for row in rows(place)}  # another process may build as well
                if key in known or given["answer"] in ("refused", "bug"):
                    continue
                row = built(given, json.loads(path.read_text()), house)
                known[key] = row | {"project": path.stem, "answer": key[1]}
                out.write(json.dumps(known[key]) + "\n")
                out.flush()
                print("built", kind, path.stem, row["ok"], row["stage"], str(row["why"])[:120], flush=True)
    return known


def lacking(given: dict[str, Any], facts: dict[str, Any], house: House) -> list[str]:
    """Used names that are surely not in an answer, modules that nothing in it provides among them."""
    by_root: dict[str, list[str]] = defaultdict(list)
    for name in sorted({*map(dotted_of, facts["imports"]), *facts.get("attributes", ())}):
        by_root[name.split(".")[0]].append(name)
    found: list[str] = []
    for root, names in by_root.items():
        owners = house.known_owners(root)
        inside = [owner for owner in owners if owner in given["pins"]]
        if owners and not inside and not is_stdlib(root):
            found.append(root)
        told = [house.timeline.offers(owner, given["pins"][owner], names) for owner in inside]
        found += [
            name
            for name, sure in zip(names, zip(*told, strict=True), strict=False)
            if all(each is not None and each <= SURE for each in sure)
        ]
    return found


def table(
    kinds: list[str], facts: list[Path], answers: dict[tuple[str, str], dict[str, Any]], builds: dict[tuple[str, str], dict[str, Any]]
) -> str:
    """Markdown: a row a kind, with how many answers differ from the full one, what is surely lost, and what builds say."""
    house = House(load({"offline": True})[0])
    lines = ["| without | answers that differ | surely lost | built | of them right |", "|---|---|---|---|---|"]
    for kind in kinds:
        pairs = [(path, answers[kind, path.stem]) for path in facts if (kind, path.stem) in answers]
        differ = sum(given["answer"] != answers["full", path.stem]["answer"] for path, given in pairs)
        lost = [path.stem for path, given in pairs if not given.get("pins") or lacking(given, json.loads(path.read_text()), house)]
        rows = [row for path, given in pairs if (row := builds.get((path.stem, str(given["answer"]))))]
        right = sum(bool(row["ok"]) for row in rows)
        lines.append(f"| {KINDS[kind][0]} | {differ} of {len(pairs)} | {len(lost)}: {', '.join(lost)} | {len(rows)} | {right} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How often the versions that a project only speaks of are the ones that are chosen.

  .venv/bin/python benchmarks/spoken.py --count 10 [--seed 0]

Of bundled stacks that pin frameworks exactly the requirement lines are taken away and the frameworks' versions are told elsewhere: nowhere,
in the prose of a README ("- TensorFlow 1.14"), or in an install command. `resolve` answers once for each; of the packages told of
that are needed at all those are counted whose chosen minor series is the one that the stack pinned. Nothing is built. There is no commit
date either, so that nothing else helps.
"""

import argparse
import random
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from resolver.compose import House
from resolver.core.errors import ResolverError
from resolver.crawl.stacks import Stack
from resolver.settings import load

NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "torch": "PyTorch", "torchvision": "torchvision", "scikit-learn": "scikit-learn"}
"""Packages told of, as people write them."""


def pins(stack: Stack) -> dict[str, Version]:
    """The exact pins of the packages told of."""
    found = {}
    for text in stack.needs:
        requirement = Requirement(text)
        exact = [clause.version for clause in requirement.specifier if clause.operator == "==" and "*" not in clause.version]
        if requirement.name in NAMES and exact:
            found[requirement.name] = Version(exact[0])
    return found


def telling(told: dict[str, Version], how: str) -> str:
    """The README that tells of the versions."""
    if how == "prose":
        return "# Network\n\n## Requirements\n\n" + "".join(f"- {NAMES[name]} {v.major}.{v.minor}\n" for name, v in told.items())
    if how == "command":
        return "# Network\n\n```\npip install " + " ".join(f"{name}=={v}" for name, v in told.items()) + "\n```\n"
    return "# Network\n"


def folder(stack: Stack, readme: str, root: Path) -> None:
    """The project: its imports and names, and the README."""
    roots = sorted({name.split(".")[0] for name in stack.names})
    lines = [
        *stack.imports,
        *(f"import {name}" for name in roots),
        "",
        "def uses():",
        *(f"    {name}" for name in stack.names),
        "    return None",
    ]
    (root / "app.py").write_text("\n".join(lines) + "\n")
    (root / "README.md").write_text(readme)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    house = House(load({})[0])
    stacks = [stack for stack in house.stacks(None) if pins(stack) and stack.imports]
    drawn = random.Random(args.seed).sample(stacks, min(args.count, len(stacks)))
    right = dict.fromkeys(("nothing", "prose", "command"), 0)
    asked = dict.fromkeys(right, 0)
    chances: dict[str, list[float]] = {how: [] for how in right}
    for stack in drawn:
        told = pins(stack)
        for how in right:
            with tempfile.TemporaryDirectory(prefix="spoken-") as scratch:
                folder(stack, telling(told, how), Path(scratch))
                try:
                    resolution, _ = house.resolve(Path(scratch))
                except ResolverError as problem:
                    print(stack.name, how, "refused:", problem, flush=True)
                    continue
            chosen = {
                str(pin.name).replace("tensorflow-cpu", "tensorflow"): Version(pin.version) for pin in resolution.chosen.candidate.pins
            }
            hits = [name for name, v in told.items() if name in chosen and chosen[name].release[:2] == v.release[:2]]
            asked[how] += sum(name in chosen for name in told)
            right[how] += len(hits)
            chances[how].append(resolution.chosen.probability)
            shown = ", ".join(f"{name} {v} -> {chosen.get(name, 'none')}" for name, v in told.items())
            print(f"{stack.name:<45} {how:<8} py{resolution.target.python:<5} p={resolution.chosen.probability:.2f} {shown}", flush=True)
    for how, count in right.items():
        mean = sum(chances[how]) / max(1, len(chances[how]))
        print(f"| {how} | {count} of {asked[how]} | {mean:.2f} |")


if __name__ == "__main__":
    main()

"""How long scoring takes: 1,000 lines of `resolver score`, and 1,000 candidates of some 60 packages, features included, on one core.

`python benchmarks/score.py`; the lines are drawn from data/outcomes, the candidates come from the solver. Offline, with the champion.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from resolver.compose import House
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.core.target import PYTHONS, Target
from resolver.settings import load
from resolver.store.export import read_export

ROOT = Path(__file__).parents[1]
NEEDS = ("keras==2.2.5", "tensorflow", "flask", "pillow", "opencv-python", "pandas", "scikit-learn", "matplotlib", "seaborn")
USES = ("keras.models.load_model", "tensorflow.placeholder", "flask.Flask", "PIL.Image.open", "cv2.imread", "pandas.read_csv")


def drawn(count: int) -> str:
    outcomes = list(read_export(ROOT / "data" / "outcomes"))
    chance = random.Random(1)
    lines = []
    for number in range(count):
        spec = chance.choice(outcomes).spec
        lines.append({
            "id": number,
            "python": spec.target.python,
            "pins": {str(pin.name): pin.version for pin in spec.pins},
            "system_packages": list(spec.system_packages),
            "uses": [*spec.probe.imports, *spec.probe.names],
        })  # fmt: skip
    return "\n".join(map(json.dumps, lines))


def score_lines(count: int) -> None:
    text = drawn(count)
    for name in ("first", "again"):
        begun = time.perf_counter()
        command = [sys.executable, "-c", "from resolver.cli.admin import main; main()", "score"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, env={"RESOLVER_OFFLINE": "1", "PATH": ""})
        assert len(done.stdout.splitlines()) == count
        print(f"score, {count} lines, {name}: {time.perf_counter() - begun:.2f} s with the program's start")


def rank_candidates(count: int) -> None:
    values, _ = load({"offline": True})
    house = House(values)
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    project = Project(
        root=Path(),
        needs=tuple(Need(requirement=text, origin=origin) for text in NEEDS),
        evidence=Evidence(uses=tuple(Use(dotted=name, origin=origin) for name in USES)),
    )
    candidates = list(house.solver(steered=False).candidates(project, [Target(python=python) for python in PYTHONS], count))
    size = sum(len(one.packages) for one in candidates) / len(candidates)
    edges = sum(len(one.edges) for one in candidates) / len(candidates)
    for name in ("cold (nothing known of any release)", "warm"):
        begun, busy = time.perf_counter(), time.process_time()
        house.ranker.rank(project, candidates)
        wall, busy = time.perf_counter() - begun, time.process_time() - busy
        print(
            f"rank, {len(candidates)} candidates of {size:.0f} packages and {edges:.0f} edges, {name}: {wall:.2f} s, processor {busy:.2f} s"
        )


if __name__ == "__main__":
    rank_candidates(1000)
    score_lines(1000)

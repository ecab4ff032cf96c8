"""Installs releases drawn at random and walks them by import: a truth that the API timeline never saw.

    python benchmarks/fresh_walks.py --out work/fresh.jsonl.gz [--count 60] [--seed 1]
    python benchmarks/timeline.py data/bundled/apis.sqlite --against work/fresh.jsonl.gz --names 100

Drawn are final releases of the snapshot that have a wheel of at most 100 MB, belong to a package with three walked releases and were not
walked themselves: a package at random, then one of its releases. A release is installed with its dependencies as of four months after
its day (uv, on this machine) and imported in a container of its time's Python without a network. Needs Docker and uv; some twenty seconds
a release.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from resolver.apis.era import COMPANIONS, ERA
from resolver.apis.timeline import SqliteTimeline
from resolver.apis.walk import SCRIPTS, WALKER
from resolver.core.package import Release, normalize
from resolver.index.snapshot import Snapshot

BUNDLED = Path(__file__).parents[1] / "data/bundled"
LONGEST = 100 << 20
TIMES = ("2018-07", "2019-11", "2020-11", "2021-11", "2022-11", "2023-11", "2024-11")
"""Until when a Python (3.6, 3.7 ...) is taken for a release of that day."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, walked, left = random.Random(options.seed), 0, unwalked()
    while walked < options.count and left:
        releases = left[chance.choice(sorted(left))]
        release, python = releases.pop(chance.randrange(len(releases)))
        left = {name: those for name, those in left.items() if those}
        lines = walk(release, python)
        walked += bool(lines)
        print(f"{release.pin} on {python}: {'walked' if lines else 'not installed'}", flush=True)
        with gzip.open(options.out, "at", encoding="utf-8") as file:
            file.writelines(lines)


def unwalked() -> dict[str, list[tuple[Release, str]]]:
    timeline, snapshot = SqliteTimeline(BUNDLED / "apis.sqlite"), Snapshot(BUNDLED / "snapshot.sqlite")
    found = defaultdict(list)
    for name in timeline.packages():
        known = set(timeline.versions(name))
        if len(known) < 3 or name not in snapshot.names():
            continue
        for release in snapshot.releases(normalize(name)):
            python = python_of(release)
            if python and release.version not in known and not release.yanked and not Version(release.version).is_prerelease:
                found[name].append((release, python))
    return found


def python_of(release: Release) -> str:
    """The Python of the release's time that one of its wheels is for, or ""."""
    if release.uploaded is None:
        return ""
    python = 6 + sum(release.uploaded.date().isoformat() >= time for time in TIMES)
    usable = {f"cp3{python}-", f"py3{python}-", "py3-", "py2.py3-"}
    wheels = [file for file in release.files if file.kind == "wheel" and file.size <= LONGEST]
    fits = any(tag.startswith(tuple(usable)) or "-abi3-" in tag for file in wheels for tag in file.tags)
    return f"3.{python}" if fits and SpecifierSet(release.requires_python).contains(f"3.{python}.9") else ""


def walk(release: Release, python: str) -> list[str]:
    """The walk of one release as a line; nothing when it cannot be installed or imported."""
    with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
        site, out = Path(folder) / "site-packages", Path(folder) / "out"
        out.mkdir()
        day = release.uploaded.date() + ERA if release.uploaded else None
        command = ["uv", "pip", "install", "-q", "--target", str(site), "--python-version", python, "--only-binary", ":all:"]
        command += [f"--exclude-newer={day}", f"{release.name}=={release.version}", "setuptools<80"]
        light = ["tensorflow-cpu" if each == "tensorflow" else each for each in COMPANIONS.get(release.name, ())]
        if all(subprocess.run([*command, *beside], check=False, capture_output=True, timeout=600).returncode for beside in (light, [])):
            return []
        others = [path.name.removesuffix(".dist-info").rpartition("-") for path in site.glob("*.dist-info")]
        known = [f"{normalize(name)}=={version}" for name, _, version in others if normalize(name) != release.name]
        (out / "known.json").write_text(json.dumps(known))
        run = ["docker", "run", "--rm", "--network", "none", "-e", "PYTHONPATH=/scratch/site-packages", "-e", "PYTHONDONTWRITEBYTECODE=1"]
        run += ["-v", f"{folder}:/scratch"]
        run += [each for name in SCRIPTS for each in ("-v", f"{WALKER.with_name(name)}:/walk/{name}:ro")]
        run += [f"python:{python}-slim", "python", "-S", f"/walk/{WALKER.name}", "/scratch/out/known.json", "/scratch/out/out.jsonl", "300"]
        subprocess.run(run, check=False, capture_output=True, timeout=600)
        lines = (out / "out.jsonl").read_text().splitlines(keepends=True) if (out / "out.jsonl").exists() else []
    return [line for line in lines if '"static":false' in line and '"failed":""' in line]


if __name__ == "__main__":
    main()

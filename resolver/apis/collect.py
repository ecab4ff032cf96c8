"""Walks releases in throw-away environments, without a container: the fast way to fill the API timeline.

    python -m resolver.apis.collect --plan PLAN.json --walks WALKS.jsonl.gz --pythons FOLDER [--jobs 1] [--first N] [--last N]

The plan is a list of visits (see plan.py). Releases of the same time and interpreter share an environment; one that
cannot be installed with its neighbours is tried alone, then without its dependencies (then only read, not imported).
Walks append one gzip member per environment, so a killed run loses only the environment that it was in.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from resolver.apis.era import COMPANIONS, ERA, HEAVY, LIGHT_TENSORFLOW, LONG_TO_COMPILE, SAME_WEEK, UNREADABLE, WHEELS_EXIST, builder
from resolver.apis.plan import Visit
from resolver.apis.walk import WALKER
from resolver.core.package import normalize

PATIENCE = 600
"""Seconds that an installation may take."""
TOGETHER = 10
"""Releases in one environment, at most."""
_INFO = re.compile(r"^(.+?)-([^-]+?)(?:-py[\d.]+)?\.(?:dist|egg)-info$")


def read_walks(path: Path) -> Iterator[str]:
    """The lines of a walks file (gzip, several members); ends quietly at a member that was cut off."""
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        try:
            yield from file
        except (EOFError, gzip.BadGzipFile):
            return


def batches(visits: Sequence[Visit]) -> list[list[Visit]]:
    """Visits that can share an environment: same interpreter, within half a year, one release per package; heavy
    packages alone. Keeps the order of usefulness between batches.
    """
    found: list[list[Visit]] = []
    open_: dict[tuple[str, int, int], list[list[Visit]]] = {}
    for visit in visits:
        if visit["name"] in HEAVY or visit["name"] in COMPANIONS:
            found.append([visit])
            continue
        season = date.fromisoformat(visit["uploaded"]).toordinal() // 182
        slot = open_.setdefault((visit["python"], season, visit["rank"] // 40), [])
        for batch in slot:
            if len(batch) < TOGETHER and all(v["name"] != visit["name"] for v in batch):
                batch.append(visit)
                break
        else:
            slot.append([visit])
            found.append(slot[-1])
    return found


class Collector:
    """One run over a plan; several threads may visit at once, one writes at a time."""

    def __init__(self, walks: Path, pythons: Path, installer: str = "uv") -> None:
        self.walks, self.installer = walks, installer
        self.interpreters = find_interpreters(pythons)
        self.lock = threading.Lock()
        self.known: set[str] = set()
        self.failed: set[str] = set()
        for line in read_walks(walks):
            self.note(line)

    def note(self, line: str) -> None:
        """Remember one walk; one whose import failed gets a second try, with dependencies closer to its own day."""
        row = json.loads(line)
        key = f"{normalize(row['name'])}=={row['version']}"
        if row["failed"] and "ModuleNotFoundError" not in row["failed"] and key not in self.failed and key not in self.known:
            self.failed.add(key)
        else:
            self.known.add(key)

    def visit(self, batch: Sequence[Visit]) -> None:
        """Walk one batch; what the installer names as the cause is tried alone, else the batch is halved."""
        todo = [v for v in batch if f"{v['name']}=={v['version']}" not in self.known]
        if not todo:
            return
        self.retry(todo)
        todo = [v for v in todo if f"{v['name']}=={v['version']}" not in self.failed]
        why = self.attempt(todo, dependencies=True) if todo else ""
        if not why:
            self.retry(todo)
            return
        if len(todo) == 1:
            self.attempt(todo, dependencies=False)
            return
        blamed = re.search(r"(?:Metadata for|[Ff]ailed to build|[Ff]ailed to download) `([A-Za-z0-9._-]+?)[`=]", why)
        guilty = [v for v in todo if blamed and v["name"] == normalize(blamed.group(1))] or [
            v for v in todo if f"`{v['name']}" in why or f"{v['name']}=={v['version']}" in why
        ]
        if len(guilty) == 1:
            self.visit([v for v in todo if v is not guilty[0]])
            self.visit(guilty)
        else:
            self.visit(todo[: len(todo) // 2])
            self.visit(todo[len(todo) // 2 :])

    def read(self, batch: Sequence[Visit]) -> None:
        """Unpack releases without what they require and read their source: a fraction of the cost, nothing is imported."""
        todo = [v for v in batch if f"{v['name']}=={v['version']}" not in self.known]
        python = todo[0]["python"] if todo else ""
        if python not in self.interpreters:
            return
        with tempfile.TemporaryDirectory(prefix="walk-") as folder:
            site, out = Path(folder) / "site-packages", Path(folder) / "out.jsonl"
            why = self.unpack(todo, site)
            if why and len(todo) > 1:
                for part in (todo[: len(todo) // 2], todo[len(todo) // 2 :]):
                    self.read(part)
                return
            run = [self.interpreters[python], "-S", str(WALKER), "--static", str(site), str(out)]
            subprocess.run(run, cwd=folder, check=False, capture_output=True, timeout=300 * len(todo))
            lines = out.read_text().splitlines() if out.exists() else []
            self.keep(lines)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} read {' '.join(_pins(todo))}: {len(lines)} {why[-150:]}\n")

    def unpack(self, batch: Sequence[Visit], site: Path) -> str:
        """Wheels (or what an sdist builds) of a batch side by side in a folder; the installer's complaint, or ""."""
        command = [self.installer, "pip", "install", "-q", "-p", self.interpreters[batch[0]["python"]], "--no-deps", "--target", str(site)]
        command.extend(f"--only-binary={name}" for name in LONG_TO_COMPILE)
        done = subprocess.run([*command, "--link-mode=hardlink", *_pins(batch)], check=False, capture_output=True, timeout=PATIENCE)
        return " ".join(done.stderr.decode(errors="replace").split()) if done.returncode else ""

    def retry(self, batch: Sequence[Visit]) -> None:
        """Those whose import failed, each alone."""
        for visit in batch:
            if f"{visit['name']}=={visit['version']}" in self.failed - self.known:
                self.attempt([visit], dependencies=True)

    def attempt(self, batch: Sequence[Visit], *, dependencies: bool) -> str:
        """Install and walk; the installer's complaint, or "" when the batch is done with."""
        python = batch[0]["python"]
        if python not in self.interpreters:
            return ""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="walk-") as folder:
            environment = Path(folder) / "env"
            why = self.install(batch, environment, dependencies=dependencies)
            if why:
                sys.stderr.write(f"  no: {' '.join(_pins(batch))}: {why[-200:]}\n")
                return why
            if not dependencies:
                self.add_dependencies(environment, batch[0])
            installed = time.monotonic()
            known, out = Path(folder) / "known.json", Path(folder) / "out.jsonl"
            known.write_text(json.dumps(sorted(self.known | self.uninteresting(environment, batch))))
            seconds = 240 * len(batch) + 120
            run = [str(environment / "bin/python"), str(WALKER), str(known), str(out), str(seconds)]
            subprocess.run(run, cwd=folder, check=False, capture_output=True, timeout=seconds + 120)
            lines = out.read_text().splitlines() if out.exists() else []
            self.keep(lines)
        sys.stderr.write(
            f"{time.strftime('%H:%M:%S')} py{python} {' '.join(_pins(batch))}: {len(lines)} walked, install {installed - began:.0f} s, "
            f"walk {time.monotonic() - installed:.0f} s\n"
        )
        return ""

    def add_dependencies(self, environment: Path, visit: Visit) -> None:
        """What a release requires, by name only and as of its time: for requirements that the installer cannot read or meet."""
        names = []
        for path in environment.glob("lib*/python*/site-packages/*.dist-info/METADATA"):
            for line in path.read_text(errors="replace").split("\n\n", 1)[0].splitlines():
                match = re.match(r"^Requires-Dist: *([A-Za-z0-9._-]+)(?!.*extra *==)", line)
                if match:
                    names.append(match.group(1))
        command = self.command(environment, date.fromisoformat(visit["uploaded"]))
        for chosen in [names, *([n] for n in names)]:
            if (
                chosen
                and not subprocess.run([*command, *chosen], check=False, capture_output=True, timeout=PATIENCE).returncode
                and chosen == names
            ):
                return

    def command(self, environment: Path, newest: date) -> list[str]:
        """The installer's command line, as of `newest` plus an era."""
        tomorrow = date.today() + timedelta(days=1)
        command = [self.installer, "pip", "install", "-q", "-p", str(environment / "bin/python"), "--link-mode=hardlink"]
        command.append(f"--config-file={self.config(environment)}")
        command.append(f"--exclude-newer={max(newest + ERA, WHEELS_EXIST)}")
        command.extend(f"--only-binary={name}" for name in LONG_TO_COMPILE)
        # an sdist of that time may name a builder of today
        command.extend(f"--exclude-newer-package={name}={tomorrow}" for name in ("setuptools", "wheel"))
        return command

    @staticmethod
    def config(environment: Path) -> Path:
        """A configuration file that tells the installer what unreadable metadata says."""
        path = environment / "installer.toml"
        rows = [
            {"name": n, "version": v, "requires-dist": list(needs)} for n, (needs, versions) in UNREADABLE.items() for v in versions.split()
        ]
        path.write_text("dependency-metadata = [" + ", ".join(json.dumps(r).replace('": ', '" = ') for r in rows) + "]\n")
        return path

    def install(self, batch: Sequence[Visit], environment: Path, *, dependencies: bool) -> str:
        """Make the environment; the last line of the installer's complaint, or ""."""
        python = batch[0]["python"]
        made = subprocess.run(
            [self.installer, "venv", "-q", "-p", self.interpreters[python], str(environment)], check=False, capture_output=True
        )
        if made.returncode:
            return made.stderr.decode()[-300:]
        newest = max(date.fromisoformat(v["uploaded"]) for v in batch)
        if any(f"{v['name']}=={v['version']}" in self.failed for v in batch):
            newest -= ERA - SAME_WEEK
        command = self.command(environment, newest)
        if not dependencies:
            command.append("--no-deps")
        if dependencies and all(v["name"] != "setuptools" for v in batch):
            command.append("setuptools<80")  # the last ones with pkg_resources, which many releases take for granted
        light = newest >= LIGHT_TENSORFLOW
        companions = [c for v in batch for c in COMPANIONS.get(v["name"], ()) if dependencies]
        companions = ["tensorflow-cpu" if c == "tensorflow" and light else c for c in companions]
        limits = environment / "build-constraints.txt"
        why = ""
        for old in (builder(python), ""):
            limits.write_text(old + "\n")
            try:
                done = subprocess.run(
                    [*command, f"--build-constraints={limits}", *_pins(batch), *companions],
                    check=False,
                    capture_output=True,
                    timeout=PATIENCE,
                )
            except subprocess.TimeoutExpired:
                return "timed out"
            if not done.returncode:
                return ""
            why = why or " ".join(done.stderr.decode(errors="replace").split())
        return why

    @staticmethod
    def uninteresting(environment: Path, batch: Sequence[Visit]) -> set[str]:
        """Installed distributions that nobody asked for: walking them all would cost several times as much."""
        asked = {v["name"] for v in batch}
        found = (_INFO.match(path.name) for path in environment.glob("lib*/python*/site-packages/*-info"))
        return {f"{normalize(m.group(1))}=={m.group(2)}" for m in found if m and normalize(m.group(1)) not in asked}

    def keep(self, lines: Iterable[str]) -> None:
        """Append to the walks file."""
        rows = list(lines)
        if not rows:
            return
        with self.lock:
            with gzip.open(self.walks, "at", encoding="utf-8", compresslevel=6) as file:
                file.writelines(row + "\n" for row in rows)
            for row in rows:
                self.note(row)

    def make_room(self, free: int = 20 * 10**9) -> None:
        """Evict heavy wheels from the installer's cache when the disk runs low; `free` in bytes."""
        if shutil.disk_usage(self.walks.parent).free < free:
            with self.lock:
                subprocess.run([self.installer, "cache", "clean", "--force", *sorted(HEAVY)], check=False, capture_output=True)


def find_interpreters(folder: Path) -> dict[str, str]:
    """{"3.7": path of an interpreter} among the subfolders of `folder` (bin/python in each)."""
    found = {}
    for path in sorted(folder.glob("*/bin/python")):
        match = re.match(r"^(3\.\d+)\.", path.parent.parent.name)
        if match:
            found[match.group(1)] = str(path)
    return found


def _pins(batch: Iterable[Visit]) -> list[str]:
    return [f"{v['name']}=={v['version']}" for v in batch]


def main() -> None:
    """Walk everything in the plan that the walks file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--walks", type=Path, required=True)
    parser.add_argument(
        "--pythons", type=Path, default=Path(os.environ.get("RESOLVER_PYTHONS", ".")), help="folder of interpreters, 3.N.x/bin/python"
    )
    parser.add_argument("--installer", default="uv")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="comma-separated package names")
    parser.add_argument("--skip", default="", help="comma-separated package names")
    parser.add_argument("--read", action="store_true", help="read sources only: no dependencies, no imports")
    options = parser.parse_args()
    plan: list[Visit] = json.loads(options.plan.read_text())
    collector = Collector(options.walks, options.pythons, options.installer)
    only, skip = set(filter(None, options.only.split(","))), set(filter(None, options.skip.split(",")))
    chosen = [v for v in plan if (not only or v["name"] in only) and v["name"] not in skip]
    chosen = [v for v in chosen if f"{v['name']}=={v['version']}" not in collector.known]

    def one(batch: list[Visit]) -> None:
        collector.make_room()
        try:
            (collector.read if options.read else collector.visit)(batch)
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"  lost: {' '.join(_pins(batch))}: {error}\n")

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, batches(chosen)))


if __name__ == "__main__":
    main()

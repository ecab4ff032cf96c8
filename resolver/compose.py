"""The only place that names concrete classes: settings in, wired rooms out."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.candidate import Candidate
from resolver.core.errors import MissingExtra, ResolverError, UsageError
from resolver.core.outcome import BuildSpec, Outcome
from resolver.core.package import Release, normalize
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.core.resolution import Resolution
from resolver.core.target import Accelerator
from resolver.interfaces import EdgeJudge, Executor, PackageIndex, Ranker, Tracker
from resolver.settings import Settings, bundled

if TYPE_CHECKING:
    from resolver.apis.timeline import SqliteTimeline
    from resolver.build.libraries import LibraryTable
    from resolver.build.process import Limits
    from resolver.crawl.matrix import Cell
    from resolver.crawl.runner import Night
    from resolver.crawl.stacks import Stack
    from resolver.flows.crawl import CrawlRequest
    from resolver.index.neighbours import NeighbourIndex
    from resolver.index.snapshot import Snapshot
    from resolver.solve.solver import InProcessSolver
    from resolver.store.database import DatabaseStore


SHORTEST_NAMESAKE = 3
"""Shorter import names are too often a project's own module to be looked up on the index."""


class House:
    """The wired program for one set of settings. Rooms are built on first use and kept; building one imports its libraries.

    `as_of` hides every release uploaded after that day.
    """

    def __init__(self, settings: Settings, *, reporter: Reporter | None = None, as_of: date | None = None) -> None:
        self.settings = settings
        self.reporter = reporter or Reporter()
        self.as_of = as_of
        self._owners: dict[str, tuple[str, ...]] = {}

    # What exists, and what it offers

    @functools.cached_property
    def snapshot(self) -> Snapshot:
        """The frozen index that travels with the program."""
        from resolver.index.snapshot import Snapshot

        return Snapshot(Path(self.settings.snapshot))

    @functools.cached_property
    def shelves(self) -> NeighbourIndex:
        """The snapshot first, then the live index unless offline."""
        from resolver.index.cache import Cache
        from resolver.index.layered import LayeredIndex
        from resolver.index.neighbours import NeighbourIndex
        from resolver.index.simple import LiveIndex

        live = None
        if not self.settings.offline:
            live = LiveIndex(cache=Cache(Path(self.settings.cache)), near=self.snapshot.near)
        return NeighbourIndex(LayeredIndex(self.snapshot, live, offline=self.settings.offline))

    @functools.cached_property
    def index(self) -> PackageIndex:
        """What exists, for the search: unread releases answer like their neighbours, and nothing is newer than `as_of`."""
        from resolver.index.asof import AsOfIndex

        return AsOfIndex(self.shelves, self.as_of) if self.as_of else self.shelves

    def owners(self, root: str) -> tuple[str, ...]:
        """Distributions that provide the top-level import name, most popular first; beyond the snapshot, the one of that very name.

        Online a name that the snapshot lacks costs one page and one file list, once.
        """
        if root not in self._owners:
            known = tuple(name for name, _ in self.snapshot.module_owners(root))
            self._owners[root] = known or self._namesake(root)
        return self._owners[root]

    def _namesake(self, root: str) -> tuple[str, ...]:
        """The distribution called like the module, when the index has one whose newest files do not contradict it."""
        if self.settings.offline or "." in root or len(root) < SHORTEST_NAMESAKE:
            return ()
        name = normalize(root)
        try:
            newest = next((r for r in self.shelves.releases(name) if r.files), None)
            read = self.shelves.exact(name, newest.version) if newest else None
        except ResolverError:
            return ()
        return (name,) if read and (not read.modules or root in read.modules) else ()

    def marks(self, name: str, version: str) -> dict[str, float]:
        """What a release's file list says of it ("pb2", "compiled"), as numbers."""
        return dict.fromkeys(self.snapshot.marks(name, version), 1.0)

    @functools.cached_property
    def timeline(self) -> SqliteTimeline:
        """What releases offer and use."""
        from resolver.apis.timeline import SqliteTimeline

        return SqliteTimeline(Path(self.settings.timeline))

    # What fits together, and what will run

    @functools.cached_property
    def judge(self) -> EdgeJudge:
        """The learned edge judge, or the rules when no ranker was trained."""
        from resolver.rank.booster import load_judge

        return load_judge(Path(self.settings.ranker), self.index, self.timeline, owners=self.owners, marks=self.marks)

    @functools.cached_property
    def ranker(self) -> Ranker:
        """The champion, or the rules when none was trained."""
        from resolver.rank.booster import load_ranker

        return load_ranker(Path(self.settings.ranker), self.index, self.timeline, owners=self.owners, marks=self.marks)

    def solver(self, *, strict: bool = False, steered: bool = True) -> InProcessSolver:
        """A solver over the index, steered by the judge unless told otherwise."""
        from resolver.flows.implied import ImpliedNeeds
        from resolver.solve.solver import InProcessSolver

        implied = ImpliedNeeds(self.timeline, self.owners, frozenset(sys.stdlib_module_names))
        judge = self.judge if steered else None
        return InProcessSolver(self.index, judge=judge, implied=implied, strict=strict, reporter=self.reporter)

    # The answer

    def read(self, path: Path) -> Project:
        """The project at `path`, with what its uses say about versions among its needs."""
        from resolver.flows.narrow import narrow
        from resolver.project.read import read_project

        project = read_project(path, owners=self.owners, reporter=self.reporter)
        return narrow(project, self.index, self.timeline, self.owners)

    def resolve(
        self, path: Path, *, python: str = "", accelerator: Accelerator | None = None, strict: bool = False
    ) -> tuple[Resolution, dict[str, str]]:
        """The answer for the project at `path` and the texts of its files, by name."""
        from resolver.flows.resolve import Request, resolve
        from resolver.rank.booster import ranker_info
        from resolver.render.base import base_image

        project = self.read(path)
        solver = self.solver(strict=strict)
        resolution = resolve(
            project,
            Request(python=python, accelerator=accelerator or Accelerator(), limit=self.settings.candidates),
            solver=solver,
            ranker=self.ranker,
            explain=solver.explain,
            base_image=base_image,
            libraries=self.libraries,
            complete=self.complete,
            ranker_info=ranker_info(self.ranker),
            snapshot=self.index.snapshot,
            reporter=self.reporter,
        )
        return resolution, self.texts(resolution)

    def complete(self, candidate: Candidate) -> Candidate | None:
        """The candidate with every release's own metadata, files and hashes; None when that metadata contradicts the set."""
        from resolver.flows.verify import contradictions

        own: dict[str, Release] = {}
        for release in candidate.packages:
            if self.shelves.is_borrowed(release.name, release.version):
                own[release.name] = self.shelves.exact(release.name, release.version) or release
            elif not release.files or not all(file.sha256 for file in release.files):
                own[release.name] = self.index.release(release.name, release.version) or release
        whole = dataclasses.replace(candidate, releases=tuple(own.get(r.name, r) for r in candidate.releases))
        wrong = contradictions(whole)
        if wrong and wrong != contradictions(candidate):
            self.reporter.note(f"a set was left out: {wrong[0]}")
            return None
        return whole

    @functools.cached_property
    def library_table(self) -> LibraryTable:
        """Which Debian package brings which shared library."""
        from resolver.build.libraries import load

        return load(bundled("debian.json.gz"))

    def libraries(self, candidate: Candidate) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The Debian packages that a set's wheels need, and a sentence for each library that none brings."""
        from resolver.build.libraries import system_packages

        needs: dict[str, str] = {}
        for pin in candidate.pins:
            needs |= dict.fromkeys(self.timeline.libraries(pin.name, pin.version), str(pin))
        packages, unknown = system_packages(needs, self.library_table)
        return packages, tuple(f"{needs[soname]} wants {soname}, which no Debian package brings" for soname in unknown)

    def texts(self, resolution: Resolution) -> dict[str, str]:
        """What each written file says."""
        from resolver.render.dockerfile import DockerfileRenderer
        from resolver.render.dockerignore import DockerignoreRenderer
        from resolver.render.lock import LockRenderer
        from resolver.render.report import ReportRenderer

        return {
            "Dockerfile": DockerfileRenderer().render(resolution),
            "requirements.lock": LockRenderer().render(resolution),
            "resolution.json": ReportRenderer().render(resolution),
            ".dockerignore": DockerignoreRenderer().render(resolution),
        }

    def write(self, folder: Path, texts: Mapping[str, str], *, force: bool = False) -> list[Path]:
        """Write the files, all or none."""
        from resolver.render.files import write_files

        return write_files(folder, texts, force=force)

    # Building

    @functools.cached_property
    def store(self) -> DatabaseStore:
        """The outcome store."""
        from resolver.store.database import open_store

        if "://" not in self.settings.store:
            Path(self.settings.store).parent.mkdir(parents=True, exist_ok=True)
        return open_store(self.settings.store)

    @property
    def limits(self) -> Limits:
        """Time and memory of one build."""
        from resolver.build.process import Limits

        return Limits(seconds=self.settings.build_seconds, memory_mb=self.settings.build_memory_mb)

    def executor(self, *, harvest: bool = False) -> Executor:
        """The executor of the settings; with `harvest` each build also walks releases that the store has not seen."""
        import uv

        from resolver.apis.walk import walk_source

        script = walk_source() if harvest else ""
        known = self.store.known_releases if harvest else frozenset[str]()
        program = Path(uv.find_uv_bin())
        if self.settings.executor == "docker":
            from resolver.build.docker import DockerExecutor

            return DockerExecutor(uv=program, limits=self.limits, harvest=script, known=known, rest_seconds=self.settings.rest_seconds)
        from resolver.build.venv import VenvExecutor

        folders = tuple(Path(folder) for folder in self.settings.pythons.split(":") if folder)
        return VenvExecutor(uv=program, limits=self.limits, harvest=script, known=known, folders=folders)

    def prove(self, resolution: Resolution, folder: Path) -> tuple[Resolution, dict[str, str]]:
        """Build what was written to `folder`, feed the outcome back, and give the resolution with its proof."""
        from resolver.build.docker import DockerExecutor
        from resolver.flows.feedback import prove

        executor = self.executor()
        self.reporter.step(f"building with {executor.name}")

        def run(spec: BuildSpec) -> Outcome:
            if isinstance(executor, DockerExecutor):
                return executor.prove(folder, spec, reporter=self.reporter)
            return executor.run(spec)

        proven = prove(resolution, stack=f"user:{resolution.project.root.resolve().name}", run=run, store=self.store)
        return proven, self.texts(proven)

    # Crawl

    def stacks(self, file: Path | None, only: str = "") -> list[Stack]:
        """The stacks of a matrix file (default: the bundled one) whose name contains `only`."""
        from resolver.crawl.stacks import read_stacks

        return [stack for stack in read_stacks(file or bundled("stacks.yaml")) if only in stack.name]

    def plan(self, stacks: Sequence[Stack], request: CrawlRequest) -> list[Cell]:
        """The cells that a crawl of these stacks would build now, in order."""
        from resolver.flows.crawl import plan_crawl
        from resolver.flows.narrow import narrow
        from resolver.rank.booster import has_ranker

        return plan_crawl(
            stacks,
            request,
            solver=self.solver(steered=False),
            libraries=lambda candidate: self.libraries(candidate)[0],
            projects=lambda stack: (narrow(stack.project(), self.index, self.timeline, self.owners), stack.project()),
            known=self.store.keys(),
            ranker=self.ranker,
            trained=has_ranker(Path(self.settings.ranker)),
            reporter=self.reporter,
        )

    def crawl(self, stacks: Sequence[Stack], request: CrawlRequest) -> Night:
        """Build the stacks' cells and record them."""
        extra("crawl", "joblib")
        from resolver.flows.crawl import crawl

        return crawl(
            stacks,
            request,
            planned=lambda chosen: self.plan(chosen, request),
            executor=self.executor(harvest=request.walk),
            store=self.store,
            tracker=self.tracker,
            prune=self.prune,
            snapshot=self.index.snapshot,
            reporter=self.reporter,
        )

    def prune(self) -> None:
        """Keep the engine's build cache within the bound of the settings."""
        if self.settings.executor == "docker":
            from resolver.build.docker import prune

            self.reporter.note(prune(self.settings.disk_gb))

    # Learning

    @functools.cached_property
    def tracker(self) -> Tracker:
        """MLflow on the local store; nothing when MLflow is not installed."""
        from resolver.train.tracking import MlflowTracker, NullTracker

        if importlib.util.find_spec("mlflow") is None:
            return NullTracker()
        return MlflowTracker(Path(self.settings.tracking))

    def seen(self, exported: Path | None = None) -> Iterator[Outcome]:
        """The store's outcomes, then those of an exported folder (default: the repository's) that the store lacks."""
        from resolver.store.export import read_export

        keys: set[tuple[str, object]] = set()
        for outcome in self.store.iterate():
            keys.add((outcome.spec.key, outcome.when))
            yield outcome
        folder = exported or Path(__file__).parent.parent / "data" / "outcomes"
        if folder.exists():
            yield from (outcome for outcome in read_export(folder) if (outcome.spec.key, outcome.when) not in keys)

    def train(self, *, folder: Path | None, outcomes: Path | None, seed: int) -> dict[str, object]:
        """Train a challenger and promote it when it is better; a report for people and programs."""
        extra("train", "sklearn", "pandas", "mlflow")
        from resolver.train.training import train

        report = train(
            self.seen(outcomes),
            self.index,
            self.timeline,
            folder=folder or Path(self.settings.ranker),
            tracker=self.tracker,
            reporter=self.reporter,
            seed=seed,
            owners=self.owners,
            marks=self.marks,
            dated=self.dated(),
        )
        return dataclasses.asdict(report)

    def evaluate(self, *, outcomes: Path | None) -> dict[str, object]:
        """The ranker beside the baselines on held-out stacks."""
        extra("train", "sklearn", "pandas")
        from resolver.train.training import evaluate

        found = evaluate(
            self.seen(outcomes),
            self.index,
            self.timeline,
            tracker=self.tracker,
            reporter=self.reporter,
            owners=self.owners,
            marks=self.marks,
            dated=self.dated(),
        )
        return {**found.metrics, "table": found.table}

    def dated(self) -> dict[str, date]:
        """The day each stack of the bundled matrix was last touched: evidence that an outcome does not carry."""
        return {stack.name: stack.dated for stack in self.stacks(None) if stack.dated}

    def dashboard(self, port: int) -> int:
        """Run MLflow's server on the local store until it is stopped; its exit code."""
        extra("train", "mlflow")
        import subprocess

        from resolver.train.tracking import MlflowTracker

        address = MlflowTracker(Path(self.settings.tracking)).address
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", address]
        return subprocess.run([*command, "--host", "127.0.0.1", "--port", str(port)], check=False).returncode

    def score(self, lines: Iterable[str]) -> Iterator[str]:
        """Each JSON line scored."""
        from resolver.rank.assemble import Assembler
        from resolver.rank.score import score_lines

        return score_lines(lines, self.ranker, Assembler(self.index))

    # Looking

    def outcomes(self, *, export: Path | None, load: Path | None) -> dict[str, object]:
        """The store's counts, after an import and before an export when asked."""
        if export or load:
            extra("crawl", "pyarrow")
            from resolver.store.export import read_export, write_export

            if load:
                self.store.add_missing(read_export(load))
            if export:
                write_export(self.store.iterate(), export)
        return self.store.counts()

    def index_report(self, name: str) -> dict[str, object]:
        """What the snapshot holds, or one distribution's releases."""
        if not name:
            names = self.snapshot.names()
            releases = sum(len(self.snapshot.releases(normalize(n))) for n in names)
            return {"as_of": self.snapshot.snapshot, "packages": len(names), "releases": releases}
        found = self.index.releases(normalize(name))
        return {r.version: f"{r.uploaded:%Y-%m-%d} {r.requires_python}" if r.uploaded else "" for r in found}

    def index_refresh(self, snapshot: Path | None, *, since: date) -> dict[str, object]:
        """Bring a snapshot file up to date with the live index: releases uploaded since a day are read."""
        from resolver.index.cache import Cache
        from resolver.index.refresh import refresh, seeds
        from resolver.index.simple import LiveIndex

        if self.settings.offline:
            raise UsageError("index refresh needs the network", hint="leave out the setting `offline`")
        live = LiveIndex(cache=Cache(Path(self.settings.cache)), listing=True)
        place = snapshot or Path(self.settings.snapshot)
        packages = refresh(live, place, seeds(), since=since, reporter=self.reporter)
        return {"packages": packages, "file": str(place), "megabytes": place.stat().st_size / 1e6}


def extra(name: str, *modules: str) -> None:
    """Raises MissingExtra when one of the modules that the extra installs is not there."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(f"this command needs the extra [{name}] ({module} is not installed)", hint=f"pip install 'resolver[{name}]'")

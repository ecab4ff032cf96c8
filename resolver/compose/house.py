"""The program, wired: what each command does, told in rooms and recipes."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.compose.crawling import Crawling
from resolver.compose.rooms import WANTS_FILE, extra
from resolver.core.candidate import Candidate
from resolver.core.errors import ResolverError, UsageError
from resolver.core.outcome import BuildSpec, Outcome
from resolver.core.package import NormalizedName, Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.proof import Proof, Sample, Trial
from resolver.core.resolution import Resolution
from resolver.core.target import Accelerator

if TYPE_CHECKING:
    from resolver.flows.verify import Completed


SCORE_SECONDS = 4.0
"""How long `score` may read what nobody on this machine has read; what is not reached then is scored by what is known."""
READ_AHEAD = 12
"""So many releases are read of a directly needed package that the snapshot does not know."""


class House(Crawling):
    """The commands of the program, for one set of settings."""

    def read(self, path: Path, accelerator: Accelerator | None = None) -> Project:
        """The project at `path`, fitted to the accelerator, with what its uses say about versions among its needs."""
        from resolver.flows.accelerate import fitted
        from resolver.flows.dated import dated
        from resolver.flows.narrow import narrow
        from resolver.flows.unborn import without_unborn
        from resolver.flows.weigh import weighed
        from resolver.project.read import read_project

        found = read_project(path, owners=self.owners, modules=self.modules, offered=self.offered, reporter=self.reporter)
        project = fitted(without_unborn(found, self.born), accelerator or Accelerator())
        narrowed = narrow(dated(project, self.index), self.index, self.timeline, self.owners)
        return weighed(narrowed, self.index)

    def resolve(
        self, path: Path, *, python: str = "", accelerator: Accelerator | None = None, strict: bool = False
    ) -> tuple[Resolution, dict[str, str]]:
        """The answer for the project at `path` and the texts of its files, by name."""
        from resolver.flows.accelerate import advice
        from resolver.flows.resolve import Request, resolve
        from resolver.flows.unknown import without_unknown
        from resolver.flows.verify import pinned
        from resolver.rank.booster import ranker_info
        from resolver.render.base import base_image

        project = self.read(path, accelerator)
        if not strict and not self.settings.offline:  # offline nobody can tell that a package does not exist
            project = without_unknown(project, self.index)
        self.shelves.learn((*pinned(project), *self._unread(project)))
        resolution = resolve(
            project,
            Request(python=python, accelerator=accelerator or Accelerator(), limit=self.settings.candidates, strict=strict),
            search=lambda: self.solver(strict=strict),
            ranker=self,
            explain=lambda *asked: self.solver(strict=strict).explain(*asked),
            base_image=base_image,
            libraries=lambda candidate: tuple(sorted({*self.libraries(candidate), *self.asked_libraries(project)})),
            complete=self.complete,
            study=self.study,
            ranker_info=ranker_info(self.ranker),
            snapshot=self.index.snapshot,
            reporter=self.reporter,
        )
        resolution = self._light(resolution)
        told = advice(resolution.chosen.candidate, self.cuda_builds)
        resolution = dataclasses.replace(resolution, warnings=(*resolution.warnings, *told))
        return resolution, self.texts(resolution)

    def _light(self, resolution: Resolution) -> Resolution:
        """The answer in its lightest form for a target without a graphics card."""
        from resolver.flows.lean import lean

        if not self.settings.lean:
            return resolution
        candidate, cpu = resolution.chosen.candidate, self.cpu_index
        found = lean(
            candidate,
            find=lambda name, version: self._installable(self.shelves.exact, candidate, name, version),
            find_cpu=(lambda name, version: self._installable(cpu.release, candidate, name, version)) if cpu else None,
        )
        chosen = dataclasses.replace(resolution.chosen, candidate=found.candidate)
        from_cpu = any("+cpu" in release.version for release in found.candidate.packages) and not self.settings.wheelhouse
        return dataclasses.replace(
            resolution,
            chosen=chosen,
            extra_index=self.settings.cpu_index if from_cpu else "",
            warnings=(*resolution.warnings, *found.notes),
        )

    def _installable(
        self, look: Callable[[NormalizedName, str], Release | None], candidate: Candidate, name: NormalizedName, version: str
    ) -> Release | None:
        """The release when it is there, with a wheel that has a hash and fits; its size tells nothing."""
        from resolver.render.tags import wheels

        try:
            found = look(name, version)
        except ResolverError as problem:
            self.reporter.note(f"{name} {version}: {problem.message}")
            return None
        return found if found and any(file.sha256 for file in wheels(found, candidate.target)) else None

    def _unread(self, project: Project) -> Iterator[tuple[NormalizedName, str]]:
        """A spread of the releases of each needed package that the snapshot lacks: else one of them would speak for all."""
        from packaging.requirements import Requirement

        for name in dict.fromkeys(normalize(Requirement(need.requirement).name) for need in project.needs if not need.constraint):
            if self.settings.offline or name in self.shelves:
                continue
            try:
                releases = [release for release in self.index.releases(name) if not release.yanked]
            except ResolverError:
                continue  # the solver tells of it, with the line that asks for it
            step = max(1, len(releases) // READ_AHEAD)
            yield from ((name, release.version) for release in releases[::step])

    def complete(self, candidate: Candidate) -> Completed:
        """The candidate with every release's own metadata, files and hashes, and what of that metadata it breaks anew."""
        from resolver.flows.verify import Completed, contradictions

        self.shelves.learn((r.name, r.version) for r in candidate.packages if self.shelves.is_borrowed(r.name, r.version))
        own: dict[str, Release] = {}
        for release in candidate.packages:
            if not self.shelves.is_borrowed(release.name, release.version):
                own[release.name] = self.shelves.release(release.name, release.version) or release
            if not release.files or not all(file.sha256 for file in release.files):
                own[release.name] = self.shelves.exact(release.name, release.version) or release
        whole = dataclasses.replace(candidate, releases=tuple(own.get(r.name, r) for r in candidate.releases))
        known = contradictions(candidate)
        return Completed(candidate=whole, wrong=tuple(wrong for wrong in contradictions(whole) if wrong not in known))

    def texts(self, resolution: Resolution) -> dict[str, str]:
        """What each written file says."""
        from resolver.render.dockerfile import DockerfileRenderer
        from resolver.render.dockerignore import DockerignoreRenderer
        from resolver.render.files import MARKER
        from resolver.render.lock import LockRenderer
        from resolver.render.report import ReportRenderer

        texts = {
            "Dockerfile": DockerfileRenderer(classic=self.settings.builder == "classic", wheelhouse=self.settings.wheelhouse).render(
                resolution
            ),
            "requirements.lock": LockRenderer().render(resolution),
            "resolution.json": ReportRenderer().render(resolution),
            ".dockerignore": DockerignoreRenderer().render(resolution),
        }
        if resolution.proof and resolution.proof.log:
            texts["resolver-build.log"] = f"# {MARKER}\n{resolution.proof.log}\n"
        return texts

    def write(self, folder: Path, texts: Mapping[str, str], *, force: bool = False) -> list[Path]:
        """Write the files, all or none."""
        from resolver.render.files import write_files

        return write_files(folder, texts, force=force)

    def prove(
        self, resolution: Resolution, folder: Path, *, trial: Trial | None = None, tag: str = ""
    ) -> tuple[Resolution, dict[str, str]]:
        """Build what was written to `folder`, start it when there is a trial, feed the outcome back, and give the resolution with its
        proof; the image stays under `tag` when one is given.
        """
        from resolver.build.docker import DockerExecutor
        from resolver.flows.feedback import prove

        executor = self.executor()
        self.reporter.step(f"building with {executor.name}")

        def run(spec: BuildSpec) -> Proof:
            if isinstance(executor, DockerExecutor):
                return executor.prove(folder, spec, tag=tag or None, trial=trial, reporter=self.reporter)
            return Proof(outcome=executor.run(spec))

        proven = prove(resolution, stack=f"user:{resolution.project.root.resolve().name}", run=run, store=self.store)
        return proven, self.texts(proven)

    def trial(self, resolution: Resolution, folder: Path, sample: Sample | None) -> Trial | None:
        """How to try the image that is built in `folder`; None when it does not serve, or the sources are not there (--output).

        A sample without a path goes to the project's one route for a POST. Raises UsageError when there is a sample and no way to send it.
        """
        from resolver.render.entry import entry_of

        program = resolution.project.program
        entry = entry_of(program)
        there = program is not None and entry.port > 0 and (folder / program.path).is_file()
        if sample and not there:
            raise UsageError("--sample: nothing in this folder is known to answer HTTP", hint="leave out --output, or try --serve")
        if sample and program and not (sample.path or program.predict):
            raise UsageError("--sample: the project has no route, or several, for a POST", hint="name it: --sample /predict=FILE")
        if sample and program:
            sample = dataclasses.replace(sample, path=sample.path or program.predict)
        return Trial(port=entry.port, health=entry.health, sample=sample) if there else None

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
        from resolver.rank.files import write_whole
        from resolver.train.training import train
        from resolver.train.wants import wants

        place = folder or Path(self.settings.ranker)
        seen = list(self.seen(outcomes))
        write_whole(place / WANTS_FILE, json.dumps(wants(seen, self.known_owners), indent=1) + "\n")
        report = train(
            seen,
            self.book,
            self.assembler,
            folder=place,
            tracker=self.tracker,
            reporter=self.reporter,
            seed=seed,
            dated=self.dated(),
        )
        return dataclasses.asdict(report)

    def evaluate(self, *, outcomes: Path | None) -> dict[str, object]:
        """The ranker beside the baselines on held-out stacks."""
        extra("train", "sklearn", "pandas")
        from resolver.train.training import evaluate

        found = evaluate(
            self.seen(outcomes),
            self.book,
            self.assembler,
            tracker=self.tracker,
            reporter=self.reporter,
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
        """Each JSON line scored; packages that the snapshot lacks are read of the index, for some seconds in all."""
        from resolver.rank.score import score_lines

        self.shelves.hurry(SCORE_SECONDS)

        def prepare(pins: Collection[Pin]) -> None:
            self.shelves.learn(pin for pin in pins if pin.name not in self.shelves)

        return score_lines(lines, self.ranker, self.assembler, None if self.settings.offline else prepare)

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

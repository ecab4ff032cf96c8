"""The program, wired: what each command does, told in rooms and recipes."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.compose.crawling import Crawling
from resolver.compose.proving import Proving
from resolver.compose.rooms import WANTS_FILE, extra
from resolver.core.errors import ProjectError, ResolverError, UsageError
from resolver.core.kept import Former
from resolver.core.outcome import Outcome
from resolver.core.package import NormalizedName, Pin, normalize
from resolver.core.project import Project
from resolver.core.resolution import Resolution
from resolver.core.target import Accelerator

if TYPE_CHECKING:
    from resolver.rank.score import Numbered

SCORE_SECONDS = 4.0
"""How long `score` may read what nobody on this machine has read; what is not reached then is scored by what is known."""


class House(Proving, Crawling):
    """The commands of the program, for one set of settings."""

    def read(self, path: Path, accelerator: Accelerator | None = None, *, serve: bool = False) -> Project:
        """The project at `path`, with a production server when it is to `serve`, fitted to the accelerator, with what its uses say about
        versions among its needs.
        """
        from resolver.flows.accelerate import fitted
        from resolver.flows.dated import dated
        from resolver.flows.narrow import narrow
        from resolver.flows.serve import served
        from resolver.flows.unborn import without_unborn
        from resolver.flows.weigh import weighed
        from resolver.project.read import read_project

        found = read_project(path, owners=self.owners, modules=self.modules, offered=self.offered, reporter=self.reporter)
        if not found.needs and not serve and found.models:
            raise ProjectError(f"{path} holds a saved model and nothing else", hint="--serve writes a server around it")
        project = fitted(without_unborn(served(found) if serve else found, self.born), accelerator or Accelerator())
        project = dated(project, self.index)
        self.study_spread(project)
        narrowed = narrow(project, self.index, self.timeline, self.owners)
        return weighed(narrowed, self.index)

    def resolve(
        self,
        path: Path,
        *,
        python: str = "",
        accelerator: Accelerator | None = None,
        strict: bool = False,
        serve: bool = False,
        explain: bool = False,
        keep: Path | None = None,
    ) -> tuple[Resolution, dict[str, str]]:
        """The answer for the project at `path` and the texts of its files, by name; `keep` is a folder whose former answer stays where it
        is as good.
        """
        from resolver.compose.finishing import finished
        from resolver.flows.lookalikes import with_lookalikes_told
        from resolver.flows.machine import without_machines
        from resolver.flows.resolve import Request, resolve
        from resolver.flows.unknown import without_unknown
        from resolver.flows.verify import pinned
        from resolver.rank.booster import ranker_info
        from resolver.render.base import base_image

        project = self.read(path, accelerator, serve=serve)
        if not strict and not self.settings.offline:  # offline nobody can tell that a package does not exist
            project = without_machines(project, self.index, self.owners)
            known = without_unknown(project, self.index, self.snapshot.near, self.owners, self.shelves.renew)
            project = with_lookalikes_told(known, self.snapshot.near)
        self.shelves.learn((*pinned(project), *self._unread(project)))
        self.enter(project)
        resolution = resolve(
            project,
            Request(
                python=python,
                platform=self.platform,
                accelerator=accelerator or Accelerator(),
                limit=self.settings.candidates,
                strict=strict,
            ),
            search=lambda: self.solver(strict=strict),
            ranker=self,
            explain=lambda *asked: self.solver(strict=strict).explain(*asked),
            base_image=base_image,
            libraries=lambda candidate: self.system_packages(candidate, project),
            complete=self.complete,
            study=self.study,
            doubts=self.doubts,
            behind=self.behind if explain else None,
            former=self._former(keep) if keep else None,
            ranker_info=ranker_info(self.ranker),
            snapshot=self.index.snapshot,
            reporter=self.reporter,
        )
        resolution = finished(self, resolution)
        return resolution, self.texts(resolution)

    def _former(self, folder: Path) -> Former | None:
        """The answer that a folder holds; a damaged one is told and passed over."""
        from resolver.render.former import former

        try:
            return former(folder)
        except ResolverError as problem:
            self.reporter.warning(f"{problem.message}; {problem.hint}")
            return None

    def _unread(self, project: Project) -> Iterator[tuple[NormalizedName, str]]:
        """A spread of the releases of each needed package that the snapshot lacks: else one of them would speak for all."""
        from packaging.requirements import Requirement

        for name in dict.fromkeys(normalize(Requirement(need.requirement).name) for need in project.needs if not need.constraint):
            if name not in self.shelves:
                yield from self._some_of(name)

    def seen(self, exported: Path | None = None) -> Iterator[Outcome]:
        """The store's outcomes, then those of an exported folder (default: the repository's) that the store lacks."""
        from resolver.store.export import read_export

        keys: set[tuple[str, object]] = set()
        for outcome in self.store.iterate():
            keys.add((outcome.spec.key, outcome.when))
            yield outcome
        folder = exported or Path(__file__).parents[2] / "data" / "outcomes"
        if folder.exists():
            yield from (outcome for outcome in read_export(folder) if (outcome.spec.key, outcome.when) not in keys)

    def train(self, *, folder: Path | None, outcomes: Path | None, seed: int, fresh: int = 0, force: bool = False) -> dict[str, object]:
        """Train a challenger and promote it when it is better (`force`: in any case); a report for people and programs. With `fresh`
        nothing is done before so many outcomes came since the champion's training.
        """
        extra("train", "sklearn", "pandas", "mlflow")
        from resolver.rank.files import write_whole
        from resolver.train.dataset import is_label
        from resolver.train.registry import trained_on
        from resolver.train.training import train
        from resolver.train.wants import wants

        place = folder or Path(self.settings.ranker)
        seen = list(self.seen(outcomes))
        new = sum(is_label(outcome) for outcome in seen) - trained_on(place)
        if new < fresh:
            return {"promoted": False, "reason": f"{new} outcomes since the champion's training, {fresh} are waited for"}
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
            force=force,
        )
        return dataclasses.asdict(report)

    def stage(self, name: str, *, outcomes: Path, folder: Path, seed: int) -> None:
        """One stage of dvc.yaml, on exported outcomes alone. Raises UsageError for a name that is none."""
        extra("train", "sklearn", "pyarrow")
        from resolver.store.export import read_export
        from resolver.train import stages
        from resolver.train.dataset import read_corpus

        corpus = read_corpus(read_export(outcomes), self.assembler, dated=self.dated())
        match name:
            case "edges":
                stages.edges(corpus, self.book, self.assembler, seed, folder)
            case "sets":
                stages.sets(corpus, self.book, seed, folder)
            case "train":
                stages.model(corpus, self.book, seed, folder)
            case "evaluate":
                stages.judged(corpus, self.book, self.assembler, seed, folder)
            case _:
                raise UsageError(f"no stage {name}", hint="edges, sets, train or evaluate")

    def roll_back(self, folder: Path | None) -> dict[str, object]:
        """Put the champion before the present one back in its place."""
        extra("train", "mlflow")
        from resolver.train.registry import roll_back

        return {"champion": roll_back(folder or Path(self.settings.ranker), self.tracker)}

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
        """Each JSON line scored, by several processes where there are many; packages that the snapshot lacks are read of the index, for
        some seconds in all.
        """
        from resolver.compose.scoring import scored
        from resolver.rank.score import numbered

        return scored(self.settings, numbered(lines), self.score_here)

    def score_here(self, lines: Iterable[Numbered]) -> Iterator[str]:
        """Each JSON line scored in this process."""
        from resolver.rank.score import score_lines

        self.shelves.hurry(SCORE_SECONDS)

        def prepare(pins: Collection[Pin]) -> None:
            self.shelves.learn(pin for pin in pins if pin.name not in self.shelves)

        return score_lines(lines, self.ranker, self.assembler, None if self.settings.offline else prepare)

    def outcomes(
        self, *, export: Path | None, load: Path | None, figures: Path | None = None, rediagnose: bool = False
    ) -> dict[str, object]:
        """The store's counts, after an import and before an export or figures when asked; with `rediagnose` as today's rules read the
        old logs.
        """
        from resolver.build.rediagnose import rediagnosed
        from resolver.store.counts import counts

        read = rediagnosed if rediagnose else iter
        if export or load:
            extra("crawl", "pyarrow")
            from resolver.store.export import read_export, write_export

            if load:
                self.store.add_missing(read(read_export(load)))
            if export:
                write_export(read(self.store.iterate()), export)
        if figures:
            extra("crawl", "matplotlib")
            from resolver.crawl.figures import draw

            draw(list(read(self.store.iterate())), figures)
        return counts(read(self.store.iterate()))

    def index_report(self, name: str) -> dict[str, object]:
        """What the snapshot holds, or one distribution's releases."""
        if not name:
            names = self.snapshot.names()
            releases = sum(len(self.snapshot.releases(normalize(n))) for n in names)
            return {"as_of": self.snapshot.snapshot, "packages": len(names), "releases": releases}
        found = self.index.releases(normalize(name))
        return {r.version: f"{r.uploaded:%Y-%m-%d} {r.requires_python}" if r.uploaded else "" for r in found}

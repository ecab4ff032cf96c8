"""The rooms, built from settings: which concrete class stands behind each seam."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.compose.known import Known
from resolver.core.candidate import Candidate, Scored
from resolver.core.errors import MissingExtra, ResolverError
from resolver.core.package import NormalizedName, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target
from resolver.interfaces import EdgeJudge, Executor, Ranker, Tracker
from resolver.settings import bundled

if TYPE_CHECKING:
    from resolver.build.libraries import LibraryTable
    from resolver.build.process import Limits
    from resolver.core.cuda_builds import CudaBuilds
    from resolver.flows.implied import ImpliedNeeds
    from resolver.rank.assemble import Assembler
    from resolver.rank.book import Companion, FactBook
    from resolver.solve.solver import InProcessSolver
    from resolver.store.database import DatabaseStore


WANTS_FILE = "wants.json"
"""Beside the champion: what releases import and nobody declares, as builds have shown."""

MOST_RENEWED = 20
"""So many packages of the snapshot are listed anew at most when a search finds nothing."""


class Rooms(Known):
    """Every room for one set of settings, built on first use and kept; building one imports its libraries."""

    @functools.cached_property
    def book(self) -> FactBook:
        """What index, timeline and tables know of releases, for judge, ranker and training alike."""
        from resolver.rank.book import FactBook

        return FactBook(
            self.index,
            self.timeline,
            owners=self.known_owners,
            marks=self.marks,
            system_packages=self.native,
            companions=companions,
        )

    @functools.cached_property
    def assembler(self) -> Assembler:
        """Makes candidates of bare pins."""
        from resolver.rank.assemble import Assembler

        return Assembler(self.index)

    @functools.cached_property
    def judge(self) -> EdgeJudge:
        """The learned edge judge, or the rules when no ranker was trained."""
        from resolver.rank.booster import load_judge

        return load_judge(Path(self.settings.ranker), self.book)

    @functools.cached_property
    def ranker(self) -> Ranker:
        """The champion, or the rules when none was trained."""
        from resolver.rank.booster import load_ranker

        return load_ranker(Path(self.settings.ranker), self.book)

    @functools.cached_property
    def wants(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """What builds found missing beside releases (written by training); empty when nothing was written."""
        place = Path(self.settings.ranker) / WANTS_FILE
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise ResolverError(f"cannot read {place}: {problem}", hint="train again, or reinstall the program") from problem
        return dict(found)

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """As the ranker of the moment does: `study` may replace it."""
        return self.ranker.rank(project, candidates)

    def behind(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Mapping[str, float]]:
        """By what sets are behind the first, by the ranker of the moment; nothing when none was trained."""
        from resolver.rank.booster import LearnedRanker

        return self.ranker.behind(project, candidates) if isinstance(self.ranker, LearnedRanker) else [{}] * len(candidates)

    @functools.cached_property
    def implied(self) -> ImpliedNeeds:
        """What releases need beside what they declare."""
        from resolver.flows.implied import RUNS_WITH, ImpliedNeeds

        standard = frozenset(sys.stdlib_module_names)
        return ImpliedNeeds(
            self.timeline, self.known_owners, standard, self.wants, RUNS_WITH, self.timeline.inner, self.entered, self.walks.needs
        )

    @functools.cached_property
    def cuda_builds(self) -> CudaBuilds:
        """Which CUDA the releases of frameworks were built for."""
        from resolver.core.cuda_builds import CudaBuilds

        return CudaBuilds(json.loads(bundled("cuda.json").read_text(encoding="utf-8")))

    def solver(self, *, strict: bool = False, steered: bool = True, lowest: bool = False) -> InProcessSolver:
        """A solver over the index, steered by the judge unless told otherwise; `lowest` as the solver has it."""
        from resolver.solve.solver import InProcessSolver

        judge = self.judge if steered else None
        learn = None if self.settings.offline else self._learn
        return InProcessSolver(
            self.index,
            judge=judge,
            implied=self.implied,
            learn=learn,
            builds=self.cuda_builds,
            strict=strict,
            lowest=lowest,
            reporter=self.reporter,
        )

    def _learn(self, releases: Iterable[tuple[NormalizedName, str]], packages: Iterable[NormalizedName]) -> bool:
        """Read these releases' own metadata and list these packages anew; whether anything came of it."""
        renewed = [name for name in itertools.islice(packages, MOST_RENEWED) if self.shelves.renew(name)]
        return self.shelves.learn(releases) or bool(renewed)

    @functools.cached_property
    def library_table(self) -> LibraryTable:
        """Which Debian package brings which shared library."""
        from resolver.build.libraries import load

        return load(bundled("debian.json.gz"))

    def libraries(self, candidate: Candidate) -> tuple[str, ...]:
        """The Debian packages that a set needs when it runs, sorted: for its wheels' binaries, for what it opens by name, and for what
        is built from source.

        A library that no Debian package brings comes from another wheel nearly always (torchvision's libtorch), so it is only noted.
        """
        from resolver.apis.links import reached
        from resolver.build.libraries import system_packages
        from resolver.core.native import linked_packages, run_packages
        from resolver.render.tags import sdists, wheels

        needs: dict[str, str] = {}
        studied = []
        for pin in candidate.pins:
            if pin in self.walks and self.timeline.distance(pin.name, pin.version) is None:
                studied.append(self.walks.links(pin.name, pin.version))
            else:
                needs |= dict.fromkeys(self.timeline.libraries(pin.name, pin.version), str(pin))
        needs |= dict.fromkeys(reached(studied), "a wheel of the set")
        brought = {library for links in studied for library in links}
        needs = {soname: pin for soname, pin in needs.items() if soname not in brought}
        packages, unknown = system_packages(needs, self.library_table)
        for soname in unknown:
            self.reporter.note(f"{needs[soname]} wants {soname}, which no Debian package brings")
        fitting = {release: wheels(release, candidate.target) for release in candidate.packages}
        built = [str(release.name) for release, files in fitting.items() if not files and sdists(release)]
        pure = [release.pin for release, files in fitting.items() if all(tag.endswith("-any") for file in files for tag in file.tags)]
        return tuple(sorted({*packages, *run_packages(pure, built), *linked_packages(str(release.name) for release in fitting)}))

    def native(self, release: Release, target: Target) -> tuple[str, ...]:
        """The Debian packages that one release wants when it runs on a target, as far as its like was walked."""
        from resolver.build.libraries import system_packages
        from resolver.core.native import is_named, linked_packages, run_packages
        from resolver.render.tags import sdists, wheels

        packages, _ = system_packages(self.timeline.libraries(release.name, release.version), self.library_table)
        if not is_named(release.name):  # nearly all; to match wheels with a target takes longer than all else here
            return packages
        files = wheels(release, target)
        pure = [release.pin] if all(tag.endswith("-any") for file in files for tag in file.tags) else []
        built = [str(release.name)] if not files and sdists(release) else []
        return (*packages, *run_packages(pure, built), *linked_packages([release.name]))

    def asked_libraries(self, project: Project) -> tuple[str, ...]:
        """The Debian packages that the project's own Dockerfile installs and that its code may need when it runs, sorted."""
        from resolver.core.native import asked_packages

        asked = [(name, str(origin)) for name, origin in project.evidence.system]
        kept, notes = asked_packages(asked, frozenset(self.library_table.sonames.values())) if asked else ((), ())
        for note in notes:
            self.reporter.note(note)
        return kept

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

    def executor(self, *, harvest: bool = False, travels: bool = False) -> Executor:
        """The executor of the settings; with `harvest` each build also walks releases that neither the timeline nor the store has seen.

        One that `travels` to other processes takes along what is known now, and asks nobody there.
        """
        import uv

        from resolver.apis.walk import walk_sources

        script = walk_sources() if harvest else ()
        known = (self._walked() if travels else self._walked) if harvest else frozenset[str]()
        program = Path(uv.find_uv_bin())
        if self.settings.executor == "docker":
            from resolver.build.docker import DockerExecutor

            return DockerExecutor(uv=program, limits=self.limits, harvest=script, known=known, rest_seconds=self.settings.rest_seconds)
        from resolver.build.venv import VenvExecutor

        folders = tuple(Path(folder) for folder in self.settings.pythons.split(":") if folder)
        return VenvExecutor(uv=program, limits=self.limits, harvest=script, known=known, folders=folders)

    @functools.cached_property
    def _timeline_releases(self) -> frozenset[str]:
        return frozenset(f"{name}=={version}" for name in self.timeline.packages() for version in self.timeline.versions(name))

    def _walked(self) -> frozenset[str]:
        """Releases ("name==version") of which a walk is known already."""
        return self._timeline_releases | frozenset(self.store.known_releases())

    @functools.cached_property
    def tracker(self) -> Tracker:
        """MLflow on the local store; nothing when MLflow is not installed."""
        from resolver.train.tracking import MlflowTracker, NullTracker

        if importlib.util.find_spec("mlflow") is None:
            return NullTracker()
        return MlflowTracker(Path(self.settings.tracking))


def companions(names: Sequence[str]) -> list[Companion]:
    """What the table says that dotted names want beside their own distribution. Left out is what shows in calls alone, and what is asked
    for in some versions only: the ranker sees whether a set has it, not which.
    """
    from resolver.project import companions as room
    from resolver.rank.book import Companion, requirement_name

    prefixes = {name[:end] for name in names for end in (*(at for at, sign in enumerate(name) if sign == "."), len(name))}
    wanted = [one for one in room.companions() if one.root in prefixes and one.add and not one.beside and not one.bounded]
    return [Companion(any=tuple(map(normalize, (*one.any, requirement_name(one.add)))), of=one.of, called=one.called) for one in wanted]


def extra(name: str, *modules: str) -> None:
    """Raises MissingExtra when one of the modules that the extra installs is not there."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(f"this command needs the extra [{name}] ({module} is not installed)", hint=f"pip install 'resolver[{name}]'")

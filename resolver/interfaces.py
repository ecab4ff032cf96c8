"""The seams: what a room offers and what it may expect of others, one to three methods each.

Every implementation and every fake passes the seam's contract suite in `tests/contracts`. Parameter names are part of a seam.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from resolver.core.candidate import Candidate, EdgeRisk, Scored
from resolver.core.outcome import BuildSpec, Outcome
from resolver.core.package import NormalizedName, Pin, Release
from resolver.core.project import Project
from resolver.core.resolution import Resolution
from resolver.core.target import Target


@runtime_checkable
class PackageIndex(Protocol):
    """What exists. Safe to call from several threads."""

    @property
    def snapshot(self) -> str:
        """A short text naming the state of the index ("2026-11-22")."""
        ...

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Every release of `name` with a file for Linux, newest version first; yanked and pre-releases included.

        Metadata (`requires`) may still be empty here. Raises UnknownPackage (with near names in the hint) when the name
        does not exist, IndexUnreachable when nobody can tell.
        """
        ...

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its metadata complete, or None when it has none that can be read without running code."""
        ...


@runtime_checkable
class Timeline(Protocol):
    """What releases offer and use, by dotted name."""

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        """For each dotted name the certainty (1 exists, 0 does not) that release `name`==`version` offers it; None when
        nothing is known of this package, the name is deeper than what is recorded, or no known version has it (then no version is
        better than another). `name` may be "python" (standard library). "module.function(keyword)" asks whether calling it takes
        that keyword.
        """
        ...

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Provider root module -> dotted names that the release's own unguarded imports take from it; empty when unknown."""
        ...


@runtime_checkable
class EdgeJudge(Protocol):
    """How well one release runs against another; steers the solver, cheap (microseconds when asked again)."""

    def risk(self, importer: Release, provider: Release, python: str) -> EdgeRisk:
        """The probability that `importer` breaks on `provider`, with a reason."""
        ...


@runtime_checkable
class Solver(Protocol):
    """What fits together by declared metadata."""

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        """At most `limit` distinct complete sets, over all targets and policies, informative ones first. Yields nothing
        when no set exists.
        """
        ...

    def keeping(self, project: Project, target: Target, pins: Sequence[Pin]) -> Iterator[Candidate]:
        """A few complete sets for one target that hold `pins` as far as the needs leave room; a pin that nothing asks for, or that no
        index knows, is not in. Yields nothing when no set exists.
        """
        ...


@runtime_checkable
class Ranker(Protocol):
    """What will run."""

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        """Every candidate, best first; never drops one; equal inputs give equal output."""
        ...


@runtime_checkable
class Executor(Protocol):
    """Runs one build. Survives pickling."""

    @property
    def name(self) -> str:
        """ "docker" or "venv"."""
        ...

    def run(self, spec: BuildSpec) -> Outcome:
        """Build and probe. A failing build returns an Outcome; a missing engine raises EngineUnavailable."""
        ...


@runtime_checkable
class OutcomeStore(Protocol):
    """What was seen. Append-only; durable when `add` returns."""

    def add(self, outcome: Outcome) -> None:
        """Append one outcome (a second non-void one under the same key and origin is kept too: flakiness is data)."""
        ...

    def keys(self) -> frozenset[str]:
        """Keys of the specs that have a non-void outcome."""
        ...

    def iterate(self) -> Iterator[Outcome]:
        """All outcomes in the order they were added."""
        ...


@runtime_checkable
class Renderer(Protocol):
    """How an answer is written down: a pure function, same resolution, same text."""

    def render(self, resolution: Resolution) -> str:
        """The whole text of one file, ending in a newline."""
        ...


@runtime_checkable
class Tracker(Protocol):
    """Where experiments are recorded."""

    def log(
        self, experiment: str, name: str, *, parameters: Mapping[str, object], metrics: Mapping[str, float], files: Iterable[str] = ()
    ) -> str:
        """Record one finished run and return its identifier."""
        ...

    def register(self, run: str, folder: Path, *, champion: bool) -> str:
        """Keep a ranker's folder, made by a run, as the next version of the model, under the alias "champion" or "challenger"."""
        ...

    def roll_back(self, folder: Path) -> str:
        """Make the champion before the present one champion again and put its files into `folder`; its number.

        Raises ResolverError when there is none on record.
        """
        ...

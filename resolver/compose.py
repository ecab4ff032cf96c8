"""The only place that names concrete classes: settings in, wired rooms out."""

from __future__ import annotations

import functools
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.reporter import Reporter
from resolver.settings import Settings

if TYPE_CHECKING:
    from resolver.apis.timeline import SqliteTimeline
    from resolver.flows.implied import ImpliedNeeds
    from resolver.index.layered import LayeredIndex
    from resolver.index.snapshot import Snapshot
    from resolver.interfaces import EdgeJudge, Ranker
    from resolver.solve.enumerate import InProcessSolver
    from resolver.store.database import DatabaseStore


class House:
    """The wired program for one set of settings. Rooms are built on first use and kept; building one imports its libraries.

    `as_of` hides every release uploaded after that day.
    """

    def __init__(self, settings: Settings, *, reporter: Reporter | None = None, as_of: date | None = None) -> None:
        self.settings = settings
        self.reporter = reporter or Reporter()
        self.as_of = as_of

    @functools.cached_property
    def snapshot(self) -> Snapshot:
        """The frozen index that travels with the program."""
        from resolver.index.snapshot import Snapshot

        return Snapshot(Path(self.settings.snapshot))

    @functools.cached_property
    def index(self) -> LayeredIndex:
        """The snapshot first, then the live index unless offline."""
        from resolver.index.layered import LayeredIndex

        return LayeredIndex.standard(self.snapshot, cache=Path(self.settings.cache), offline=self.settings.offline, reporter=self.reporter)

    @functools.cached_property
    def timeline(self) -> SqliteTimeline:
        """What releases offer and use."""
        from resolver.apis.timeline import SqliteTimeline

        return SqliteTimeline(Path(self.settings.timeline))

    @functools.cached_property
    def judge(self) -> EdgeJudge:
        """The learned edge judge, or the rules when no ranker was trained."""
        from resolver.rank.booster import load_judge

        return load_judge(Path(self.settings.ranker), self.index, self.timeline)

    @functools.cached_property
    def ranker(self) -> Ranker:
        """The champion, or the rules when none was trained."""
        from resolver.rank.booster import load_ranker

        return load_ranker(Path(self.settings.ranker), self.index, self.timeline)

    @functools.cached_property
    def implied(self) -> ImpliedNeeds:
        """Needs that only a release's own imports show."""
        from resolver.flows.implied import ImpliedNeeds

        return ImpliedNeeds(self.timeline, self.owners, frozenset(sys.stdlib_module_names))

    def owners(self, root: str) -> tuple[str, ...]:
        """Distributions that provide the top-level import name, most popular first."""
        return tuple(name for name, _ in self.snapshot.module_owners(root))

    def solver(self, *, strict: bool = False) -> InProcessSolver:
        """A solver over the index, steered by the judge."""
        from resolver.solve.enumerate import InProcessSolver

        return InProcessSolver(self.index, judge=self.judge, implied=self.implied, strict=strict, reporter=self.reporter)

    @functools.cached_property
    def store(self) -> DatabaseStore:
        """The outcome store."""
        from resolver.store.database import open_store

        return open_store(self.settings.store)

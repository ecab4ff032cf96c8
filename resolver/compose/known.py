"""What is known of releases beyond their metadata: walks that travel with the program, and what this machine reads by itself."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from resolver.compose.stock import Stock
from resolver.core.candidate import Candidate, Scored
from resolver.core.package import DistFile, NormalizedName, Release, normalize
from resolver.core.project import Project

if TYPE_CHECKING:
    from resolver.apis.kept import KeptWalks
    from resolver.apis.timeline import SqliteTimeline
    from resolver.flows.apart import Apart
    from resolver.flows.consider import Learnt
    from resolver.flows.doubts import Doubts
    from resolver.flows.implied import ImpliedNeeds

MOST_COMPARED = 6
"""So many releases are asked at most, spread over all, when distributions of one module are compared."""


class Known(Stock):
    """The timeline and the walks kept beside it, and the reading of releases that neither knows."""

    _study_ends: float | None = None
    entered: Sequence[str] = ()
    """Dotted names that the project at hand imports: of these releases the submodules matter too."""

    if TYPE_CHECKING:

        @property
        def implied(self) -> ImpliedNeeds:
            """What releases need beside what they declare; a room of its own."""

    def offered(self, name: str, dotted: Sequence[str]) -> int | None:
        """How many of the dotted names the best known release of a distribution offers; None when nothing is known of it."""
        versions = list(self.timeline.versions(name))
        chosen = {versions[place * (len(versions) - 1) // (MOST_COMPARED - 1)] for place in range(MOST_COMPARED)} if versions else set()
        counts = [sum((sure or 0.0) > 0.5 for sure in self.timeline.offers(name, version, dotted)) for version in chosen]
        return max(counts, default=None)

    def marks(self, name: str, version: str) -> dict[str, float]:
        """What a release's files say of it ("pb2", "compiled"), as numbers."""
        found = dict.fromkeys(self.snapshot.marks(name, version), 1.0)
        return found | {"pb2": 1.0} if self.timeline.pb2(name, version) else found

    @functools.cached_property
    def timeline(self) -> SqliteTimeline:
        """What releases offer and use."""
        from resolver.apis.timeline import SqliteTimeline

        return SqliteTimeline(Path(self.settings.timeline), self.walks)

    @functools.cached_property
    def walks(self) -> KeptWalks:
        """Releases that this machine has studied itself."""
        from resolver.apis.kept import KeptWalks

        return KeptWalks(Path(self.settings.cache))

    def study(self, scored: Scored) -> Learnt:
        """Read the releases of a set of which too little is known out of their files (see `unstudied`).

        Costs about a third of a second a release, once; nothing offline.
        """
        from resolver.compose.studying import MOST_SECONDS, unstudied
        from resolver.flows.consider import Learnt

        todo = [] if self.settings.offline else unstudied(scored, self.timeline, self.walks, self._inside())
        if not todo:
            return Learnt.NOTHING
        self.reporter.step(f"reading {len(todo)} releases that nobody has walked yet")
        if self._study_ends is None:
            self._study_ends = time.monotonic() + MOST_SECONDS
        if not self._studied(todo, self._study_ends):
            return Learnt.NOTHING
        have = {release.name: release.version for release in scored.candidate.packages}
        wanted = [Requirement(text) for release, _ in todo for text in self.implied(release)]
        met = (one.specifier.contains(have[normalize(one.name)], prereleases=True) for one in wanted if normalize(one.name) in have)
        return Learnt.TAKES if all(met) and all(normalize(one.name) in have for one in wanted) else Learnt.NEEDS

    def enter(self, project: Project) -> None:
        """Turn to a project: what it imports counts from now on, and reading has its time anew."""
        self.entered = tuple(use.dotted for use in project.evidence.uses if use.imported and not use.guarded)
        self.__dict__.pop("implied", None)
        self._study_ends = None

    def _inside(self) -> frozenset[NormalizedName]:
        """Distributions of which the project imports submodules."""
        roots = {name.partition(".")[0] for name in self.entered if "." in name}
        return frozenset(normalize(owner) for root in roots for owner in self.owners(root))

    def study_spread(self, project: Project) -> None:
        """Read a spread of the releases of the packages that nobody walked and that the project takes names from (see `unspread`), and
        some between those with a name and those without (see `unhalved`).

        Costs about a third of a second a release, once; nothing offline.
        """
        from resolver.compose.studying import HALVINGS, SPREAD_SECONDS, unhalved, unspread

        ends = time.monotonic() + SPREAD_SECONDS
        for choose in () if self.settings.offline else (unspread, *[unhalved] * HALVINGS):
            todo = choose(project, self.owners, self.index, self.timeline, self.walks)
            if todo:
                self.reporter.step(f"reading {len(todo)} releases for the names that the source takes")
                self._studied(todo, ends)
            elif choose is unhalved:
                break

    def _studied(self, todo: Sequence[tuple[Release, DistFile]], ends: float) -> bool:
        """Whether reading brought anything; what was worked out with less knowledge is forgotten then."""
        from resolver.compose.studying import study_all

        if not study_all(todo, self.shelves.file, self.walks, lambda done: self.reporter.progress(done, len(todo)), ends):
            return False
        for stale in ("timeline", "book", "judge", "ranker", "implied", "_apart"):
            self.__dict__.pop(stale, None)
        return True

    @property
    def doubts(self) -> Doubts:
        """What speaks against a set as a whole, as far as is known when it is asked."""
        from resolver.flows.doubts import Doubts
        from resolver.flows.newer import newer

        return Doubts(apart=self._told_apart, newer=lambda candidate: newer(candidate, self.walks.asks))

    def _told_apart(self, candidate: Candidate) -> tuple[str, float] | None:
        """By what is known now: reading releases makes `_apart` anew."""
        return self._apart.told(candidate)

    @functools.cached_property
    def _apart(self) -> Apart:
        from resolver.flows.apart import Apart

        return Apart(self.timeline.uses_later, self.timeline.offers, self.timeline.uses)

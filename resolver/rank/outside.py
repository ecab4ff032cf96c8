"""What a set needs from outside of it: shared libraries of the system, a graphics card, distributions that no metadata asks for."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection

import numpy as np

from resolver.core.package import Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target
from resolver.core.twins import TWINS, wants_graphics
from resolver.rank.batch import Member
from resolver.rank.book import Companion, FactBook
from resolver.rank.features import Floats

OUTSIDE = ("libraries_missing", "graphics_missing", "companions_missing")
"""Columns: Debian packages with libraries that members load and the image lacks, members linked to CUDA on a target without, and groups
of distributions without one of which names of the project are not there (torch.utils.tensorboard: TensorBoard) and none is."""

_PASSES = (0.1, 0.05, 0.05)
"""What is left of a probability for each of `OUTSIDE` that is not zero. Of the stored builds 2 of 78, 0 of 20 and 0 of 32 passed
(2026-11-25).
"""


def outside_factor(table: Floats) -> Floats:
    """What a probability by rules is multiplied by for rows of `OUTSIDE`."""
    found: Floats = np.prod(np.where(table > 0, np.array(_PASSES), 1.0), axis=1)
    return found


@functools.lru_cache(maxsize=50_000)
def _spelled(modules: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normalize, modules))


def _roots(release: Release) -> frozenset[str]:
    """The modules of a release, spelled like distributions."""
    return _spelled(release.modules)


class Outside:
    """Counts of `OUTSIDE` for the sets of one project; what releases load is asked of the book once."""

    def __init__(self, project: Project, book: FactBook) -> None:
        self._book = book
        names = {use.dotted for use in project.evidence.uses if not use.guarded}
        self._companions = [one for one in book.companions(sorted(names)) if not one.called]
        self._needs: dict[tuple[Release, Target], frozenset[str]] = {}
        self._linked: dict[int, bool] = {}

    def numbers(self, member: Member) -> list[float]:
        """One row of `OUTSIDE`."""
        candidate = member.candidate
        members = candidate.releases if candidate.system_packages is None and not self._companions else candidate.packages
        return [
            float(len(self.libraries(members, candidate.target, candidate.system_packages))),
            float(self._graphics(member)) if candidate.target.accelerator.kind == "cpu" else 0.0,
            float(len(self._wanting(members))),
        ]

    def _graphics(self, member: Member) -> int:
        """How many members are linked to CUDA; each release of the batch is looked at once."""
        places = member.places.tolist()
        for release, place in zip(member.candidate.releases, places, strict=True):
            if place not in self._linked:
                self._linked[place] = wants_graphics(release.pin)
        return sum(self._linked[place] for place in places)

    def libraries(self, members: Collection[Release], target: Target, installed: Collection[str] | None) -> frozenset[str]:
        """The packages with libraries that `members` load and that are not `installed`; none where it is not said what is installed.

        Another package that begins with the same name brings the library too (libgl1-mesa-glx: libgl1). Programs are left out: what
        calls them nearly always runs without.
        """
        if installed is None:
            return frozenset()
        wanted = frozenset().union(*(self._loaded(release, target) for release in members))
        return frozenset(name for name in wanted if not any(there.startswith(name) for there in installed))

    def _loaded(self, release: Release, target: Target) -> frozenset[str]:
        known = self._needs.get((release, target))
        if known is None:
            packages = self._book.system_packages(release, target)
            known = self._needs[release, target] = frozenset(name for name in packages if name.startswith("lib"))
        return known

    def _wanting(self, members: Collection[Release]) -> list[Companion]:
        if not self._companions:
            return []
        versions = {release.pin.name: release.pin.version for release in members}
        twins = itertools.chain.from_iterable(TWINS.get(name, ()) for name in versions)
        there = {*versions, *twins, *itertools.chain.from_iterable(map(_roots, members))}
        return [one for one in self._companions if one.wanted_by(versions) and there.isdisjoint(one.any)]

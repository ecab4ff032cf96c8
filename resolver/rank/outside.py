"""What a set needs from outside of it: shared libraries of the system, a graphics card, distributions that no metadata asks for."""

from __future__ import annotations

from collections.abc import Collection

from resolver.core.package import CUDA, PYTHON, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target
from resolver.core.twins import wants_graphics
from resolver.rank.batch import Member
from resolver.rank.book import Companion, FactBook

OUTSIDE = ("libraries_missing", "graphics_missing", "companions_missing")
"""Columns: Debian packages with libraries that members load and the image lacks, members linked to CUDA on a target without, and groups
of distributions one of which the project's names want beside their own (torch.utils.tensorboard: TensorBoard) and none is there."""


class Outside:
    """Counts of `OUTSIDE` for the sets of one project; what releases load is asked of the book once."""

    def __init__(self, project: Project, book: FactBook) -> None:
        self._book = book
        names = {use.dotted for use in project.evidence.uses if not use.guarded}
        self._companions = book.companions(sorted(names))
        self._needs: dict[tuple[Release, Target], frozenset[str]] = {}

    def numbers(self, member: Member) -> list[float]:
        """One row of `OUTSIDE`."""
        candidate = member.candidate
        members = [release for release in candidate.releases if release.pin.name not in (PYTHON, CUDA)]
        return [
            float(len(self.libraries(members, candidate.target, candidate.system_packages))),
            float(sum(wants_graphics(release.pin) for release in members)) if candidate.target.accelerator.kind == "cpu" else 0.0,
            float(len(self._wanting(members))),
        ]

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
        there = {*versions, *(normalize(root) for release in members for root in release.modules)}
        return [one for one in self._companions if one.wanted_by(versions) and there.isdisjoint(one.any)]

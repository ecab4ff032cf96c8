"""A solver that tries everything: a real, slow implementation of the seam for tests with a handful of packages."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from resolver.core.candidate import Candidate
from resolver.core.package import PYTHON, Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target
from resolver.interfaces import PackageIndex


class FakeSolver:
    """Every closed set of an index, newest first; knows markers and requires-python, but no wheel tags, extras or pre-releases."""

    def __init__(self, index: PackageIndex) -> None:
        self._index = index

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        roots = [Requirement(need.requirement) for need in project.needs if not need.url and not need.constraint]
        found = (candidate for target in targets for candidate in self._sets(roots, target))
        return itertools.islice(found, limit)

    def keeping(self, project: Project, target: Target, pins: Sequence[Pin]) -> Iterator[Candidate]:
        found = self.candidates(project, [target], 1000)
        return itertools.islice(sorted(found, key=lambda candidate: -len({*candidate.pins} & {*pins})), 3)

    def _sets(self, roots: Sequence[Requirement], target: Target) -> Iterator[Candidate]:
        for chosen in self._grow({}, [r for r in roots if _applies(r, target)], target):
            releases = sorted([*chosen.values(), Release(pin=Pin(PYTHON, target.python))], key=lambda r: r.pin.name)
            place = {release.pin.name: at for at, release in enumerate(releases)}
            edges = {
                (place[release.pin.name], place[normalize(asked.name)])
                for release in chosen.values()
                for asked in _asked(release, target)
                if normalize(asked.name) != release.pin.name
            }
            direct = tuple(dict.fromkeys(str(normalize(root.name)) for root in roots if _applies(root, target)))
            yield Candidate(target=target, releases=tuple(releases), edges=tuple(sorted(edges)), policy="exhaustive", direct=direct)

    def _grow(self, chosen: Mapping[str, Release], todo: Sequence[Requirement], target: Target) -> Iterator[Mapping[str, Release]]:
        if not todo:
            yield chosen
            return
        asked, *rest = todo
        name = normalize(asked.name)
        options = [chosen[name]] if name in chosen else self._index.releases(name)
        for release in options:
            fits = SpecifierSet(release.requires_python).contains(f"{target.python}.9")
            if fits and asked.specifier.contains(release.version) and not release.yanked:
                more = [] if name in chosen else list(_asked(release, target))
                yield from self._grow({**chosen, name: release}, [*rest, *more], target)


def _applies(requirement: Requirement, target: Target) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"python_version": target.python, "extra": ""})


def _asked(release: Release, target: Target) -> Iterator[Requirement]:
    return (asked for asked in map(Requirement, release.requires) if _applies(asked, target))

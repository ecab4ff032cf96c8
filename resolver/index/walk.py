"""Which releases a stack's requests look at: a greedy walk through requirements as of a date, as a plain install would go."""

from __future__ import annotations

import dataclasses
import functools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from resolver.core.errors import UnknownPackage
from resolver.core.package import NormalizedName, Pin, Release, normalize, oldest_minor
from resolver.core.target import minor
from resolver.interfaces import PackageIndex

_MOST_STEPS = 600


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One walk: `needs` as people write them, the interpreter, and the last day whose releases count."""

    needs: tuple[str, ...]
    python: str
    day: date


class Walker:
    """Walks through one index; shares what it learns between walks. Safe in several threads."""

    def __init__(self, index: PackageIndex) -> None:
        self._index = index
        self._usable: dict[tuple[NormalizedName, str], tuple[Release, ...]] = {}

    def visited(self, visit: Visit) -> frozenset[Pin]:
        """Every release that the walk chose at some point, closed under requirements; dead ends are passed over.

        Costs one metadata read per release that was never read. Raises IndexUnreachable.
        """
        environment = _environment(visit.python)
        wanted: dict[NormalizedName, list[Requirement]] = {}
        chosen: dict[NormalizedName, tuple[str, frozenset[str]]] = {}
        seen: set[Pin] = set()
        queue = deque(_requirement(need) for need in visit.needs)
        for _ in range(_MOST_STEPS):
            if not queue:
                break
            requirement = queue.popleft()
            name = normalize(requirement.name)
            wanted.setdefault(name, []).append(requirement)
            release = self._choose(name, wanted[name], visit)
            extras = frozenset(extra for each in wanted[name] for extra in each.extras)
            if release is None or chosen.get(name) == (release.version, extras):
                continue
            chosen[name] = (release.version, extras)
            full = self._index.release(name, release.version)
            if full is not None:
                seen.add(full.pin)
                queue.extend(_applying(full.requires, environment, extras))
        return frozenset(seen)

    def _choose(self, name: NormalizedName, wanted: Sequence[Requirement], visit: Visit) -> Release | None:
        """The newest release up to the day that fits, finals first; when needs contradict each other, the last one counts."""
        moment = datetime.combine(visit.day, time.max, UTC)
        usable = [each for each in self._installable(name, visit.python) if each.uploaded and each.uploaded <= moment]
        for needs in (wanted, wanted[-1:]):
            specifiers = [each.specifier for each in needs]
            fitting = (each for each in usable if all(one.contains(_version(each.version), prereleases=True) for one in specifiers))
            first = None
            for release in fitting:
                if not _version(release.version).is_prerelease:
                    return release
                first = first or release
            if first:
                return first
        return None

    def _installable(self, name: NormalizedName, python: str) -> tuple[Release, ...]:
        found = self._usable.get((name, python))
        if found is None:
            try:
                found = tuple(each for each in self._index.releases(name) if not each.yanked and _installs(each, python))
            except UnknownPackage:
                found = ()
            self._usable[name, python] = found
        return found


@functools.lru_cache(maxsize=65536)
def _version(text: str) -> Version:
    return Version(text)


@functools.lru_cache(maxsize=65536)
def _requirement(text: str) -> Requirement:
    return Requirement(text)


@functools.lru_cache(maxsize=65536)
def _specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text)


def _installs(release: Release, python: str) -> bool:
    """Whether the interpreter is admitted and some file fits it (an sdist fits any)."""
    if not _specifiers(release.requires_python).contains(f"{python}.9", prereleases=True):
        return False
    digits = python.replace(".", "")
    exact = (f"cp{digits}-", "py3-", f"py{digits}-")
    return any(
        file.kind == "sdist" or any(tag.startswith(exact) or ("-abi3-" in tag and _reaches(tag, python)) for tag in file.tags)
        for file in release.files
    )


def _reaches(tag: str, python: str) -> bool:
    oldest = oldest_minor(tag.partition("-")[0])
    return oldest is not None and oldest <= minor(python)


def _applying(requires: Sequence[str], environment: Mapping[str, str], extras: frozenset[str]) -> Iterator[Requirement]:
    for text in requires:
        requirement = _requirement(text)
        if requirement.marker is None or any(_holds(str(requirement.marker), tuple(environment.items()), extra) for extra in ("", *extras)):
            yield requirement


@functools.lru_cache(maxsize=65536)
def _holds(marker: str, environment: tuple[tuple[str, str], ...], extra: str) -> bool:
    return Marker(marker).evaluate({**dict(environment), "extra": extra})


def _environment(python: str) -> dict[str, str]:
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.9",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.9",
        "python_version": python,
        "sys_platform": "linux",
    }

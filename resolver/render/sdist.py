"""How pins without a fitting wheel get built: with the build tools of their time."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from resolver.core.package import Release
from resolver.core.resolution import Resolution
from resolver.core.target import minor
from resolver.render.base import base_setuptools
from resolver.render.tags import sdists, wheels

# Each line of history that breaks an older setup.py, with the day it came.
_USE_2TO3_GONE = datetime(2021, 9, 4, tzinfo=UTC)  # setuptools 58
_STRICT_VERSIONS = datetime(2023, 1, 1, tzinfo=UTC)  # setuptools 66
_TEST_COMMAND_GONE = datetime(2024, 7, 28, tzinfo=UTC)  # setuptools 72
_PKG_RESOURCES_GOING = datetime(2025, 11, 1, tzinfo=UTC)  # setuptools 81 warns of it, 82 is without
_CYTHON_3 = datetime(2023, 7, 17, tzinfo=UTC)

_BUILT_AGAINST = ("numpy", "cython", "pybind11", "scipy", "torch", "cffi")
"""What a setup.py of old imports without declaring it: taken from the set itself when it is there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wheelhouse:
    """Releases built in one go: `tools` are the requirement specifiers of the build environment, sorted."""

    tools: tuple[str, ...]
    releases: tuple[Release, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What has to be built in a stage of its own, with a compiler when `compiler`; the rest of the set installs as it is."""

    builds: tuple[Wheelhouse, ...] = ()
    compiler: bool = False


def sources(resolution: Resolution) -> Sources:
    """Decides which pins need a building stage.

    An sdist of pure Python that the setuptools inside the base image can build is left to the final stage: no stage is added.
    """
    grouped: dict[tuple[str, ...], list[Release]] = {}
    compiler = False
    for release in resolution.chosen.candidate.packages:
        if wheels(release, resolution.target) or not sdists(release):
            continue
        compiled = _is_compiled(release)
        against = _against(release, resolution, compiled=compiled)
        cap = _setuptools(release, resolution.target.python)
        if not compiled and not against and _admitted(base_setuptools(resolution.target.python), cap):
            continue
        compiler = compiler or compiled
        tools = tuple(sorted({cap, "wheel<0.46", *against}))
        grouped.setdefault(tools, []).append(release)
    builds = tuple(Wheelhouse(tools=tools, releases=tuple(found)) for tools, found in sorted(grouped.items()))
    return Sources(builds=builds, compiler=compiler)


def _is_compiled(release: Release) -> bool:
    elsewhere = any(not tag.endswith("-any") for f in release.files for tag in f.tags)
    return release.compiled or elsewhere


def _against(release: Release, resolution: Resolution, *, compiled: bool) -> tuple[str, ...]:
    """Pins of the set that the build may import; a pure sdist only those it requires itself."""
    required = {_required(text) for text in release.requires}
    pins = {str(r.name): r.version for r in resolution.chosen.candidate.packages}
    tools = [f"{name}=={pins[name]}" for name in _BUILT_AGAINST if name in pins and (compiled or name in required)]
    if compiled and "cython" not in pins:
        tools.append("cython<3" if _before(release, _CYTHON_3) else "cython")
    return tuple(tools)


def _required(requirement: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def _setuptools(release: Release, python: str) -> str:
    if minor(python) >= 12:  # pkgutil.ImpImporter is gone from Python 3.12: setuptools before 66.1 does not start
        if _before(release, _TEST_COMMAND_GONE):
            return "setuptools>=66.1,<72"
        return "setuptools>=66.1,<81" if _before(release, _PKG_RESOURCES_GOING) else "setuptools>=66.1"
    if _before(release, _USE_2TO3_GONE):
        return "setuptools<58"
    if _before(release, _STRICT_VERSIONS):
        return "setuptools<66"
    return "setuptools<72" if _before(release, _TEST_COMMAND_GONE) else "setuptools<81"


def _before(release: Release, day: datetime) -> bool:
    # A release without a date is one that nobody has a date for: old ones are the likelier.
    return release.uploaded is None or release.uploaded < day


def _admitted(version: str, requirement: str) -> bool:
    from packaging.requirements import Requirement

    return bool(version) and Requirement(requirement).specifier.contains(version)

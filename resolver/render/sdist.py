"""How pins without a fitting wheel get built: with the build tools of their time."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from resolver.core.native import build_packages
from resolver.core.package import Release
from resolver.core.resolution import Resolution
from resolver.core.target import minor
from resolver.render.tags import sdists, wheels

# Each turn of history that breaks an older setup.py, with the day it came.
_FEATURE_GONE = datetime(2020, 3, 8, tzinfo=UTC)  # setuptools 46
_USE_2TO3_GONE = datetime(2021, 9, 4, tzinfo=UTC)  # setuptools 58
_STRICT_VERSIONS = datetime(2023, 1, 1, tzinfo=UTC)  # setuptools 66
_TEST_COMMAND_GONE = datetime(2024, 7, 28, tzinfo=UTC)  # setuptools 72
_PKG_RESOURCES_GOING = datetime(2025, 11, 1, tzinfo=UTC)  # setuptools 81 warns of it, 82 is without
_CYTHON_3 = datetime(2023, 7, 17, tzinfo=UTC)

_LIGHT = ("numpy", "cython", "pybind11", "cffi")
_HEAVY = ("scipy", "torch")
"""What a setup.py imports without declaring it: the set's own pins are laid ready, heavy ones only where the release requires them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wheelhouse:
    """Releases built in one go: `tools` are the requirement specifiers of the build environment, sorted."""

    tools: tuple[str, ...]
    releases: tuple[Release, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What has to be built in a stage of its own; `compiler` when some of it is known to need one, `system_packages` what Debian brings
    beside it.

    Of an sdist alone nobody knows: it is tried without a compiler first, and with one when that fails.
    """

    builds: tuple[Wheelhouse, ...] = ()
    compiler: bool = False
    system_packages: tuple[str, ...] = ()

    @property
    def debian(self) -> tuple[str, ...]:
        """The Debian packages of the stage that builds, used at once or when building without them fails."""
        return ("build-essential", *self.system_packages) if self.builds else ()


def sources(resolution: Resolution) -> Sources:
    """The pins without a wheel for the target, grouped by the build tools they want."""
    grouped: dict[tuple[str, ...], list[Release]] = {}
    compiler = False
    for release in resolution.chosen.candidate.packages:
        if wheels(release, resolution.target) or not sdists(release):
            continue
        compiler = compiler or _is_compiled(release)
        tools = {_setuptools(release, resolution.target.python), "wheel<0.46", *_against(release, resolution)}
        grouped.setdefault(tuple(sorted(tools)), []).append(release)
    builds = tuple(Wheelhouse(tools=tools, releases=tuple(found)) for tools, found in sorted(grouped.items()))
    wanted = build_packages(str(release.name) for house in builds for release in house.releases)
    return Sources(builds=builds, compiler=compiler or bool(wanted), system_packages=wanted)


def _is_compiled(release: Release) -> bool:
    """Whether it is known to be: a wheel of it for another interpreter or machine is."""
    return release.compiled or any(not tag.endswith("-any") for f in release.files for tag in f.tags)


def _against(release: Release, resolution: Resolution) -> list[str]:
    """Pins of the set that the build may import, and a Cython of its time."""
    required = {_required(text) for text in release.requires}
    pins = {str(r.name): r.version for r in resolution.chosen.candidate.packages}
    wanted = (*_LIGHT, *(name for name in _HEAVY if name in required))
    tools = [f"{name}=={pins[name]}" for name in wanted if name in pins and name != release.name]
    if "cython" not in pins:
        tools.append("cython<3" if _before(release, _CYTHON_3) else "cython")
    return tools


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
    if _before(release, _FEATURE_GONE) and minor(python) < 10:
        return "setuptools<46"
    if _before(release, _USE_2TO3_GONE):
        return "setuptools<58"
    if _before(release, _STRICT_VERSIONS):
        return "setuptools<66"
    return "setuptools<72" if _before(release, _TEST_COMMAND_GONE) else "setuptools<81"


def _before(release: Release, day: datetime) -> bool:
    # A release without a date is one that nobody has a date for: old ones are the likelier.
    return release.uploaded is None or release.uploaded < day

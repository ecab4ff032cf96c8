"""How pins without a fitting wheel get built: with the build tools of their time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from resolver.core.native import AGAINST_TORCH, build_packages
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
_TOO_HEAVY = frozenset(
    {"tensorflow", "tensorflow-cpu", "tensorflow-gpu", "jaxlib", "mxnet", "paddlepaddle", "opencv-python", "torchvision"}
)
"""What a setup.py imports without declaring it: the set's own pins are laid ready, light ones always, others where the release requires
them (many a setup.py asks its own package for the version, and that imports what it runs with: pycrayon wants requests)."""


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
    ready = {str(release.name): release.version for release in resolution.chosen.candidate.packages if wheels(release, resolution.target)}
    grouped: dict[tuple[str, str], list[Release]] = {}
    compiler = False
    for release in resolution.chosen.candidate.packages:
        if wheels(release, resolution.target) or not sdists(release):
            continue
        compiler = compiler or _is_compiled(release)
        cython = "cython" if not _before(release, _CYTHON_3) else "cython<3"
        grouped.setdefault((_setuptools(release, resolution.target.python), cython), []).append(release)
    builds = tuple(
        Wheelhouse(tools=tuple(sorted({setuptools, _wheel(setuptools), *_against(found, ready, cython)})), releases=tuple(found))
        for (setuptools, cython), found in sorted(grouped.items())
    )
    wanted = build_packages(str(release.name) for house in builds for release in house.releases)
    return Sources(builds=builds, compiler=compiler or bool(wanted), system_packages=wanted)


def _is_compiled(release: Release) -> bool:
    """Whether it is known to be: a wheel of it for another interpreter or machine is."""
    return release.compiled or any(not tag.endswith("-any") for f in release.files for tag in f.tags)


def _against(releases: Sequence[Release], ready: Mapping[str, str], cython: str) -> list[str]:
    """Pins of the set that the builds may import, of those that are wheels (`ready`), and a Cython of their time."""
    required = {_required(text) for release in releases for text in release.requires} - _TOO_HEAVY - {"setuptools", "wheel", "pip"}
    if any(release.name in AGAINST_TORCH for release in releases):
        required.add("torch")
    tools = [f"{name}=={ready[name]}" for name in sorted({*_LIGHT, *required}) if name in ready]
    return tools if "cython" in ready else [*tools, cython]


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


def _wheel(setuptools: str) -> str:
    """From 0.40 on wheel refuses requirements of before PEP 508 (gym 0.21's `opencv-python>=3.`), as setuptools does from 66 on."""
    return "wheel<0.40" if setuptools in ("setuptools<46", "setuptools<58", "setuptools<66") else "wheel<0.46"


def _before(release: Release, day: datetime) -> bool:
    # A release without a date is one that nobody has a date for: old ones are the likelier.
    return release.uploaded is None or release.uploaded < day

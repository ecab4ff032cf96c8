"""Which of a release's files the target's own pip would accept."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from resolver.core.package import DistFile, Release
from resolver.core.target import Target, minor

_GLIBC = 36
"""Minor of the glibc in the base images (bookworm has 2.36)."""

_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@functools.lru_cache(maxsize=64)
def target_tags(python: str, platform: str) -> frozenset[str]:
    """Every wheel tag that CPython `python` ("3.7") accepts on `platform` ("linux_x86_64"), as text."""
    return frozenset(ordered_tags(python, platform))


@functools.lru_cache(maxsize=64)
def ordered_tags(python: str, platform: str) -> Mapping[str, int]:
    """The same tags with their places in the installer's order of preference."""
    from packaging import tags

    version = (3, minor(python))
    machine = platform.removeprefix("linux_")
    platforms = tuple(_platforms(machine))
    abi = f"cp3{version[1]}" + ("m" if version[1] < 8 else "")
    found = [
        *tags.cpython_tags(python_version=version, abis=[abi], platforms=platforms),
        *tags.compatible_tags(python_version=version, interpreter=f"cp3{version[1]}", platforms=platforms),
    ]
    return {str(tag): number for number, tag in reversed(list(enumerate(found)))}


def _platforms(machine: str) -> Iterator[str]:
    oldest = 5 if machine == "x86_64" else 17
    for glibc in range(_GLIBC, oldest - 1, -1):
        yield f"manylinux_2_{glibc}_{machine}"
        if glibc in _LEGACY:
            yield f"{_LEGACY[glibc]}_{machine}"
    yield f"linux_{machine}"


def place(file: DistFile, target: Target) -> int | None:
    """How early the target's installer takes a file of a release: 0 first, sdists last; None for one that does not fit."""
    order = ordered_tags(target.python, target.platform)
    if not _admits(file, target):
        return None
    return min((order[tag] for tag in file.tags if tag in order), default=None) if file.kind == "wheel" else len(order)


def wheels(release: Release, target: Target) -> tuple[DistFile, ...]:
    """The wheels of a release that install on the target."""
    fitting = target_tags(target.python, target.platform)
    return tuple(f for f in release.files if f.kind == "wheel" and not fitting.isdisjoint(f.tags) and _admits(f, target))


def sdists(release: Release) -> tuple[DistFile, ...]:
    """The source archives of a release."""
    return tuple(f for f in release.files if f.kind == "sdist")


def _admits(file: DistFile, target: Target) -> bool:
    if not file.requires_python:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        # The micro version is not known here: the newest imaginable one passes what any of them passes.
        return SpecifierSet(file.requires_python).contains(f"{target.python}.99", prereleases=True)
    except InvalidSpecifier:
        return True

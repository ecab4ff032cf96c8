"""Versions as numbers, quickly: what the features need and no more (no ordering of pre-releases)."""

from __future__ import annotations

import functools
import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

_NUMBERS = re.compile(r"\s*v?(?:(\d+)!)?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_UNFINISHED = re.compile(r"\d[._-]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[._-]?\d*|[._-]dev", re.IGNORECASE)

Numbers = tuple[int, int, int]
"""Major, minor and micro of a version; an epoch counts as thousands of majors."""


@functools.lru_cache(maxsize=200_000)
def numbers(version: str) -> Numbers:
    """Major, minor and micro; (0, 0, 0) for text that is no version."""
    found = _NUMBERS.match(version)
    if not found:
        return (0, 0, 0)
    epoch, major, minor, micro = (int(part or 0) for part in found.groups())
    return (min(major + 1000 * epoch, 10**6), min(minor, 10**9), min(micro, 10**9))


def is_final(version: str) -> bool:
    """Whether this is no pre-release and no development version."""
    return _UNFINISHED.search(version.partition("+")[0]) is None


@functools.lru_cache(maxsize=200_000)
def near(version: str) -> str:
    """The feature series a version belongs to, as text: "2.1" for 2.1.3."""
    major, minor, _ = numbers(version)
    return f"{major}.{minor}"


@functools.lru_cache(maxsize=20_000)
def _specifiers(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


@functools.lru_cache(maxsize=200_000)
def satisfies(version: str, specifier: str) -> bool | None:
    """Whether `version` is inside `specifier`, pre-releases admitted; None when either cannot be read."""
    known = _specifiers(specifier)
    if known is None:
        return None
    try:
        return known.contains(version, prereleases=True)
    except InvalidVersion:
        return None


def python_satisfies(python: str, specifier: str) -> bool | None:
    """Whether any patch release of `python` ("3.8") is inside `specifier`; None when it cannot be read."""
    answers = [satisfies(text, specifier) for text in (python, f"{python}.30", f"{python}.0", f"{python}.10")]
    return None if None in answers else any(answers)

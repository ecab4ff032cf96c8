"""Requirement strings, digested once: name, extras, specifier, marker."""

from __future__ import annotations

import dataclasses
import functools
import re

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from resolver.core.package import NormalizedName, normalize
from resolver.core.target import Target

_LATEST_PATCH = {6: 15, 7: 17, 8: 20, 9: 25, 10: 20, 11: 15, 12: 12, 13: 12}
"""A late patch release of each interpreter: what the base images carry, near enough for `python_full_version`."""

_WILD_BOUND = re.compile(r"([<>]=?)\s*([0-9.]+?)\.\*")
"""`>=3.6.*`: never legal, often uploaded, read by the pip of its time as `>=3.6`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRequirement:
    """One requirement in pieces; `exact` marks a full `==`/`===` pin, `pre` that the specifier itself names a pre-release."""

    name: NormalizedName
    extras: tuple[str, ...] = ()
    specifier: str = ""
    exact: bool = False
    pre: bool = False
    marker: str = ""
    url: str = ""


@functools.lru_cache(maxsize=1 << 16)
def parse_requirement(text: str) -> ParsedRequirement | None:
    """The pieces of one PEP 508 requirement, or None when it cannot be read. Memoised."""
    try:
        found = Requirement(_WILD_BOUND.sub(r"\1\2", text))
    except InvalidRequirement:
        return None
    specifiers = list(found.specifier)
    return ParsedRequirement(
        name=normalize(found.name),
        extras=tuple(sorted(normalize(extra) for extra in found.extras)),
        specifier=",".join(sorted(str(s) for s in specifiers)),
        exact=any(s.operator == "===" or (s.operator == "==" and not s.version.endswith(".*")) for s in specifiers),
        pre=any(_names_prerelease(s.operator, s.version) for s in specifiers),
        marker=str(found.marker) if found.marker else "",
        url=found.url or "",
    )


def _names_prerelease(operator: str, version: str) -> bool:
    if operator == "!=":
        return False
    try:
        return Version(version.removesuffix(".*")).is_prerelease
    except InvalidVersion:
        return False


@functools.lru_cache(maxsize=1 << 14)
def parse_specifier(text: str) -> SpecifierSet | None:
    """The specifier set of a text, read as leniently as the pip of its time, or None when it says nothing legible. Memoised."""
    try:
        return SpecifierSet(_WILD_BOUND.sub(r"\1\2", text))
    except InvalidSpecifier:
        return None


@functools.lru_cache(maxsize=1 << 16)
def parse_version(text: str) -> Version | None:
    """The version, or None when it is none by PEP 440. Memoised."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def full_version(python: str) -> str:
    """ "3.7" -> "3.7.17": the patch release that stands for a minor version."""
    minor = int(python.split(".")[1])
    return f"{python}.{_LATEST_PATCH.get(minor, 0)}"


@functools.lru_cache(maxsize=256)
def environment(target: Target) -> dict[str, str]:
    """The marker variables of a target (PEP 508), `extra` left empty."""
    full = full_version(target.python)
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": target.platform.removeprefix("linux_"),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": target.python,
        "sys_platform": "linux",
        "extra": "",
    }


@functools.lru_cache(maxsize=1 << 16)
def marker_holds(marker: str, target: Target, extra: str = "") -> bool:
    """Whether a marker text holds on a target with one extra asked for; an illegible marker holds. Memoised."""
    if not marker:
        return True
    try:
        return Marker(marker).evaluate({**environment(target), "extra": extra})
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return True

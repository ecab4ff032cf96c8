"""Which releases are worth walking, on which interpreter: one per minor release, the newest patch of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypedDict, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from resolver.core.package import Release, normalize
from resolver.core.target import PYTHON_RELEASED, PYTHONS, minor
from resolver.interfaces import PackageIndex

OLDEST = datetime(2016, 1, 1, tzinfo=UTC)
SETTLED = timedelta(days=180)
"""How long after an interpreter's release a project that ships no binaries is taken to have been used on it."""
_Row = TypeVar("_Row")
_TAG = re.compile(r"^(?:cp|py)3(\d+)-")


class Visit(TypedDict):
    """One release to walk: `uploaded` is an ISO date, `python` the interpreter, `rank` the package's place in the list."""

    name: str
    version: str
    python: str
    uploaded: str
    rank: int


def visits(index: PackageIndex, names: Sequence[str], *, most: int = 45, least: int = 10) -> list[Visit]:
    """One visit per minor release of each name since 2016, in the order of `names`; packages with fewer than `least` minor
    releases get patch releases too, those with more than `most` are sampled evenly, the newest always among them.
    """
    found: list[Visit] = []
    for rank, name in enumerate(dict.fromkeys(names)):
        for release in _chosen(index.releases(normalize(name)), most, least):
            python = interpreter(release)
            if python and release.uploaded:
                found.append(
                    Visit(
                        name=normalize(name),
                        version=release.version,
                        python=python,
                        uploaded=release.uploaded.date().isoformat(),
                        rank=rank,
                    )
                )
    return found


def interpreter(release: Release) -> str:
    """The newest interpreter that has a binary wheel of `release`; for pure ones the newest that was settled when it was uploaded;
    "" when none fits.
    """
    uploaded = release.uploaded or datetime.now(UTC)
    binary = [p for p in PYTHONS if any(_runs(tag, p) for file in release.files for tag in file.tags if not tag.endswith("-any"))]
    settled = [p for p in PYTHONS if datetime.fromisoformat(PYTHON_RELEASED[p]).replace(tzinfo=UTC) + SETTLED <= uploaded] or [PYTHONS[0]]
    fitting = [p for p in binary or settled if _allows(release.requires_python, p)]
    if not fitting and not binary:
        fitting = [p for p in PYTHONS if _allows(release.requires_python, p)][:1]
    return fitting[-1] if fitting else ""


def _runs(tag: str, python: str) -> bool:
    found = _TAG.match(tag)
    if found and "-abi3-" in tag:
        return int(found.group(1)) <= minor(python) <= 11
    if found:
        return int(found.group(1)) == minor(python)
    return tag.startswith(("py3-", "py2.py3-"))


def _allows(requires: str, python: str) -> bool:
    try:
        return not requires or f"{python}.9" in SpecifierSet(requires)
    except InvalidSpecifier:
        return True


def _chosen(releases: Iterable[Release], most: int, least: int) -> list[Release]:
    """Newest patch of each minor release, oldest first."""
    dated: list[tuple[Version, Release]] = []
    for release in releases:
        try:
            version = Version(release.version)
        except InvalidVersion:
            continue
        if release.uploaded and release.uploaded >= OLDEST and not version.is_prerelease and not release.yanked:
            dated.append((version, release))
    dated.sort(key=lambda pair: pair[0])
    minors = {pair[0].release[:2]: pair for pair in dated}
    kept = dict(minors.values())
    if len(kept) > most:
        kept = dict(_evenly(list(kept.items()), most))
    elif len(kept) < least:
        rest = [pair for pair in dated if pair[0] not in kept]
        kept.update(_evenly(rest, least - len(kept)))
    return [kept[v] for v in sorted(kept)]


def _evenly(rows: Sequence[_Row], count: int) -> list[_Row]:
    """`count` of `rows` at even distances, the last one included."""
    if count >= len(rows):
        return list(rows)
    return [rows[len(rows) - 1 - (i * len(rows)) // count] for i in range(count)][::-1]

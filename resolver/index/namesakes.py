"""The distribution called like an import name that no known distribution provides: taken only when it can be what is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from resolver.core.errors import ResolverError
from resolver.core.package import NormalizedName, Release, normalize

SHORTEST = 3
"""Shorter import names are too often a project's own module to be looked up on the index."""
FEW = 3
"""A distribution of fewer releases, none of which tells its modules, is too little known to be guessed, unless it is a known one."""
ESTABLISHED, ESTABLISHED_RELEASES = timedelta(days=730), 10
"""So old and so often released, a distribution may look like a popular one."""


class Listing(Protocol):
    """The part of an index that a namesake is looked up in."""

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Every release, newest first; raises a ResolverError when there is none."""
        ...

    def exact(self, name: NormalizedName, version: str) -> Release | None:
        """One release read by itself."""
        ...


def namesake(root: str, index: Listing, near: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """The distribution called like the module, when its newest readable release has the module or it is an old one that cannot be read
    (jieba: one source archive of 19 MB), and it is no look-alike of a popular one (`near` gives known names that look like a name, or are
    it). Costs one page and one file list.
    """
    if "." in root or len(root) < SHORTEST:
        return ()
    name = normalize(root)
    try:
        releases = [release for release in index.releases(name) if release.files]
        read = index.exact(name, releases[0].version) if releases else None
    except ResolverError:
        return ()
    close = near(name)
    if read is None and not _established(releases):
        return ()
    # The letters' case may have changed since (DBUtils is dbutils from 2.0 on): which releases have it, reading them tells.
    modules = {module.lower() for module in read.modules} if read else set()
    if read and (root.lower() not in modules if modules else len(releases) < FEW and name not in close):
        return ()
    if any(apart_by_one(name, other) for other in close) and not _established(releases):
        return ()
    return (name,)


def _established(releases: Sequence[Release]) -> bool:
    first = min((release.uploaded for release in releases if release.uploaded), default=None)
    return len(releases) >= ESTABLISHED_RELEASES and first is not None and datetime.now(UTC) - first > ESTABLISHED


def apart_by_one(one: str, other: str) -> bool:
    """Whether one letter more, less, changed, or swapped with its neighbour makes one name the other (dashes not counted)."""
    one, other = one.replace("-", ""), other.replace("-", "")
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or (left[1::-1] == right[:2] and left[2:] == right[2:])

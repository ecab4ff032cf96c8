"""Members that came as binaries for other interpreters only: few build SciPy 1.3 from source on Python 3.8, in a slim image or anywhere.

Of the stored builds with such a member none passed (8, all ended while it was installed; 2026-11-25).
"""

from __future__ import annotations

from collections.abc import Sequence

from resolver.core.candidate import Candidate
from resolver.core.package import PYTHON, Pin, Release
from resolver.core.target import PYTHONS, Target
from resolver.render.tags import sdists, wheels

LARGE = 1_000_000
"""Bytes of a source archive from which on it is taken for one that needs more than a compiler (MarkupSafe: 20 kB, pandas: 12 MB)."""


Known = dict[tuple[Pin, Target], bool]
"""What is known of members by now: sets of one search share most of them."""


def unbuilt(candidate: Candidate, known: Known | None = None) -> tuple[Release, ...]:
    """The members that have compiled wheels, none of them for the target, and a large source archive."""
    known = {} if known is None else known
    found = []
    for release in candidate.releases:
        lacks = known.get((release.pin, candidate.target))
        if lacks is None:
            lacks = known[release.pin, candidate.target] = release.name != PYTHON and _lacks_wheel(release, candidate.target)
        if lacks:
            found.append(release)
    return tuple(found)


def pythons_of(release: Release, target: Target) -> frozenset[str]:
    """The interpreters that a release has a wheel for, on the target's platform; all that it admits when it needs none."""
    every = {python: Target(python=python, platform=target.platform) for python in PYTHONS}
    compiled = any(_compiled(release))
    return frozenset(python for python, there in every.items() if wheels(release, there) or (not compiled and sdists(release)))


def _lacks_wheel(release: Release, target: Target) -> bool:
    return any(_compiled(release)) and not wheels(release, target) and any(file.size >= LARGE for file in sdists(release))


def _compiled(release: Release) -> Sequence[bool]:
    return [not tag.endswith("-any") for file in release.files if file.kind == "wheel" for tag in file.tags]

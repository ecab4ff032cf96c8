"""Members that came as binaries for other interpreters only: few build SciPy 1.3 from source on Python 3.8, in a slim image or anywhere.

Of the stored builds with such a member none passed (8, all ended while it was installed; 2026-11-25).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from resolver.core.candidate import Candidate
from resolver.core.package import PYTHON, Pin, Release
from resolver.core.target import PYTHONS, Target
from resolver.render.tags import sdists, wheels

LARGE = 1_000_000
"""Bytes of a source archive from which on it is taken for one that needs more than a compiler (MarkupSafe: 20 kB, pandas: 12 MB)."""

RUST: Mapping[str, str] = {
    "bcrypt": "4", "cryptography": "3.4", "fastuuid": "", "hf-transfer": "", "hf-xet": "", "jiter": "", "ormsgpack": "", "orjson": "",
    "polars": "", "pydantic-core": "", "rpds-py": "", "safetensors": "", "sudachipy": "0.6", "tiktoken": "", "tokenizers": "",
    "watchfiles": "",
}  # fmt: skip
"""Distribution -> the first version ("" for all) whose source, however small, wants Rust and its registry (their build-system tables)."""

Known = dict[tuple[Pin, Target], bool]
"""What is known of members by now: sets of one search share most of them."""


def unbuilt(candidate: Candidate, known: Known | None = None) -> tuple[Release, ...]:
    """The members that have compiled wheels, none of them for the target, and a large source archive or one in Rust."""
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
    if not any(_compiled(release)) or wheels(release, target):
        return False
    return any(file.size >= LARGE for file in sdists(release)) or (_wants_rust(release) and bool(sdists(release)))


def _wants_rust(release: Release) -> bool:
    first = RUST.get(release.name)
    return first is not None and (not first or Version(release.version) >= Version(first))


def _compiled(release: Release) -> Sequence[bool]:
    return [not tag.endswith("-any") for file in release.files if file.kind == "wheel" for tag in file.tags]

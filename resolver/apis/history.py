"""What a name's presence in walked releases says of a release: certainties between, before and after them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from resolver.apis.record_layout import Mask

BETWEEN = (0.02, 0.98)
"""Certainties (absent, present) of a release between two walked ones that agree."""
SAME_MINOR = (0.08, 0.92)
"""Between two that differ, when one of them is of the same minor release."""
PASSED_OVER = (0.1, 0.9)
"""Next to a walked one on one side, or between two that agree with one in between of which nobody can tell."""
NEWER = ((0.1, 0.95), (0.2, 0.92), (0.35, 0.85))
"""Newer than every walked one: by less than two minor releases, by less than five, by more or another major."""
OLDER = ((0.1, 0.9), (0.15, 0.8), (0.25, 0.65))
"""Older than every walked one, likewise."""


MISSED = 2
"""A name that so many walked versions lack, between others that have it, was there and not seen."""


def certainty(present: Mask, unknown: Mask, versions: Sequence[str], version: str, place: int, *, exact: bool) -> float | None:
    """How certain it is that a release has a name that the walked `versions` of `present` have, where `unknown` are those of which nobody
    can tell. `place` is the release's place among them; `exact` says that it is one of them. None: nothing is known.
    """
    if exact and not unknown >> place & 1:
        return float(present >> place & 1)
    count = len(versions)
    below, above = _known_below(unknown, place), _known_above(unknown, place, count)
    low = None if below is None else present >> below & 1
    high = None if above is None else present >> above & 1
    # a walked neighbour of which nobody can tell is passed over only when both sides say the same
    near_below, near_above = below == place - 1, above == place and not exact
    if not exact and place == count and near_below and below is not None and low is not None:
        return NEWER[_apart(version, versions[below])][low]
    if not exact and place == 0 and near_above and above is not None and high is not None:
        return OLDER[_apart(version, versions[above])][high]
    if low is not None and low == high:
        return (BETWEEN if near_below and near_above else PASSED_OVER)[low]
    if not (near_below or near_above) or exact:
        return None
    if near_below and near_above and below is not None and above is not None and low is not None and high is not None:
        small = minor(version)
        same_low, same_high = minor(versions[below]) == small, minor(versions[above]) == small
        return 0.5 if same_low == same_high else SAME_MINOR[low if same_low else high]
    side, near, far = (low, below, above) if near_below else (high, above, below)
    if side is None or near is None:
        return None
    # Beyond a neighbour of which nobody can tell, what is nearer speaks, but not across a major release.
    crossed = far is not None and low != high and _major(version) == _major(versions[far]) != _major(versions[near])
    return 0.5 if crossed else PASSED_OVER[side]


@functools.lru_cache(maxsize=65536)
def minor(version: str) -> tuple[int, int] | None:
    """The first two numbers of a version, None when it is none."""
    try:
        release = (*Version(version).release, 0)
    except InvalidVersion:
        return None
    return release[0], release[1]


def _major(version: str) -> int | None:
    found = minor(version)
    return found and found[0]


def credible(present: Mask, unknown: Mask, only_read: Mask, everything: Mask, dotted: str) -> tuple[Mask, Mask]:
    """A name's history without what only a walk can have made up.

    A name that no walked version shows is one that walking does not see (`torch.backends.cudnn.benchmark` lives in a class) or that
    nothing on the index has: either way no version is better than another. One that is missing from one or two versions between
    others that surely have it was missed there; libraries take back and give again, but not within a release or two. Keywords of calls are
    read out of the source and not missed.
    """
    if not present:
        return 0, everything
    if dotted.endswith(")"):
        return present, unknown
    if only_read & ~unknown:
        present, unknown = _imported_first(present, unknown, only_read & ~unknown, everything)
    if not present:
        return 0, everything
    low, high = (present & -present).bit_length() - 1, present.bit_length() - 1
    if not ~present & ~unknown & ((1 << high) - (1 << low)):
        return present, unknown
    filled = present
    gap: list[Mask] = []
    for place in range(low, high + 1):
        if present >> place & 1:
            filled |= sum(gap) if len(gap) <= MISSED else 0
            gap = []
        elif not unknown >> place & 1:
            gap.append(1 << place)
    return filled, unknown


def _imported_first(present: Mask, unknown: Mask, read: Mask, everything: Mask) -> tuple[Mask, Mask]:
    """The history where what was only read stands against imports: between two imported versions that agree with each other, a version
    that was only read and says otherwise has a name for another system, or one that is made at run time.
    """
    imported = everything & ~read & ~unknown
    for place in _places(read):
        below, above = imported & ((1 << place) - 1), imported >> place
        if not below or not above:
            continue
        low = present >> (below.bit_length() - 1) & 1
        if low == present >> (place + (above & -above).bit_length() - 1) & 1 and low != present >> place & 1:
            present, unknown = (present | 1 << place, unknown) if low else (present & ~(1 << place), unknown | 1 << place)
    return present, unknown


def _places(mask: Mask) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def _apart(one: str, other: str) -> int:
    """How far two versions are apart: 0 next to each other, 1 a few minor releases, 2 further."""
    (major, small), (other_major, other_small) = minor(one) or (-1, 0), minor(other) or (-2, 0)
    return 2 if major != other_major else (0, 0, 1, 1, 1)[abs(small - other_small)] if abs(small - other_small) < 5 else 2


def _known_below(unknown: Mask, place: int) -> int | None:
    known = ~unknown & ((1 << place) - 1)
    return known.bit_length() - 1 if known else None


def _known_above(unknown: Mask, place: int, count: int) -> int | None:
    known = (~unknown & ((1 << count) - 1)) >> place
    return place + (known & -known).bit_length() - 1 if known else None

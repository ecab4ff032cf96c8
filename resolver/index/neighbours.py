"""Metadata of a release that nobody has read yet, taken from its nearest neighbour that was.

Two patch releases of one minor line ask for the same things nearly always, and reading a release out of its remote wheel costs a third of a
second; a search touches hundreds, many of them too old to be chosen. So the search works with what the nearest neighbour asks for, the set
that is chosen is checked exactly, and where that finds a difference the search is made again with what was learnt.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from packaging.version import InvalidVersion, Version

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName, Release
from resolver.index.layered import LayeredIndex

REACH = 4
"""A neighbour this many minor versions away (same major) still speaks for a release."""
SEASON = timedelta(days=365)
"""So does one of any major that was uploaded within this time: setuptools has had eighty majors that ask for nothing."""
ANCIENT = datetime(2017, 1, 1, tzinfo=UTC)
"""Older releases are hardly ever chosen: whatever is at hand will do."""


class NeighbourIndex:
    """A layered index that reads one release of a neighbourhood and lets it speak for the others. Safe in several threads."""

    def __init__(self, layered: LayeredIndex) -> None:
        self._layered = layered
        self._names = frozenset(layered.names())
        self._read: dict[NormalizedName, dict[str, Release]] = {}
        self._borrowed: dict[tuple[NormalizedName, str], Release | None] = {}

    def __contains__(self, name: str) -> bool:
        """Whether the snapshot knows the package."""
        return name in self._names

    @property
    def snapshot(self) -> str:
        """The day of the snapshot."""
        return self._layered.snapshot

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """As the layered index lists them."""
        return self._layered.releases(name)

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its own metadata, else with its nearest neighbour's; None when it can be had in neither way."""
        if name in self._names and version in self._layered.readable(name):
            return self._layered.release(name, version)
        key = (name, version)
        if key not in self._borrowed:
            kept = self._layered.kept(name, version)
            if kept is not None:
                self._read.setdefault(name, self._readable(name))[version] = kept
            self._borrowed[key] = kept or self._find(name, version)
        return self._borrowed[key]

    def hurry(self, seconds: float) -> None:
        """See LayeredIndex.hurry."""
        self._layered.hurry(seconds)

    def renew(self, name: NormalizedName) -> bool:
        """See LayeredIndex.renew."""
        return self._layered.renew(name)

    def is_borrowed(self, name: NormalizedName, version: str) -> bool:
        """Whether the metadata that `release` gives is a neighbour's."""
        return (name, version) in self._borrowed and version not in self._read.get(name, {})

    def learn(self, wanted: Iterable[tuple[NormalizedName, str]]) -> bool:
        """Read the own metadata of some releases, several at once, so that `release` gives that from now on; those that cannot be
        had keep their neighbour's. Says whether anything was learnt. Costs nothing for what is at hand, else up to three requests a
        release, once ever.
        """
        learnt = False
        unread = [(name, version) for name, version in dict.fromkeys(wanted) if not self._is_own(name, version)]
        self._layered.prefetch_releases(unread)
        for name, version in unread:
            try:
                found = self._layered.release(name, version)
            except (IndexUnreachable, UnknownPackage):
                continue
            if found is not None:
                learnt = True
                for spelling in {version, found.version}:
                    self._read.setdefault(name, self._readable(name))[spelling] = found
                    self._borrowed[name, spelling] = found
        return learnt

    def _is_own(self, name: NormalizedName, version: str) -> bool:
        return (name in self._names and version in self._layered.readable(name)) or version in self._read.get(name, {})

    def exact(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its own metadata, over the network when need be; None when it cannot be had."""
        return self._layered.release(name, version)

    def file(self, name: NormalizedName, filename: str, limit: int) -> bytes | None:
        """See LayeredIndex.file."""
        return self._layered.file(name, filename, limit)

    def _find(self, name: NormalizedName, version: str) -> Release | None:
        own = next((r for r in self._layered.releases(name) if r.version == version), None)
        wanted = _parsed(version)
        if own is None or wanted is None:
            return self._layered.release(name, version)
        near = self._near(name, wanted, own.uploaded)
        if near is None:
            found = self._layered.release(name, version)
            if found is not None:
                self._read.setdefault(name, {})[version] = found
            return found
        return dataclasses.replace(
            own,
            requires=near.requires,
            requires_python=own.requires_python or near.requires_python,
            modules=near.modules,
            compiled=near.compiled,
            extras=near.extras,
        )

    def _near(self, name: NormalizedName, wanted: Version, uploaded: datetime | None) -> Release | None:
        """The nearest release whose metadata is at hand: of the same major line and within reach, else of the same season."""
        if name not in self._read:
            self._read[name] = self._readable(name)
        line = [(v, r) for text, r in list(self._read[name].items()) if (v := _parsed(text))]
        best = min(line, key=lambda pair: _distance(wanted, pair[0]), default=None)
        if best is None:
            return None
        if _distance(wanted, best[0])[:2] <= (0, REACH):
            return best[1]
        if uploaded is None or uploaded < ANCIENT:
            return best[1]
        season = [(v, r) for v, r in line if r.uploaded and abs(r.uploaded - uploaded) <= SEASON]
        return min(season, key=lambda pair: _distance(wanted, pair[0]))[1] if season else None

    def _readable(self, name: NormalizedName) -> dict[str, Release]:
        return {v: r for v in self._layered.readable(name) if (r := self._layered.release(name, v))}


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None


def _distance(wanted: Version, other: Version) -> tuple[int, ...]:
    """How far apart two versions are: majors first, then minors, then micros; an older neighbour wins a tie."""
    ours, theirs = (*wanted.release, 0, 0)[:3], (*other.release, 0, 0)[:3]
    return (*(abs(one - two) for one, two in zip(ours, theirs, strict=True)), int(theirs > ours))

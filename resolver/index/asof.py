"""The index as it was on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from resolver.core.package import NormalizedName, Release
from resolver.interfaces import PackageIndex


class AsOfIndex:
    """Another index without what was uploaded after the end of `day` (UTC); releases of unknown date stay."""

    def __init__(self, inner: PackageIndex, day: date) -> None:
        self._inner = inner
        self._end = datetime.combine(day, time.max, tzinfo=UTC)

    @property
    def snapshot(self) -> str:
        """The day, or the inner snapshot's when that is older."""
        return min(self._inner.snapshot, self._end.date().isoformat())

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Releases uploaded by then, newest version first."""
        return [release for release in self._inner.releases(name) if self._there(release)]

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release, if it was uploaded by then."""
        release = self._inner.release(name, version)
        return release if release and self._there(release) else None

    def _there(self, release: Release) -> bool:
        return release.uploaded is None or release.uploaded.replace(tzinfo=UTC) <= self._end

"""The snapshot first, the live index for what it lacks."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName, Release
from resolver.index.simple import LiveIndex
from resolver.index.snapshot import Snapshot


class LayeredIndex:
    """The index that a resolution asks.

    What the snapshot holds is answered from it alone, without the network; other packages, and releases whose metadata it lacks, are
    asked of `live`. With `offline` (or no `live`) the network is never touched. With `foreign` every package is listed by `live`, since the
    snapshot knows the files of one platform alone; its metadata holds on all. Safe in several threads.
    """

    def __init__(
        self, frozen: Snapshot, live: LiveIndex | None = None, *, offline: bool = False, foreign: bool = False, workers: int = 8
    ) -> None:
        self._frozen, self._live, self._workers = frozen, None if offline else live, workers
        self._names = frozenset(frozen.names())
        self._foreign = foreign
        self._ends = math.inf
        self._met: set[NormalizedName] = set()
        self._renewed: dict[NormalizedName, tuple[Release, ...]] = {}

    @property
    def snapshot(self) -> str:
        """The day of the snapshot."""
        return self._frozen.snapshot

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Every release, as listed on the snapshot's day or, for a package it lacks, now.

        Raises UnknownPackage, also offline for a package that the snapshot lacks: nothing says that it exists; IndexUnreachable.
        """
        if name in self._names and not self._foreign:
            return self._renewed.get(name) or self._frozen.releases(name)
        live = self._asked(name)
        return live.releases(name) if live else self._frozen.releases(name)  # raises, with near names

    def renew(self, name: NormalizedName) -> bool:
        """Whether the index lists releases of a package that are newer than the snapshot; they are listed from then on. One request."""
        if self._live is None or name not in self._names or name in self._renewed:
            return False
        frozen = self._frozen.releases(name)
        try:
            listed = self._live.releases(name)
        except (IndexUnreachable, UnknownPackage):
            listed = ()
        known = {release.version for release in frozen}
        fresh = tuple(release for release in listed if release.version not in known)
        self._renewed[name] = (*fresh, *frozen)
        return bool(fresh)

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its metadata; None when it has none, or when only an index that cannot be asked would have it."""
        if name in self._names:
            found = self._at_home(self._frozen.release(name, version)) or self.kept(name, version)
            if found is not None or self._live is None or self._is_late():
                return found
            try:
                return self._live.release(name, version)
            except (IndexUnreachable, UnknownPackage):
                return None  # others of its releases are in the snapshot; the resolution goes on with those
        live = self._asked(name)
        if live is None:
            return self._frozen.release(name, version)  # raises, with near names
        return live.recalled(name, version) if self._is_late() else live.release(name, version)

    def _at_home(self, found: Release | None) -> Release | None:
        """The release with the files of the platform that is asked for."""
        if found is None or not self._foreign:
            return found
        bare = self._listed(found.name, found.version)
        return dataclasses.replace(found, files=bare.files) if bare else None

    def _listed(self, name: NormalizedName, version: str) -> Release | None:
        """A release as it is listed, without metadata."""
        if not self._foreign:
            return self._frozen.listed(name, version)
        try:
            return next((each for each in self.releases(name) if each.version == version), None)
        except (IndexUnreachable, UnknownPackage):
            return None

    def hurry(self, seconds: float) -> None:
        """Begin nothing on the network after so many seconds from now; what was read until then stays."""
        self._ends = time.monotonic() + seconds

    def _is_late(self) -> bool:
        return time.monotonic() > self._ends

    def _asked(self, name: NormalizedName) -> LiveIndex | None:
        """The live index when it may be asked for a package that the snapshot lacks."""
        if self._live is None or (self._is_late() and name not in self._met):
            return None
        self._met.add(name)
        return self._live

    def kept(self, name: NormalizedName, version: str) -> Release | None:
        """A release of the snapshot whose metadata the snapshot lacks but this machine has read before."""
        if self._live is None or name not in self._names:
            return None
        bare = self._listed(name, version)
        return self._live.kept(bare) if bare is not None else None

    def file(self, name: NormalizedName, filename: str, limit: int) -> bytes | None:
        """See LiveIndex.file; None offline."""
        try:
            return self._live.file(name, filename, limit) if self._live else None
        except (IndexUnreachable, UnknownPackage):
            return None

    def prefetch(self, names: Iterable[NormalizedName]) -> None:
        """Fetch at once the pages of those names that the snapshot lacks; costs nothing when there are none."""
        missing = [name for name in names if name not in self._names]
        if missing and self._live is not None:
            self._live.prefetch(missing)

    def prefetch_releases(self, wanted: Iterable[tuple[NormalizedName, str]]) -> None:
        """Read at once the metadata of several releases, so that `release` answers from memory; failures are passed over."""
        live = self._live
        if live is None:
            return
        unread = [(n, v) for n, v in dict.fromkeys(wanted) if n not in self._names or self._frozen.release(n, v) is None]
        missing = [(n, v) for n, v in unread if self.kept(n, v) is None]
        if missing:
            with ThreadPoolExecutor(self._workers, thread_name_prefix="metadata") as pool:
                for _ in pool.map(lambda one: self._try(live, *one), missing):
                    pass

    def _try(self, live: LiveIndex, name: NormalizedName, version: str) -> None:
        if self._is_late():
            return
        try:
            live.release(name, version)
        except (IndexUnreachable, UnknownPackage):
            return
        self._met.add(name)

    def readable(self, name: NormalizedName) -> frozenset[str]:
        """Versions of a package whose metadata is at hand without the network; empty for a package that the snapshot lacks."""
        return self._frozen.shelf(name).read if name in self._names else frozenset()

    def names(self) -> tuple[str, ...]:
        """Packages that are known without asking, sorted."""
        return self._frozen.names()

    def popularity(self, name: str) -> int:
        """The package's download rank (1 is first)."""
        return self._frozen.popularity(name)

    def module_owners(self, root: str) -> tuple[tuple[str, int], ...]:
        """Distributions that provide an import name, most popular first; see Snapshot.module_owners."""
        return self._frozen.module_owners(root)

    def marks(self, name: str, version: str) -> frozenset[str]:
        """See Snapshot.marks."""
        return self._frozen.marks(name, version)

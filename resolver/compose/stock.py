"""What exists: the snapshot, the live index, and which distributions stand behind import names."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.errors import ResolverError, UsageError
from resolver.core.package import NormalizedName, normalize
from resolver.core.reporter import Reporter
from resolver.interfaces import PackageIndex
from resolver.settings import Settings

if TYPE_CHECKING:
    from resolver.index.neighbours import NeighbourIndex
    from resolver.index.simple import LiveIndex
    from resolver.index.snapshot import Snapshot

READ_AHEAD = 12
"""So many releases are read of a package when one of them would speak for all."""
HOME = "linux_x86_64"
"""The platform whose files the snapshot lists."""


class Stock:
    """The indexes for one set of settings, built on first use and kept.

    `as_of` hides every release uploaded after that day; `platform` is that of the wheels.
    """

    def __init__(self, settings: Settings, *, reporter: Reporter | None = None, as_of: date | None = None, platform: str = HOME) -> None:
        self.settings = settings
        self.reporter = reporter or Reporter()
        self.as_of = as_of
        self.platform = platform
        self._owners: dict[str, tuple[str, ...]] = {}

    @functools.cached_property
    def snapshot(self) -> Snapshot:
        """The frozen index that travels with the program."""
        from resolver.index.snapshot import Snapshot

        return Snapshot(Path(self.settings.snapshot))

    @functools.cached_property
    def shelves(self) -> NeighbourIndex:
        """The snapshot first, then the live index unless offline."""
        from resolver.index.cache import Cache
        from resolver.index.layered import LayeredIndex
        from resolver.index.neighbours import NeighbourIndex
        from resolver.index.simple import LiveIndex

        foreign = self.platform != HOME
        if foreign and self.settings.offline:
            raise UsageError(f"offline nothing is known of files for {self.platform}", hint="leave out --offline")
        live = None
        if not self.settings.offline:
            machine = self.platform.removeprefix("linux_")
            live = LiveIndex(cache=Cache(Path(self.settings.cache)), near=self.snapshot.near, machine=machine)
        return NeighbourIndex(LayeredIndex(self.snapshot, live, offline=self.settings.offline, foreign=foreign))

    def _some_of(self, name: NormalizedName) -> Sequence[tuple[NormalizedName, str]]:
        """A spread of a package's releases, newest first; none offline, and none of a package that no index has."""
        try:
            releases = [] if self.settings.offline else [release for release in self.index.releases(name) if not release.yanked]
        except ResolverError:
            return ()  # the solver tells of it, with the line that asks for it
        return [(name, release.version) for release in releases[:: max(1, len(releases) // READ_AHEAD)]]

    @functools.cached_property
    def cpu_index(self) -> LiveIndex | None:
        """The index of "+cpu" builds; None when none is set or the network is out of bounds."""
        if not self.settings.cpu_index or self.settings.offline:
            return None
        from resolver.index.cache import Cache
        from resolver.index.pipconfig import PipAccess
        from resolver.index.simple import LiveIndex

        cache, machine = Cache(Path(self.settings.cache)), self.platform.removeprefix("linux_")
        return LiveIndex(access=PipAccess(["--index-url", self.settings.cpu_index]), cache=cache, machine=machine)

    @functools.cached_property
    def index(self) -> PackageIndex:
        """What exists, for the search: unread releases answer like their neighbours, and nothing is newer than `as_of`."""
        from resolver.index.asof import AsOfIndex

        return AsOfIndex(self.shelves, self.as_of) if self.as_of else self.shelves

    def owners(self, root: str) -> tuple[str, ...]:
        """Distributions that provide a top-level name which the project imports, most popular first; beyond the snapshot, the one of that
        very name. Online a name that the snapshot lacks costs one page and one file list, once.
        """
        return self.known_owners(root) or self._namesake(root)

    def known_owners(self, root: str) -> tuple[str, ...]:
        """Distributions of the snapshot that provide the top-level name, most popular first; what releases import of each other."""
        if root not in self._owners:
            self._owners[root] = tuple(name for name, _ in self.snapshot.module_owners(root))
        return self._owners[root]

    @functools.cache  # noqa: B019 - rooms live as long as the program
    def modules(self, name: str) -> tuple[str, ...]:
        """Top-level modules of a distribution that the snapshot lacks, as its newest readable release has them; none offline."""
        if self.settings.offline or name in self.shelves:
            return ()
        try:
            newest = next((r for r in self.shelves.releases(normalize(name)) if r.files), None)
            read = self.shelves.exact(newest.name, newest.version) if newest else None
        except ResolverError:
            return ()
        return read.modules if read else ()

    @functools.cache  # noqa: B019 - rooms live as long as the program
    def _namesake(self, root: str) -> tuple[str, ...]:
        """The distribution called like the module, when the index has one that can be meant; none offline."""
        from resolver.index.namesakes import namesake

        return () if self.settings.offline else namesake(root, self.shelves, self.snapshot.near)

    def born(self, name: str) -> date | None:
        """The day of the first upload of a distribution that the snapshot lacks; None for others, and when nobody can tell."""
        if self.settings.offline or name in self.shelves:
            return None
        try:
            days = [release.uploaded.date() for release in self.shelves.releases(normalize(name)) if release.uploaded]
        except ResolverError:
            return None
        return min(days, default=None)

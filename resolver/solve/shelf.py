"""The index, digested for search: every package a shelf of releases, every condition a bit mask over it.

Bit *i* of a mask stands for the *i*-th newest release, so that "what satisfies all of these" is one `and`, and "the
newest of them" the lowest bit.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
from collections.abc import Iterable, Iterator
from datetime import date

from packaging.version import Version

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName, Release
from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.interfaces import PackageIndex
from resolver.solve.requirement import full_version, parse_specifier, parse_version
from resolver.solve.tags import is_binary, takes

_WINDOW = 20
_RELATIVES = 6
"""Releases that are asked, nearest first, for metadata that one of them lacks."""


class Entry:
    """One release on its shelf, asked for with at most one extra; what the search pins. Compared by identity."""

    __slots__ = ("extra", "ident", "rank", "shelf")

    def __init__(self, shelf: Shelf, rank: int, extra: str) -> None:
        self.shelf = shelf
        self.rank = rank
        self.extra = extra
        self.ident = f"{shelf.name}[{extra}]" if extra else str(shelf.name)

    @property
    def release(self) -> Release:
        """The release with its metadata complete; the first access may read the index."""
        return self.shelf.complete(self.rank)

    def __repr__(self) -> str:
        return f"{self.ident}=={self.shelf.stock[self.rank].version}"


class Demand:
    """One requirement bound to its shelf: which releases satisfy it, as a mask. Shared by everything that asks the same.

    `exact` lets in what only a full pin may take (yanked files, sources that need a compiler); `pre` lets in pre-releases.
    """

    __slots__ = ("_mask", "catalog", "exact", "extra", "ident", "name", "pre", "soft", "specifier")

    def __init__(self, catalog: Catalog, name: NormalizedName, extra: str, specifier: str, *, exact: bool, pre: bool, soft: bool) -> None:
        self.catalog = catalog
        self.name = name
        self.extra = extra
        self.ident = f"{name}[{extra}]" if extra else str(name)
        self.specifier = specifier
        self.exact = exact
        self.pre = pre
        self.soft = soft
        self._mask = -1

    @property
    def mask(self) -> int:
        """The releases that the specifier admits; computed once."""
        if self._mask < 0:
            self._mask = self.catalog.shelf(self.name).admitted(self.specifier)
            if not self._mask:
                self.catalog.unmet[self.name] = None
        return self._mask

    def admit(self, mask: int) -> None:
        """Admit just these releases, whatever the specifier says."""
        self._mask = mask

    def __repr__(self) -> str:
        return f"{self.ident}{self.specifier}"


class Shelf:
    """All releases of one package, newest first, with the masks that the search needs."""

    def __init__(self, name: NormalizedName, releases: list[tuple[Version, Release]], index: PackageIndex) -> None:
        releases.sort(key=lambda pair: pair[0], reverse=True)
        self.name = name
        self.versions = [version for version, _ in releases]
        self.stock = [release for _, release in releases]
        self.all = (1 << len(releases)) - 1
        self.unread = 0
        self.finals = _mask(not version.is_prerelease for version in self.versions)
        self.binary = any(is_binary(file) for release in self.stock for file in release.files)
        self._index = index
        self._complete: set[int] = set()
        self._admitted: dict[str, int] = {"": self.all}
        self._installable: dict[tuple[str, str], tuple[int, int, int]] = {}
        self._entries: dict[tuple[int, str], Entry] = {}
        self._listed: dict[tuple[int, str], tuple[Entry, ...]] = {}
        order = sorted((_ordinal(release), rank) for rank, release in enumerate(self.stock))
        self._days = [day for day, _ in order]
        self._before = [0]
        for _, rank in order:
            self._before.append(self._before[-1] | 1 << rank)

    def complete(self, rank: int) -> Release:
        """The release at `rank` with its metadata.

        Where that cannot be read (without running code, or without a network) the release borrows what its nearest relatives
        ask for, and joins `unread` if it has wheels. Computed once; may read the index.
        """
        if rank not in self._complete:
            self._complete.add(rank)
            read = self._read(rank)
            if read is not None:
                self.stock[rank] = read
            else:
                if any(file.kind == "wheel" for file in self.stock[rank].files):
                    self.unread |= 1 << rank
                self.stock[rank] = self._borrowed(rank)
        return self.stock[rank]

    def _read(self, rank: int) -> Release | None:
        known = self.stock[rank]
        return known if known.requires else self._index.release(self.name, known.version)

    def _borrowed(self, rank: int) -> Release:
        """The release with the requirements of the nearest that can be read: the same minor series before others."""
        known, version = self.stock[rank], self.versions[rank]
        window = range(max(0, rank - _WINDOW), min(len(self.stock), rank + _WINDOW + 1))

        def distance(at: int) -> tuple[bool, int]:
            return self.versions[at].release[:2] != version.release[:2], abs(at - rank)

        others = [at for at in window if at != rank and not self.unread >> at & 1]
        for at in sorted(others, key=distance)[:_RELATIVES]:
            read = self._read(at)
            if read is not None:
                return dataclasses.replace(known, requires=read.requires, extras=known.extras or read.extras)
        return known

    def readable(self, entries: Iterable[Entry], *, last: bool) -> Iterator[Entry]:
        """The entries whose metadata can be read, as they come; the others after them with `last`, or when there are none."""
        held, found = [], False
        for entry in entries:
            self.complete(entry.rank)
            if self.unread >> entry.rank & 1:
                held.append(entry)
            else:
                found = True
                yield entry
        if last or not found:
            yield from held

    def admitted(self, specifier: str) -> int:
        """Mask of the releases within a specifier, pre-releases included; computed once per text."""
        mask = self._admitted.get(specifier)
        if mask is None:
            spec = parse_specifier(specifier)
            mask = self.all if spec is None else _mask(spec.contains(v, prereleases=True) for v in self.versions)
            self._admitted[specifier] = mask
        return mask

    def before(self, day: date) -> int:
        """Mask of the releases uploaded on or before a day (those without a date count as old)."""
        return self._before[bisect.bisect_right(self._days, day.toordinal())]

    def next_upload(self, day: date) -> int | None:
        """Ordinal of the first upload after a day, or None."""
        at = bisect.bisect_right(self._days, day.toordinal())
        return self._days[at] if at < len(self._days) else None

    def uploaded(self, rank: int) -> int:
        """Ordinal of the day a release was uploaded, 0 when unknown."""
        return _ordinal(self.stock[rank])

    def installable(self, target: Target) -> tuple[int, int, int]:
        """Three disjoint masks: what installs, sources that likely need a compiler, and what only an exact pin may take."""
        key = (target.python, target.platform)
        masks = self._installable.get(key)
        if masks is None:
            grades = [self._grade(release, target) for release in self.stock]
            masks = (_mask(g == 0 for g in grades), _mask(g == 1 for g in grades), _mask(g == 2 for g in grades))
            self._installable[key] = masks
        return masks

    def _grade(self, release: Release, target: Target) -> int:
        python = full_version(target.python)
        if not admits_python(release.requires_python, python):
            return 3
        files = [f for f in release.files if admits_python(f.requires_python, python)]
        fresh = [f for f in files if not f.yanked]
        wheel = any(f.kind == "wheel" and takes(f, target) for f in fresh)
        sdist = any(f.kind == "sdist" for f in fresh)
        if release.yanked or not (wheel or sdist):
            # A file was yanked, or nothing fits; a full pin may still take a yanked file that fits.
            return 2 if any(f.kind == "sdist" or takes(f, target) for f in files) else 3
        if wheel:
            return 0
        if any(is_binary(f) for f in release.files):
            return 2
        return 1 if self.binary or release.compiled else 0

    def entry(self, rank: int, extra: str = "") -> Entry:
        """The entry at a rank, one object per (rank, extra)."""
        key = (rank, extra)
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = Entry(self, rank, extra)
        return found

    def listed(self, mask: int, extra: str = "") -> tuple[Entry, ...]:
        """The entries of a mask, newest first. Memoised."""
        key = (mask, extra)
        found = self._listed.get(key)
        if found is None:
            found = self._listed[key] = tuple(self.entry(rank, extra) for rank in bits(mask))
        return found

    def earliest(self, mask: int, extra: str = "") -> tuple[Entry, ...]:
        """The entries of a mask, first uploaded first. Memoised."""
        key = (~mask, extra)
        found = self._listed.get(key)
        if found is None:
            entries = sorted(self.listed(mask, extra), key=lambda entry: (self.uploaded(entry.rank), entry.rank))
            found = self._listed[key] = tuple(entries)
        return found


class Catalog:
    """The shelves of an index, filled as the search asks for them. Not safe across threads."""

    def __init__(self, index: PackageIndex, reporter: Reporter) -> None:
        self._index = index
        self._reporter = reporter
        self.unmet: dict[NormalizedName, None] = {}
        """Packages of which something asked for a release that nobody knows, in the order of asking."""
        self._shelves: dict[NormalizedName, Shelf] = {}
        self._demands: dict[tuple[str, str, str, bool], Demand] = {}

    def open(self, name: NormalizedName) -> Shelf:
        """The shelf of a package. Raises UnknownPackage or IndexUnreachable as the index does; reads the index once."""
        shelf = self._shelves.get(name)
        if shelf is None or not shelf.stock:
            releases = self._index.releases(name)
            digested = [(version, r) for r in releases if (version := parse_version(r.version)) is not None]
            shelf = self._shelves[name] = Shelf(name, digested, self._index)
        return shelf

    def shelf(self, name: NormalizedName) -> Shelf:
        """The shelf of a package that some release asks for; an empty one, told once, when the index cannot say."""
        shelf = self._shelves.get(name)
        if shelf is None:
            try:
                return self.open(name)
            except (UnknownPackage, IndexUnreachable) as error:
                self._reporter.note(f"{name}: {error.message}; what needs it is left out")
                shelf = self._shelves[name] = Shelf(name, [], self._index)
        return shelf

    def demand(self, name: NormalizedName, extra: str, specifier: str, *, exact: bool, pre: bool, soft: bool = False) -> Demand:
        """The one object for "this specifier of this package"."""
        key = (name, extra, specifier, soft)
        found = self._demands.get(key)
        if found is None:
            found = self._demands[key] = Demand(self, name, extra, specifier, exact=exact, pre=pre, soft=soft)
        return found


@functools.lru_cache(maxsize=1 << 14)
def admits_python(specifier: str, python: str) -> bool:
    """Whether a requires-python text admits a full interpreter version; an illegible or empty text does."""
    if not specifier:
        return True
    parsed = parse_specifier(specifier)
    return parsed is None or parsed.contains(python, prereleases=True)


def bits(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest (newest) first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _mask(flags: Iterator[bool]) -> int:
    mask = 0
    for rank, flag in enumerate(flags):
        if flag:
            mask |= 1 << rank
    return mask


def _ordinal(release: Release) -> int:
    return release.uploaded.toordinal() if release.uploaded else 0

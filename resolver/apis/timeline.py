"""The API timeline: what each release offers and uses, from walks of some releases, for all of them."""

from __future__ import annotations

import functools
import sqlite3
import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.version import Version

from resolver.apis.build import SIBLINGS, TWINS, WINDOWS
from resolver.apis.history import certainty, credible, minor
from resolver.apis.kept import KeptWalks
from resolver.apis.record import Record
from resolver.apis.record_layout import Mask, version_key
from resolver.core.errors import StoreError
from resolver.core.package import normalize
from resolver.core.unattached import is_taken_off

SELDOM = 4
"""Packages with more walked releases are not put together with what this machine studied: it takes up to seconds, and brings little."""
OPEN = (0.03, 0.95)
"""Certainties between which the source of the release itself is asked: what all its neighbours have, and it does not show, was not seen."""
_BY_BACKEND = frozenset({"diffusers", "transformers"})
"""Packages whose parts hand out what the backends that are installed bring."""
_FILES = ("configuration_", "modeling_", "tokenization_")
"""How names of theirs begin that are modules and nothing else."""


class SqliteTimeline:
    """Implements `Timeline` on the file that `build` writes; packages are read when first asked for. Safe in several threads.

    Releases that this machine has studied itself (`kept`) stand beside those of the file.

    The first question about a package costs milliseconds (some tens for the largest), any further one microseconds.
    """

    def __init__(self, path: Path | str, kept: KeptWalks | None = None) -> None:
        self._path, self._kept = Path(path), kept
        if not self._path.is_file():
            raise StoreError(f"no API timeline at {self._path}", hint="fetch it, or build it with the crawl command")
        self._lock = threading.Lock()
        self._records: dict[str, Record | None] = {}
        self._orders: dict[str, list[tuple[int, Version, str]]] = {}
        self._answers: dict[tuple[str, str], tuple[Mask, Mask]] = {}
        self._used: dict[tuple[str, int, bool], Mapping[str, Sequence[str]]] = {}
        self._walked: dict[str, tuple[str, ...]] | None = None
        self._own: dict[tuple[str, str], tuple[Mapping[str, Sequence[str]], ...]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_path": self._path, "_kept": self._kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        SqliteTimeline.__init__(self, state["_path"], state["_kept"])

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        """For each dotted name the certainty that the release offers it; see `Timeline`."""
        key = _canonical(name)
        record = self._record(key)
        if record is None:
            return [None] * len(dotted)
        if key == "python":
            version = ".".join(version.split(".")[:2])
        place, exact = self._place(key, record, version)
        found = [self._certainty(key, record, name_, version, place, exact=exact) for name_ in dotted]
        if exact or not self._kept or (key, version) not in self._kept:
            return found
        # What its neighbours leave open the source of the release itself may tell.
        own = (
            self._kept.offers(key, version, each) if answer is not None and OPEN[0] < answer < OPEN[1] else None
            for each, answer in zip(dotted, found, strict=True)
        )
        return [answer if told is None else told for told, answer in zip(own, found, strict=True)]

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Root module -> dotted names that importing the release needs from other packages and the standard library, as of
        the nearest walked version; empty when unknown.
        """
        return self._uses(_canonical(name), version, later=False)

    def uses_later(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Root module -> dotted names that the release's functions and its further submodules use: missing ones break it only
        when they are reached.
        """
        return self._uses(_canonical(name), version, later=True)

    def inner(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Submodule -> roots of other distributions that importing it needs and importing the release does not, of releases that this
        machine has studied itself; empty for all others.
        """
        return self._kept.inner(_canonical(name), version) if self._kept else {}

    def libraries(self, name: str, version: str) -> Sequence[str]:
        """Shared libraries (sonames) that the nearest walked version's binaries need and do not bring along, the C library's
        own left out; empty when unknown. A distribution that was never walked answers like its twin built of the same sources, without
        the windows' libraries when it is built without windows.
        """
        key = _canonical(name)
        record, place = self._nearest(key, version)
        if record is None and key in SIBLINGS:
            record, place = self._nearest(SIBLINGS[key], version)
        if record is None:
            return ()
        found = {s for mask, text in record.groups("L", "") if mask >> place & 1 for s in text.split(" ")}
        return tuple(sorted(found - WINDOWS if normalize(name).endswith("-headless") else found))

    def pb2(self, name: str, version: str) -> bool | None:
        """Whether the nearest walked version carries generated protobuf modules; None when unknown."""
        record, place = self._nearest(_canonical(name), version)
        if record is None:
            return None
        return any(mask >> place & 1 for mask, _ in record.groups("P", ""))

    def distance(self, name: str, version: str) -> int | None:
        """How near the file's own walks come to a release: 0 it was walked, 1 one of its minor release was, 2 only others, None no one."""
        key = _canonical(name)
        if self._walked is None:
            with self._lock, self._open() as base:
                self._walked = {name: tuple(text.split()) for name, text in base.execute("SELECT name, versions FROM package")}
        walked = self._walked.get(key)
        if walked is None:
            return None
        if any(_version_key(each)[:2] == _version_key(version)[:2] for each in walked):
            return 0
        return 1 if any(minor(each) == minor(version) for each in walked) else 2

    def versions(self, name: str) -> Sequence[str]:
        """Walked versions, oldest first; empty when the package is unknown."""
        record = self._record(_canonical(name))
        return record.versions if record else ()

    def roots(self, name: str) -> frozenset[str]:
        """Top-level modules that any walked version provides."""
        record = self._record(_canonical(name))
        return record.roots if record else frozenset()

    def providers(self, root: str) -> Sequence[str]:
        """Packages that provide a top-level module of this name in some version, sorted."""
        with self._lock, self._open() as base:
            return tuple(name for (name,) in base.execute("SELECT name FROM root WHERE root = ? ORDER BY name", (root,)))

    def packages(self) -> Sequence[str]:
        """Every package of which some version was walked, sorted."""
        with self._lock, self._open() as base:
            return tuple(name for (name,) in base.execute("SELECT name FROM package ORDER BY name"))

    def _open(self) -> _Closing:
        return _Closing(self._path)

    def _record(self, key: str) -> Record | None:
        if key not in self._records:
            with self._lock:
                if key not in self._records:
                    record = self._together(key)
                    self._orders[key] = [version_key(v) for v in record.versions] if record else []
                    self._records[key] = record
        return self._records[key]

    def _bundled(self, key: str) -> Record | None:
        with self._open() as base:
            row = base.execute("SELECT blob FROM package WHERE name = ?", (key,)).fetchone()
        return Record(row[0]) if row else None

    def _together(self, key: str) -> Record | None:
        """The file's record of a package with the releases studied here that it lacks."""
        bundled = self._bundled(key)
        if self._kept is None or (bundled and len(bundled.versions) > SELDOM):
            return bundled
        return self._kept.record(key, beside=bundled)

    def _place(self, key: str, record: Record, version: str) -> tuple[int, bool]:
        """Where a version stands among the walked ones, and whether it is one of them."""
        order = self._orders[key]
        sought = _version_key(version)
        place = bisect_left(order, sought[:2], key=lambda k: k[:2])
        exact = place < len(order) and order[place][:2] == sought[:2]
        return place, exact and bool(record.versions)

    def _certainty(self, key: str, record: Record, dotted: str, version: str, place: int, *, exact: bool) -> float | None:
        if is_taken_off(dotted, version):
            return 0.0
        answer = self._answers.get((key, dotted))
        if answer is None:
            known = dotted.partition(".")[0] in record.roots
            answer = credible(*_offered(record, dotted), record.only_read, record.everything, dotted) if known else (0, record.everything)
            self._answers[key, dotted] = answer
        present, unknown = answer
        if exact and not unknown >> place & 1:
            return float(present >> place & 1)
        return certainty(present, unknown, record.versions, version, place, exact=exact)

    def _nearest(self, key: str, version: str) -> tuple[Record | None, int]:
        """The walked version that stands for another: itself, its own minor release's nearest, the one below, the oldest."""
        record = self._record(key)
        if record is None or not record.versions:
            return None, 0
        place, exact = self._place(key, record, version)
        if exact:
            return record, place
        small = minor(version)
        for near in (place - 1, place):
            if 0 <= near < len(record.versions) and minor(record.versions[near]) == small:
                return record, near
        return record, max(place - 1, 0)

    def _uses(self, key: str, version: str, *, later: bool) -> Mapping[str, Sequence[str]]:
        if self._kept and (key, version) in self._kept and self.distance(key, version) != 0:
            taken = self._own.get((key, version))
            if taken is None:
                every = self._kept.takes(key, version)
                taken = self._own[key, version] = tuple(
                    {root: kept for root, dotted in every.items() if (kept := _taken(dotted, later=when))} for when in (False, True)
                )
            if taken[0] or taken[1]:
                return taken[later]
        record, place = self._nearest(key, version)
        if record is None:
            return {}
        # Many versions have one nearest walked one.
        known = self._used.get((key, place, later))
        if known is not None:
            return known
        found: dict[str, tuple[str, ...]] = {}
        for root in record.keys("U"):
            dotted = [d for mask, text in record.groups("U", root) if mask >> place & 1 for d in text.split(" ")]
            if kept := _taken(dotted, later=later):
                found[root] = kept
        self._used[key, place, later] = found
        return found


def _offered(record: Record, dotted: str) -> tuple[Mask, Mask]:
    """What a record says of a name. The parts of transformers and diffusers hand out what the backends found bring, and the top always
    everything: what the top has and a part that is there lacks was walked without that backend, and nobody knows. What hands out names
    when they are asked for hands out no modules: `transformers.modeling_bart` is a file or nothing.
    """
    present, unknown = record.offers(dotted)
    root, _, rest = dotted.partition(".")
    if root not in _BY_BACKEND:
        return present, unknown
    part, _, name = rest.rpartition(".")
    if part and ~(present | unknown) & record.everything:
        unknown |= record.offers(f"{root}.{name}")[0] & record.offers(f"{root}.{part}")[0] & ~present
    first = part.partition(".")[0] or name
    if "_" in first.strip("_") and first.islower() and (part or name.startswith(_FILES)):
        on_disk, read, _, _ = record.module(f"{root}.{first}")
        unknown &= on_disk | read
    return present, unknown


def _taken(dotted: Sequence[str], *, later: bool) -> tuple[str, ...]:
    """Names with the prefix of those that only functions use, or those without it; sorted, the prefix taken off."""
    return tuple(sorted(name.lstrip(":") for name in dotted if name.startswith(":") == later))


class _Closing:
    """A read-only connection that is closed when the block ends; sqlite errors leave as StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._base = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the API timeline {self._path}: {error}", hint="fetch it again") from error
        return self._base

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._base.close()
        if isinstance(error, sqlite3.Error):
            raise StoreError(f"cannot read the API timeline {self._path}: {error}", hint="fetch it again") from error


@functools.lru_cache(maxsize=65536)
def _version_key(version: str) -> tuple[int, Version, str]:
    return version_key(version)


@functools.lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    name = normalize(name)
    return TWINS.get(name, name)

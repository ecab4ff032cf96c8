"""Making and renewing the snapshot: what requests for the seed stacks look at, on many days and interpreters."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from resolver.core.errors import IndexUnreachable
from resolver.core.package import NormalizedName, Pin, normalize
from resolver.core.reporter import Reporter
from resolver.core.target import PYTHON_RELEASED, PYTHONS
from resolver.index.simple import LiveIndex, complete
from resolver.index.snapshot import FORM, SCHEMA, UNRANKED, Shelf, Snapshot, pack
from resolver.index.walk import Visit, Walker

FIRST_DAY = date(2018, 1, 1)
"""The first day of the walk."""

FIRST_LINE = date(2016, 6, 1)
"""Minor lines that ended before this day are not read."""

MOST_LINES = 60
"""Newest minor lines of one package that are read: some projects call every release a minor one."""

_MOST_RELEASES = 400
_STEP = timedelta(days=91)
_LIFE = timedelta(days=5 * 365)


def seeds(text: str = "") -> tuple[tuple[str, ...], ...]:
    """Stacks, one a line: requirements without spaces in them; `#` begins a comment. Default: the list that ships."""
    text = text or (resources.files("resolver.index") / "seeds.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(tuple(line) for line in lines if line)


def visits(stacks: Iterable[Sequence[str]], since: date = FIRST_DAY, until: date | None = None) -> list[Visit]:
    """One visit per stack, quarter (the last day always among them) and interpreter alive then."""
    until = until or datetime.now(UTC).date()
    days = [until - _STEP * step for step in range((until - since) // _STEP + 1)]
    found = []
    for day in days:
        alive = [python for python in PYTHONS if timedelta(0) <= day - date.fromisoformat(PYTHON_RELEASED[python]) <= _LIFE]
        found += [Visit(needs=tuple(stack), python=python, day=day) for stack in stacks for python in alive]
    return found


def refresh(
    live: LiveIndex,
    destination: Path,
    stacks: Iterable[Sequence[str]],
    *,
    since: date = FIRST_DAY,
    pins: Iterable[Pin] = (),
    ranks: Mapping[str, int] | None = None,
    workers: int = 8,
    reporter: Reporter | None = None,
) -> int:
    """Walk, then write the snapshot at `destination` in one move; returns the number of packages.

    What an older snapshot there holds is kept, and packages that no walk meets are not asked for; so a nightly run passes a recent
    `since` and reads new releases only. Interrupted, it leaves the old file; what was fetched stays in the cache of `live`. Give
    `live` listing=True, or modules stay unknown. `pins` are releases to read besides, of packages that are in the snapshot or
    met by a walk; `ranks` download ranks by name.
    """
    reporter = reporter or Reporter()
    old = _old(destination)
    with contextlib.closing(old) if old else contextlib.nullcontext():
        walker, todo, read = Walker(live), visits(stacks, since), set[Pin]()
        reporter.step(f"walking {len(todo)} requests")
        with ThreadPoolExecutor(workers, thread_name_prefix="refresh") as pool:
            for done, seen in enumerate(pool.map(walker.visited, todo), 1):
                read |= seen
                reporter.progress(done, len(todo), f"{len(read)} releases")
        before = old.names() if old else ()
        direct = {normalize(Requirement(need).name) for visit in todo for need in visit.needs}
        read |= lines(live, direct & {pin.name for pin in read}, reporter, workers)
        within = {pin.name for pin in read} | set(before)
        read |= _read(live, [pin for pin in pins if pin.name in within], reporter, workers)
        walked: dict[NormalizedName, set[str]] = {}
        for pin in read:
            walked.setdefault(pin.name, set()).add(pin.version)
        shelves = {normalize(name): old.shelf(normalize(name)) for name in before} if old else {}
        shelves |= {name: _shelf(live, name, versions, old) for name, versions in walked.items()}
        known = {**({name: old.popularity(name) for name in before} if old else {}), **(ranks or {})}
    write(destination, shelves, as_of=datetime.now(UTC).date(), ranks=known)
    return len(shelves)


def lines(live: LiveIndex, names: Iterable[NormalizedName], reporter: Reporter, workers: int) -> set[Pin]:
    """The last final release of every minor line of the packages, metadata read: the versions that pins and ranges aim at.

    Asked only of the packages that the stacks name themselves: an index is no catalogue to be read whole.
    """
    wanted: list[Pin] = []
    for name in sorted(names):
        last: dict[tuple[int, ...], Pin] = {}
        for release in live.releases(name):
            version = Version(release.version)
            if not version.is_prerelease and not release.yanked and release.uploaded and release.uploaded.date() >= FIRST_LINE:
                last.setdefault(version.release[:2], release.pin)
        wanted += list(last.values())[:MOST_LINES]
    return _read(live, wanted, reporter, workers)


def _read(live: LiveIndex, wanted: Sequence[Pin], reporter: Reporter, workers: int) -> set[Pin]:
    reporter.step(f"reading {len(wanted)} releases")
    found: set[Pin] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="refresh") as pool:
        for done, full in enumerate(pool.map(lambda pin: live.release(*pin), wanted), 1):
            if full is not None:
                found.add(full.pin)
            reporter.progress(done, len(wanted))
    return found


def _old(path: Path) -> Snapshot | None:
    return Snapshot(path) if path.exists() else None


def _shelf(live: LiveIndex, name: NormalizedName, versions: set[str], old: Snapshot | None) -> Shelf:
    """The package as listed today, with the metadata of `versions` and of those that the old snapshot had read."""
    bare = live.releases(name)
    known = old if old and name in old.names() else None
    releases, read, marks = [], set(), {}
    for release in bare:
        facts = (live.facts if release.version in versions else live.remembered)(name, release.version)
        if facts:
            releases.append(complete(release, facts))
            read.add(release.version)
            marks[release.version] = facts.marks
            continue
        kept = known.release(name, release.version) if known else None
        if kept is None and len(bare) > _MOST_RELEASES and Version(release.version).is_prerelease:
            continue  # nightly floods
        releases.append(kept or release)
        if kept and known:
            read.add(release.version)
            marks[release.version] = known.marks(name, release.version)
    return Shelf(releases=tuple(releases), read=frozenset(read), marks=marks)


def write(destination: Path, shelves: Mapping[NormalizedName, Shelf], *, as_of: date, ranks: Mapping[str, int]) -> None:
    """Write a snapshot; the file appears whole or not at all, and the same input gives the same bytes.

    Raises IndexUnreachable when the folder cannot be written.
    """
    part = ""
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.")
        os.close(handle)
        with contextlib.closing(sqlite3.connect(part)) as base:
            base.execute("PRAGMA page_size = 1024")  # small pages: less slack behind each blob
            base.executescript(SCHEMA)
            base.executemany("INSERT INTO meta VALUES (?, ?)", [("as-of", as_of.isoformat()), ("form", FORM)])
            for name in sorted(shelves):
                body, hashes = pack(shelves[name])
                base.execute("INSERT INTO package VALUES (?, ?, ?, ?)", (name, ranks.get(name, UNRANKED), body, hashes))
                roots = sorted({root for release in shelves[name].releases for root in release.modules})
                base.executemany("INSERT INTO owner VALUES (?, ?)", [(root, name) for root in roots])
            base.commit()
            base.execute("VACUUM")
        os.chmod(part, 0o644)  # noqa: PTH101 - mkstemp makes it private, a snapshot is for all
        os.replace(part, destination)  # noqa: PTH105
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise IndexUnreachable(f"{destination}: the snapshot cannot be written ({error})", hint="check space and permissions") from error

"""The frozen snapshot: one SQLite file, digested for reading, loaded package by package."""

from __future__ import annotations

import dataclasses
import difflib
import json
import sqlite3
import threading
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import DistFile, NormalizedName, Pin, Release
from resolver.index.amended import amended
from resolver.index.filenames import version_key

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE package (name TEXT PRIMARY KEY, rank INTEGER, body BLOB, hashes BLOB);
CREATE TABLE owner (root TEXT, name TEXT, PRIMARY KEY (root, name)) WITHOUT ROWID;
"""
FORM = "1"
UNRANKED = 1_000_000
"""The popularity of a package that nobody ranked."""

_COMPILED, _PB2, _READ = 1, 2, 4
_DIGEST = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One package of a snapshot: releases newest first, the versions whose metadata was read, marks by version."""

    releases: tuple[Release, ...]
    read: frozenset[str]
    marks: Mapping[str, frozenset[str]]


class Snapshot:
    """The index as it was on one day. Read-only, safe in several threads; a package costs about a millisecond when first asked for."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises IndexUnreachable when it is not there or is no snapshot."""
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._near: dict[str, list[str]] = {}
        self._by_version: dict[str, dict[str, Release]] = {}
        hint = "make one with `resolver index refresh`"
        try:
            # Immutable: no lock files are written, so a read-only installation works.
            self._base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._meta: dict[str, str] = dict(self._base.execute("SELECT key, value FROM meta"))
            self._ranks: dict[str, int] = dict(self._base.execute("SELECT name, rank FROM package"))
        except sqlite3.Error as error:
            raise IndexUnreachable(f"{path}: no snapshot can be read there ({error})", hint=hint) from error
        if self._meta.get("form") != FORM:
            self.close()
            raise IndexUnreachable(f"{path}: a snapshot of another form", hint=hint)

    @property
    def snapshot(self) -> str:
        """The day on which the index was read, "2026-11-22"."""
        return self._meta["as-of"]

    def close(self) -> None:
        """Give the file back; nothing more can be loaded afterwards."""
        with self._lock:
            self._base.close()

    def names(self) -> tuple[str, ...]:
        """All packages, sorted."""
        return tuple(sorted(self._ranks))

    def popularity(self, name: str) -> int:
        """The package's rank among the most downloaded (1 is first), UNRANKED when it has none."""
        return self._ranks.get(name, UNRANKED)

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Every release; those whose metadata was not read have no `requires`."""
        return self.shelf(name).releases

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its metadata, None when the snapshot does not hold it. Microseconds once the package is loaded."""
        found = self.listed(name, version)
        return found if found is not None and found.version in self.shelf(name).read else None

    def listed(self, name: NormalizedName, version: str) -> Release | None:
        """The release, with or without its metadata; None when the index did not list it."""
        self.shelf(name)
        return self._by_version[name].get(version) or self._respelled(name, version)

    def _respelled(self, name: NormalizedName, version: str) -> Release | None:
        """The release of an equal version that the index spells otherwise; remembered under this spelling too."""
        wanted = version_key(version)
        found = next((each for each in self.shelf(name).releases if version_key(each.version) == wanted), None)
        if found is not None:
            self._by_version[name][version] = found
        return found

    def marks(self, name: str, version: str) -> frozenset[str]:
        """Of "compiled" (extension modules) and "pb2" (generated protobuf code) those that the release's wheel shows."""
        found = self.release(NormalizedName(name), version) if name in self._ranks else None
        return self.shelf(found.name).marks[found.version] if found else frozenset()

    def module_owners(self, root: str) -> tuple[tuple[str, int], ...]:
        """Distributions whose wheels provide the import name `root` and their popularity, most popular first.

        Namespaces that many share are asked for at two levels ("google.protobuf").
        """
        with self._lock:
            rows = self._base.execute("SELECT name FROM owner WHERE root = ?", (root,)).fetchall()
        return tuple(sorted(((name, self.popularity(name)) for (name,) in rows), key=lambda row: (row[1], row[0])))

    def near(self, name: str) -> list[str]:
        """At most three names of the snapshot that look like `name`, the likeliest first; a name that it has is the only one."""
        if name in self._ranks:
            return [name]
        if name not in self._near:  # some milliseconds
            self._near[name] = difflib.get_close_matches(name, self._ranks, n=3, cutoff=0.7)
        return self._near[name]

    def _hint(self, name: str) -> str:
        near = self.near(name)
        return f"near names: {', '.join(near)}" if near else "ask again without --offline"

    def shelf(self, name: NormalizedName) -> Shelf:
        """Everything known of one package. Raises UnknownPackage."""
        shelf = self._shelves.get(name)
        if shelf is None:
            if name not in self._ranks:
                # Looking for near names takes milliseconds, and most who ask for what is not there never show the hint.
                raise UnknownPackage(f"no package named {name} in the snapshot of {self.snapshot}", hint=lambda: self._hint(name))
            with self._lock:
                row = self._base.execute("SELECT body, hashes FROM package WHERE name = ?", (name,)).fetchone()
            shelf = unpack(name, *row)
            self._by_version[name] = {release.version: release for release in shelf.releases}
            self._shelves[name] = shelf
        return shelf


def pack(shelf: Shelf) -> tuple[bytes, bytes]:
    """A package as the two blobs that the snapshot holds: compressed columns, raw SHA-256 digests."""
    texts: dict[object, int] = {}

    def put(value: object) -> int:
        return texts.setdefault(value, len(texts))

    rows, digests = [], bytearray()
    for release in shelf.releases:
        marks = shelf.marks.get(release.version, frozenset())
        flags = _COMPILED * release.compiled + _PB2 * ("pb2" in marks) + _READ * (release.version in shelf.read)
        files = []
        for file in release.files:
            digests += bytes.fromhex(file.sha256) if len(file.sha256) == 2 * _DIGEST else bytes(_DIGEST)
            files.append([file.filename, put(file.tags), file.size, put(file.requires_python), int(file.yanked)])
        seconds = int(release.uploaded.timestamp()) if release.uploaded else None
        # Requirements share most lines with the release before: each line is stored once for the package.
        requires = [put(text) for text in release.requires]
        row = [release.version, seconds, put(release.requires_python), int(release.yanked), flags, requires]
        rows.append([*row, put(release.extras), put(release.modules), files])
    body = json.dumps([list(texts), rows], separators=(",", ":")).encode()
    return zlib.compress(body, 9), bytes(digests)


def unpack(name: NormalizedName, body: bytes, hashes: bytes) -> Shelf:
    """The reverse of `pack`."""
    raw, rows = json.loads(zlib.decompress(body))
    texts: list[Any] = [tuple(value) if isinstance(value, list) else value for value in raw]
    digests = hashes.hex()
    releases, read, marks, place = [], set(), {}, 0
    for version, seconds, python, yanked, flags, requires, extras, modules, listed in rows:
        files = []
        for filename, tags, size, file_python, file_yanked in listed:
            digest = digests[place : place + 2 * _DIGEST]
            place += 2 * _DIGEST
            files.append(
                DistFile(
                    filename=filename,
                    kind="wheel" if texts[tags] else "sdist",
                    tags=texts[tags],
                    sha256="" if digest == "0" * 64 else digest,
                    size=size,
                    requires_python=texts[file_python],
                    yanked=bool(file_yanked),
                )
            )
        releases.append(
            Release(
                pin=Pin(name, version),
                uploaded=datetime.fromtimestamp(seconds, UTC) if seconds is not None else None,
                requires=amended(Pin(name, version), tuple(texts[each] for each in requires)),
                requires_python=texts[python],
                files=tuple(files),
                yanked=bool(yanked),
                modules=texts[modules],
                compiled=bool(flags & _COMPILED),
                extras=texts[extras],
            )
        )
        if flags & _READ:
            read.add(version)
        marks[version] = frozenset(mark for mark, bit in (("compiled", _COMPILED), ("pb2", _PB2)) if flags & bit)
    return Shelf(releases=tuple(releases), read=frozenset(read), marks=marks)

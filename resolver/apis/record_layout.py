"""How all walks of one package are written down compactly, and reading that."""

from __future__ import annotations

import itertools
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from resolver.core.errors import StoreError

Mask = int
"""A set of versions: bit i stands for the i-th walked version, oldest first."""
NEAR = 400
"""Characters that are rather searched than halved."""
NAMED = "MACK"
"""The kinds of rows whose keys are dotted names. They stand in the order of the names, so that what a question needs lies together."""


def version_key(version: str) -> tuple[int, Version, str]:
    """Orders version texts; what is no version comes first."""
    try:
        return 1, Version(version), version
    except InvalidVersion:
        return 0, Version("0"), version


def place_of(kind: str, key: str) -> str:
    """What a row begins with."""
    return key if kind in NAMED else f"{kind}:{key}"


class Table:
    """The rows of one package's walks. A question opens the blocks that it touches, some tens of microseconds each the first time."""

    def __init__(self, blob: bytes) -> None:
        try:
            length, body = int.from_bytes(blob[:4], "big") + 4, memoryview(blob)
            versions, sets, roots, index = zlib.decompress(body[4:length]).decode().split("\n", 3)
            entries = [line.rpartition("\t") for line in index.split("\n") if line]
            self._firsts = [first for first, _, _ in entries]
            self._ends = list(itertools.accumulate((int(size) for _, _, size in entries), initial=length))
        except (zlib.error, ValueError) as error:
            raise _damaged(error) from error
        if self._ends[-1] != len(blob):
            raise _damaged("cut off")
        self._blob = body
        self._opened: dict[int, str] = {}
        self._rows: dict[str, Mapping[str, str]] = {}
        self.versions: tuple[str, ...] = tuple(versions.split())
        self.sets: tuple[Mask, ...] = tuple(int(s, 16) for s in sets.split())
        self.everything: Mask = (1 << len(self.versions)) - 1
        self.roots = frozenset(roots.split())
        self._modules: dict[str, tuple[Mask, Mask, Mask, Mapping[str, Mask]]] = {}
        self._groups: dict[tuple[str, str], tuple[tuple[Mask, str], ...]] = {}

    def _block(self, place: int) -> str:
        """The lines of a block, each with a line break before it."""
        text = self._opened.get(place)
        if text is None:
            try:
                text = zlib.decompress(self._blob[self._ends[place] : self._ends[place + 1]]).decode()
            except (zlib.error, UnicodeDecodeError) as error:
                raise _damaged(error) from error
            self._opened[place] = text
        return text

    def _row(self, kind: str, key: str) -> str | None:
        """What stands in one kind of row behind a key, None when there is no such row."""
        key = place_of(kind, key)
        rows = self._rows.get(key)
        if rows is None:
            rows = self._rows[key] = self._read(key)
        return rows.get(kind)

    def _read(self, key: str) -> Mapping[str, str]:
        """The rows of a key: they stand together in one block."""
        place = bisect_right(self._firsts, key) - 1
        if place < 0:
            return {}
        text, mark = self._block(place), f"\n{key}\t"
        start, found = text.find(mark), {}
        while start >= 0:
            start += len(mark)
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            found[text[start]] = text[start + 2 : end]
            start = end if text.startswith(mark, end) else -1
        return found

    def module(self, path: str) -> tuple[Mask, Mask, Mask, Mapping[str, Mask]]:
        """Versions with the module on disk, with its names read, with more names than were read; and its names."""
        found = self._modules.get(path)
        if found is None:
            body = self._row("M", path)
            if body is None:
                found = (0, 0, 0, {})
            else:
                disk, read, more, names = body.split("\t")
                found = (self.sets[int(disk)], self.sets[int(read)], self.sets[int(more)], _Names(names, self.sets))
            self._modules[path] = found
        return found

    def groups(self, kind: str, key: str) -> tuple[tuple[Mask, str], ...]:
        """The rows of an alias (A), class (C), called name (K), root (U), or of libraries (L), pb2 (P), static (S): (versions, text)."""
        found = self._groups.get((kind, key))
        if found is None:
            body = self._row(kind, key)
            found = () if not body else tuple((self.sets[int(n)], text) for n, _, text in (g.partition("=") for g in body.split("\t")))
            self._groups[kind, key] = found
        return found

    def keys(self, kind: str) -> Iterator[str]:
        """Every key of one kind of row, sorted."""
        first = 0 if kind in NAMED else max(bisect_right(self._firsts, f"{kind}:") - 1, 0)
        for place in range(first, len(self._firsts)):
            if kind not in NAMED and self._firsts[place] > f"{kind};":
                return
            for line in self._block(place)[1:].split("\n"):
                key, found, _ = line.split("\t", 2)
                if found == kind:
                    yield key.removeprefix(f"{kind}:")

    def rows(self) -> list[dict[str, Any]]:
        """The walks again, one per version, as they were before they were put together (for merging in new ones)."""
        found: list[dict[str, Any]] = [
            {
                "version": v,
                "modules": [],
                "names": {},
                "alias": {},
                "classes": {},
                "keywords": {},
                "takes": {},
                "needed": {},
                "pb2": False,
                "static": False,
            }
            for v in self.versions
        ]
        for path in self.keys("M"):
            disk, read, more, names = self.module(path)
            for i in _bits(disk):
                found[i]["modules"].append(path)
            for i in _bits(read):
                kept = [n for n, m in names.items() if m >> i & 1] + (["*"] if more >> i & 1 else [])
                found[i]["names"][path] = " ".join(sorted(kept))
        for kind, field in (("A", "alias"), ("C", "classes"), ("K", "keywords"), ("U", "takes")):
            for key in self.keys(kind):
                for versions, text in self.groups(kind, key):
                    for i in _bits(versions):
                        if kind == "U":
                            found[i][field].setdefault(key, []).extend(text.split(" "))
                        else:
                            found[i][field][key] = text
        for kind, field in (("P", "pb2"), ("S", "static")):
            for versions, _ in self.groups(kind, ""):
                for i in _bits(versions):
                    found[i][field] = True
        for versions, text in self.groups("L", ""):
            for i in _bits(versions):
                found[i]["needed"].update((soname, []) for soname in text.split(" "))
        return found


class _Names(Mapping[str, Mask]):
    """The names of a module with the versions that have each, as they are written: " a=3 b=1 ", sorted, with the number of a set. Of
    thousands of names a resolution asks for a few: they are searched for, and never taken apart.
    """

    __slots__ = ("_sets", "_text")

    def __init__(self, text: str, sets: Sequence[Mask]) -> None:
        self._text, self._sets = text, sets

    def get(self, name: str, default: Any = None) -> Any:
        """The versions that have the name."""
        text, low, high = self._text, 0, len(self._text)
        while high - low > NEAR:  # a space stands at `low` and before `high`
            start = text.rindex(" ", low, (low + high) // 2)
            end = text.index(" ", start + 1)
            if text[start + 1 : text.index("=", start)] <= name:
                low, high = (start, end + 1) if text.startswith(f"{name}=", start + 1) else (end, high)
            elif start > low:
                high = start + 1
            else:
                return default
        at = text.find(f" {name}=", low, high)
        if at < 0:
            return default
        start = at + len(name) + 2
        return self._sets[int(text[start : text.index(" ", start)])]

    def __getitem__(self, name: str) -> Mask:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return int(found)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (each.partition("=")[0] for each in self._text.split())

    def __len__(self) -> int:
        return self._text.count("=")


def _bits(mask: Mask) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def _damaged(why: object) -> StoreError:
    return StoreError(f"the API timeline is damaged: {why}", hint="build it again from the walks, or fetch it again")

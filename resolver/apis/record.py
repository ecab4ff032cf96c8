"""All that is known of one package over all walked versions, as sets of versions, and how it is written down compactly."""

from __future__ import annotations

import functools
import itertools
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from resolver.core.errors import StoreError

Mask = int
"""A set of versions: bit i stands for the i-th walked version, oldest first."""
LOOKED_UP = "_*"
"""Stands among a module's names where its private names were looked up too (see `privates`), those that somebody takes."""
NEAR = 400
"""Characters that are rather searched than halved."""
BLOCK = 4 << 10
"""Characters that are compressed together, about: more of them take less room, fewer are faster to look one up in."""


def version_key(version: str) -> tuple[int, Version, str]:
    """Orders version texts; what is no version comes first."""
    try:
        return 1, Version(version), version
    except InvalidVersion:
        return 0, Version("0"), version


class Record:
    """One package's walks, readable by set algebra over versions. A question opens the blocks that it touches, some tens of microseconds
    each the first time.
    """

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
        self._steps: dict[str, tuple[Mapping[tuple[str, str], Mask], Mask]] = {}

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
        key = _place_of(kind, key)
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

    @functools.cached_property
    def only_read(self) -> Mask:
        """Versions that were read and not imported."""
        return next((versions for versions, _ in self.groups("S", "")), 0)

    def keys(self, kind: str) -> Iterator[str]:
        """Every key of one kind of row, sorted."""
        first = 0 if kind in _NAMED else max(bisect_right(self._firsts, f"{kind}:") - 1, 0)
        for place in range(first, len(self._firsts)):
            if kind not in _NAMED and self._firsts[place] > f"{kind};":
                return
            for line in self._block(place)[1:].split("\n"):
                key, found, _ = line.split("\t", 2)
                if found == kind:
                    yield key.removeprefix(f"{kind}:")

    def offers(self, dotted: str) -> tuple[Mask, Mask]:
        """Versions that offer `dotted`, and versions for which nobody knows; the others do not offer it.

        "module.function(keyword)" asks whether calling it takes that keyword, "module.function(#2)" whether two arguments without one.
        """
        if dotted.endswith(")"):
            return self._takes(*dotted[:-1].split("(", 1))
        states, unknown = self._reached(dotted)
        present = 0
        for mask in states.values():
            present |= mask
        return present, unknown & ~present

    def _reached(self, dotted: str) -> tuple[Mapping[tuple[str, str], Mask], Mask]:
        """What a dotted name is, (kind, path) -> versions, and the versions for which that cannot be told; kept for names that begin so."""
        known = self._steps.get(dotted)
        if known is None:
            above, _, part = dotted.rpartition(".")
            states: dict[tuple[str, str], Mask] = {}
            unknown = 0
            if above:
                before, unknown = self._reached(above)
                for (kind, path), mask in before.items():
                    unknown |= self._step(kind, path, part, mask, states)
            else:
                disk, read, _, _ = self.module(part)
                states["module", part] = disk | read
            known = self._steps[dotted] = states, unknown
        return known

    def _takes(self, called: str, asked: str = "") -> tuple[Mask, Mask]:
        """Versions whose function or class takes a keyword ("#2": two arguments without one), and those of which that is not known."""
        present = told = 0
        for versions, text in self.groups("K", called):
            taken = text.split(" ")
            if asked.startswith("#"):
                most = next((each[1:] for each in taken if each.startswith("#")), "" if text else "0")
                takes, known = most == "*" or (most.isdigit() and int(asked[1:]) <= int(most)), bool(most)
            else:
                takes, known = asked in taken, asked in taken or "**" not in taken
            present |= versions if takes else 0
            told |= versions if known else 0
        return present, self.everything & ~told

    def _step(self, kind: str, path: str, part: str, mask: Mask, following: dict[tuple[str, str], Mask]) -> Mask:
        """One attribute further: fills `following`, returns the versions for which it cannot be told."""
        inner = f"{path}.{part}"
        if kind == "object":
            return self._member(path, part, mask, following)
        _, read, more, names = self.module(path)
        disk, inner_read, _, _ = self.module(inner)
        child = mask & (disk | inner_read)
        found = mask & names.get(part, 0)
        if child:
            following["module", inner] = following.get(("module", inner), 0) | child
        aliased = 0
        for versions, target in self.groups("A", inner):
            if versions & mask:
                following["module", target] = following.get(("module", target), 0) | (versions & mask)
                aliased |= versions
        thing = found & ~aliased if not child or self.groups("C", inner) else found & ~aliased & ~child
        if thing:
            following["object", inner] = following.get(("object", inner), 0) | thing
        left = mask & ~child & ~found
        # A walk records every private module, but no private name: those are looked up apart, in the versions that bear the mark of it.
        if part.startswith("_") and part not in names:
            return left & ~read if self._row("M", inner) is not None else left
        if part.startswith("_") and not part.startswith("__"):
            more |= ~names.get(LOOKED_UP, 0)
        return left & (more | ~read)

    def _member(self, path: str, part: str, mask: Mask, following: dict[tuple[str, str], Mask]) -> Mask:
        """A member of a class; of anything else nothing is known."""
        known = 0
        for versions, text in self.groups("C", path):
            here = versions & mask
            if not here:
                continue
            if text.startswith("="):
                unknown = self._member(text[1:], part, here, following)
                known |= here & ~unknown
            else:
                known |= here
                if f" {part} " in f" {text} ":
                    key = ("object", f"{path}.{part}")
                    following[key] = following.get(key, 0) | here
                elif part.startswith("_"):
                    known &= ~here
        return mask & ~known

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


class Writer:
    """Puts the walks of one package together. `rows` must be one per version, oldest version first."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.numbers: dict[Mask, int] = {0: 0}
        self.lines: list[str] = []
        self.sets: list[Mask] = [0]
        self.modules()
        for kind, field in (("A", "alias"), ("C", "classes"), ("K", "keywords")):
            grouped: dict[str, dict[str, Mask]] = {}
            for i, row in enumerate(rows):
                for key, text in row.get(field, {}).items():
                    seen = grouped.setdefault(key, {})
                    seen[text] = seen.get(text, 0) | 1 << i
            for key in sorted(grouped):
                self.add(kind, key, {text: mask for text, mask in grouped[key].items() if text or kind in "CK"})
        self.uses()
        self.add("L", "", self.together([(i, soname) for i, row in enumerate(rows) for soname in row["needed"]]))
        for kind, field in (("P", "pb2"), ("S", "static")):
            self.add(kind, "", {"": sum(1 << i for i, row in enumerate(rows) if row[field])})

    def number(self, mask: Mask) -> int:
        """The place of a set in the table of sets."""
        if mask not in self.numbers:
            self.numbers[mask] = len(self.sets)
            self.sets.append(mask)
        return self.numbers[mask]

    def add(self, kind: str, key: str, texts: Mapping[str, Mask]) -> None:
        """One line: a key and its texts by the versions that have them."""
        cells = [f"{self.number(m)}={t}" for t, m in sorted(texts.items(), key=lambda p: (-p[1], p[0])) if m]
        if cells:
            self.lines.append("\t".join([_place_of(kind, key), kind, *cells]))

    @staticmethod
    def masks(pairs: Iterable[tuple[int, str]]) -> dict[str, Mask]:
        """Names with the versions that have each."""
        found: dict[str, Mask] = {}
        for i, name in pairs:
            found[name] = found.get(name, 0) | 1 << i
        return found

    def together(self, pairs: Iterable[tuple[int, str]]) -> dict[str, Mask]:
        """Names that the same versions have, joined into one text."""
        masks = self.masks(pairs)
        groups: dict[Mask, list[str]] = {}
        for name in sorted(masks):
            groups.setdefault(masks[name], []).append(name)
        return {" ".join(names): mask for mask, names in groups.items()}

    def modules(self) -> None:
        """Modules on disk with the packages above them, and the names that were read in each."""
        disk: dict[str, Mask] = {}
        read: dict[str, Mask] = {}
        more: dict[str, Mask] = {}
        names: dict[str, list[tuple[int, str]]] = {}
        for i, row in enumerate(self.rows):
            for module in row["modules"]:
                parts = module.split(".")
                for depth in range(1, len(parts) + 1):
                    above = ".".join(parts[:depth])
                    disk[above] = disk.get(above, 0) | 1 << i
            for module, text in row["names"].items():
                listed = text.split()
                read[module] = read.get(module, 0) | 1 << i
                if "*" in listed:
                    more[module] = more.get(module, 0) | 1 << i
                names.setdefault(module, []).extend((i, n) for n in listed if n != "*")
        for module in sorted(disk.keys() | read.keys()):
            first = [disk.get(module, 0), read.get(module, 0), more.get(module, 0)]
            masks = self.masks(names.get(module, ()))
            text = " ".join(f"{name}={self.number(masks[name])}" for name in sorted(masks))
            self.lines.append("\t".join([module, "M", *(str(self.number(mask)) for mask in first), f" {text} " if text else ""]))

    def uses(self) -> None:
        """What is taken from other packages."""
        pairs: dict[str, list[tuple[int, str]]] = {}
        for i, row in enumerate(self.rows):
            for root, dotted in row["takes"].items():
                pairs.setdefault(root, []).extend((i, d) for d in dotted)
        for root in sorted(pairs):
            self.add("U", root, self.together(pairs[root]))

    def blob(self) -> bytes:
        """The compressed text, in blocks that can be read one by one; equal walks give equal bytes."""
        blocks: list[tuple[str, list[str]]] = []
        rows = [line.split("\t", 2) for line in sorted(self.lines)]
        size = 0
        for key, those in itertools.groupby(rows, key=lambda row: row[0]):
            lines = ["\n" + "\t".join(row) for row in those]
            length = sum(map(len, lines))
            if not blocks or size + length > BLOCK:
                blocks.append((key, []))
                size = 0
            blocks[-1][1].extend(lines)
            size += length
        packed = [(first, zlib.compress("".join(lines).encode(), 9)) for first, lines in blocks]
        head = [
            " ".join(row["version"] for row in self.rows),
            " ".join(f"{s:x}" for s in self.sets),
            " ".join(key for key, kind, _ in rows if kind == "M" and "." not in key),
            *(f"{first}\t{len(body)}" for first, body in packed),
        ]
        index = zlib.compress("\n".join(head + [""] * (not packed)).encode(), 9)
        return b"".join([len(index).to_bytes(4, "big"), index, *(body for _, body in packed)])


_NAMED = "MACK"
"""The kinds of rows whose keys are dotted names. They stand in the order of the names, so that what a question needs lies together."""


def _place_of(kind: str, key: str) -> str:
    """What a row begins with."""
    return key if kind in _NAMED else f"{kind}:{key}"


def _damaged(why: object) -> StoreError:
    return StoreError(f"the API timeline is damaged: {why}", hint="build it again from the walks, or fetch it again")

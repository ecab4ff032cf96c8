"""All that is known of one package over all walked versions, as sets of versions, and how it is written down compactly."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from resolver.core.errors import StoreError

Mask = int
"""A set of versions: bit i stands for the i-th walked version, oldest first."""


def version_key(version: str) -> tuple[int, Version, str]:
    """Orders version texts; what is no version comes first."""
    try:
        return 1, Version(version), version
    except InvalidVersion:
        return 0, Version("0"), version


class Record:
    """One package's walks, readable by set algebra over versions; names of a module are read when first asked for.

    Costs about 10 ms per megabyte of text to open; a question costs microseconds.
    """

    def __init__(self, blob: bytes) -> None:
        try:
            lines = zlib.decompress(blob).decode().split("\n")
        except (zlib.error, UnicodeDecodeError) as error:
            raise StoreError(f"the API timeline is damaged: {error}", hint="build it again from the walks, or fetch it again") from error
        self.versions: tuple[str, ...] = tuple(lines[0].split())
        self.sets: tuple[Mask, ...] = tuple(int(s, 16) for s in lines[1].split())
        self.everything: Mask = (1 << len(self.versions)) - 1
        rows: dict[str, dict[str, str]] = {kind: {} for kind in "MACKULPS"}
        for line in lines[2:]:
            if line:  # one letter, a tab, the key, a tab, the rest
                key, _, body = line[2:].partition("\t")
                rows[line[0]][key] = body
        self._rows = rows
        self.roots = frozenset(module for module in self._rows["M"] if "." not in module)
        self._modules: dict[str, tuple[Mask, Mask, Mask, Mapping[str, Mask]]] = {}
        self._groups: dict[tuple[str, str], tuple[tuple[Mask, str], ...]] = {}

    def module(self, path: str) -> tuple[Mask, Mask, Mask, Mapping[str, Mask]]:
        """Versions with the module on disk, with its names read, with more names than were read; and its names."""
        found = self._modules.get(path)
        if found is None:
            body = self._rows["M"].get(path)
            if body is None:
                found = (0, 0, 0, {})
            else:
                disk, read, more, *groups = body.split("\t")
                pairs = [(self.sets[int(number)], f" {text} ") for number, _, text in (g.partition("=") for g in groups)]
                found = (self.sets[int(disk)], self.sets[int(read)], self.sets[int(more)], _Names(pairs))
            self._modules[path] = found
        return found

    def groups(self, kind: str, key: str) -> tuple[tuple[Mask, str], ...]:
        """The rows of an alias (A), class (C), called name (K), root (U), or of libraries (L), pb2 (P), static (S): (versions, text)."""
        found = self._groups.get((kind, key))
        if found is None:
            body = self._rows[kind].get(key)
            found = () if not body else tuple((self.sets[int(n)], text) for n, _, text in (g.partition("=") for g in body.split("\t")))
            self._groups[kind, key] = found
        return found

    @functools.cached_property
    def only_read(self) -> Mask:
        """Versions that were read and not imported."""
        return next((versions for versions, _ in self.groups("S", "")), 0)

    def keys(self, kind: str) -> Iterable[str]:
        """Every key of one kind of row."""
        return self._rows[kind].keys()

    def offers(self, dotted: str) -> tuple[Mask, Mask]:
        """Versions that offer `dotted`, and versions for which nobody knows; the others do not offer it.

        "module.function(keyword)" asks whether calling it takes that keyword, "module.function(#2)" whether two arguments without one.
        """
        if dotted.endswith(")"):
            return self._takes(*dotted[:-1].split("(", 1))
        root, *parts = dotted.split(".")
        disk, read, _, _ = self.module(root)
        states: dict[tuple[str, str], Mask] = {("module", root): disk | read}
        unknown = 0
        for part in parts:
            following: dict[tuple[str, str], Mask] = {}
            for (kind, path), mask in states.items():
                unknown |= self._step(kind, path, part, mask, following)
            states = following
        present = 0
        for mask in states.values():
            present |= mask
        return present, unknown & ~present

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
        thing = found & ~aliased if inner in self._rows["C"] else found & ~aliased & ~child
        if thing:
            following["object", inner] = following.get(("object", inner), 0) | thing
        left = mask & ~child & ~found
        # A walk records every private module, but no private name; those that `privates` looked up were looked up in every version.
        if part.startswith("_") and part not in names:
            return left & ~read if inner in self._rows["M"] else left
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
    """The names of a module with the versions that have each, as they are written: a text for each set of versions. Of thousands of names
    a resolution asks for a few: they are searched for, and never taken apart.
    """

    __slots__ = ("_groups",)

    def __init__(self, groups: Sequence[tuple[Mask, str]]) -> None:
        self._groups = groups

    def get(self, name: str, default: Any = None) -> Any:
        """The versions that have the name."""
        sought, found = f" {name} ", 0
        for mask, text in self._groups:
            if sought in text:
                found |= mask
        return found or default

    def __getitem__(self, name: str) -> Mask:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return int(found)

    def __contains__(self, name: object) -> bool:
        sought = f" {name} "
        return any(sought in text for _, text in self._groups)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for _, text in self._groups for name in text.split()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


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

    def add(self, kind: str, key: str, texts: Mapping[str, Mask], first: Sequence[Mask] = ()) -> None:
        """One line: a key and its texts by the versions that have them."""
        cells = [str(self.number(m)) for m in first] + [
            f"{self.number(m)}={t}" for t, m in sorted(texts.items(), key=lambda p: (-p[1], p[0])) if m
        ]
        if cells:
            self.lines.append("\t".join([kind, key, *cells]))

    @staticmethod
    def together(pairs: Iterable[tuple[int, str]]) -> dict[str, Mask]:
        """Names that the same versions have, joined into one text."""
        masks: dict[str, Mask] = {}
        for i, name in pairs:
            masks[name] = masks.get(name, 0) | 1 << i
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
            self.add("M", module, self.together(names.get(module, ())), first)

    def uses(self) -> None:
        """What is taken from other packages."""
        pairs: dict[str, list[tuple[int, str]]] = {}
        for i, row in enumerate(self.rows):
            for root, dotted in row["takes"].items():
                pairs.setdefault(root, []).extend((i, d) for d in dotted)
        for root in sorted(pairs):
            self.add("U", root, self.together(pairs[root]))

    def blob(self) -> bytes:
        """The compressed text; equal walks give equal bytes."""
        head = [" ".join(row["version"] for row in self.rows), " ".join(f"{s:x}" for s in self.sets)]
        # Not the tightest, but read in a fifth of the time: a resolution opens some forty of them.
        return zlib.compress("\n".join(head + self.lines).encode(), 9)

"""Putting the walks of one package together, and writing them as `record_layout` reads them."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resolver.apis.record_layout import Mask, place_of

BLOCK = 4 << 10
"""Characters that are compressed together, about: more of them take less room, fewer are faster to look one up in."""


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
            self.lines.append("\t".join([place_of(kind, key), kind, *cells]))

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

"""All that is known of one package over all walked versions, as sets of versions."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from resolver.apis.record_layout import Mask, Table

LOOKED_UP = "_*"
"""Stands among a module\'s names where its private names were looked up too (see `privates`), those that somebody takes."""


class Record(Table):
    """One package's walks, readable by set algebra over versions."""

    def __init__(self, blob: bytes) -> None:
        super().__init__(blob)
        self._steps: dict[str, tuple[Mapping[tuple[str, str], Mask], Mask]] = {}

    @functools.cached_property
    def only_read(self) -> Mask:
        """Versions that were read and not imported."""
        return next((versions for versions, _ in self.groups("S", "")), 0)

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

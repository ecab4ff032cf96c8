"""What builds have said of edges, counted at several distances: the pair, its near versions, either end alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from resolver.core.candidate import Edge
from resolver.core.package import PYTHON, Pin
from resolver.rank.versions import near

_PRIOR_WEIGHT = 2.0


class Seen(NamedTuple):
    """How often an edge was seen broken and seen working."""

    broken: int = 0
    working: int = 0

    @property
    def total(self) -> int:
        """How often it was seen at all."""
        return self.broken + self.working


_NEVER = Seen()

LEVELS = ("pair", "near", "here", "provider", "importer")


def keys(importer: Pin, provider: Pin, python: str) -> tuple[str, ...]:
    """The key of an edge at each of `LEVELS`, from the two names alone to near versions on that interpreter."""
    left, right = f"{importer.name}@{near(importer.version)}", f"{provider.name}@{near(provider.version)}"
    kind = "i" if provider.name == PYTHON else "p"
    return (
        f"{importer.name}|{provider.name}",
        f"{left}|{right}",
        f"{left}|{right}|{near(python)}",
        f"{kind}|{right}",
        f"{kind}|{left}",
    )


class History:
    """Counts of edges by key; immutable once built. `base` is the share of broken edges overall."""

    def __init__(self, counts: Mapping[str, Sequence[int]] | None = None) -> None:
        self._counts = counts or {}
        self._partners: dict[str, list[str]] = {}
        broken = total = 0
        for key, seen in self._counts.items():  # tens of thousands, at every start
            if key[1] == "|" and key[0] in "pi":
                broken += seen[0]
                total += seen[0] + seen[1]
            elif seen[0] and "@" not in key:
                importer, _, provider = key.partition("|")
                if provider != PYTHON:
                    self._partners.setdefault(importer, []).append(provider)
        for providers in self._partners.values():
            providers.sort()
        self.base = (broken + 0.5) / (total + 50.0)

    def partners(self, importer: str) -> Sequence[str]:
        """Names on which some release of `importer` was seen breaking, whether it declares them or not."""
        return self._partners.get(importer, ())

    @classmethod
    def of(cls, observations: Iterable[tuple[Edge, bool]]) -> History:
        """Counts over observations of (edge, whether it broke)."""
        counts: dict[str, list[int]] = {}
        known: dict[tuple[Pin, Pin, str], tuple[str, ...]] = {}
        for edge, broke in observations:
            ends = (edge.importer, edge.provider, edge.python)
            levels = known.get(ends)
            if levels is None:
                levels = known[ends] = keys(*ends)
            for key in levels:
                counts.setdefault(key, [0, 0])[0 if broke else 1] += 1
        return cls(counts)

    def seen(self, key: str) -> Seen:
        """The counts under one key."""
        return Seen._make(self._counts.get(key, _NEVER))

    def numbers(self, importer: Pin, provider: Pin, python: str) -> list[float]:
        """For each level the smoothed share of broken edges and the logarithm of the count; NaN share when never seen."""
        row: list[float] = []
        for key in keys(importer, provider, python):
            seen = self._counts.get(key)
            if seen is None:
                row += (math.nan, 0.0)
            else:
                total = seen[0] + seen[1]
                row += ((seen[0] + _PRIOR_WEIGHT * self.base) / (total + _PRIOR_WEIGHT), math.log1p(total))
        return row

    def __len__(self) -> int:
        return len(self._counts)

    def to_plain(self) -> dict[str, list[int]]:
        """The counts as plain numbers, sorted by key, for a text file."""
        return {key: list(seen) for key, seen in sorted(self._counts.items())}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Sequence[int]]) -> History:
        """The inverse of `to_plain`."""
        return cls(plain)

"""A timeline made from a compact description: a real implementation of the seam, for tests of any room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version


class FakeTimeline:
    """A timeline in memory.

    `offered` maps a package to {version: dotted names it offers}; parents of a name are offered too, names below one that is
    offered and has no recorded member are unknown. `used` maps a package to {version: {root: dotted names it takes}}.
    A version that is not described answers like the nearest described one below it, else like the oldest.
    """

    def __init__(
        self,
        offered: Mapping[str, Mapping[str, Sequence[str]]],
        used: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] | None = None,
    ) -> None:
        self._offered = {n: {v: _with_parents(names) for v, names in versions.items()} for n, versions in offered.items()}
        self._used = used or {}

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        versions = self._offered.get(name)
        if not versions:
            return [None] * len(dotted)
        names = versions[_nearest(version, list(versions))]
        everything = frozenset().union(*versions.values())
        return [_certainty(d, names, everything) for d in dotted]

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        versions = self._used.get(name)
        return versions[_nearest(version, list(versions))] if versions else {}


def _with_parents(names: Sequence[str]) -> frozenset[str]:
    return frozenset(".".join(n.split(".")[:depth]) for n in names for depth in range(1, n.count(".") + 2))


def _certainty(dotted: str, names: frozenset[str], everything: frozenset[str]) -> float | None:
    if dotted in names:
        return 1.0
    return 0.0 if dotted in everything else None


def _nearest(version: str, known: list[str]) -> str:
    ordered = sorted(known, key=Version)
    below = [v for v in ordered if Version(v) <= Version(version)]
    return below[-1] if below else ordered[0]

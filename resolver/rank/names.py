"""Names that builds were seen to find or to miss: what projects use and the API timeline does not hold."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence

from resolver.rank.versions import Numbers, numbers

SEEN_THERE, SEEN_GONE = 0.97, 0.03
_BETWEEN = {(True, True): 0.95, (False, False): 0.05, (True, False): 0.5, (False, True): 0.5}
_NEWER = {True: 0.8, False: 0.15}
_OLDER = {True: 0.6, False: None}
"""Before the first version seen: a name that was there may not have come yet, one that was missing may have been removed."""


Point = tuple[Numbers, bool]
"""A version, and whether the name was there."""


class SeenNames:
    """For each distribution and dotted name the versions in which it was seen there or missing; immutable once built."""

    def __init__(self, points: Mapping[str, Mapping[str, Sequence[Sequence[int]]]] | None = None) -> None:
        self._plain = points or {}
        self._points: dict[str, Mapping[str, Sequence[Point]]] = {}

    def _of(self, name: str) -> Mapping[str, Sequence[Point]]:
        """The names of one distribution, made ready when first asked for: a run asks for a few of hundreds."""
        known = self._points.get(name)
        if known is None:
            plain = self._plain.get(name, {})
            made = {dotted: [((row[0], row[1], row[2]), bool(row[3])) for row in rows] for dotted, rows in plain.items()}
            known = self._points[name] = made
        return known

    @classmethod
    def of(cls, seen: Iterable[tuple[str, str, str, bool]]) -> SeenNames:
        """From (distribution, version, dotted name, whether it was there); what was seen both ways counts as there."""
        points: dict[str, dict[str, dict[Numbers, bool]]] = {}
        for name, version, dotted, there in seen:
            versions = points.setdefault(name, {}).setdefault(dotted, {})
            number = numbers(version)
            versions[number] = versions.get(number, False) or there
        return cls({
            name: {dotted: [[*number, int(there)] for number, there in sorted(versions.items())] for dotted, versions in by_name.items()}
            for name, by_name in points.items()
        })  # fmt: skip

    def offers(self, name: str, version: str, dotted: str) -> float | None:
        """The certainty that a release offers a name; None when no build said anything of it."""
        points = self._of(name).get(dotted)
        if not points:
            return None
        number = numbers(version)
        place = bisect.bisect_left(points, number, key=lambda point: point[0])
        if place < len(points) and points[place][0] == number:
            return SEEN_THERE if points[place][1] else SEEN_GONE
        if place == 0:
            return _OLDER[points[0][1]]
        if place == len(points):
            return _NEWER[points[-1][1]]
        return _BETWEEN[points[place - 1][1], points[place][1]]

    def __len__(self) -> int:
        return sum(map(len, self._plain.values()))

    def to_plain(self) -> dict[str, dict[str, list[list[int]]]]:
        """As plain numbers, for a text file: name -> dotted -> [[major, minor, micro, 1 when there]]."""
        return {
            name: {dotted: [list(row) for row in rows] for dotted, rows in sorted(by_name.items())}
            for name, by_name in sorted(self._plain.items())
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Mapping[str, Sequence[Sequence[int]]]]) -> SeenNames:
        """The inverse of `to_plain`."""
        return cls(plain)


def better(told: float | None, seen: float | None) -> float | None:
    """The surer of what the timeline tells and what builds saw."""
    if told is None or seen is None:
        return seen if told is None else told
    return told if abs(told - 0.5) >= abs(seen - 0.5) else seen

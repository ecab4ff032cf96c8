"""Dated signs of a project, and what they say together: a distribution over the day on which it was last known to work."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple


class SignKind(enum.StrEnum):
    """What bears the date."""

    SOURCE = "last commit that changed code"
    COMMIT = "last commit"
    RUN = "a notebook's run"
    SAVED = "a saved model"
    PIN = "the newest exact pin"
    FILE = "the newest source file"


class Sign(NamedTuple):
    """A day, the reason in words, and what bears it."""

    day: date
    reason: str
    kind: SignKind = SignKind.COMMIT


class _Shape(NamedTuple):
    """How much a kind of sign weighs, and from how long before to how long after its day the project worked, in days."""

    weight: float
    before: int
    after: int


_SHAPES = {
    SignKind.SOURCE: _Shape(1.0, 180, 180),
    SignKind.COMMIT: _Shape(0.6, 360, 90),
    SignKind.RUN: _Shape(0.4, 30, 180),
    SignKind.SAVED: _Shape(0.3, 30, 360),
    SignKind.PIN: _Shape(0.5, 0, 180),
    SignKind.FILE: _Shape(0.2, 360, 30),
}
_STEP = 15
"""Days between the points on which the distribution is kept."""


class Dating:
    """The signs of one project as weighted days: each sign a triangle around its day, nothing before the newest exact pin was uploaded."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        """Of signs of one kind the newest counts."""
        newest: dict[SignKind, Sign] = {}
        for sign in signs:
            if sign.kind not in newest or newest[sign.kind].day < sign.day:
                newest[sign.kind] = sign
        pin = newest.get(SignKind.PIN)
        self._floor = pin.day if pin else date.min
        self.signs: tuple[Sign, ...] = tuple(sorted(newest.values(), key=lambda sign: -_SHAPES[sign.kind].weight))
        self.points: tuple[tuple[date, float], ...] = tuple(self._points())

    def _points(self) -> Iterable[tuple[date, float]]:
        found: dict[date, float] = {}
        for sign in self.signs:
            weight, before, after = _SHAPES[sign.kind]
            inside = [offset for offset in range(-before, after + 1, _STEP) if sign.day + timedelta(days=offset) >= self._floor] or [0]
            heights = [1 - abs(offset) / (1 + (after if offset > 0 else before)) for offset in inside]
            for offset, height in zip(inside, heights, strict=True):
                day = max(self._floor, sign.day + timedelta(days=offset))
                found[day] = found.get(day, 0.0) + weight * height / sum(heights)
        total = sum(found.values())
        return [(day, weight / total) for day, weight in sorted(found.items())]

    @property
    def best(self) -> date | None:
        """The best single guess: the day of the sign that weighs most, and not before the newest pin."""
        return max(self._floor, self.signs[0].day) if self.signs else None

    @property
    def others(self) -> tuple[date, ...]:
        """The days of the other signs, those that weigh most first, without those within two months of one before."""
        kept: list[date] = [self.best] if self.best else []
        for sign in self.signs[1:]:
            day = max(self._floor, sign.day)
            if all(abs((day - other).days) > 60 for other in kept):
                kept.append(day)
        return tuple(kept[1:])

    def quantile(self, share: float) -> date | None:
        """The first day by which at least `share` of the weight has passed; None without any sign."""
        passed = 0.0
        for day, weight in self.points:
            passed += weight
            if passed >= share - 1e-9:
                return day
        return self.points[-1][0] if self.points else None

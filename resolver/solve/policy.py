"""Preferences: which version of a package to try first."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Literal

Kind = Literal["newest", "as-of", "lowest", "learned", "perturbed"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One preference over versions; equal policies on an equal index give equal sets.

    `newest` takes the newest release; `as-of` the newest uploaded on or before the day `as_of`, a package that has none by then in
    its earliest; `lowest` the oldest release of direct needs and the newest of the rest; `learned` the release that runs best
    with what is already chosen (newest when no judge is known); `perturbed` some packages off their first choice, drawn by `seed`.
    Under any kind, `moves` are (package, specifier) pairs that restrict a package if it comes in, and `as_of` holds too.
    """

    name: str
    kind: Kind = "newest"
    as_of: date | None = None
    moves: tuple[tuple[str, str], ...] = ()
    seed: int = 0


NEWEST = Policy(name="newest")
LEARNED = Policy(name="learned", kind="learned")
LOWEST = Policy(name="lowest-direct", kind="lowest")


def as_of(day: date) -> Policy:
    """The policy of a day: what an installer would have taken then."""
    return Policy(name=f"as-of {day.isoformat()}", kind="as-of", as_of=day)

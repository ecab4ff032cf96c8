"""What one file of a project yields; every reader returns one and the join adds them up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from resolver.core.project import Bound, Need, Origin, Use
from resolver.core.signs import Sign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The needs, uses, bounds, dates, notes, hearsay and system packages of one or more files, in the order they were read."""

    needs: tuple[Need, ...] = ()
    uses: tuple[Use, ...] = ()
    bounds: tuple[Bound, ...] = ()
    dates: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()
    hearsay: tuple[Need, ...] = ()
    system: tuple[tuple[str, Origin], ...] = ()

    def __add__(self, other: Reading) -> Reading:
        return joined((self, other))


def joined(readings: Iterable[Reading]) -> Reading:
    """All readings as one, in order; linear in the number of their parts."""
    parts = list(readings)
    return Reading(
        needs=tuple(need for part in parts for need in part.needs),
        uses=tuple(use for part in parts for use in part.uses),
        bounds=tuple(bound for part in parts for bound in part.bounds),
        dates=tuple(day for part in parts for day in part.dates),
        notes=tuple(note for part in parts for note in part.notes),
        hearsay=tuple(need for part in parts for need in part.hearsay),
        system=tuple(package for part in parts for package in part.system),
    )

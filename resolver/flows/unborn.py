"""Guessed distributions that did not exist when the project was last worked on: they cannot be what its imports mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta

from packaging.requirements import Requirement

from resolver.core.package import normalize
from resolver.core.project import OriginKind, Project

GRACE = timedelta(days=365)
"""A project's date may lag behind its last use; a year is enough."""


def without_unborn(project: Project, born: Callable[[str], date | None]) -> Project:
    """The project without inferred needs first published more than a year after its last dated sign, each told; what is used of them
    counts as guarded. `born` gives the day of a distribution's first upload, None where it is not in doubt.
    """
    worked = project.evidence.last_worked
    if worked is None:
        return project
    gone: dict[str, str] = {}
    for need in project.needs:
        if need.origin.kind is OriginKind.IMPORTED and not need.constraint:
            name = normalize(Requirement(need.requirement).name)
            day = born(name)
            if day is not None and day > worked + GRACE:
                gone[name] = (
                    f"{need.origin}: '{name}' was first published on {day}, long after {worked}: it is not what is imported; left out"
                )
    if not gone:
        return project
    needs = tuple(
        n for n in project.needs if n.origin.kind is not OriginKind.IMPORTED or normalize(Requirement(n.requirement).name) not in gone
    )
    uses = tuple(
        dataclasses.replace(use, guarded=True) if normalize(use.dotted.split(".")[0]) in gone else use for use in project.evidence.uses
    )
    evidence = dataclasses.replace(project.evidence, uses=uses, notes=(*project.evidence.notes, *gone.values()))
    return dataclasses.replace(project, needs=needs, evidence=evidence)

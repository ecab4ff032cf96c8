"""Pins that no declared interpreter can keep: `tensorflow==1.15` beside a Dockerfile that somebody moved to Python 3.9.

A line that names the interpreter is one line, often changed by itself; a pin that has no build there is the older and stronger evidence.
Where pins would have to give way on the declared interpreters and none on another that the syntax allows, the other one is taken, and told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from resolver.core.candidate import Relaxation
from resolver.core.project import OriginKind, Project
from resolver.core.target import Target
from resolver.flows.consider import Considered, Desk


def elsewhere(desk: Desk, project: Project, where: Sequence[Target], every: Sequence[Target], seen: Considered | None) -> Considered | None:
    """`seen`, or what is considered on the targets of `every` beyond `where` when that keeps more of the written lines and is at least as
    likely to run. Costs a search, only where lines gave way and a file names the interpreter.
    """
    told = _told(project)
    rest = [target for target in every if target not in where]
    if told is None or not rest or (seen is not None and not seen.best.candidate.relaxed):
        return seen
    found = desk.consider(project, rest)
    if found is None or not _keeps_more(found, seen):
        return seen
    moved = dataclasses.replace(told, became=f"Python {found.best.candidate.target.python}")
    candidate = dataclasses.replace(found.best.candidate, relaxed=(*found.best.candidate.relaxed, moved))
    return dataclasses.replace(found, best=dataclasses.replace(found.best, candidate=candidate))


def _keeps_more(found: Considered, seen: Considered | None) -> bool:
    if seen is None:
        return True
    return len(found.best.candidate.relaxed) < len(seen.best.candidate.relaxed) and found.best.probability >= seen.best.probability


def _told(project: Project) -> Relaxation | None:
    """The declared bound on the interpreter that would give way, None when there is none."""
    for bound in project.evidence.bounds:
        if bound.origin.kind is OriginKind.DECLARED and bound.weight >= 1:
            reason = "on this Python other written lines have no release"
            return Relaxation(requirement=f"Python {bound.specifier}", became="", where=str(bound.origin), reason=reason)
    return None

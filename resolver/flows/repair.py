"""Written lines that cannot run together: `torchvision==0.4.0` above `pillow==9.0.0`, bumped by a robot. The weaker one gives way.

No metadata says so and the solver sees no conflict; the ranker does. Where the best set holds an edge that nearly surely breaks and a
written line fixes one of its ends, the sets without that line are considered too, and taken when they are clearly better. So are those
without a line that had to give way in part (`tensorflow==2.5.0rc0`, gone from the index), and without what is only spoken of in a README,
where the best set hardly runs.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.candidate import Candidate, EdgeRisk, Relaxation
from resolver.core.package import PYTHON, NormalizedName, normalize
from resolver.core.project import Need, Project, Strength
from resolver.core.target import Target
from resolver.flows.consider import LONG_SECONDS, Considered, Desk
from resolver.flows.unbuilt import pythons_of, unbuilt

BREAKS = 0.6
"""An edge at least this likely to break puts the lines that fix its ends in doubt."""
GAIN = 1.5
"""How much likelier a set without a line must be to run."""
DOUBTFUL = 0.5
"""Below this probability a line that gave way in part is tried open."""
TRIES = 4
"""How many lines are tried at most, worst edges first."""


def repaired(desk: Desk, project: Project, where: Sequence[Target], seen: Considered) -> Considered:
    """`seen`, or what is considered without the one written line whose leaving helps most; costs a search for each line tried."""
    best, begun = seen, time.process_time()
    options = itertools.chain(
        unspoken(project, seen),
        turned(project, seen),
        half_kept(project, seen),
        buildable(project, seen.best.candidate),
        loosened(project, seen.best.worst_edges),
    )
    for place, (changed, relaxation) in enumerate(options):
        if place == TRIES or time.process_time() - begun > LONG_SECONDS:
            break
        found = desk.consider(changed, where, (relaxation,))
        if found and found.best.probability > max(best.best.probability, GAIN * seen.best.probability):
            best = found
    return best


def unspoken(project: Project, seen: Considered) -> Iterator[tuple[Project, Relaxation]]:
    """Where a set is doubtful: the project without the versions that it only speaks of (READMEs, CI), and what that means."""
    spoken = [need for need in project.needs if need.strength <= Strength.HEARSAY]
    if spoken and seen.best.probability < DOUBTFUL:
        said = ", ".join(need.requirement for need in spoken)
        told = Relaxation(
            requirement=said, became="left out", where=str(spoken[0].origin), reason="with what is only spoken of it hardly runs"
        )
        yield dataclasses.replace(project, needs=tuple(need for need in project.needs if need not in spoken)), told


def turned(project: Project, seen: Considered) -> Iterator[tuple[Project, Relaxation]]:
    """For each line that gave way to another one on the same package in a doubtful set (a Pipfile and a requirements.txt that pin
    different versions): the project where the other one gives way instead, and what that means.
    """
    if seen.best.probability >= DOUBTFUL:
        return
    for told in seen.best.candidate.relaxed:
        stays = [need for need in project.needs if need.requirement == told.requirement and str(need.origin) == told.where]
        name = normalize(Requirement(stays[0].requirement).name) if stays else None
        lines = [need for need in project.needs if name and need not in stays and _fixes(need, name)]
        if name and lines:
            yield _without(project, lines, name, f"{told.requirement} ({told.where}) says otherwise; with the other one it hardly runs")


def half_kept(project: Project, seen: Considered) -> Iterator[tuple[Project, Relaxation]]:
    """For each written line that gave way in part in a doubtful set: the project with that line open in version, and what that means."""
    if seen.best.probability >= DOUBTFUL:
        return
    for told in seen.best.candidate.relaxed:
        for need in project.needs:
            name = normalize(Requirement(need.requirement).name if need.requirement == told.requirement else "")
            if name and str(need.origin) == told.where and need.strength > Strength.USED and told.became != name and _fixes(need, name):
                needs = tuple(_open(other) if other is need else other for other in project.needs)
                reason = f"{told.reason}; what is near it hardly runs"
                yield dataclasses.replace(project, needs=needs), dataclasses.replace(told, became=name, reason=reason)


def buildable(project: Project, candidate: Candidate) -> Iterator[tuple[Project, Relaxation]]:
    """For each member whose wheels are for other interpreters: the project without a line that keeps it from those (`numpy==1.22.0` beside
    `scipy==1.3.0`), then without its own line, open in version, and what that means.
    """
    for release in unbuilt(candidate):
        home = pythons_of(release, candidate.target)
        others = [each for each in candidate.packages if each.name != release.name and not home & pythons_of(each, candidate.target)]
        for each in (*others, release):
            lines = [need for need in project.needs if _fixes(need, each.name)]
            if lines:
                reason = f"{release.pin} has no wheel for Python {candidate.target.python}"
                yield _without(project, lines, each.name, reason)


def loosened(project: Project, edges: Sequence[EdgeRisk]) -> Iterator[tuple[Project, Relaxation]]:
    """For each end of a breaking edge that written lines fix: the project with those lines open in version, and what that means."""
    tried: set[NormalizedName] = set()
    for edge in edges:
        if edge.probability < BREAKS or edge.provider.name == PYTHON:
            continue
        for pin in (edge.provider, edge.importer):
            lines = [need for need in project.needs if _fixes(need, pin.name)]
            if lines and pin.name not in tried:
                tried.add(pin.name)
                reason = f"{edge.importer} nearly surely breaks on {edge.provider}" + (f": {edge.why}" if edge.why else "")
                yield _without(project, lines, pin.name, reason)


def _without(project: Project, lines: Sequence[Need], name: NormalizedName, reason: str) -> tuple[Project, Relaxation]:
    needs = tuple(_open(need) if need in lines else need for need in project.needs)
    told = Relaxation(requirement=lines[0].requirement, became=str(name), where=str(lines[0].origin), reason=reason)
    return dataclasses.replace(project, needs=needs), told


def _fixes(need: Need, name: NormalizedName) -> bool:
    try:
        requirement = Requirement(need.requirement)
    except InvalidRequirement:
        return False
    return (
        normalize(requirement.name) == name
        and bool(requirement.specifier)
        and need.strength != Strength.USED
        and need.strength < Strength.PROVEN
        and not need.url
    )


def _open(need: Need) -> Need:
    requirement = Requirement(need.requirement)
    requirement.specifier = type(requirement.specifier)()
    return dataclasses.replace(need, requirement=str(requirement))

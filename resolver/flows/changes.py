"""What would change the choice: the answer without a line that bounds versions, without a use that does, without the date, without all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.candidate import Candidate
from resolver.core.package import NormalizedName, normalize
from resolver.core.project import Need, Project, Strength
from resolver.core.target import Target
from resolver.flows.consider import Considered, Desk, Learnt

TRIES = 4
"""So many lines and uses are tried at most, each by a search of its own."""
SETS = 80
"""So many sets are considered for each."""
SHOWN = 4

Change = Callable[[Project], Project]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that may hold versions: what it is called, the distribution that it bounds ("" for all), the project without it."""

    what: str
    name: str
    change: Change


def changes(desk: Desk, project: Project, where: Sequence[Target], seen: Considered) -> tuple[str, ...]:
    """A sentence for each thing without which the choice would be another feature series; at least one, if only to say that none is.

    Costs about a second for each of at most `TRIES` + 2 searches; nothing is read for it.
    """
    quick = dataclasses.replace(desk, limit=SETS, study=lambda _: Learnt.NOTHING, former=None)
    seen = dataclasses.replace(seen, best=seen.passed or seen.best)  # what is kept would stay whatever is left out
    found = list(options(project))[:TRIES]
    dated = bool(project.evidence.dates)
    if dated:
        found.append(Option(what=f"its date ({project.evidence.last_worked})", name="", change=undated))
    told = [sentence for option in found if (sentence := _without(quick, project, where, seen, option))]
    if len(found) > 1 and not told:
        together = Option(what=f"all of {', '.join(option.what for option in found)}", name="", change=_all(found))
        last = _without(quick, project, where, seen, together)
        told = [f"no single line, use or date; {last}" if last else "nothing: without every line, use and date the choice is the same"]
    return tuple(told)


def options(project: Project) -> Iterator[Option]:
    """Each line that bounds versions, and each use that does; exact pins first."""
    for need in sorted(filter(_bounds, project.needs), key=lambda need: -need.strength):
        name = normalize(Requirement(need.requirement).name)
        if need.strength == Strength.USED:
            named = ", ".join(dict.fromkeys(use.dotted for use in project.evidence.uses if use.origin == need.origin))
            yield Option(what=f"{named or need.requirement} in {need.origin}", name=name, change=_unused(need))
        else:
            yield Option(what=f"{need.requirement} in {need.origin}", name=name, change=_opened(need))


def undated(project: Project) -> Project:
    """The project as if nothing told when it worked."""
    return dataclasses.replace(project, evidence=dataclasses.replace(project.evidence, dates=()))


def _without(desk: Desk, project: Project, where: Sequence[Target], seen: Considered, option: Option) -> str:
    found = desk.consider(option.change(project), where)
    other = _difference(seen.best.candidate, found.best.candidate, option.name) if found else ""
    return f"without {option.what}: {other} ({found.best.probability:.0%})" if found and other else ""


def _all(found: Sequence[Option]) -> Change:
    def change(project: Project) -> Project:
        for option in found:
            project = option.change(project)
        return project

    return change


def _unused(need: Need) -> Change:
    def change(project: Project) -> Project:
        uses = tuple(use for use in project.evidence.uses if use.origin != need.origin)
        evidence = dataclasses.replace(project.evidence, uses=uses)
        return dataclasses.replace(project, needs=tuple(one for one in project.needs if one != need), evidence=evidence)

    return change


def _opened(need: Need) -> Change:
    requirement = Requirement(need.requirement)
    requirement.specifier = type(requirement.specifier)()
    bare = dataclasses.replace(need, requirement=str(requirement))
    return lambda project: dataclasses.replace(project, needs=tuple(bare if one == need else one for one in project.needs))


def _bounds(need: Need) -> bool:
    try:
        return bool(Requirement(need.requirement).specifier) and not need.url
    except InvalidRequirement:
        return False


def _difference(ours: Candidate, theirs: Candidate, name: str) -> str:
    """The direct versions of another choice that are of another feature series, `name` first, with its interpreter; "" when `name` (when it
    is "", all of them) is of the same.
    """
    mine, pins = dict(ours.pins), dict(theirs.pins)
    direct = sorted({normalize(each) for each in theirs.direct}, key=lambda each: (each != name, each))
    other = [each for each in direct if each in pins and _series(pins, each) != _series(mine, each)]
    if (name and NormalizedName(name) not in other) or not other:
        return ""
    more = f" and {len(other) - SHOWN} more" if len(other) > SHOWN else ""
    return f"{', '.join(f'{each} {pins[each]}' for each in other[:SHOWN])}{more} on Python {theirs.target.python}"


def _series(pins: dict[NormalizedName, str], name: NormalizedName) -> list[str]:
    return pins.get(name, "").split(".")[:2]

"""Weighing what a project says in different places: stronger lines stay, the weaker side of a contradiction is told and left out.

Hearsay (READMEs, CI, Dockerfiles) becomes a constraint of the weakest strength where it agrees with what is declared and used, so that it
decides among the versions that all else leaves open. A bound on the interpreter that contradicts stronger ones is taken off.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from resolver.core.errors import ResolverError
from resolver.core.package import NormalizedName, normalize
from resolver.core.project import Bound, Need, OriginKind, Project
from resolver.core.target import PYTHONS
from resolver.core.twins import TWINS
from resolver.flows.narrow import finals
from resolver.interfaces import PackageIndex
from resolver.solve.relax import looser


def weighed(project: Project, index: PackageIndex) -> Project:
    """The project with hearsay among its needs where nothing stronger contradicts it, bounds that can hold together, and a note for each
    thing left out. Costs one listing of each package that hearsay names a version of.
    """
    heard, remarks = _agreeing(project, index)
    bounds, told = together(project.evidence.bounds)
    evidence = dataclasses.replace(project.evidence, bounds=bounds, notes=(*project.evidence.notes, *remarks, *told))
    return dataclasses.replace(project, needs=(*project.needs, *heard), evidence=evidence)


def together(bounds: Sequence[Bound]) -> tuple[tuple[Bound, ...], tuple[str, ...]]:
    """The bounds that some Python satisfies together, strongest first wherever they contradict, and a note on each one left out.

    What the syntax needs goes before what is declared, that before what saved files say of their makers, and that before weak signs; of
    equals the earlier one stays.
    """
    impossible = [bound for bound in bounds if not _pythons([bound])]
    kept: list[Bound] = []
    notes: list[str] = []
    for bound in sorted(bounds, key=lambda each: (-each.weight, _GIVES.get(each.origin.kind, 1))):
        if bound in impossible:
            continue  # no Python that is considered satisfies it; that is told elsewhere
        if _pythons([*kept, bound]):
            kept.append(bound)
            continue
        against = next((each for each in kept if not _pythons([each, bound])), kept[0])
        notes.append(
            f"{bound.origin}: Python {bound.specifier} ({bound.reason}) contradicts {against.origin}: Python {against.specifier} "
            f"({against.reason}); the latter is kept"
        )
    staying = {id(bound) for bound in (*kept, *impossible)}
    return tuple(bound for bound in bounds if id(bound) in staying), tuple(notes)


_GIVES = {OriginKind.IMPORTED: 0, OriginKind.DECLARED: 1, OriginKind.ARTIFACT: 2}
"""Kinds of firm bounds, the one that gives way first last."""


def _pythons(bounds: Iterable[Bound]) -> list[str]:
    found = list(PYTHONS)
    for bound in bounds:
        spec = _specifiers([bound.specifier])
        found = [python for python in found if spec.contains(f"{python}.99") or spec.contains(python)]
    return found


def _agreeing(project: Project, index: PackageIndex) -> tuple[list[Need], list[str]]:
    """Hearsay that some version satisfies along with the needs and the hearsay before it, and notes on the rest."""
    written = _by_name(project.needs)
    needed = {name for name, needs in written.items() if any(not need.constraint for need in needs)}
    kept: list[Need] = []
    notes: list[str] = []
    for name, said in _about(project.evidence.hearsay, needed).items():
        try:
            versions = finals([release.version for release in index.releases(name)])
        except (LookupError, ResolverError):
            continue
        inside = versions
        for need in sorted(written[name], key=lambda need: -need.strength):
            inside = _within(inside, [need]) or inside
        for needs in said.values():
            told = _spanned(needs, versions)
            left = _within(inside, told)
            if left and len(left) < len(inside):
                kept += told
                inside = left
            elif not left and inside:
                notes.append(_contradiction(told[0], versions, [*written[name], *kept], name))
    return kept, notes


def _spanned(needs: list[Need], versions: Sequence[Version]) -> list[Need]:
    """What one file says of one distribution; where it names versions that exclude each other, the range from the oldest to the newest;
    where it names none that exists, the minor or major series around it, else the next one.
    """
    named = [version for version in versions if any(_within([version], [need]) for need in needs)]
    if not named:
        near = [dataclasses.replace(needs[0], requirement=f"{_name(needs[0])}{text}") for text in looser(_specifier(needs[0])) if text]
        return next(([need] for need in near if _within(versions, [need])), _nearest(needs, versions))
    if _within(versions, needs):
        return needs
    requirement = f"{_name(needs[0])}>={named[0]},<={named[-1]}"
    return [dataclasses.replace(needs[0], requirement=requirement)]


def _about(hearsay: Iterable[Need], needed: set[NormalizedName]) -> dict[NormalizedName, dict[str, list[Need]]]:
    """Versioned hearsay by needed distribution and file; what is said of a twin (tensorflow-gpu) holds of the one that is needed."""
    found: dict[NormalizedName, dict[str, list[Need]]] = {}
    for need in hearsay:
        requirement = Requirement(need.requirement)
        name = normalize(requirement.name)
        if name not in needed:
            name = next((twin for twin in TWINS.get(name, ()) if twin in needed), name)
        if name in needed and requirement.specifier:
            about = dataclasses.replace(need, requirement=f"{name}{requirement.specifier}")
            same = found.setdefault(name, {}).setdefault(need.origin.path, [])
            if all(each.requirement != about.requirement for each in same):
                same.append(about)
    return found


def _nearest(needs: list[Need], versions: Sequence[Version]) -> list[Need]:
    """The minor series of the first release after an exact version that nothing comes near (torch 0.4.1; the index begins with 1.0)."""
    exact = next((clause.version.removesuffix(".*") for clause in _specifiers([_specifier(needs[0])]) if clause.operator == "=="), "")
    later = next((version for version in versions if exact and version > Version(exact)), None)
    if later is None:
        return needs
    return [dataclasses.replace(needs[0], requirement=f"{_name(needs[0])}=={later.major}.{later.minor}.*")]


def _name(need: Need) -> NormalizedName:
    return normalize(Requirement(need.requirement).name)


def _specifier(need: Need) -> str:
    return str(Requirement(need.requirement).specifier)


def _contradiction(said: Need, versions: Sequence[Version], others: Sequence[Need], name: NormalizedName) -> str:
    if not _within(versions, [said]):
        return f"{said.origin}: the index has no release that is {said.requirement}; not counted"
    about = [need for need in others if _name(need) == name and _specifier(need)]
    alone = [need for need in about if not set(_within(versions, [need])) & set(_within(versions, [said]))]
    against = max(alone or about, key=lambda need: need.strength)
    return f"{said.origin}: {said.requirement} contradicts {against.origin}: {against.requirement}; the latter is kept"


def _by_name(needs: Iterable[Need]) -> dict[NormalizedName, list[Need]]:
    found: dict[NormalizedName, list[Need]] = defaultdict(list)
    for need in needs:
        try:
            found[normalize(Requirement(need.requirement).name)].append(need)
        except InvalidRequirement:
            continue
    return found


def _within(versions: Sequence[Version], needs: Iterable[Need]) -> list[Version]:
    spec = _specifiers(_specifier(need) for need in needs)
    return [version for version in versions if spec.contains(version)]


def _specifiers(texts: Iterable[str]) -> SpecifierSet:
    """All of them together; one that cannot be read restricts nothing."""
    found = SpecifierSet()
    for text in texts:
        try:
            found &= SpecifierSet(text)
        except InvalidSpecifier:
            continue
    return found

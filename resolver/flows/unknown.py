"""Lines that name no package of the index, or no release of it: a typing error is read as what was meant, others are left out where the
source tells enough.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Collection, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from resolver.core.errors import UnknownPackage
from resolver.core.package import NormalizedName, normalize
from resolver.core.project import Need, OriginKind, Project
from resolver.interfaces import PackageIndex

MISSPELT = 0.9
"""A well-known name this like the one written was meant: scikit-lern (0.96), transfomers (0.96); not my-torch (0.77)."""


def without_unknown(
    project: Project,
    index: PackageIndex,
    near: Callable[[str], Sequence[str]] = lambda _: (),
    owners: Callable[[str], Sequence[str]] = lambda _: (),
    renew: Callable[[NormalizedName], object] = lambda _: None,
) -> Project:
    """The project without declared lines whose package does not exist, each told among the notes: one that is nearly the name of a
    well-known package (`near` gives those, the likeliest first) is read as that, others (a name of conda's, something of the author's
    own) are left out. So are exact pins of releases that the index does not have and nothing imports: what `pip freeze` found of the
    operating system's (python-apt 1.1.0b1). What the source imports is among the needs anyway; a project that shows no import keeps its
    lines, and the search refuses them. `renew` asks for releases of later than the snapshot. Raises IndexUnreachable when nobody can tell.
    """
    if not any(use.imported for use in project.evidence.uses):
        return project
    imported = imported_of(project, owners)
    kept, notes = [], []
    for need in project.needs:
        problem = _problem(need, index)
        if problem is None or normalize(Requirement(need.requirement).name) in imported:
            if problem is None and (listed := _lacking(need, imported, index, renew)):
                notes.append(f"{need.origin}: no release {need.requirement} ({listed}); nothing imports it, so the line is left out")
            else:
                kept.append(need)
            continue
        if meant := _meant(need, near):
            kept.append(meant)
            notes.append(f"{need.origin}: {problem.message}; '{meant.requirement}' is taken for '{need.requirement}'")
            continue
        told = f" ({problem.hint})" if problem.hint.startswith("near") else ""
        notes.append(f"{need.origin}: {problem.message}{told}; nothing imports it, so the line is left out")
    if not notes:
        return project
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *notes))
    return dataclasses.replace(project, needs=tuple(kept), evidence=evidence)


def imported_of(project: Project, owners: Callable[[str], Sequence[str]]) -> frozenset[str]:
    """The canonical names that the source's unguarded imports may stand for: the roots themselves and what owns them."""
    roots = {use.dotted.partition(".")[0] for use in project.evidence.uses if use.imported and not use.guarded}
    return frozenset(normalize(name) for root in roots for name in (root, *owners(root)))


def _meant(need: Need, near: Callable[[str], Sequence[str]]) -> Need | None:
    """The need with the name that was meant; None when no name is near enough."""
    requirement = Requirement(need.requirement)
    written = normalize(requirement.name)
    likeliest = next(iter(near(written)), "")
    if difflib.SequenceMatcher(None, written, likeliest).ratio() < MISSPELT:
        return None
    requirement.name = likeliest
    return dataclasses.replace(need, requirement=str(requirement))


def _lacking(need: Need, imported: Collection[str], index: PackageIndex, renew: Callable[[NormalizedName], object]) -> str:
    """What there is of a package instead of the release that a declared line pins; "" for all other lines."""
    if need.url or need.constraint or need.origin.kind is not OriginKind.DECLARED:
        return ""
    try:
        requirement = Requirement(need.requirement)
        (specifier,) = requirement.specifier
        name, wanted = normalize(requirement.name), Version(specifier.version)
    except (InvalidRequirement, InvalidVersion, ValueError):
        return ""
    if specifier.operator != "==" or name in imported:
        return ""
    for ask in (lambda _: None, renew):
        ask(name)
        versions = sorted(version for release in index.releases(name) if (version := version_of(release.version)))
        if wanted in versions or not versions:
            return ""
    return f"there are {versions[0]} to {versions[-1]}"


def version_of(text: str) -> Version | None:
    """The version that a text of the index is; None for one that is none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _problem(need: Need, index: PackageIndex) -> UnknownPackage | None:
    """What the index says against a declared line; None for all others, which the search looks at itself."""
    if need.url or need.constraint or need.origin.kind is not OriginKind.DECLARED:
        return None
    try:
        index.releases(normalize(Requirement(need.requirement).name))
    except InvalidRequirement:
        return None
    except UnknownPackage as problem:
        return problem
    return None

"""Lines that name no package of the index: left out where the source itself tells what the project imports."""

from __future__ import annotations

import dataclasses

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.errors import UnknownPackage
from resolver.core.package import normalize
from resolver.core.project import Need, OriginKind, Project
from resolver.interfaces import PackageIndex


def without_unknown(project: Project, index: PackageIndex) -> Project:
    """The project without declared lines whose package does not exist (a typing error, a name of conda's, something of the author's own),
    each told among the notes. What the source imports is among the needs anyway; a project that shows no import keeps its lines, and
    the search refuses them. Raises IndexUnreachable when nobody can tell.
    """
    if not any(use.imported for use in project.evidence.uses):
        return project
    imported = {normalize(use.dotted.partition(".")[0]) for use in project.evidence.uses if use.imported and not use.guarded}
    kept, notes = [], []
    for need in project.needs:
        problem = _problem(need, index)
        if problem is None or normalize(Requirement(need.requirement).name) in imported:
            kept.append(need)
            continue
        near = f" ({problem.hint})" if problem.hint.startswith("near") else ""
        notes.append(f"{need.origin}: {problem.message}{near}; nothing imports it, so the line is left out")
    if not notes:
        return project
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *notes))
    return dataclasses.replace(project, needs=tuple(kept), evidence=evidence)


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

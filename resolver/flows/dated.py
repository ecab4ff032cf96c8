"""Dating a project by what it pins: it cannot have worked before the newest of its exact pins was uploaded."""

from __future__ import annotations

import dataclasses

from resolver.core.errors import ResolverError
from resolver.core.project import Project
from resolver.core.signs import Sign, SignKind
from resolver.flows.verify import pinned
from resolver.interfaces import PackageIndex


def dated(project: Project, index: PackageIndex) -> Project:
    """The project with one more dated sign, the upload of the newest release that its exact pins name; unchanged without any.

    Costs the listing of each pinned package, which the search needs anyway.
    """
    signs = []
    for name, version in pinned(project):
        try:
            releases = index.releases(name)
        except ResolverError:
            continue  # the solver tells of it, with the line that asks for it
        uploaded = next((release.uploaded for release in releases if release.version == version), None)
        if uploaded:
            signs.append(Sign(uploaded.date(), f"{name} {version} was uploaded", SignKind.PIN))
    if not signs:
        return project
    evidence = dataclasses.replace(project.evidence, dates=(*project.evidence.dates, max(signs)))
    return dataclasses.replace(project, evidence=evidence)

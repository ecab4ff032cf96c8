"""Declared names that nearly are a well-known package's: they exist, and may be a trap."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.package import normalize
from resolver.core.project import OriginKind, Project
from resolver.flows.unknown import MISSPELT


def with_lookalikes_told(project: Project, near: Callable[[str], Sequence[str]]) -> Project:
    """The project with a note for each declared name that is no well-known package's but nearly one's, and that no import explains.
    `near` gives well-known names, the likeliest first; a well-known name is its own. The lines stay as they are.
    """
    imported = {normalize(use.dotted.partition(".")[0]) for use in project.evidence.uses if use.imported}
    notes = []
    for need in project.needs:
        if need.url or need.origin.kind is not OriginKind.DECLARED:
            continue
        try:
            written = normalize(Requirement(need.requirement).name)
        except InvalidRequirement:
            continue
        likeliest = next(iter(near(written)), written)
        alike = difflib.SequenceMatcher(None, written, likeliest).ratio() >= MISSPELT
        if alike and likeliest != written and written not in imported:
            notes.append(f"{need.origin}: '{written}' is another package than the well-known '{likeliest}'; make sure that it is meant")
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *dict.fromkeys(notes)))
    return dataclasses.replace(project, evidence=evidence) if notes else project

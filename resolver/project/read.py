"""A project as people have it (a requirements file or a folder) -> one `Project` value."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.package import normalize
from resolver.core.project import Bound, Evidence, Need, Project
from resolver.core.reporter import Reporter
from resolver.project.dates import read_dates
from resolver.project.declared import read_declared, read_named
from resolver.project.files import walk
from resolver.project.names import declared_names, frameworks_of, infer
from resolver.project.sources import Source, SourceUses, gather, kinds_of, parse_sources
from resolver.project.syntax import stdlib_bounds
from resolver.project.tables import is_stdlib, tables


def read_project(
    path: Path,
    *,
    owners: Callable[[str], Sequence[str]],
    stdlib: Callable[[str], bool] | None = None,
    reporter: Reporter,
) -> Project:
    """Read a requirements file (with the sources beside it) or a project folder; runs nothing of it.

    `owners` gives the distributions that provide an import name, most popular first; `stdlib` says whether a root belongs to
    some Python's standard library. Raises ProjectError for a missing path, a file that is no text, and a project without
    needs and sources. Cost: one pass over at most 2,000 sources.
    """
    if not path.exists():
        raise ProjectError(f"{path} does not exist", hint="Name a requirements file or a project folder.")
    root = path if path.is_dir() else path.parent
    reporter.step(f"reading {path}")
    declared = read_declared(root) if path.is_dir() else read_named(path, root)
    reading = declared.reading
    tree = walk(root)
    names = declared_names(reading.needs)

    def known(root_name: str) -> bool:
        own = normalize(root_name)
        return (
            own in names
            or root_name in tables().families
            or (root_name not in tables().generic and own in map(normalize, owners(root_name)))
        )

    sources = parse_sources(tree)
    found = gather(sources, kinds_of(tree, own=declared.own, known=known, stdlib=stdlib or is_stdlib))
    reading = dataclasses.replace(reading, needs=tuple(_without_repeats(reading.needs)))
    inferred = infer(found.uses, reading.needs, owners)
    needs = (*reading.needs, *inferred.needs)
    if not needs and not sources:
        raise ProjectError(
            f"{path} declares no needs and has no Python sources", hint="Name a requirements file or the folder with the sources."
        )
    notes = (*reading.notes, *tree.notes, *found.notes, *inferred.notes)
    for note in notes:
        reporter.note(note)
    return Project(
        root=root.resolve(),
        needs=needs,
        evidence=Evidence(
            uses=found.uses, bounds=(*reading.bounds, *_bounds(sources, found, names)), dates=read_dates(tree).dates, notes=notes
        ),
        frameworks=frameworks_of(needs, found.uses, ()),
    )


def _without_repeats(needs: Iterable[Need]) -> Iterator[Need]:
    """Needs without those that an earlier line of equal or greater strength says word for word."""
    strongest: dict[tuple[str, bool, str], int] = {}
    for need in needs:
        key = (need.requirement, need.constraint, need.url)
        if strongest.get(key, -1) < need.strength:
            strongest[key] = need.strength
            yield need


def _bounds(sources: Iterable[Source], found: SourceUses, names: set[str]) -> Iterator[Bound]:
    """What sources ask of the interpreter, each specifier and reason once."""
    seen: set[tuple[str, str]] = set()
    # A declared distribution of that name (dataclasses, importlib-resources) brings the module to interpreters without it.
    standard = [use for use in found.standard if normalize(use.dotted.split(".")[0]) not in names]
    for bound in (*(bound for source in sources for bound in source.bounds), *stdlib_bounds(standard)):
        if (bound.specifier, bound.reason) not in seen:
            seen.add((bound.specifier, bound.reason))
            yield bound

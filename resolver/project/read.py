"""A project as people have it (a requirements file or a folder) -> one `Project` value."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from resolver.core.errors import ProjectError
from resolver.core.native import PACKAGE_OF
from resolver.core.package import normalize
from resolver.core.project import Artifact, Bound, Evidence, Need, Origin, OriginKind, Project, Use
from resolver.core.reporter import Reporter
from resolver.project.artifacts import read_artifacts
from resolver.project.dates import read_dates
from resolver.project.declared import read_declared, read_named
from resolver.project.files import is_side, walk
from resolver.project.models import models_of
from resolver.project.names import Offered, Wanted, declared_names, frameworks_of, infer, namespace_of, wanted_by
from resolver.project.notebooks import read_notebooks
from resolver.project.programs import program_of
from resolver.project.saved import asked, modules_of
from resolver.project.sources import Kind, Kinds, Source, SourceUses, gather, kinds_of, parse_sources
from resolver.project.spoken import read_spoken
from resolver.project.syntax import stdlib_bounds
from resolver.project.tables import is_stdlib, tables
from resolver.project.text import is_own, read_bytes


def read_project(
    path: Path,
    *,
    owners: Callable[[str], Sequence[str]],
    modules: Callable[[str], Sequence[str]] = lambda _: (),
    offered: Offered = lambda _, __: None,
    stdlib: Callable[[str], bool] | None = None,
    reporter: Reporter,
) -> Project:
    """Read a requirements file (with the sources beside it) or a project folder; runs nothing of it.

    `owners` gives the distributions that provide an import name, most popular first, `modules` the import names of a distribution that
    it does not know of, `offered` how many dotted names it has; `stdlib` says whether a root belongs to
    some Python's standard library. Raises ProjectError for a missing path, a file that is no text, and a project without
    needs and sources. Cost: one pass over at most 2,000 sources.
    """
    if not path.exists():
        raise ProjectError(f"{path} does not exist", hint="Name a requirements file or a project folder.")
    root = path if path.is_dir() else path.parent
    reporter.step(f"reading {path}")
    declared = read_declared(root) if path.is_dir() else read_named(path, root)
    tree = walk(root, named="" if path.is_dir() else path.name)
    names = declared_names(declared.reading.needs)
    kinds = kinds_of(tree, own=declared.own, known=_known(names, owners), stdlib=stdlib or is_stdlib)
    sources = parse_sources(tree)
    notebooks = read_notebooks(tree, side=any(not source.side for source in sources))
    found = gather([*sources, *notebooks.sources], kinds)
    artifacts, damaged = read_artifacts(tree)
    spoken = read_spoken(root, notebooks.reading, declares=any(not need.constraint for need in declared.reading.needs))
    needs = tuple(_without_repeats((*declared.reading.needs, *spoken.needs)))
    heard = [need.parsed.name for need in spoken.hearsay]
    wanted = [*wanted_by(found.uses), *_loaded(artifacts)]
    inferred = infer(wanted, needs, owners, found.choices, found.uses, modules, heard, _signs(found), offered)
    models = models_of(sources, artifacts)
    if not needs and not inferred.needs and not sources and not notebooks.sources and not models:
        hint = "Name a requirements file or the folder with the sources."
        raise ProjectError(f"{path} declares no needs and has no Python sources", hint=hint)
    saved = asked(artifacts, (*needs, *inferred.needs), _provided(found, artifacts, kinds, inferred.unprovided))
    uses = (*(_softened(use, inferred.unprovided) for use in found.uses), *saved.uses)
    evidence = Evidence(
        uses=uses,
        keywords=found.keywords,
        bounds=(*declared.reading.bounds, *_bounds([*sources, *notebooks.sources], found, names), *spoken.bounds, *saved.bounds),
        dates=(*read_dates(tree).dates, *saved.dates),
        notes=_readable((*declared.reading.notes, *tree.notes, *spoken.notes, *found.notes, *damaged, *inferred.notes, *saved.notes)),
        hearsay=spoken.hearsay,
        runs_with=inferred.runs_with,
        system=(*spoken.system, *inferred.system, *_started(found)),
    )
    for note in evidence.notes:
        reporter.note(note)
    frameworks = frameworks_of((*needs, *inferred.needs), uses, [artifact.format for artifact in artifacts])
    return Project(
        root=root.resolve(),
        needs=(*needs, *inferred.needs, *saved.needs),
        evidence=evidence,
        artifacts=artifacts,
        frameworks=frameworks,
        program=program_of(sources, declared=declared_names(needs), procfile=_procfile(root)),
        models=models,
    )


MAX_NOTES, MAX_NOTE = 1_000, 600
"""More notes, and more characters of one, nobody reads."""


def _readable(notes: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(note if len(note) <= MAX_NOTE else f"{note[: MAX_NOTE - 3]}..." for note in notes[:MAX_NOTES])
    return kept if len(notes) <= MAX_NOTES else (*kept, f"{len(notes) - MAX_NOTES:,} more notes are left out")


def _procfile(root: Path) -> str:
    """The text of the project's Procfile, "" when it has none that can be read."""
    path = root / "Procfile"
    try:
        return read_bytes(path, 10_000).decode("utf-8", "replace") if is_own(path, root) else ""
    except ProjectError:
        return ""


def _known(names: set[str], owners: Callable[[str], Sequence[str]]) -> Callable[[str], bool]:
    """Whether an import root is surely a distribution's, whatever folders the project has."""

    def known(root: str) -> bool:
        if normalize(root) in names or root in tables().families:
            return True
        return root not in tables().generic and normalize(root) in map(normalize, owners(root))

    return known


def _signs(found: SourceUses) -> dict[str, Origin]:
    """The calls that may want a companion, and the standard modules that open what the image lacks (tkinter)."""
    return dict(found.signs) | {use.dotted.split(".")[0]: use.origin for use in found.standard if use.imported and not use.guarded}


def _started(found: SourceUses) -> list[tuple[str, Origin]]:
    """The Debian packages of the programs that the source starts."""
    return [(package, origin) for name, origin in found.programs if (package := PACKAGE_OF.get(name))]


def _loaded(artifacts: Iterable[Artifact]) -> list[Wanted]:
    """What loading the project's artifacts will import; those beside tests and examples are not counted."""
    used = [artifact for artifact in artifacts if not is_side(PurePosixPath(artifact.path))]
    loaded = [(root, path) for root, path in modules_of(used) if not is_stdlib(root)]
    return [Wanted(key=root, origin=Origin(kind=OriginKind.ARTIFACT, path=path)) for root, path in loaded]


def _provided(
    found: SourceUses, artifacts: Iterable[Artifact], kinds: Kinds, unprovided: frozenset[str]
) -> Callable[[str, PurePosixPath], bool]:
    """Whether a dotted name is of a third party that the project imports, or that its saved models bring in."""
    roots = {namespace_of(use.dotted) for use in found.uses if use.imported and not use.guarded}
    roots |= {root for root, _ in modules_of(artifacts)}
    roots -= unprovided
    return lambda dotted, path: namespace_of(dotted) in roots and kinds(dotted.partition(".")[0], path) is Kind.FOREIGN


def _softened(use: Use, unprovided: frozenset[str]) -> Use:
    """A use that no version of anything can satisfy is no reason to reject one."""
    return dataclasses.replace(use, guarded=True) if namespace_of(use.dotted) in unprovided else use


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

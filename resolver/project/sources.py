"""All source files of a project -> syntax trees, third-party uses, and notes on what could not be read."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from resolver.core.errors import ProjectError
from resolver.core.project import Origin, OriginKind, Use
from resolver.project.files import LocalModules, Tree, is_side
from resolver.project.legacy import imports_of, is_python2
from resolver.project.text import read_bytes
from resolver.project.uses import uses_of

MAX_SOURCE_BYTES = 2_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source file: its tree, or None and its `text` when today's parser rejects it; `side` marks tests, examples, setup."""

    path: PurePosixPath
    tree: ast.Module | None
    text: str = ""
    side: bool = False
    problem: str = ""


def parse_sources(tree: Tree) -> list[Source]:
    """Read and parse every source of the tree in its order; a file that cannot be read or parsed carries its problem instead."""
    return [parse_source(path, tree) for path in tree.sources]


def parse_source(path: PurePosixPath, tree: Tree) -> Source:
    """Read and parse one file of at most 2 MB; never raises for what the file holds."""
    side = is_side(path)
    try:
        raw = read_bytes(tree.root / path, MAX_SOURCE_BYTES)
    except ProjectError as error:
        return Source(path=path, tree=None, side=side, problem=error.message)
    parsed, problem = parse_python(raw)
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n") if parsed is None else ""
    return Source(path=path, tree=parsed, text=text, side=side, problem=problem)


def parse_python(raw: bytes | str) -> tuple[ast.Module | None, str]:
    """The syntax tree of a source, or None and what is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(raw), ""
    except SyntaxError as error:
        return None, f"line {error.lineno or 0}: {error.msg}"
    except (RecursionError, MemoryError):
        return None, "nested too deeply"
    except ValueError as error:
        return None, str(error)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceUses:
    """The uses of all sources, each once (an unguarded one wins, then the first), and notes on files that could not be read."""

    uses: tuple[Use, ...] = ()
    notes: tuple[str, ...] = ()


def gather(sources: Iterable[Source], foreign: Callable[[str, PurePosixPath], bool]) -> SourceUses:
    """Uses of all sources; `foreign` says whether a root that a file imports is third-party. Linear in the source's size."""
    notes: list[str] = []
    uses: list[Use] = []
    old = [source for source in sources if source.tree is None and is_python2(source.text)]
    readable = 0
    for source in sources:
        found, note = _uses(source, foreign)
        readable += source.tree is not None
        uses.extend(found)
        if note:
            notes.append(note)
    if old and not readable:
        notes.insert(0, "Python 2 source: no Python that is considered (3.6 and later) runs it as it stands")
    return SourceUses(uses=unique(uses), notes=tuple(notes))


def _uses(source: Source, foreign: Callable[[str, PurePosixPath], bool]) -> tuple[list[Use], str]:
    if source.tree is not None:
        try:
            return uses_of(source.tree, source.path.as_posix(), lambda root: foreign(root, source.path), guarded=source.side), ""
        except RecursionError:
            return [], f"{source.path}: nested too deeply; left out"
    if not source.text:
        return [], f"{source.path}: {source.problem}; left out"
    kind = "Python 2 source" if is_python2(source.text) else f"not valid Python ({source.problem})"
    found = [
        Use(
            dotted=name,
            origin=Origin(kind=OriginKind.IMPORTED, path=source.path.as_posix(), line=line),
            imported=True,
            guarded=True,
            statement=statement,
        )
        for name, statement, line in imports_of(source.text)
        if foreign(name.split(".")[0], source.path)
    ]
    return found, f"{source.path}: {kind}; only its import lines were read"


def unique(uses: Iterable[Use]) -> tuple[Use, ...]:
    """Each (dotted name, statement) once, in order of first appearance; an unguarded use replaces a guarded one."""
    found: dict[tuple[str, str], Use] = {}
    for use in uses:
        key = (use.dotted, use.statement)
        if key not in found or (found[key].guarded and not use.guarded):
            found[key] = use
    return tuple(found.values())


def foreign_roots(
    tree: Tree, *, own: frozenset[str], known: Callable[[str], bool], stdlib: Callable[[str], bool]
) -> Callable[[str, PurePosixPath], bool]:
    """The question "is this root third-party": not standard library, not the project's `own`, not one of its modules.

    A folder or far-away file of the same name counts as the project's unless `known` says that a distribution is called so.
    """
    local = LocalModules(tree)
    answers: dict[tuple[str, PurePosixPath], bool] = {}

    def foreign(root: str, importer: PurePosixPath) -> bool:
        key = (root, importer.parent)
        if key not in answers:
            answers[key] = not (stdlib(root) or root in own or local.certain(root, importer) or (local.possible(root) and not known(root)))
        return answers[key]

    return foreign

"""All source files of a project -> syntax trees, third-party uses, and notes on what could not be read."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import enum
import functools
import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from resolver.core.errors import ProjectError
from resolver.core.project import Bound, Origin, OriginKind, Use
from resolver.project.files import LocalModules, Tree, is_side
from resolver.project.legacy import imports_of, python2_mark, python2_name
from resolver.project.reexports import OwnModules
from resolver.project.scopes import is_plain
from resolver.project.syntax import parse_python, syntax_bounds
from resolver.project.tables import tables
from resolver.project.text import read_bytes
from resolver.project.uses import Choice, FileUses, uses_of

MAX_SOURCE_BYTES = 1_000_000
MAX_HELD = 12_000_000
"""So many objects (some 80 bytes each) may the syntax trees of a project take: those of about 30 MB of source as people write it."""
MAX_SIGNS = 20_000
"""So many different calls that may want a companion are looked at (all patterns are held against each)."""
_GLANCE = 1_000_000
"""They are counted anew after so many bytes of source."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source file: its tree, or None and its `text` when today's parser rejects it; `side` marks tests, examples, setup;
    `bounds` are what its syntax alone asks of the interpreter; `lines` says that line numbers mean something.
    """

    path: PurePosixPath
    tree: ast.Module | None
    text: str = ""
    side: bool = False
    problem: str = ""
    bounds: tuple[Bound, ...] = ()
    lines: bool = True


def parse_sources(tree: Tree) -> list[Source]:
    """Read and parse every source of the tree in its order; a file that cannot be read or parsed, or for which memory is not left, carries
    its problem instead.
    """
    found = []
    with held(MAX_HELD) as full:
        for path in tree.sources:
            unread = Source(path=path, tree=None, side=is_side(path), problem=UNREAD)
            found.append(unread if full(tree.root / path) else parse_source(path, tree))
    return found


UNREAD = "not read: the sources before it fill the memory that syntax trees may take"


@contextlib.contextmanager
def held(most: int) -> Iterator[Callable[[Path], bool]]:
    """A question to ask before each file is parsed: whether what was parsed since is more than so many objects.

    Python's collector pauses meanwhile: trees hold no cycles, and it would look at millions of nodes again and again (four fifths of the
    time).
    """
    before, unseen, is_full = sys.getallocatedblocks(), 0, False

    def full(path: Path) -> bool:
        nonlocal unseen, is_full
        with contextlib.suppress(OSError, ValueError):
            unseen += path.stat().st_size
        if unseen > _GLANCE:
            unseen, is_full = 0, sys.getallocatedblocks() - before > most
        return is_full

    was = gc.isenabled()
    gc.disable()
    try:
        yield full
    finally:
        if was:
            gc.enable()


def parse_source(path: PurePosixPath, tree: Tree) -> Source:
    """Read and parse one file of at most 1 MB; never raises for what the file holds."""
    side = is_side(path)
    try:
        raw = read_bytes(tree.root / path, MAX_SOURCE_BYTES)
    except ProjectError as error:
        return Source(path=path, tree=None, side=side, problem=error.message)
    parsed, problem = parse_python(raw)
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n") if parsed is None else ""
    bounds = syntax_bounds(raw, parsed, path.as_posix()) if not side else ()
    gone = python2_name(parsed, raw) if parsed and not side else None
    problem = f"{path}:{gone[0]}: '{gone[1]}' exists in Python 2 only" if gone else problem
    return Source(path=path, tree=parsed, text=text, side=side, problem=problem, bounds=bounds)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceUses:
    """Third-party and standard-library uses of all sources, each once (an unguarded one wins, then the first), choices
    between third-party imports, calls that may want a companion, programs that are started, keywords of calls, and notes on
    files that could not be read.
    """

    uses: tuple[Use, ...] = ()
    standard: tuple[Use, ...] = ()
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    signs: tuple[tuple[str, Origin], ...] = ()
    programs: tuple[tuple[str, Origin], ...] = ()
    keywords: tuple[Use, ...] = ()


def gather(sources: Sequence[Source], kinds: Kinds) -> SourceUses:
    """Uses of all sources. Linear in the source's size."""
    notes: list[str] = []
    uses: list[Use] = []
    choices: list[Choice] = []
    signs: dict[str, Origin] = {}
    programs: dict[str, Origin] = {}
    keywords: dict[str, Use] = {}
    trees = {source.path: source.tree for source in sources if source.tree is not None}
    own = OwnModules(trees, lambda root, importer: kinds(root, importer) is Kind.FOREIGN)
    for source in sources:
        found, note = _uses(source, kinds, own)
        uses.extend(found.uses)
        for sign, origin in found.signs:
            if len(signs) < MAX_SIGNS:
                signs.setdefault(sign, origin)
        for name, origin in found.programs:
            programs.setdefault(name, origin)
        for use in found.keywords:
            keywords.setdefault(use.dotted, use)
        choices += [choice for choice in found.choices if all(_root_kind(kinds, name, source) is Kind.FOREIGN for name in choice.dotted)]
        if note:
            notes.append(note)
    if len(signs) >= MAX_SIGNS:
        notes.append(f"the project has more than {MAX_SIGNS:,} calls that may want a companion; the rest was not looked at")
    kept = unique(uses)
    notes[:0] = [*_python2(sources), *_python2_modules(kept)]
    standard = [kinds(use.dotted.split(".")[0], PurePosixPath(use.origin.path)) is Kind.STANDARD for use in kept]
    return SourceUses(
        uses=tuple(use for use, is_standard in zip(kept, standard, strict=True) if not is_standard),
        standard=tuple(use for use, is_standard in zip(kept, standard, strict=True) if is_standard),
        choices=tuple(choices),
        notes=tuple(notes),
        signs=tuple(signs.items()),
        programs=tuple(programs.items()),
        keywords=tuple(keywords.values()),
    )


def _python2(sources: Sequence[Source]) -> list[str]:
    """The note that a project is written for Python 2, when at least half of what it runs is."""
    run = [source for source in sources if not source.side and (source.text or (source.tree and source.tree.body))] or sources
    old = [(source, mark) for source in run if (mark := python2_mark(source.text))]
    if not old or 2 * len(old) < len(run):
        return []
    source, (line, what) = old[0]
    where = f"{source.path}:{line}: {what}"
    return [f"Python 2 source ({where}): no Python that is considered (3.6 and later) runs it as it stands; translate it first (2to3)"]


def _python2_modules(uses: Iterable[Use]) -> list[str]:
    """A note for each module of Python 2's standard library that is imported unguardedly."""
    gone = tables().python2_stdlib
    roots = {use.dotted.split(".")[0]: use.origin for use in reversed([*uses]) if use.imported and not use.guarded}
    return [f"{where}: '{root}' is in the standard library of Python 2 only" for root, where in roots.items() if root in gone]


def _root_kind(kinds: Kinds, dotted: str, source: Source) -> Kind:
    return kinds(dotted.split(".", maxsplit=1)[0], source.path)


def _uses(source: Source, kinds: Kinds, own: OwnModules) -> tuple[FileUses, str]:
    def wanted(root: str) -> bool:
        return kinds(root, source.path) is not Kind.OWN

    if source.tree is not None:
        try:
            path = source.path.as_posix()

            def given(node: ast.ImportFrom) -> Mapping[str, str]:
                return own.given(node, source.path)

            return uses_of(source.tree, path, wanted, given=given, guarded=source.side, lines=source.lines), source.problem
        except RecursionError:
            return FileUses(), f"{source.path}: nested too deeply; left out"
    if not source.text:
        return FileUses(), f"{source.path}: {source.problem}; left out"
    mark = python2_mark(source.text)
    old = mark is not None
    kind = f"Python 2 source (line {mark[0]}: {mark[1]})" if mark else f"not valid Python here ({source.problem})"
    found = [
        Use(
            dotted=name,
            origin=Origin(kind=OriginKind.IMPORTED, path=source.path.as_posix(), line=line),
            imported=True,
            guarded=old or source.side,
            statement=statement,
        )
        for name, statement, line in imports_of(source.text)
        if is_plain(name) and wanted(name.split(".")[0])
    ]
    return FileUses(uses=tuple(found)), f"{source.path}: {kind}; only its import lines were read"


def unique(uses: Iterable[Use]) -> tuple[Use, ...]:
    """Each (dotted name, statement) once, in order of first appearance; an unguarded use replaces a guarded one."""
    found: dict[tuple[str, str], Use] = {}
    for use in uses:
        key = (use.dotted, use.statement)
        if key not in found or (found[key].guarded and not use.guarded):
            found[key] = use
    return tuple(found.values())


class Kind(enum.Enum):
    """Whose module an import root is."""

    FOREIGN = "third-party"
    STANDARD = "standard library"
    OWN = "the project's"


Kinds = Callable[[str, PurePosixPath], Kind]
"""The kind of an import root as one file of the project sees it."""


def kinds_of(tree: Tree, *, own: frozenset[str], known: Callable[[str], bool], stdlib: Callable[[str], bool]) -> Kinds:
    """The question whose a root is: the project's (`own` names and modules of the tree), standard, or third-party.

    A folder or far-away file of the same name counts as the project's unless `known` says that a distribution is called so.
    """
    local = LocalModules(tree)

    @functools.cache
    def kind(root: str, folder: PurePosixPath) -> Kind:
        if root in own or local.certain(root, folder / "it"):
            return Kind.OWN
        if stdlib(root):
            return Kind.STANDARD
        return Kind.OWN if local.possible(root) and not known(root) else Kind.FOREIGN

    return lambda root, importer: kind(root, importer.parent)

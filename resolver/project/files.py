"""Which files of a project are its source: bounded walk, environments and build products left out, local modules known by name."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import operator
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from resolver.core.program import SERVER_FILE
from resolver.project.text import lies_in

MAX_FILES = 2_000
"""Source files beyond this many (in walking order, shallow ones first) are not read."""
MAX_ENTRIES = 100_000
"""Directory entries, folders among them, beyond this many are not looked at."""

_SKIPPED = frozenset({
    "node_modules", "__pycache__", "build", "dist", "site-packages", "dist-packages", "venv", "env", "virtualenv", "__pypackages__",
    "bower_components", "eggs", "wheels", "wandb", "mlruns", "lightning_logs",
})  # fmt: skip
_SIDE = frozenset({
    "test", "tests", "testing", "unittests", "doc", "docs", "example", "examples", "demo_notebooks", "benchmark", "benchmarks",
    "tutorial", "tutorials", "samples",
})  # fmt: skip
_SCRIPTS_ASIDE = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "versioneer.py"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files of a project, as paths relative to its root in walking order: sources, notebooks, and everything else."""

    root: Path
    sources: tuple[PurePosixPath, ...]
    notebooks: tuple[PurePosixPath, ...]
    others: tuple[PurePosixPath, ...]
    notes: tuple[str, ...] = ()


def walk(root: Path, *, named: str = "") -> Tree:
    """List a project's files without following links to folders, or out of the project; environments, caches, build products and the
    server that we wrote are skipped. The file of it that somebody `named` may be such a link. Cost: one stat per entry.
    """
    sources: list[PurePosixPath] = []
    notebooks: list[PurePosixPath] = []
    others: list[PurePosixPath] = []
    notes: list[str] = []
    for path in _entries(root, notes, PurePosixPath(named)):
        suffix = path.suffix.lower()
        if suffix in (".py", ".pyw"):
            sources.append(path)
        elif suffix == ".ipynb":
            notebooks.append(path)
        else:
            others.append(path)
    if len(sources) > MAX_FILES:
        notes.append(f"{len(sources):,} source files; only the first {MAX_FILES:,} were read")
    order = _order
    return Tree(
        root=root,
        sources=tuple(sorted(sources, key=order)[:MAX_FILES]),
        notebooks=tuple(sorted(notebooks, key=order)[:MAX_FILES]),
        others=tuple(others),
        notes=tuple(notes),
    )


def is_side(path: PurePosixPath) -> bool:
    """Whether a source belongs to tests, documentation, examples or packaging rather than to what the project runs."""
    name = path.name.lower()
    if any(part.lower() in _SIDE for part in path.parts[:-1]):
        return True
    return (
        (len(path.parts) == 1 and name in _SCRIPTS_ASIDE) or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    )


def _order(path: PurePosixPath) -> tuple[bool, int, str]:
    return is_side(path), len(path.parts), path.as_posix()


def _entries(root: Path, notes: list[str], named: PurePosixPath) -> Iterator[PurePosixPath]:
    """The files, each folder's before those of the folders in it; those that links bring in from elsewhere are only noted."""
    waiting, left = [PurePosixPath()], MAX_ENTRIES
    elsewhere: list[PurePosixPath] = []
    while waiting:
        inside = waiting.pop()
        listed = _listed(root / inside, left + 1)
        left -= len(listed)
        if left < 0:
            notes.append(f"the project has more than {MAX_ENTRIES:,} files and folders; the rest was not looked at")
            break
        for name, kind in listed:
            if kind is not _Entry.FOLDER and "\n" not in name and "\r" not in name and name != SERVER_FILE:
                if kind is _Entry.LINK and inside / name != named and not lies_in(root / inside / name, root):
                    elsewhere.append(inside / name)
                else:
                    yield inside / name
        waiting += [inside / name for name, kind in reversed(listed) if kind is _Entry.FOLDER and not _is_skipped(root / inside, name)]
    if elsewhere:
        shown = ", ".join(map(str, elsewhere[:3])) + (f" and {len(elsewhere) - 3:,} more" if len(elsewhere) > 3 else "")
        notes.append(f"{shown}: links that lead out of the project's folder, or nowhere, are not followed; put copies in their place")


class _Entry(enum.Enum):
    FOLDER = enum.auto()
    LINK = enum.auto()
    FILE = enum.auto()


def _listed(folder: Path, most: int) -> list[tuple[str, _Entry]]:
    """So many entries of a folder at most, sorted; links to folders and what cannot be listed are left out."""
    try:
        with os.scandir(folder) as entries:
            some = itertools.islice(entries, most)
            found = [(entry.name, _kind(entry)) for entry in some if not _is_linked_folder(entry)]
    except OSError:
        return []
    return sorted(found, key=operator.itemgetter(0))


def _kind(entry: os.DirEntry[str]) -> _Entry:
    if entry.is_symlink():
        return _Entry.LINK
    return _Entry.FOLDER if entry.is_dir(follow_symlinks=False) else _Entry.FILE


def _is_skipped(folder: Path, name: str) -> bool:
    if name in _SKIPPED or name.startswith(".") or name.endswith(".egg-info"):
        return True
    try:
        return (folder / name / "pyvenv.cfg").exists() or (folder / name / "conda-meta").is_dir()
    except OSError:  # a path that is too long, or not ours to read
        return True


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


class LocalModules:
    """Answers whether an import root is the project's own; built once from the tree, each question then costs a few look-ups."""

    def __init__(self, tree: Tree) -> None:
        self._files = {(path.parent, path.stem) for path in tree.sources if path.name != "__init__.py"}
        self._packages = {
            (path.parent.parent, path.parent.name) for path in tree.sources if path.name == "__init__.py" and path.parent.parts
        }
        self._files |= {(path.parent, path.name.split(".")[0]) for path in tree.others if path.suffix in (".so", ".pyx", ".pyd")}
        self._folders = {(folder.parent, folder.name) for path in tree.sources for folder in path.parents if folder.parts}
        self._anywhere = {name for _, name in self._files | self._packages | self._folders}
        self._roots = {PurePosixPath(), *(PurePosixPath(name) for name in ("src", "lib", "python", "source", "code", "app"))}

    def certain(self, root: str, importer: PurePosixPath) -> bool:
        """Whether `root` is a module or regular package beside the importing file, above it, or at a usual source root."""
        return any((folder, root) in self._files or (folder, root) in self._packages for folder in {*importer.parents, *self._roots})

    def possible(self, root: str) -> bool:
        """Whether any file or folder of the project could be meant by `root`: a namespace folder, a module on a changed path."""
        return root in self._anywhere

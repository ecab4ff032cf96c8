"""Which keywords the public functions and classes of a release take, read out of its source; and how that joins the API timeline.

    python -m resolver.apis.keywords --read KEYWORDS.jsonl --timeline apis.sqlite PACKAGE...    (some seconds a release; resumable)
    python -m resolver.apis.keywords --join KEYWORDS.jsonl --timeline apis.sqlite

Only wheels are read; nothing of them runs. Where a function hands keywords on ("**"), or a decorator may take others, those that are
not listed are unknown. What is the same in every release that was read says nothing and is left out.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resolver.apis.record import Record, Writer
from resolver.core.errors import StoreError

MAX_DEPTH = 8
"""So many imports are followed from a public name to its definition."""
MAX_SOURCE = 4_000_000
MOST_PARTS = 4
"""Dotted names of more parts are left out."""
_TRANSPARENT = (
    "export", "validate_params", "deprecate_positional_args", "deprecate_nonkeyword_arguments", "cache", "lru_cache", "set_module",
    "array_function_dispatch", "doc", "Appender", "Substitution", "dedent", "docstring", "add_docstring", "wraps", "staticmethod",
    "dispatch", "torch_function", "no_grad", "interpd", "copy",
)  # fmt: skip
"""How decorators end that leave the keywords as they are."""

Definition = ast.FunctionDef | ast.ClassDef


class Tree:
    """The modules of one release as syntax trees, read when first asked for."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._trees: dict[str, tuple[ast.Module, bool] | None] = {}

    def module(self, name: str) -> tuple[ast.Module, bool] | None:
        """The tree of a module and whether it is a package; None when it has no source that can be read."""
        if name not in self._trees:
            self._trees[name] = self._read(name)
        return self._trees[name]

    def _read(self, name: str) -> tuple[ast.Module, bool] | None:
        place = self._site.joinpath(*name.split("."))
        for path, package in ((place / "__init__.py", True), (place.with_suffix(".py"), False)):
            try:
                return ast.parse(path.read_bytes()[:MAX_SOURCE]), package
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                continue
        return None

    def definition(self, module: str, name: str, depth: int = 0) -> tuple[str, Definition] | None:
        """Where `module.name` is defined, through imports and star imports: (module, definition)."""
        found = self.module(module)
        if found is None or depth > MAX_DEPTH:
            return None
        tree, package = found
        stars: list[str] = []
        for node in reversed(tree.body):
            if isinstance(node, Definition) and node.name == name:
                return module, node
            if isinstance(node, ast.ImportFrom):
                source = _absolute(module, node, package=package)
                for alias in node.names:
                    if alias.name == "*":
                        stars.append(source)
                    elif (alias.asname or alias.name) == name:
                        return self.definition(source, alias.name, depth + 1)
        if name.startswith("_"):
            return None
        return next((there for source in stars if (there := self.definition(source, name, depth + 1))), None)

    def public(self, module: str) -> Iterator[str]:
        """Public names that a module defines or imports from others."""
        found = self.module(module)
        if found is None:
            return
        tree, package = found
        for node in tree.body:
            if isinstance(node, Definition):
                yield node.name
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                for alias in node.names:
                    if alias.name != "*":
                        yield alias.asname or alias.name
                    elif (source := _absolute(module, node, package=package)) != module:
                        inner = self.module(source)
                        yield from (each.name for each in (inner[0].body if inner else ()) if isinstance(each, Definition))


def _absolute(module: str, node: ast.ImportFrom, *, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + (1 if package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def keywords_of(site: Path, modules: Iterable[str]) -> dict[str, str]:
    """Dotted public name -> the keywords that calling it takes, sorted, "**" among them where others may be taken too."""
    tree = Tree(site)
    found: dict[str, str] = {}
    for module in modules:
        parts = module.split(".")
        if len(parts) >= MOST_PARTS or any(part.startswith("_") for part in parts) or {"tests", "testing"} & set(parts):
            continue
        for name in dict.fromkeys(tree.public(module)):
            if not name.startswith("_") and (there := tree.definition(module, name)):
                taken = _taken(tree, *there)
                if taken is not None:
                    found[f"{module}.{name}"] = " ".join(sorted(taken))
    return found


def _taken(tree: Tree, module: str, node: Definition, depth: int = 0) -> set[str] | None:
    """The keywords of one function or of a class's constructor (the first base's when it has none); None when nobody can tell."""
    if isinstance(node, ast.FunctionDef):
        return _of_function(node, own=0)
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    if "__init__" in methods:
        changed = "__new__" in methods or _opaque(node.decorator_list)
        return _of_function(methods["__init__"], own=1) | ({"**"} if changed else set())
    if node.decorator_list or node.keywords or not node.bases or depth > MAX_DEPTH:
        return None
    first = node.bases[0]
    there = tree.definition(module, first.id) if isinstance(first, ast.Name) else None
    return _taken(tree, *there, depth + 1) if there and isinstance(there[1], ast.ClassDef) else None


def _of_function(node: ast.FunctionDef, own: int) -> set[str]:
    arguments = node.args
    names = [argument.arg for argument in arguments.args][max(0, own - len(arguments.posonlyargs)) :]
    taken = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
    return taken | ({"**"} if arguments.kwarg or _opaque(node.decorator_list) else set())


def _opaque(decorators: Sequence[ast.expr]) -> bool:
    """Whether a decorator may change which keywords are taken."""
    for decorator in decorators:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if not name.endswith(_TRANSPARENT):
            return True
    return False


def join(lines: Iterable[str], timeline: Path) -> int:
    """Put what was read into the timeline's records, in place of what they knew of keywords; returns how many (release, name) pairs."""
    by_name: dict[str, dict[str, dict[str, str]]] = {}
    for line in lines:
        row = json.loads(line)
        by_name.setdefault(row["name"], {})[row["version"]] = row["keywords"]
    joined = 0
    try:
        with contextlib.closing(sqlite3.connect(timeline)) as base:
            for name, versions in sorted(by_name.items()):
                stored = base.execute("SELECT blob FROM package WHERE name = ?", (name,)).fetchone()
                if not stored:
                    continue
                rows = Record(stored[0]).rows()
                read = [row for row in rows if row["version"] in versions]
                changing = _changing([versions[row["version"]] for row in read])
                for row in read:
                    row["keywords"] = {key: text for key, text in versions[row["version"]].items() if key in changing}
                    joined += len(row["keywords"])
                base.execute("UPDATE package SET blob = ? WHERE name = ?", (Writer(rows).blob(), name))
            base.commit()
            base.execute("VACUUM")
    except sqlite3.Error as error:
        raise StoreError(f"cannot write the API timeline {timeline}: {error}", hint="check the folder's permissions") from error
    return joined


def _changing(releases: Sequence[Mapping[str, str]]) -> set[str]:
    """The names whose keywords are not the same wherever they are known."""
    seen: dict[str, set[str]] = {}
    for release in releases:
        for key, text in release.items():
            seen.setdefault(key, set()).add(text)
    return {key for key, texts in seen.items() if len(texts) > 1}


def read(names: Sequence[str], timeline: Path, out: Path, unpack: Callable[[str, str, Path], bool]) -> None:
    """Append a line for each walked release that `out` lacks, package by package; `unpack` lays a release into a folder."""
    known = {(row["name"], row["version"]) for row in map(json.loads, out.read_text().splitlines())} if out.exists() else set()
    with contextlib.closing(sqlite3.connect(timeline)) as base:
        stored = {name: blob for name, blob in base.execute("SELECT name, blob FROM package") if name in set(names)}
    for name in (name for name in names if name in stored):
        for row in Record(stored[name]).rows():
            if (name, row["version"]) in known:
                continue
            with tempfile.TemporaryDirectory(prefix="keywords-") as folder:
                told = keywords_of(Path(folder), sorted(row["modules"])) if unpack(name, row["version"], Path(folder)) else {}
            line: dict[str, Any] = {"name": name, "version": row["version"], "keywords": told}
            with out.open("a") as stream:
                stream.write(json.dumps(line) + "\n")
            sys.stderr.write(f"{name} {row['version']}: {len(told)}\n")


def _unpack(name: str, version: str, folder: Path) -> bool:
    """Lay a release's wheel into a folder, whatever interpreter it is for."""
    for python in ("3.7", "3.10", "3.6", "3.8", "3.12", "3.11", "3.9", "3.13"):
        command = ["uv", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--target", str(folder), "--python-version", python]
        if not subprocess.run([*command, "--no-cache", f"{name}=={version}"], check=False, capture_output=True, timeout=300).returncode:
            return True
    return False


def main() -> None:
    """Read keywords of packages, or join what was read into the timeline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timeline", type=Path, required=True)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--join", type=Path)
    parser.add_argument("packages", nargs="*")
    options = parser.parse_args()
    if options.read:
        read(options.packages, options.timeline, options.read, _unpack)
    if options.join:
        print(join(options.join.read_text().splitlines(), options.timeline), "keywords joined")  # noqa: T201


if __name__ == "__main__":
    main()

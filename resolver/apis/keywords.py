"""Which keywords the public functions and classes of a release take, read out of its source; and how that joins the API timeline.

`scripts/keywords.py` fetches the sources; nothing of them runs. Where a function hands keywords on ("**"), or a decorator may take others,
those that are not listed are unknown. What is the same in every release that was read says nothing and is left out.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resolver.apis.module_scope import Definition, Scope
from resolver.apis.record import Record
from resolver.apis.record_writer import Writer
from resolver.core.errors import StoreError

MAX_DEPTH = 8
"""So many imports are followed from a public name to its definition."""
MAX_SOURCE = 4_000_000
MOST_PARTS = 5
"""Dotted names of more parts are left out."""
_TRANSPARENT = (
    "export", "validate_params", "deprecate_positional_args", "deprecate_nonkeyword_arguments", "cache", "lru_cache", "set_module",
    "array_function_dispatch", "doc", "Appender", "Substitution", "dedent", "docstring", "add_docstring", "wraps", "staticmethod",
    "dispatch", "torch_function", "no_grad", "interpd", "copy", "dispatch_support", "dispatch_list", "api_dispatcher", "docstrings",
    "deprecated", "deprecated_args", "deprecated_arg_values", "deprecated_endpoints", "do_not_generate_docs", "do_not_doc_inheritable",
    "deprecate_nonkeyword_args", "require_torch", "requires", "document", "total_ordering", "runtime_checkable",
    "preserve_channel_dim", "boolean_dispatch",
)  # fmt: skip
"""How decorators end that leave the keywords as they are."""


class Tree:
    """The modules of one release as syntax trees, read when first asked for."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._scopes: dict[str, Scope | None] = {}

    def module(self, name: str) -> Scope | None:
        """What a module binds; None when it has no source that can be read."""
        if name not in self._scopes:
            self._scopes[name] = self._read(name)
        return self._scopes[name]

    def _read(self, name: str) -> Scope | None:
        if not name or not all(part.isidentifier() for part in name.split(".")):
            return None
        place = self._site.joinpath(*name.split("."))
        for path, package in ((place / "__init__.py", True), (place.with_suffix(".py"), False)):
            try:
                text = path.read_bytes()[:MAX_SOURCE]
                if b"attach_stub(" in text and path.with_suffix(".pyi").is_file():  # lazy_loader: the stub says what will be there
                    text = path.with_suffix(".pyi").read_bytes()[:MAX_SOURCE]
                return Scope(name, ast.parse(text), package=package)
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                continue
        return None

    def resolve(self, module: str, name: str, depth: int = 0) -> Meaning | None:
        """What `module.name` is, through imports and star imports: a module, or the module and the definition there."""
        scope = self.module(module)
        if scope is None or depth > MAX_DEPTH:
            return None
        bound = scope.names.get(name)
        if name in scope.names and bound is None:
            return None
        if isinstance(bound, tuple):
            source, original = bound
            found = self.resolve(source, original, depth + 1) if original else None
            inner = f"{source}.{original}" if original else source
            return found or (Meaning(inner) if self.module(inner) else None)
        if bound:
            return Meaning(module, bound)
        sources = (source for source in scope.stars if source != module)
        return next((there for source in sources if (there := self._handed_on(source, name, depth + 1))), None)

    def _handed_on(self, module: str, name: str, depth: int) -> Meaning | None:
        """What a star import of `module` binds `name` to: by its `__all__`, which names modules too, else what is public."""
        listed = self.listed(module)
        if name.startswith("_") if listed is None else name not in listed:
            return None
        inner = f"{module}.{name}"
        return self.resolve(module, name, depth) or (Meaning(inner) if listed is not None and self.module(inner) else None)

    def listed(self, module: str, depth: int = 0) -> frozenset[str] | None:
        """The names in the `__all__` of a module; None when it has none, or one that is worked out at run time."""
        scope = self.module(module)
        if scope is None or scope.all is None or depth > MAX_DEPTH:
            return None
        others = [self.listed(other, depth + 1) for other in scope.all_of]
        known = [other for other in others if other is not None]
        return frozenset(scope.all).union(*known) if len(known) == len(others) else None

    def dotted(self, module: str, node: ast.expr) -> Meaning | None:
        """What an expression like `base.Layer` means inside a module."""
        if isinstance(node, ast.Name):
            return self.resolve(module, node.id)
        owner = self.dotted(module, node.value) if isinstance(node, ast.Attribute) else None
        return self.resolve(owner.module, node.attr) if isinstance(node, ast.Attribute) and owner and not owner.definition else None

    def public(self, module: str, depth: int = 0) -> Iterator[str]:
        """Public names that a module defines or imports from others; repeated ones repeatedly."""
        scope = self.module(module)
        if scope is None or depth > MAX_DEPTH:
            return
        yield from (name for name in scope.names if not name.startswith("_"))
        for source in scope.stars:
            listed = self.listed(source)
            if source != module:
                yield from (
                    self.public(source, depth + 1) if listed is None else (name for name in sorted(listed) if not name.startswith("_"))
                )


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """A module, or a definition and the module that holds it."""

    module: str
    definition: Definition | None = None


def keywords_of(site: Path, modules: Iterable[str], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Dotted public name -> what calling it takes: keywords, "**" where others may be taken too, "#2" for at most two arguments without
    a keyword, "#*" for any number of them; sorted. A name that is a module takes nothing. `names` are what walking found in modules:
    what is not among them has no place there.
    """
    listed = {module: set(text.split(" ")) for module, text in (names or {}).items() if "*" not in text.split(" ")}
    tree = Tree(site)
    found: dict[str, str] = {}
    todo = [(module, module) for module in modules if _is_public(module)]
    todo += [(path, first) for path, places in _HANDED_ON.items() if (first := next(filter(tree.module, places), ""))]
    seen = set(todo)
    while todo:
        path, module = todo.pop()
        for name in dict.fromkeys(tree.public(module)):
            meaning = tree.resolve(module, name) if name in listed.get(path, (name,)) else None
            if meaning is None:
                continue
            if meaning.definition:
                taken = _taken(tree, meaning.module, meaning.definition)
                if taken is not None:
                    found.setdefault(f"{path}.{name}", " ".join(sorted(taken)))
                continue
            found.setdefault(f"{path}.{name}", "")
            if meaning.module.split(".")[0] in _ROOTS.get(path.split(".")[0], (path.split(".")[0],)):
                further = (f"{path}.{name}", meaning.module)
                if further not in seen and _is_public(further[0]) and name not in path.split("."):
                    seen.add(further)
                    todo.append(further)
    found |= {module: "" for module in modules if module not in found and _is_public(module) and _stays_module(tree, module)}
    return found


def _stays_module(tree: Tree, module: str) -> bool:
    """Whether the package above surely binds nothing else under the name of its module."""
    above, _, name = module.rpartition(".")
    scope = tree.module(above)
    return scope is not None and name not in scope.names and all(tree.module(star) for star in scope.stars)


_HANDED_ON = {
    "tensorflow.keras": (
        "keras._tf_keras.keras", "keras.api._tf_keras.keras", "keras.api._v2.keras", "tensorflow.python.keras.api._v2.keras",
        "tensorflow._api.v1.keras", "tensorflow.keras",
    )
}  # fmt: skip
"""Modules that are put in place at run time, with those that stand for them in one release or another."""
_ROOTS = {"tensorflow": ("tensorflow", "keras")}
"""Import roots whose modules belong to those of another one."""
_INNER = frozenset({"tests", "testing", "python", "src", "contrib", "legacy_tf_layers"})
"""Parts of module paths that nobody calls into."""


def _is_public(module: str) -> bool:
    parts = module.split(".")
    return len(parts) < MOST_PARTS and not any(part.startswith("_") for part in parts) and not _INNER.intersection(parts[1:])


def _taken(tree: Tree, module: str, node: Definition, depth: int = 0) -> set[str] | None:
    """What a function or a class's constructor takes (the first base's when it has none); None when nobody can tell."""
    if not isinstance(node, ast.ClassDef):
        return _of_function(node, own=0)
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    if "__init__" in methods:
        taken = _of_function(methods["__init__"], own=1)
        metaclass = [each for each in node.keywords if each.arg == "metaclass" and not _name(each.value).startswith("ABC")]
        changed = "__new__" in methods or bool(metaclass) or _opaque(node.decorator_list)
        return {each for each in taken if not each.startswith("#")} | {"**"} if changed else taken
    if any(_name(decorator).endswith("dataclass") for decorator in node.decorator_list):
        return _of_dataclass(tree, module, node, depth)
    if "__new__" in methods or node.decorator_list or node.keywords or not node.bases or depth > MAX_DEPTH:
        return None
    there = tree.dotted(module, node.bases[0])
    return _taken(tree, there.module, there.definition, depth + 1) if there and isinstance(there.definition, ast.ClassDef) else None


def _of_dataclass(tree: Tree, module: str, node: ast.ClassDef, depth: int) -> set[str] | None:
    """The fields of a dataclass and of those that it extends; how many may stand without a keyword is not told."""
    found: set[str] = set()
    for base in node.bases:
        there = tree.dotted(module, base)
        inherited = isinstance(there and there.definition, ast.ClassDef) and depth <= MAX_DEPTH
        above = _taken(tree, there.module, there.definition, depth + 1) if there and there.definition and inherited else None
        found |= {"**"} if above is None else {each for each in above if not each.startswith("#")}
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and "ClassVar" not in ast.dump(line.annotation):
            inner = line.value.keywords if isinstance(line.value, ast.Call) else []
            if not any(each.arg == "init" and getattr(each.value, "value", True) is False for each in inner):
                found.add(line.target.id)
    return found


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, own: int) -> set[str]:
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args]
    names = [argument.arg for argument in arguments.args][max(0, own - len(arguments.posonlyargs)) :]
    taken = {*names, *(argument.arg for argument in arguments.kwonlyargs)}
    if _opaque(node.decorator_list):
        return taken | {"**"}
    lenient = arguments.vararg or any("positional" in _name(each) or "nonkeyword" in _name(each) for each in node.decorator_list)
    return taken | {"#*" if lenient else f"#{max(0, len(listed) - own)}"} | ({"**"} if arguments.kwarg else set())


def _opaque(decorators: Sequence[ast.expr]) -> bool:
    """Whether a decorator may change which keywords are taken."""
    return any(not _name(decorator).endswith(_TRANSPARENT) for decorator in decorators)


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else "?"


def join(lines: Iterable[str], timeline: Path) -> int:
    """Put what was read into the timeline's records, in place of what they knew of keywords; returns how many (release, name) pairs."""
    by_name: dict[str, list[str]] = {}
    for line in lines:
        by_name.setdefault(json.loads(line)["name"], []).append(line)
    joined = 0
    try:
        with contextlib.closing(sqlite3.connect(timeline)) as base:
            for name, told in sorted(by_name.items()):
                versions: dict[str, dict[str, str]] = {row["version"]: row["keywords"] for row in map(json.loads, told)}
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


def unread(names: Sequence[str], timeline: Path, out: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The walked releases of packages that `out` lacks, each as the package's name and the walk."""
    known = {(row["name"], row["version"]) for row in map(json.loads, out.read_text().splitlines())} if out.exists() else set()
    with contextlib.closing(sqlite3.connect(timeline)) as base:
        stored = {name: blob for name, blob in base.execute("SELECT name, blob FROM package") if name in set(names)}
    for name in (name for name in names if name in stored):
        for row in Record(stored[name]).rows():
            if (name, row["version"]) not in known:
                yield name, row

"""Third-party names that a project hands from one of its own modules to another: `from utils import *` where utils has `import x as y`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from resolver.core.exports import Exports, statements
from resolver.project.scopes import scope_of

MAX_HOPS = 4
"""Names are followed through so many of the project's modules."""

MAX_HANDED = 300_000
"""So many names that star imports hand on are looked at in one project."""

_ROOTS = ("", "src", "lib", "python", "source", "code", "app")


class OwnModules:
    """What the project's own modules bind to third-party names; each module is looked at once."""

    def __init__(self, trees: Mapping[PurePosixPath, ast.Module], foreign: Callable[[str, PurePosixPath], bool]) -> None:
        self._trees = trees
        self._foreign = foreign
        self._known: dict[PurePosixPath, dict[str, str]] = {}
        self._lists: dict[PurePosixPath, frozenset[str] | None] = {}
        self._places: dict[tuple[str, int, PurePosixPath], PurePosixPath | None] = {}
        self._left = MAX_HANDED

    def given(self, node: ast.ImportFrom, importer: PurePosixPath, hops: int = MAX_HOPS) -> dict[str, str]:
        """Local name -> dotted third-party name, for what an import from an own module binds; empty for any other import."""
        module = self._find(node, importer)
        if module is None or not hops:
            return {}
        inside = self._bound(module, hops - 1)
        found: dict[str, str] = {}
        for alias in node.names:
            if alias.name == "*" and self._left > 0:
                self._left -= len(inside)
                listed = self._listed(module)
                found |= {name: inside[name] for name in inside if (name in listed if listed is not None else not name.startswith("_"))}
            elif alias.name in inside:
                found[alias.asname or alias.name] = inside[alias.name]
        return found

    def _bound(self, module: PurePosixPath, hops: int) -> dict[str, str]:
        """What the names of a module mean, where they mean one third-party name only."""
        if module not in self._known:
            self._known[module] = {}  # modules that import each other end here
            tree = self._trees[module]
            found: dict[str, str] = {}
            for node in imports_from(tree.body):
                found |= self.given(node, module, hops)
            handed = {name for node in imports_from(tree.body) if self._find(node, module) for name in _names(node)}
            for name, bindings in scope_of("module", tree.body).names.items():
                meanings = {binding.dotted for binding in bindings}
                dotted = meanings.pop() if len(meanings) == 1 else ""
                if dotted and self._foreign(dotted.split(".")[0], module):
                    found[name] = dotted
                elif len(bindings) > 1 or name not in handed:
                    found.pop(name, None)  # bound to something else here, too
            self._known[module] = found
        return self._known[module]

    def _listed(self, module: PurePosixPath, hops: int = MAX_HOPS) -> frozenset[str] | None:
        """The names in the `__all__` of a module; None when it has none, or one that is worked out at run time."""
        if module not in self._lists:
            self._lists[module] = None  # lists that are made of each other end here
            try:
                exports = self._exports(module)
            except RecursionError:
                return None
            others = [self._listed(PurePosixPath(other), hops - 1) if hops else None for other in exports.modules]
            known = [other for other in others if other is not None]
            if exports.names is not None and len(known) == len(others):
                self._lists[module] = frozenset(exports.names).union(*known)
        return self._lists[module]

    def _exports(self, module: PurePosixPath) -> Exports:
        named: dict[str, tuple[str, int]] = {}

        body = self._trees[module].body
        exports = Exports(lambda local: str(self._place(*named[local], module) or "") if local in named else "")
        for node in statements(body):
            if isinstance(node, ast.Import):
                named |= {alias.asname or alias.name: (alias.name, 0) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = f"{node.module}." if node.module else ""
                named |= {alias.asname or alias.name: (above + alias.name, node.level) for alias in node.names}
            exports.note(node)
        exports.close(body)
        return exports

    def _find(self, node: ast.ImportFrom, importer: PurePosixPath) -> PurePosixPath | None:
        return self._place(node.module, node.level, importer) if node.module else None

    def _place(self, name: str, level: int, importer: PurePosixPath) -> PurePosixPath | None:
        """The file of a module that is imported by this name, so many levels up, where it is the project's own."""
        asked = (name, level, importer)
        if asked not in self._places:
            self._places[asked] = self._looked_up(name.split("."), level, importer)
        return self._places[asked]

    def _looked_up(self, parts: Sequence[str], level: int, importer: PurePosixPath) -> PurePosixPath | None:
        if level:
            folders: Sequence[PurePosixPath] = [PurePosixPath(*importer.parts[: max(0, len(importer.parts) - level)])]
        else:
            folders = [*importer.parents, *map(PurePosixPath, _ROOTS)]
        for place in folders:
            base = place.joinpath(*parts)
            for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
                if path in self._trees:
                    return path
        return None


def _names(node: ast.ImportFrom) -> list[str]:
    return [alias.asname or alias.name for alias in node.names]


def imports_from(body: Sequence[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """The from-imports of a module's own level, those under if, try and with included."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield node
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(node, field, None)
            if inner and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from imports_from(inner)
        for handler in getattr(node, "handlers", ()):
            yield from imports_from(handler.body)

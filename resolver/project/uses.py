"""One source file as a syntax tree -> the third-party imports and dotted names it uses, guarded ones told apart."""

# ruff: noqa: N802, N815 (the visitor's method names are those of the syntax tree's nodes)

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping

from resolver.core.project import Origin, OriginKind, Use
from resolver.core.unattached import UNATTACHED
from resolver.project.calls import Calls
from resolver.project.guards import Guard, GuardedVisitor, dotted
from resolver.project.reexports import imports_from
from resolver.project.scopes import Binding, Comprehension, Names, is_plain, scope_of
from resolver.project.tables import tables

MAX_PARTS = 6
"""Dotted names are cut after this many parts (the root included)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Imports of which one must succeed: `try: import a.b as x` / `except ImportError: import c as x`; dotted names in that order."""

    dotted: tuple[str, ...]
    origin: Origin


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileUses:
    """The uses of one source, the choices between imports it makes, its calls that may want a companion (see `companions`), the
    programs that it starts, and the keywords that it calls third-party names with, each as a use of "a.b(keyword)", and how many arguments
    without a keyword, as a use of "a.b(#2)".
    """

    uses: tuple[Use, ...] = ()
    choices: tuple[Choice, ...] = ()
    signs: tuple[tuple[str, Origin], ...] = ()
    programs: tuple[tuple[str, Origin], ...] = ()
    keywords: tuple[Use, ...] = ()


def uses_of(
    tree: ast.Module,
    path: str,
    foreign: Callable[[str], bool],
    *,
    given: Callable[[ast.ImportFrom], Mapping[str, str]] = lambda _: {},
    guarded: bool = False,
    lines: bool = True,
) -> FileUses:
    """Every use in the order of the source, repeated ones once; `foreign` says whether an import root is wanted.

    `given` tells which third-party names an import from an own module binds. `guarded` marks all of them (a test, an example); `lines`
    false leaves line numbers out (notebooks). Linear in the tree's size; raises RecursionError on absurd nesting.
    """
    visitor = _Visitor(path, foreign, guarded=guarded, lines=lines)
    scope = scope_of("module", tree.body)
    for node in imports_from(tree.body):
        for name, meaning in given(node).items():
            others = scope.names.get(name)
            if not others or others[0].line == others[-1].line == node.lineno:
                scope.add(name, Binding(meaning, node.lineno))
    visitor.names.enter(scope)
    visitor.visit(tree)
    calls = visitor.calls
    return FileUses(
        uses=tuple(visitor.result()),
        choices=tuple(visitor.choices),
        signs=tuple(calls.signs.items()),
        programs=tuple(calls.programs.items()),
        keywords=tuple(visitor.keywords.values()),
    )


class _Visitor(GuardedVisitor):
    def __init__(self, path: str, foreign: Callable[[str], bool], *, guarded: bool, lines: bool) -> None:
        super().__init__(Guard.BOTH if guarded else Guard.NONE)
        self.names = Names()
        self._path = path
        self._foreign = foreign
        self._lines = lines
        self._found: dict[tuple[str, str], Use] = {}
        self._soft_roots: set[str] = set()
        self._patched: set[str] = set()
        self.choices: list[Choice] = []
        self.calls = Calls()
        self.keywords: dict[str, Use] = {}

    def result(self) -> list[Use]:
        return [use for use in self._found.values() if use.imported or use.dotted not in self._patched]

    # imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if is_plain(alias.name) and self._foreign(alias.name.split(".")[0]):
                renamed = f" as {alias.asname}" if alias.asname else ""
                self._import(alias.name, f"import {alias.name}{renamed}", alias.asname or alias.name.split(".")[0], node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module or not is_plain(node.module) or not self._foreign(node.module.split(".")[0]):
            return
        for alias in node.names:
            renamed = f" as {alias.asname}" if alias.asname else ""
            name = node.module if alias.name == "*" else f"{node.module}.{alias.name}"
            self._import(name, f"from {node.module} import {alias.name}{renamed}", alias.asname or alias.name, node.lineno)

    def _import(self, name: str, statement: str, bound: str, line: int) -> None:
        guarded = bool(self.guard & Guard.IMPORT)
        if guarded:
            self._soft_roots.add(bound)
        else:
            self._soft_roots.discard(bound)
        self._add(Use(dotted=name, origin=self._origin(line), imported=True, guarded=guarded, statement=statement))

    def visit_Try(self, node: ast.Try) -> None:
        before, after = _bound_imports(node.body), _bound_imports([line for handler in node.handlers for line in handler.body])
        if not self.guard:
            for name in sorted(before.keys() & after.keys()):
                self.choices.append(Choice(dotted=(before[name], after[name]), origin=self._origin(node.lineno)))
        super().visit_Try(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not self.guard:
            written = dotted(node.func)
            head, _, rest = written.partition(".")
            base = self.names.meaning(head, node.lineno) if head else ""
            called = f"{base}.{rest}" if base and rest else base
            self.calls.look(node, called, self._origin(node.lineno))
            if (node.keywords or node.args) and "." in called and head not in self._soft_roots and self._foreign(called.split(".")[0]):
                self._keywords(node, called)
        if dotted(node.func) in ("importlib.import_module", "import_module", "__import__") and node.args:
            first = node.args[0]
            named = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
            if is_plain(named) and _is_dotted(named) and self._foreign(named.split(".")[0]):
                self._import(named, f"import {named}", "", node.lineno)
        self.generic_visit(node)

    def _keywords(self, node: ast.Call, called: str) -> None:
        asked = [keyword.arg for keyword in node.keywords if keyword.arg]
        if node.args and not any(isinstance(argument, ast.Starred) for argument in node.args):
            asked.append(f"#{len(node.args)}")
        for each in asked:
            name = f"{called}({each})"
            self.keywords.setdefault(name, Use(dotted=name, origin=self._origin(node.lineno)))

    # attributes

    def visit_Attribute(self, node: ast.Attribute) -> None:
        written = dotted(node)
        if not written:
            self.visit(_inner(node))
            return
        head, _, rest = written.partition(".")
        base = self.names.meaning(head, node.lineno)
        if not base or not self._foreign(base.split(".")[0]):
            return
        if not isinstance(node.ctx, ast.Load):
            # What is assigned to need not exist before, and says nothing of the library afterwards.
            self._patched.add(f"{base}.{rest}")
            rest = rest.rpartition(".")[0]
        if rest:
            guarded = bool(self.guard & Guard.ATTRIBUTE) or head in self._soft_roots
            name = _cut(f"{base}.{rest}", len(base.split(".")))
            if name != base:
                self._add(Use(dotted=name, origin=self._origin(node.lineno), guarded=guarded))
            first = rest.partition(".")[0]
            if first in UNATTACHED.get(base, ()):  # asked of the root itself, which an import of the submodule does not do
                self._add(Use(dotted=f"{base}.{first}", origin=self._origin(node.lineno), guarded=guarded))

    def _add(self, use: Use) -> None:
        key = (use.dotted, use.statement)
        known = self._found.get(key)
        if known is None or (known.guarded and not use.guarded):
            self._found[key] = use

    def _origin(self, line: int) -> Origin:
        return Origin(kind=OriginKind.IMPORTED, path=self._path, line=line if self._lines else 0)

    # scopes

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.under(Guard.NONE, *node.decorator_list, node.args)
        if node.returns:
            self.visit(node.returns)
        before, self.in_function = self.in_function, True
        self.names.enter(scope_of("function", node.body, node.args))
        self.under(Guard.NONE, *node.body)
        self.names.leave()
        self.in_function = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self.names.enter(scope_of("function", (), node.args))
        self.visit(node.body)
        self.names.leave()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.under(Guard.NONE, *node.decorator_list, *node.bases, *node.keywords)
        self.names.enter(scope_of("class", node.body))
        self.under(Guard.NONE, *node.body)
        self.names.leave()

    def _comprehension(self, node: Comprehension) -> None:
        self.names.enter(scope_of("comprehension", (generator.target for generator in node.generators)))
        self.generic_visit(node)
        self.names.leave()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def _bound_imports(body: list[ast.stmt]) -> dict[str, str]:
    """Bound name -> dotted name of the imports that stand directly in `body`; relative ones left out."""
    found: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _inner(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _cut(name: str, base_parts: int) -> str:
    """The part of a dotted name that a library can be expected to offer: nothing below a constant or an object made at run time."""
    parts = name.split(".")
    for index in range(1, len(parts)):
        so_far = ".".join(parts[: index + 1])
        if so_far in tables().dynamic:
            return so_far
        if index >= base_parts and parts[index].isupper() and len(parts[index]) > 1:
            return so_far
    return ".".join(parts[:MAX_PARTS])


def _is_dotted(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))

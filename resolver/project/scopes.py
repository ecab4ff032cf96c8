"""What a name means where it stands: the bindings of each scope of one source file, imports resolved to dotted names."""

from __future__ import annotations

import ast
import bisect
import dataclasses
import operator
from collections.abc import Callable, Iterable
from typing import Any

from resolver.project.guards import dotted

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclasses.dataclass(frozen=True, slots=True)
class Binding:
    """One place that gives a name its meaning: a dotted name, an alias of another name in `alias`, or "" for anything else."""

    dotted: str
    line: int
    alias: str = ""


@dataclasses.dataclass(slots=True)
class Scope:
    """One module, class, function or comprehension; `follows_lines` says that its code runs top to bottom once."""

    kind: str
    names: dict[str, list[Binding]] = dataclasses.field(default_factory=dict)

    def add(self, name: str, binding: Binding) -> None:
        """Record one more meaning of `name`, which stands no earlier than those before."""
        self.names.setdefault(name, []).append(binding)


def scope_of(kind: str, body: Iterable[ast.AST], arguments: ast.arguments | None = None) -> Scope:
    """The names bound in `body` itself, nested functions and classes by their own name only; linear in the size of the body."""
    scope = Scope(kind)
    if arguments is not None:
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None:
                scope.add(argument.arg, Binding("", 0))
    waiting = list(body)
    waiting.reverse()
    while waiting:
        node = waiting.pop()
        binder = _BINDERS.get(node.__class__)
        if binder is not None:
            binder(scope, node)
        if node.__class__ not in _CLOSED:
            inner = [child for field in node._fields if field in _BINDING_FIELDS for child in _children(getattr(node, field))]
            waiting.extend(reversed(inner))
    return scope


_BINDING_FIELDS = frozenset({
    "body", "orelse", "finalbody", "handlers", "targets", "target", "items", "optional_vars", "elts", "cases", "pattern",
    "patterns", "kwd_patterns",
})  # fmt: skip
"""Where a statement binds names or holds statements that do; names bound by := inside expressions are not worth the walk."""
_CLOSED = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Assign})


def _children(value: object) -> list[ast.AST]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, ast.AST)]


MAX_DOTS = 30
"""A module with a longer name nobody wrote; such imports are passed over."""


def is_plain(name: str | None) -> bool:
    """Whether it can be the name of a module that somebody wrote."""
    return bool(name) and str(name).count(".") <= MAX_DOTS


def _import(scope: Scope, node: ast.Import) -> None:
    for alias in filter(lambda alias: is_plain(alias.name), node.names):
        root = alias.name.split(".")[0]
        scope.add(alias.asname or root, Binding(alias.name if alias.asname else root, node.lineno))


def _import_from(scope: Scope, node: ast.ImportFrom) -> None:
    source = f"{node.module}." if is_plain(node.module) and not node.level else ""
    for alias in node.names:
        scope.add(alias.asname or alias.name, Binding(f"{source}{alias.name}" if source else "", node.lineno))


def _definition(scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    scope.add(node.name, Binding("", node.lineno))


def _assignment(scope: Scope, node: ast.Assign) -> None:
    """`K = keras.backend` is an alias; `x = None` (after a failed import) takes no meaning away."""
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            scope.add(name, Binding("", node.lineno, alias=dotted(node.value)))
        return
    for target in node.targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                scope.add(part.id, Binding("", node.lineno))


def _name(scope: Scope, node: ast.Name) -> None:
    if not isinstance(node.ctx, ast.Load):
        scope.add(node.id, Binding("", node.lineno))


def _named(scope: Scope, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
    if node.name:
        scope.add(node.name, Binding("", node.lineno))


_BINDERS: dict[type[ast.AST], Callable[[Scope, Any], None]] = {
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Assign: _assignment,
    ast.Name: _name,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
}


_LINE = operator.attrgetter("line")


class Names:
    """A stack of scopes that tells which third-party dotted name a local name stands for."""

    def __init__(self) -> None:
        self._scopes: list[Scope] = []

    def enter(self, scope: Scope) -> None:
        """The code that follows lies in `scope`."""
        self._scopes.append(scope)

    def leave(self) -> None:
        """Back to the scope around."""
        self._scopes.pop()

    def meaning(self, name: str, line: int, hops: int = 3) -> str:
        """The dotted name that `name` stands for at `line`, "" when it is none or nobody can tell."""
        for depth, scope in enumerate(reversed(self._scopes)):
            if (depth and scope.kind == "class") or name not in scope.names:
                continue
            bindings = scope.names[name]
            earlier = bisect.bisect_right(bindings, line, key=_LINE) if depth == 0 else 0
            chosen = bindings[earlier - 1]  # the last of all where none is earlier
            if chosen.alias and hops and scope.kind == "module" and len(bindings) == 1:
                head, _, rest = chosen.alias.partition(".")
                base = "" if head == name else self.meaning(head, chosen.line, hops - 1)
                return f"{base}.{rest}" if base and rest else base
            return chosen.dotted
        return ""

"""What one module of a release binds at its top level, and what it hands to those that star-import it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Scope:
    """The names that a module binds at its top level, the branches of `if` and `try` included: a definition, (module, name there),
    the name "" for a module, None for what is assigned; and the modules that it star-imports, the last one first. `all` are the names that
    its `__all__` lists, beside those in the `__all__` of the modules `all_of`; None when it has none, or one that cannot be read.
    """

    def __init__(self, name: str, tree: ast.Module, *, package: bool) -> None:
        self.package = package
        self.names: dict[str, Definition | tuple[str, str] | None] = {}
        self.stars: list[str] = []
        self.all: list[str] | None = None
        self.all_of: list[str] = []
        for node in _statements(tree.body):
            if isinstance(node, Definition):
                self.names[node.name] = node
            elif isinstance(node, ast.Import):
                self.names.update((alias.asname, (alias.name, "")) for alias in node.names if alias.asname)
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                source = _absolute(name, node, package=package)
                self.names.update((alias.asname or alias.name, (source, alias.name)) for alias in node.names if alias.name != "*")
                self.stars[:0] = [source] if node.names[0].name == "*" else []
            elif isinstance(node, ast.Assign):
                self.names.update((target.id, None) for target in node.targets if isinstance(target, ast.Name))
            self._note_all(node)
        if self.all is not None and any(_changes_all(node) for node in tree.body if not isinstance(node, _PLAIN)):
            self.all = None

    def _note_all(self, node: ast.stmt) -> None:
        """Keep up with `__all__`: it is assigned, added to, or its methods are called."""
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and any(map(_is_all, targets)):
            if not isinstance(node, ast.AugAssign):
                before, self.all, self.all_of = (self.all, self.all_of), [], []
                self._take(node.value, before)
            elif self.all is not None:
                self._take(node.value, (None, []))
        elif call and isinstance(call.func, ast.Attribute) and _is_all(call.func.value) and self.all is not None:
            grown = call.func.attr in ("append", "extend") and len(call.args) == 1
            self._take(ast.List(call.args) if call.func.attr == "append" else call.args[0] if grown else None, (None, []))

    def _take(self, node: ast.expr | None, before: tuple[list[str] | None, list[str]]) -> None:
        """Add the names that an expression is made of; what cannot be read makes the whole unknown."""
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items) if all(map(_text, items)):
                self._join([*map(_text, items)], [])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                self._take(left, before)
                self._take(right, before)
            case ast.Name(id="__all__"):
                self._join(*before)
            case ast.Attribute(value=ast.Name(id=module), attr="__all__") if isinstance(bound := self.names.get(module), tuple):
                self._join([], [".".join(filter(None, bound))])
            case ast.Call(func=ast.Name(id="list" | "sorted" | "tuple"), args=[inner], keywords=[]):
                self._take(inner, before)
            case _:
                self.all = None

    def _join(self, names: list[str] | None, modules: list[str]) -> None:
        self.all = None if names is None or self.all is None else [*self.all, *names]
        self.all_of = [*self.all_of, *modules]


_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.If, ast.Try)
"""Statements that are looked into, or change nothing."""


def _changes_all(node: ast.AST) -> bool:
    """Whether `__all__` is changed in a function, a loop or the like: a method of it is named, or it is assigned."""
    for inner in ast.walk(node):
        if (isinstance(inner, ast.Attribute) and _is_all(inner.value)) or (_is_all(inner) and not isinstance(inner.ctx, ast.Load)):  # type: ignore[attr-defined]
            return True
    return False


def _is_all(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If) and "'__main__'" not in ast.dump(node.test):
            yield from _statements([*node.orelse, *node.body])
        elif isinstance(node, ast.Try):
            yield from _statements([*(line for handler in node.handlers for line in handler.body), *node.body, *node.orelse])


def _absolute(module: str, node: ast.ImportFrom, *, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + (1 if package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])

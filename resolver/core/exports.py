"""What the `__all__` of a module lists, read from its source: what it hands to those that star-import it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

MOST_NAMES = 20_000
"""A longer list nobody wrote; it counts as one that cannot be read."""


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module's own level, the branches of `if` and `try` included: of two that bind a name the likelier comes last."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "'__main__'" not in ast.dump(node.test):
            yield from statements([*node.orelse, *node.body])
        elif isinstance(node, ast.Try):
            yield from statements([*(line for handler in node.handlers for line in handler.body), *node.body, *node.orelse])


class Exports:
    """`names` that the `__all__` of one module lists, beside those in the `__all__` of `modules`; `names` is None when it has none, or one
    that cannot be read. It is told each of the module's `statements` in turn, and at the end its body.

    `module_of` answers what a module's `__all__` is found by, from the local name of that module; "" when it cannot tell.
    """

    def __init__(self, module_of: Callable[[str], str]) -> None:
        self.names: list[str] | None = None
        self.modules: list[str] = []
        self._module_of = module_of

    def note(self, node: ast.stmt) -> None:
        """Keep up with `__all__`: it is assigned, added to, or its methods are called."""
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and any(map(_is_all, targets)):
            if not isinstance(node, ast.AugAssign):
                before, self.names, self.modules = (self.names, self.modules), [], []
                self._take(node.value, before)
            elif self.names is not None:
                self._take(node.value, (None, []))
        elif call and isinstance(call.func, ast.Attribute) and _is_all(call.func.value) and self.names is not None:
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
            case ast.Attribute(value=ast.Name(id=local), attr="__all__") if module := self._module_of(local):
                self._join([], [module])
            case ast.Call(func=ast.Name(id="list" | "sorted" | "tuple"), args=[inner], keywords=[]):
                self._take(inner, before)
            case _:
                self.names = None

    def _join(self, names: list[str] | None, modules: list[str]) -> None:
        self.modules += modules
        if names is None or self.names is None or len(self.names) + len(names) > MOST_NAMES:
            self.names = None
        elif self.names:
            self.names += names
        else:
            self.names = names  # a list that grows by a name a line is not copied each time

    def close(self, body: Iterable[ast.stmt]) -> None:
        """Whatever changes `__all__` elsewhere than in these statements makes it unknown."""
        if self.names is not None and any(_changes_all(node) for node in body if not isinstance(node, _PLAIN)):
            self.names = None


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

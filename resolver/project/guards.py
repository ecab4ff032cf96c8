"""Which parts of a syntax tree may fail without harm: under try/except, a version or platform check, TYPE_CHECKING."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable
from typing import Any


class Guard(enum.IntFlag):
    """What a piece of code is protected against."""

    NONE = 0
    IMPORT = 1
    ATTRIBUTE = 2
    BOTH = 3


_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException", "OSError"})
_ATTRIBUTE_ERRORS = frozenset({"AttributeError", "NameError"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
_CHECKS = (
    "version",
    "hasattr",
    "TYPE_CHECKING",
    "find_spec",
    "find_loader",
    "platform",
    "PY2",
    "PY3",
    "HAS_",
    "_AVAILABLE",
    "os.name",
)


def of_try(node: ast.Try | ast.TryStar, *, in_function: bool = False) -> Guard:
    """What the body of a try statement is protected against.

    A handler that raises again or exits protects against nothing, except in a function: there it is how an optional part
    of a project asks for its library when it is wanted.
    """
    guard = Guard.NONE
    for handler in node.handlers:
        if _gives_up(handler.body) and not in_function:
            continue
        names = {"BaseException"} if handler.type is None else {_last(part) for part in _parts(handler.type)}
        if names & _IMPORT_ERRORS:
            guard |= Guard.IMPORT
        if names & _ATTRIBUTE_ERRORS or (names & {"Exception", "BaseException"} and len(node.body) <= 2):
            # A long body under a catch-all is error reporting, not a probe for names.
            guard |= Guard.ATTRIBUTE
    return guard


def of_test(test: ast.expr) -> Guard:
    """What both branches of a conditional are protected against: everything if the test asks for a version, platform or attribute."""
    try:
        text = ast.unparse(test)
    except (RecursionError, ValueError):
        return Guard.NONE
    return Guard.BOTH if any(mark in text for mark in _CHECKS) else Guard.NONE


def is_false(test: ast.expr) -> bool:
    """Whether the branch never runs: `if False`, `if 0`, `if TYPE_CHECKING`."""
    if isinstance(test, ast.Constant):
        return not test.value
    return _last(test) == "TYPE_CHECKING"


def _gives_up(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and dotted(last.value.func) in _EXITS


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _last(node: ast.expr) -> str:
    return dotted(node).rsplit(".", 1)[-1]


def dotted(node: ast.expr) -> str:
    """The dotted name that a chain of attributes spells, "" for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(names)])


_LEAVES = (
    ast.Constant, ast.Name, ast.Load, ast.Store, ast.Del, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal,
    *ast.operator.__subclasses__(), *ast.unaryop.__subclasses__(), *ast.cmpop.__subclasses__(), *ast.boolop.__subclasses__(),
)  # fmt: skip


class GuardedVisitor(ast.NodeVisitor):
    """A visitor whose `guard` tells, at every node, what the code there is protected against."""

    def __init__(self, guard: Guard = Guard.NONE) -> None:
        self.guard = guard
        self.in_function = False
        self._methods: dict[type[ast.AST], Callable[[Any], Any] | None] = dict.fromkeys(_LEAVES)

    def visit(self, node: ast.AST) -> None:
        """Visit one node; as the base class does, but leaves cost nothing and methods are looked up once."""
        kind = node.__class__
        try:
            method = self._methods[kind]
        except KeyError:
            method = self._methods[kind] = getattr(self, "visit_" + kind.__name__, self.generic_visit)
        if method is not None:
            method(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit all children."""
        for field in node._fields:
            value = getattr(node, field, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def under(self, guard: Guard, *nodes: ast.AST) -> None:
        """Visit nodes that are protected against `guard` besides what already holds."""
        before = self.guard
        self.guard |= guard
        for node in nodes:
            self.visit(node)
        self.guard = before

    def visit_Try(self, node: ast.Try) -> None:
        """A handler that goes on guards the body; what stands in handlers is an alternative, so it is guarded as well."""
        guard = of_try(node, in_function=self.in_function)
        self.under(guard, *node.body)
        self.under(Guard.BOTH if guard else Guard.NONE, *node.handlers)
        self.under(guard & Guard.IMPORT, *node.orelse)
        self.under(Guard.NONE, *node.finalbody)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        """As for a plain try."""
        self.under(of_try(node, in_function=self.in_function), *node.body, *node.handlers, *node.orelse, *node.finalbody)

    def visit_If(self, node: ast.If) -> None:
        """Version, platform and attribute checks guard both branches."""
        guard = of_test(node.test)
        self.under(guard, node.test)
        self.under(Guard.BOTH if is_false(node.test) else guard, *node.body)
        self.under(guard, *node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """As for an if statement."""
        self.under(of_test(node.test), node.test, node.body, node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """`hasattr(x, "y") and x.y`."""
        self.under(of_test(node), *node.values)

    def visit_With(self, node: ast.With) -> None:
        """`with suppress(...)` guards its body."""
        suppressed = [item for item in node.items if _suppresses(item.context_expr)]
        self.under(Guard.NONE, *node.items)
        self.under(Guard.BOTH if suppressed else Guard.NONE, *node.body)


def _suppresses(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] == "suppress"

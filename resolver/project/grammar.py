"""Forms of the grammar that came or went with a Python 3 release, found in a syntax tree; what `ast.parse` itself does not date.

Each was compiled by CPython 3.6 to 3.13 (tests/project/test_grammar.py holds the answers).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Found = tuple[str, str, int]
"""(specifier, what it is, line)"""


def grammar_of(tree: ast.Module, text: str) -> Iterator[Found]:
    """Every dated form in a tree, in no order; `text` is its source. Linear in the tree's size, iterative."""
    lines = text.split("\n")
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        if kind in _CHECKS:
            yield from _CHECKS[kind](node, lines)
        for field in kind._fields:
            value = getattr(node, field, None)
            if value.__class__ is list:
                waiting += [item for item in value if item.__class__ not in _LEAVES]
            elif isinstance(value, ast.AST) and value.__class__ not in _LEAVES:
                waiting.append(value)


def _bare(node: ast.expr, lines: list[str]) -> bool:
    """Whether an expression does not begin with a parenthesis and does not stand in one of its own."""
    try:
        line = lines[node.lineno - 1].encode()
    except (IndexError, UnicodeEncodeError):
        return False
    return line[node.col_offset : node.col_offset + 1] != b"(" and not line[: node.col_offset].rstrip().endswith(b"(")


def shares_a_parenthesis(tree: ast.AST, text: str) -> bool:
    """Whether some `with` has its managers, or the name of one, inside one parenthesis.

    Asked to read as an older Python, CPython 3.11 refuses `with (a if b else c):` too, which all take for an expression in parentheses.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith) and (len(node.items) > 1 or node.items[0].optional_vars):
            last = node.items[-1].optional_vars or node.items[-1].context_expr
            rest = _after(last, text.split("\n"))
            if re.match(r"[\s,]*\)", rest):
                return True
    return False


def _after(node: ast.expr, lines: list[str]) -> str:
    """What stands behind an expression, to three lines further; "" where the lines are counted otherwise (old Macs')."""
    end = node.end_lineno or 0
    if not 0 < end <= len(lines):
        return ""
    rest = lines[end - 1].encode("utf-8", "replace")[node.end_col_offset or 0 :].decode("utf-8", "replace")
    return "\n".join([rest, *lines[end : end + 3]])


def _unpacks(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Tuple) and any(isinstance(item, ast.Starred) for item in node.elts)


def _result(node: ast.Return | ast.Yield, lines: list[str]) -> Iterator[Found]:
    if node.value is not None and _unpacks(node.value) and _bare(node.value, lines):
        yield ">=3.8", "unpacking in 'return' or 'yield' without parentheses", node.lineno


def _loop(node: ast.For, lines: list[str]) -> Iterator[Found]:
    if _unpacks(node.iter) and _bare(node.iter, lines):
        yield ">=3.9", "unpacking in 'for' without parentheses", node.lineno


def _subscript(node: ast.Subscript, lines: list[str]) -> Iterator[Found]:
    if _unpacks(node.slice) and _bare(node.slice, lines):
        yield ">=3.11", "unpacking in a subscript", node.lineno
    if isinstance(node.slice, ast.NamedExpr) and _bare(node.slice, lines):
        yield ">=3.10", "an assignment expression in a subscript", node.lineno


def _set(node: ast.Set, lines: list[str]) -> Iterator[Found]:
    if any(isinstance(item, ast.NamedExpr) and _bare(item, lines) for item in node.elts):
        yield ">=3.9", "an assignment expression in a set", node.lineno


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> Iterator[Found]:
    yield from _decorated(node, lines)
    if node.args.vararg and isinstance(node.args.vararg.annotation, ast.Starred):
        yield ">=3.11", "unpacking in an annotation", node.lineno


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]) -> Iterator[Found]:  # noqa: ARG001
    for decorator in node.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(named, ast.Attribute):
            named = named.value
        if not isinstance(named, ast.Name):
            yield ">=3.9", "a decorator that is more than a name and a call", decorator.lineno


def _positional(node: ast.Lambda, lines: list[str]) -> Iterator[Found]:  # noqa: ARG001
    if node.args.posonlyargs:
        yield ">=3.8", "positional-only parameters", node.lineno


def _finally(node: ast.Try, lines: list[str]) -> Iterator[Found]:  # noqa: ARG001
    waiting: list[ast.AST] = list(node.finalbody)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Continue):
            yield ">=3.8", "'continue' in 'finally'", inner.lineno
        elif not isinstance(inner, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += ast.iter_child_nodes(inner)


def _annotated(node: ast.AnnAssign, lines: list[str]) -> Iterator[Found]:
    if isinstance(node.value, ast.Tuple) and _bare(node.value, lines):
        yield ">=3.8", "a tuple without parentheses after an annotation", node.lineno


def _union(node: ast.BinOp, lines: list[str]) -> Iterator[Found]:  # noqa: ARG001
    if isinstance(node.op, ast.BitOr) and any(isinstance(side, ast.Dict | ast.DictComp) for side in (node.left, node.right)):
        yield ">=3.9", "dictionaries joined by '|'", node.lineno


Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def _comprehension(node: Comprehension, lines: list[str]) -> Iterator[Found]:  # noqa: ARG001
    waiting: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    outer = any(generator.is_async for generator in node.generators)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            yield "<3.8", "'yield' in a comprehension", inner.lineno
        elif isinstance(inner, ast.ListComp | ast.SetComp | ast.DictComp) and not outer and any(g.is_async for g in inner.generators):
            yield ">=3.11", "an asynchronous comprehension in another one", inner.lineno
        if not isinstance(inner, ast.Lambda):
            waiting += ast.iter_child_nodes(inner)


_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Pass, ast.alias, str, int, type(None)})
_CHECKS: Mapping[type, Callable[[Any, list[str]], Iterator[Found]]] = {
    ast.Return: _result,
    ast.Yield: _result,
    ast.For: _loop,
    ast.Subscript: _subscript,
    ast.Set: _set,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _decorated,
    ast.Lambda: _positional,
    ast.Try: _finally,
    ast.AnnAssign: _annotated,
    ast.BinOp: _union,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
"""Check by kind of node; each takes such a node and the source's lines."""

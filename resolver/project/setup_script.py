"""setup.py, read as a syntax tree: literals, names bound to literals, and requirements files it opens. Nothing of it runs."""

from __future__ import annotations

import ast
from pathlib import Path

from resolver.project.guards import dotted
from resolver.project.packaging_files import Described, classified, interpreter
from resolver.project.reading import Reading, joined
from resolver.project.requirements import PACKAGING, followed, read_lines
from resolver.project.syntax import parse_python
from resolver.project.text import read_bytes

MAX_HOPS = 8
"""Names that stand for names are followed this far."""
MAX_BYTES = 1_000_000
"""A setup.py larger than this (bytes) is refused."""
MAX_FOLLOWED = 20
"""So many requirements files that it names are read."""
MAX_STEPS = 20_000
"""Nodes that are looked at while `install_requires` is read."""


def read_setup_script(path: Path, root: Path) -> Described:
    """`install_requires`, `python_requires` and `name` of the first `setup(...)` call; what is computed at run time becomes a note."""
    tree, problem = parse_python(read_bytes(path, MAX_BYTES))
    if tree is None:
        return Described(reading=Reading(notes=(f"{path.name}: {problem}; left out",)))
    try:
        return _Script(path, root, tree).described()
    except RecursionError:
        return Described(reading=Reading(notes=(f"{path.name}: nested too deeply; left out",)))


class _Script:
    def __init__(self, path: Path, root: Path, tree: ast.Module) -> None:
        self._path = path
        self._root = root
        self._tree = tree
        self._values: dict[str, list[ast.expr]] = {}
        self._functions: dict[str, ast.AST] = {}
        self._opened: dict[str, list[ast.expr]] = {}
        self._steps = 0
        for node in ast.walk(tree):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._values.setdefault(name, []).append(value)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._values.setdefault(name, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                    self._values.setdefault(name, []).append(value)
                case ast.FunctionDef(name=name):
                    self._functions[name] = node
                case ast.withitem(context_expr=opened, optional_vars=ast.Name(id=name)):
                    self._opened.setdefault(name, []).append(opened)
                case _:
                    pass

    def described(self) -> Described:
        keywords = self._keywords()
        readings: list[Reading] = []
        listed = keywords.get("install_requires") or keywords.get("requires")
        if listed is not None:
            readings.append(self._needs(listed))
        python = self._constant(keywords.get("python_requires"))
        if python:
            readings.append(interpreter(python, self._path.name, "python_requires", keywords["python_requires"].lineno))
        elif "classifiers" in keywords:
            tried: list[ast.Constant] = []
            self._literals(keywords["classifiers"], tried, MAX_HOPS)
            readings.append(classified((_text(each) for each in tried), self._path.name, keywords["classifiers"].lineno))
        return Described(reading=joined(readings), name=self._constant(keywords.get("name")))

    def _keywords(self) -> dict[str, ast.expr]:
        """The keyword arguments of the first call of `setup`, dictionaries passed with ** included."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] == "setup":
                found: dict[str, ast.expr] = {}
                for keyword in node.keywords:
                    if keyword.arg:
                        found[keyword.arg] = keyword.value
                    else:
                        found |= self._entries(keyword.value)
                return found
        return {}

    def _entries(self, node: ast.expr) -> dict[str, ast.expr]:
        values = self._values.get(node.id, []) if isinstance(node, ast.Name) else [node]
        found: dict[str, ast.expr] = {}
        for value in values:
            if isinstance(value, ast.Dict):
                found |= {text: entry for key, entry in zip(value.keys, value.values, strict=True) if (text := _text(key))}
            elif isinstance(value, ast.Call) and dotted(value.func) == "dict":
                found |= {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        return found

    def _constant(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.Name):
            values = self._values.get(node.id, [])
            node = values[0] if len(values) == 1 else None
        return _text(node)

    def _needs(self, node: ast.expr) -> Reading:
        literal: list[ast.Constant] = []
        if self._literals(node, literal, MAX_HOPS):
            return joined(self._line(item) for item in literal)
        files = self._files_named(node)
        if not files:
            note = f"{self._path.name}:{node.lineno}: install_requires is computed when setup.py runs; only its literal parts are read"
            return joined([*(self._line(item) for item in literal), Reading(notes=(note,))])
        where = f"{self._path.name}:{node.lineno}"
        read = (followed(name, self._path.parent, self._root, where) for name in files[:MAX_FOLLOWED])
        return joined([*(self._line(item) for item in literal), *read])

    def _line(self, item: ast.Constant) -> Reading:
        return read_lines(str(item.value), self._path.name, strengths=PACKAGING, line=item.lineno)

    def _literals(self, node: ast.expr, found: list[ast.Constant], hops: int) -> bool:
        """Collect the strings that `node` surely holds; false when some of it is not literal."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            return False
        text = self._string(node, hops)
        if text is not None:
            found.append(ast.Constant(value=text, lineno=node.lineno))
            return True
        match node:
            case ast.Constant(value=None):
                return True
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._all(items, found, hops)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._all([left, right], found, hops)
            case ast.Name(id=name) if hops and name in self._values:
                return self._all(self._values[name], found, hops - 1)
            case ast.Starred(value=value) | ast.Call(func=ast.Name(id="list" | "tuple" | "sorted" | "set"), args=[value], keywords=[]):
                return self._literals(value, found, hops)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="split" | "splitlines"), lineno=line):
                found.extend(ast.Constant(value=part, lineno=line) for part in text.splitlines())
                return True
            case _:
                return False

    def _string(self, node: ast.expr, hops: int) -> str | None:
        """The text of a string put together from literals; of a name assigned several times (under a version check) the first one."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            return None
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name) if hops and name in self._values:
                return self._string(self._values[name][0], hops - 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                before = self._string(left, hops)
                after = self._string(right, hops) if before is not None else None
                return before + after if before is not None and after is not None and len(before) + len(after) < 1000 else None
            case ast.JoinedStr(values=values):
                parts = [self._string(part.value if isinstance(part, ast.FormattedValue) else part, hops) for part in values]
                return None if any(part is None for part in parts) else "".join(part or "" for part in parts)[:1000]
            case _:
                return None

    def _all(self, nodes: list[ast.expr], found: list[ast.Constant], hops: int) -> bool:
        # Every node is visited, also after one that is not literal: its neighbours' strings are wanted all the same.
        answers = [self._literals(node, found, hops) for node in nodes]
        return all(answers)

    def _files_named(self, node: ast.AST) -> list[str]:
        """Names of requirements files that the expression, or the names and functions it goes through, speak of."""
        found: list[str] = []
        waiting: list[ast.AST] = [node]
        seen: set[str] = set()
        while waiting:
            for part in ast.walk(waiting.pop()):
                text = _text(part)
                if text.endswith((".txt", ".in")):
                    found.append(text.lstrip("/"))
                elif isinstance(part, ast.Name) and part.id not in seen:
                    seen.add(part.id)
                    waiting += self._values.get(part.id, [])
                    waiting += [self._functions[part.id]] if part.id in self._functions else []
                    found += self._opened_as(part.id)
        return list(dict.fromkeys(name for name in found if "require" in name.lower() or "deps" in name.lower()))

    def _opened_as(self, name: str) -> list[str]:
        """Files opened as `with open("requirements.txt") as NAME`."""
        found = [_text(part) for opened in self._opened.get(name, ()) for part in ast.walk(opened)]
        return [text for text in found if text.endswith((".txt", ".in"))]


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

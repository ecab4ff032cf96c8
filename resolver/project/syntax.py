"""What the syntax of a source, and the parts of the standard library it uses, ask of the interpreter."""

# ruff: noqa: N802, N815 (the visitor's method names are those of the syntax tree's nodes)

from __future__ import annotations

import ast
import functools
import json
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib import resources

from resolver.core.project import Bound, Origin, OriginKind, Use
from resolver.project.grammar import grammar_of, shares_a_parenthesis
from resolver.project.guards import GuardedVisitor, dotted

_BUILTIN_GENERICS = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})
_METHODS = {"removeprefix": 9, "removesuffix": 9, "is_relative_to": 9, "bit_count": 10}
_GENERIC = rb"(list|dict|tuple|set|frozenset|type)\b"
_SHADOWED = re.compile(
    rb"(?<![\w.])"
    + _GENERIC
    + rb"\s*=(?!=)|\bfor\s+(?:\w+\s*,\s*)*"
    + _GENERIC
    + rb"|\bdef\s+\w+\s*\((?:[^()]*,)?\s*"
    + _GENERIC
    + rb"\s*[,)=]"
)
# Most sources use nothing new; a glance at their bytes saves parsing and visiting them again.
_NEW_GRAMMAR = re.compile(
    rb":=|\bwith\s*\(|^[ \t]*match\s|\bexcept\s*\*|=[ \t]*[}!:]|/\s*[,)]|^[ \t]*@\w*[\[(]|^[ \t]*type\s+\w|\b(?:def|class)\s+\w+\[",
    re.MULTILINE,
)
_EVALUATED = re.compile(rb"\b(?:list|dict|tuple|set|frozenset|type)\[|\bcollections\b|\||" + b"|".join(name.encode() for name in _METHODS))
_DATED_FORMS = re.compile(
    rb"""\b(?:return|yield|in)\b[^\n]{0,300}\*\w | \[[^\]\n]{0,200}\*\w | \*\w+[ ]?:[ ]?\* | :=          # unpacking, assignment expressions
      | \blambda\b[^:\n]{0,300}/ | ^[ \t]*@(?:\(|[\w.]*\[|[\w.]*\([^\n]*\)[.\[(])             # positional-only, decorators
      | \bfinally\s*:(?s:.{0,600}?)\bcontinue\b | ^[ \t]*[\w.]+[ \t]*:[^=\n]+=[^\n]*,    # annotated tuples
      | \}[ \t]*\|(?!=) | \|[ \t]*\{ | [\[({]\s{0,20}\(?\s{0,20}yield\b | \basync\s+for\b          # dictionaries, comprehensions
    """,
    re.MULTILINE | re.VERBOSE,
)
_NEWER = (
    (
        re.compile(r"^[ \t]*(?:type[ \t]+\w+|(?:async[ \t]+)?(?:def|class)[ \t]+\w+)\[[^\]=]{0,500}=[^\]]{0,500}\]", re.MULTILINE),
        "a type parameter's default",
    ),
    (re.compile(r"^[ \t]*type[ \t]+\w+(\[[^\]]{0,500}\])?\s*=\s*\S", re.MULTILINE), "a type statement"),
    (re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+\[", re.MULTILINE), "type parameters"),
)

_FSTRING = re.compile(
    r"f-string(?:: unmatched '[\[({]'|: expecting '\}'| expression part cannot include|: expressions nested|: cannot use starred)"
)
"""Complaints about f-strings that 3.12 has no longer; what else is wrong with one (a bare lambda, nothing in it) it refuses as well."""


def parse_python(raw: bytes | str, newest: int | None = None) -> tuple[ast.Module | None, str]:
    """The syntax tree of a source, or None and what is wrong with it; `newest` limits the syntax to that Python 3 minor version."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(raw, feature_version=None if newest is None else (3, newest)), ""
    except SyntaxError as error:
        return None, f"line {error.lineno or 0}: {error.msg}"
    except (RecursionError, MemoryError, SystemError):  # the last one when another thread parses at the same time (CPython 3.11)
        return None, "nested too deeply"
    except ValueError as error:
        return None, str(error)


def syntax_bounds(raw: bytes, tree: ast.Module | None, path: str) -> tuple[Bound, ...]:
    """Bounds that follow from the grammar and from what is evaluated; guarded code asks for nothing. Parses twice or more."""
    return _bounds(raw, tree, path, _Visitor)


def loading_bounds(raw: bytes, tree: ast.Module | None, path: str) -> tuple[Bound, ...]:
    """The same of what loading a module evaluates: what its functions do is left out."""
    return _bounds(raw, tree, path, _Loading)


def _bounds(raw: bytes, tree: ast.Module | None, path: str, kind: type[_Visitor]) -> tuple[Bound, ...]:
    if tree is None:
        return _rejected(raw, path)
    found = list(_grammar(raw, path)) if _NEW_GRAMMAR.search(raw) else []
    if _DATED_FORMS.search(raw):
        seen = dict.fromkeys(grammar_of(tree, raw.decode("utf-8", "replace")))
        found += [_bound(specifier, what, path, line) for specifier, what, line in sorted(seen, key=lambda form: form[2])]
    if not (_EVALUATED.search(raw) or _keyword_glance().search(raw)):
        return tuple(found)
    visitor = kind(path, postponed=_postponed(tree), renamed=_renamed_generics(raw))
    try:
        visitor.visit(tree)
    except RecursionError:
        return tuple(found)
    return (*found, *visitor.found.values())


def _rejected(raw: bytes, path: str) -> tuple[Bound, ...]:
    if parse_python(raw, 6)[0] is not None:
        return (_bound("<3.7", "'async' or 'await' is used as a name", path, _line_of(parse_python(raw, 7)[1] or parse_python(raw)[1])),)
    text = raw.decode("utf-8", "replace")
    for pattern, what in _NEWER:
        found = pattern.search(text)
        if found:
            since = ">=3.13" if "default" in what else ">=3.12"
            return (_bound(since, what, path, text.count("\n", 0, found.start()) + 1),)
    problem = parse_python(raw)[1]
    if _FSTRING.search(problem):
        return (_bound(">=3.12", "quotes or backslashes nested in an f-string", path, _line_of(problem)),)
    return ()


def _grammar(raw: bytes, path: str) -> Iterator[Bound]:
    """The oldest Python whose grammar takes the source, if that is later than 3.7."""
    tree, problem, minor = None, "", 7
    while minor < sys.version_info[1]:
        tree, told = parse_python(raw, minor)
        if tree is not None:
            break
        problem, minor = told, minor + 1
    if "arenthesized context managers" in problem and tree and not shares_a_parenthesis(tree, raw.decode("utf-8", "replace")):
        return
    if minor > 7:
        reason = re.sub(r" (?:is|are) only supported in Python .*", "", problem.split(": ", 1)[-1]).lower()
        yield _bound(f">=3.{minor}", reason, path, _line_of(problem))


def _line_of(problem: str) -> int:
    found = re.match(r"line (\d+):", problem)
    return int(found[1]) if found else 0


def _postponed(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _renamed_generics(raw: bytes) -> frozenset[str]:
    """Which of `list`, `dict` ... mean something else somewhere in a source: assigned, looped over, or a parameter."""
    return frozenset(next(filter(None, found)).decode("ascii") for found in _SHADOWED.findall(raw))


def _bound(specifier: str, reason: str, path: str, line: int) -> Bound:
    return Bound(specifier=specifier, reason=reason, origin=Origin(kind=OriginKind.IMPORTED, path=path, line=line))


class _Visitor(GuardedVisitor):
    def __init__(self, path: str, *, postponed: bool, renamed: frozenset[str]) -> None:
        super().__init__()
        self._path = path
        self._postponed = postponed
        self._meaning: dict[str, str] = {}
        self._generics = _BUILTIN_GENERICS - renamed
        self.found: dict[tuple[str, str], Bound] = {}

    def _ask(self, minor: int, reason: str, line: int) -> None:
        if not self.guard:
            specifier = f">=3.{minor}"
            self.found.setdefault((specifier, reason), _bound(specifier, reason, self._path, line))

    def _annotation(self, node: ast.expr | None) -> None:
        if node is None or self._postponed:
            return
        for part in ast.walk(node):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
                self._ask(10, "'X | Y' in an annotation", part.lineno)
            elif isinstance(part, ast.Subscript):
                name = self._called(part.value)
                if name in self._generics or name.startswith("collections."):
                    self._ask(9, f"'{dotted(part.value)}[...]' is evaluated", part.lineno)

    def _called(self, node: ast.expr) -> str:
        """The dotted name that an expression spells, with what its head was imported as."""
        head, _, rest = dotted(node).partition(".")
        meaning = self._meaning.get(head, head)
        return f"{meaning}.{rest}" if rest else meaning

    def visit_arguments(self, node: ast.arguments) -> None:
        for argument in (*node.posonlyargs, *node.args, *node.kwonlyargs, node.vararg, node.kwarg):
            self._annotation(argument.annotation if argument else None)
        self.under(self.guard, *node.defaults, *(default for default in node.kw_defaults if default))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before, self.in_function = self.in_function, True
        self.visit(node.args)
        self._annotation(node.returns)
        self.under(self.guard, *node.decorator_list, *node.body)
        self.in_function = before

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        # Annotations of local variables are never evaluated.
        if not self.in_function:
            self._annotation(node.annotation)
        if node.value:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self.in_function = self.in_function, False
        self.under(self.guard, *node.decorator_list, *node.bases, *node.keywords, *node.body)
        self.in_function = before

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load) and (
            (dotted(node.value) in self._generics - {"type"} and isinstance(node.slice, ast.Name | ast.Tuple))
            or self._called(node.value).startswith("collections.abc.")
        ):
            self._ask(9, f"'{dotted(node.value)}[...]' is evaluated", node.lineno)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._meaning |= {
            alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0] for alias in node.names
        }

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module and not node.level:
            self._meaning |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def _keywords(self, node: ast.Call) -> None:
        """Keywords that a function of the standard library, or a built-in one, has not taken throughout."""
        head, _, rest = dotted(node.func).partition(".")
        called = f"{self._meaning.get(head, 'builtins.' + head)}{'.' + rest if rest else ''}" if head else ""
        for keyword in node.keywords:
            specifier = _changes().get((called, f"{keyword.arg}=")) or _MORE_KEYWORDS.get((called, keyword.arg or ""))
            if specifier and not self.guard:
                reason = f"{called.removeprefix('builtins.')}({keyword.arg}=...) is there in Python {specifier} only"
                self.found.setdefault((specifier, reason), _bound(specifier, reason, self._path, node.lineno))

    def visit_Call(self, node: ast.Call) -> None:
        if node.keywords:
            self._keywords(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and not dotted(node.func.value).endswith(".str"):
            self._ask(_METHODS[node.func.attr], f"the method '{node.func.attr}'", node.lineno)
        self.generic_visit(node)


class _Loading(_Visitor):
    """Leaves the bodies of functions alone."""

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit(node.args)
        self._annotation(node.returns)
        self.under(self.guard, *node.decorator_list)

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)


def stdlib_bounds(uses: Iterable[Use]) -> tuple[Bound, ...]:
    """Bounds from unguarded uses of modules and names that the standard library has not had throughout; one per root and specifier."""
    found: dict[tuple[str, str], Bound] = {}
    for use in uses:
        change = None if use.guarded else _change(use.dotted)
        if change:
            specifier, what = change
            reason = f"{what} is in the standard library of Python {specifier} only"
            key = (specifier, use.dotted.split(".")[0])
            found.setdefault(key, Bound(specifier=specifier, reason=reason, origin=use.origin))
    return tuple(found.values())


def _change(name: str) -> tuple[str, str] | None:
    """The specifier for the first part of a dotted name that came or went, and that part."""
    if name == "__future__.annotations":
        return ">=3.7", name
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        here = ".".join(parts[:length])
        specifier = _changes().get((here, "")) or _changes().get((".".join(parts[: length - 1]), parts[length - 1]))
        if specifier:
            return specifier, here
    return None


_MORE_KEYWORDS = {
    ("subprocess.run", "capture_output"): ">=3.7",
    ("hashlib.md5", "usedforsecurity"): ">=3.9",
    ("builtins.zip", "strict"): ">=3.10",
    ("builtins.sum", "start"): ">=3.8",
    ("builtins.pow", "mod"): ">=3.8",
    ("logging.basicConfig", "force"): ">=3.8",
    ("logging.basicConfig", "encoding"): ">=3.9",
} | {(f"subprocess.{name}", "text"): ">=3.7" for name in ("run", "Popen", "call", "check_call", "check_output")}
"""Keywords that no signature shows: of built-in functions, and handed on through `**kwargs`."""


@functools.cache
def _keyword_glance() -> re.Pattern[bytes]:
    """Finds any keyword that some function of the standard library has not taken throughout."""
    words = {name[:-1] for _, name in _changes() if name.endswith("=")} | {name for _, name in _MORE_KEYWORDS}
    return re.compile(rb"\b(?:" + "|".join(sorted(words)).encode() + rb")\s*=[^=]")


@functools.cache
def _changes() -> dict[tuple[str, str], str]:
    """(module, name or "") -> specifier, from lists made inside each interpreter (see inside_stdlib.py)."""
    raw: dict[str, dict[str, list[str]]] = json.loads(resources.files(__package__).joinpath("stdlib.json").read_text("utf-8"))
    found: dict[tuple[str, str], str] = {}
    for span, modules in raw.items():
        first, _, last = span.partition("-")
        clauses = [f">={first}"] if first else []
        clauses += [f"<3.{int(last.split('.')[1]) + 1}"] if last else []
        found |= {(module, name): ",".join(clauses) for module, names in modules.items() for name in names}
    return found

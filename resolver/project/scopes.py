"""What a name means where it stands: the bindings of each scope of one source file, imports resolved to dotted names."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator

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
        """Record one more meaning of `name`."""
        self.names.setdefault(name, []).append(binding)


def scope_of(kind: str, body: Iterable[ast.AST], arguments: ast.arguments | None = None) -> Scope:
    """The names bound in `body` itself, nested functions and classes by their own name only; linear in the size of the body."""
    scope = Scope(kind)
    if arguments is not None:
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None:
                scope.add(argument.arg, Binding("", 0))
    waiting = list(reversed(list(body)))
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(list(_bind(scope, node))))
    return scope


def _bind(scope: Scope, node: ast.AST) -> Iterator[ast.AST]:
    line = getattr(node, "lineno", 0)
    match node:
        case ast.Import(names=names):
            for alias in names:
                scope.add(alias.asname or alias.name.split(".")[0], Binding(alias.name if alias.asname else alias.name.split(".")[0], line))
        case ast.ImportFrom(module=module, names=names, level=level):
            for alias in names:
                scope.add(alias.asname or alias.name, Binding(f"{module}.{alias.name}" if module and not level else "", line))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            scope.add(node.name, Binding("", line))
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            if not (isinstance(value, ast.Constant) and value.value is None):
                scope.add(name, Binding("", line, alias=dotted(value)))
            yield value
            return
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            scope.add(name, Binding("", line))
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.add(name, Binding("", line))
        case _:
            pass
    yield from ast.iter_child_nodes(node)


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
            earlier = [binding for binding in bindings if binding.line <= line] if depth == 0 else bindings
            chosen = (earlier or bindings)[-1]
            if chosen.alias and hops and scope.kind == "module" and len(bindings) == 1:
                head, _, rest = chosen.alias.partition(".")
                base = "" if head == name else self.meaning(head, chosen.line, hops - 1)
                return f"{base}.{rest}" if base and rest else base
            return chosen.dotted
        return ""

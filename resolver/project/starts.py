"""The calls of one source that start a web server: whose server it is, where it listens, and what stands beside the call."""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Iterator

from resolver.core.program import Start
from resolver.project.guards import dotted

_HARMLESS = frozenset({
    "print", "int", "str", "float", "bool", "len", "open_browser", "os.environ.get", "os.getenv", "sys.path.append", "sys.path.insert",
    "multiprocessing.freeze_support", "freeze_support", "warnings.filterwarnings", "ArgumentParser", "webbrowser.open",
})  # fmt: skip
_HARMLESS_OWNERS = frozenset({"argparse", "parser", "logging", "logger", "log", "ap", "os.path"})
_APPLICATIONS = frozenset({"app", "application", "server", "api", "web"})
_FACTORIES = frozenset({"create_app", "make_app", "build_app", "get_app", "create_application"})
_FLASK_WORDS = frozenset({"host", "port", "debug", "threaded", "use_reloader", "ssl_context"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclasses.dataclass(frozen=True, slots=True)
class _Shape:
    """How one kind of server call is written: where port and host stand when they are not named, and what holds without them."""

    server: str
    port: int
    host: str = ""
    port_at: int = 1
    host_at: int = 0
    port_word: str = "port"
    host_word: str = "host"


_FLASK = _Shape("flask", 5000)
_UVICORN = _Shape("uvicorn", 8000, port_at=99, host_at=99)
_GRADIO = _Shape("gradio", 7860, port_at=99, host_at=99, port_word="server_port", host_word="server_name")
_WAITRESS = _Shape("own", 8080, host="0.0.0.0", port_at=99, host_at=99)  # noqa: S104 - where other people's servers listen
_SOCKETIO = _Shape("own", 5000, port_at=2, host_at=1)
_PAIR = _Shape("own", 0)


def start_of(tree: ast.Module, roots: frozenset[str]) -> Start | None:
    """How a source with these import roots starts a server, None when it starts none; the call under the main guard goes first."""
    body = _guarded(tree)
    inside = [found for node in body for found in _calls(node, roots)]
    found = inside or [found for node in tree.body for found in _calls(node, roots)]
    if not found:
        return None
    read = Reader(tree)
    starts = {_start(call, shape, read) for call, shape in found}
    first = _start(*found[0], read)
    if len({start.port for start in starts}) > 1:
        first = dataclasses.replace(first, port=0)
    return dataclasses.replace(first, alone=bool(inside) and _is_alone(tree, body, [call for call, _ in inside]))


def _guarded(tree: ast.Module) -> list[ast.stmt]:
    """What stands under `if __name__ == "__main__"`."""
    guards = [node for node in tree.body if isinstance(node, ast.If) and any(_is_name(inner) for inner in ast.walk(node.test))]
    return [line for node in guards for line in node.body]


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _calls(node: ast.AST, roots: frozenset[str]) -> Iterator[tuple[ast.Call, _Shape]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and (shape := _shape(inner, roots)):
            yield inner, shape


def _shape(call: ast.Call, roots: frozenset[str]) -> _Shape | None:
    """What kind of server a call starts; None when it starts none."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
    owner = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if last == "run" and "uvicorn" in roots and owner in {"uvicorn", ""}:
        return _UVICORN
    if last == "launch" and "gradio" in roots:
        return _GRADIO
    if last == "serve" and "waitress" in roots:
        return _WAITRESS
    if last == "WSGIServer" and "gevent" in roots:
        return _PAIR
    if last == "run_simple" and "werkzeug" in roots:
        return dataclasses.replace(_FLASK, server="own")
    if last == "run" and owner in {"socketio", "sio"}:
        return _SOCKETIO
    return _FLASK if last == "run" and isinstance(call.func, ast.Attribute) and _is_application(call, owner, call.func.value) else None


def _is_application(call: ast.Call, owner: str, value: ast.expr) -> bool:
    """Whether `x.run(...)` looks like an application's: by its name, by what made it, or by what the call says."""
    if owner in {"subprocess", "asyncio", "tf", "session", "sess", "self", "mcp"}:
        return False
    made = dotted(value.func).rsplit(".", 1)[-1] if isinstance(value, ast.Call) else ""
    if owner in _APPLICATIONS or made in _FACTORIES or made == "Flask":
        return True
    if any(keyword.arg is None or keyword.arg in _FLASK_WORDS for keyword in call.keywords):
        return True
    return bool(owner) and not call.args and not call.keywords


def _start(call: ast.Call, shape: _Shape, read: Reader) -> Start:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    port, host = named.get(shape.port_word), named.get(shape.host_word)
    if shape is _PAIR:
        pair = call.args[0] if call.args else None
        host, port = (pair.elts[0], pair.elts[1]) if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 else (None, None)
    port = port or (call.args[shape.port_at] if shape.port_at < len(call.args) else None)
    host = host or (call.args[shape.host_at] if shape.host_at < len(call.args) else None)
    unsure = None in named or (shape is _PAIR and port is None)
    return Start(
        server=shape.server,
        port=0 if unsure else shape.port if port is None else read.port(port),
        host="?" if unsure else shape.host if host is None else read.host(host),
    )


class Reader:
    """What the values of one source come to, as far as they are written in it."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def port(self, node: ast.expr) -> int:
        """A port as it will be where no variable of the environment and no argument says otherwise; 0 when it is computed."""
        value = self._value(node)
        if isinstance(value, str) and value.isdecimal() and len(value) < 6:
            value = int(value)
        return value if type(value) is int and 0 < value < 65536 else 0

    def host(self, node: ast.expr) -> str:
        """A host likewise: "" for the loopback, "?" when it is computed."""
        value = self._value(node)
        if not isinstance(value, str):
            return "" if value is None and isinstance(node, ast.Constant) else "?"
        return "" if value in _LOOPBACK else value or "0.0.0.0"  # noqa: S104

    def _value(self, node: ast.expr, depth: int = 0) -> object:
        if depth > 4:
            return None
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.BoolOp):
            return self._value(node.values[-1], depth + 1)
        if isinstance(node, ast.Call):
            called = dotted(node.func)
            if called in {"int", "str"} and node.args:
                return self._value(node.args[0], depth + 1)
            if called in {"os.environ.get", "os.getenv", "environ.get", "getenv"} and len(node.args) == 2:
                return self._value(node.args[1], depth + 1)
            return None
        if isinstance(node, ast.Attribute):
            found = self._arguments.get(node.attr)
        else:
            found = self._assigned.get(node.id) if isinstance(node, ast.Name) else None
        return self._value(found, depth + 1) if found is not None else None

    @functools.cached_property
    def _assigned(self) -> dict[str, ast.expr]:
        """Names that are given a value exactly once."""
        found: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).append(node.value)
        return {name: values[0] for name, values in found.items() if len(values) == 1}

    @functools.cached_property
    def _arguments(self) -> dict[str, ast.expr]:
        """Defaults of command line arguments ("--port" under "port")."""
        found: dict[str, ast.expr] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
                default = next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
                for word in node.args:
                    if default is not None and isinstance(word, ast.Constant) and isinstance(word.value, str):
                        found[word.value.lstrip("-").replace("-", "_")] = default
        return found


def _is_alone(tree: ast.Module, body: list[ast.stmt], starts: list[ast.Call]) -> bool:
    """Whether nothing beside the start calls in the guard's body prepares the application or gives a name that other code reads."""
    inside = {id(inner) for node in body for inner in ast.walk(node)}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in inside}
    return all(_is_harmless(node, starts, read) for node in body)


def _is_harmless(node: ast.stmt, starts: list[ast.Call], read: set[str]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return not any((alias.asname or alias.name) in read for alias in node.names)
    if isinstance(node, ast.If | ast.Try):
        return all(_is_harmless(inner, starts, read) for inner in (*node.body, *node.orelse))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(not _is_own(target, read) for target in targets):
            return False
    elif not isinstance(node, ast.Expr | ast.Pass):
        return False
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and not any(inner is start for start in starts)]
    return all(_is_idle(call) for call in calls)


def _is_own(target: ast.expr, read: set[str]) -> bool:
    """Whether assigning to it changes nothing outside the guard."""
    return (isinstance(target, ast.Name) and target.id not in read) or (isinstance(target, ast.Attribute) and target.attr == "debug")


def _is_idle(call: ast.Call) -> bool:
    called = dotted(call.func)
    return called in _HARMLESS or called.rpartition(".")[0] in _HARMLESS_OWNERS or (isinstance(call.func, ast.Attribute) and not called)

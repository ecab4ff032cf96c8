"""Guesses what a project's container should run: read from file names and one file's text, never executed."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

_NAMES = (
    "app.py", "main.py", "server.py", "serve.py", "api.py", "streamlit_app.py", "predict.py", "inference.py", "demo.py", "run.py",
)  # fmt: skip
"""Likely names, likeliest first; one that answers HTTP goes before one that does not."""
_LARGEST = 1 << 20
_DEFAULT_PORTS = {"flask": 5000, "fastapi": 8000, "gradio": 7860, "streamlit": 8501}
_PORT_WORDS = {"port", "server_port"}
_STARTERS = {"run", "launch", "run_simple", "serve"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`command` is what the container runs, `port` where it then answers HTTP (0 when nobody can tell)."""

    command: tuple[str, ...] = ("python",)
    port: int = 0


def guess_entry(root: Path) -> Entry:
    """The entry of a project folder; `python` alone when no file looks like one. Reads at most 1 MiB; never raises."""
    entries = [_entry(name, tree) for name in _NAMES if (tree := _parse(root / name))]
    return next((entry for entry in entries if entry.port), entries[0] if entries else Entry())


def _parse(path: Path) -> ast.Module | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _entry(name: str, tree: ast.Module) -> Entry:
    served = _servers(tree)
    if "streamlit" in served:
        port = _DEFAULT_PORTS["streamlit"]
        return Entry(command=("streamlit", "run", name, "--server.address=0.0.0.0", f"--server.port={port}"), port=port)
    starts = list(_starts(tree))
    if starts and served:
        default = next(_DEFAULT_PORTS[server] for server in _DEFAULT_PORTS if server in served)
        ports = {_port(call, default) for call in starts}
        return Entry(command=("python", name), port=ports.pop() if len(ports) == 1 else 0)
    stem = name.removesuffix(".py")
    if "fastapi" in served and (variable := _instance(tree, "FastAPI")):
        port = _DEFAULT_PORTS["fastapi"]
        return Entry(command=("python", "-m", "uvicorn", f"{stem}:{variable}", "--host=0.0.0.0", f"--port={port}"), port=port)
    if "flask" in served and (variable := _instance(tree, "Flask")):
        port = _DEFAULT_PORTS["flask"]
        # `python -m flask --app` came with Flask 2.2; the environment variable is read by every version since 0.11.
        command = ("env", f"FLASK_APP={stem}:{variable}", "python", "-m", "flask", "run", "--host=0.0.0.0", f"--port={port}")
        return Entry(command=command, port=port)
    return Entry(command=("python", name))


def _servers(tree: ast.Module) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
    return roots & set(_DEFAULT_PORTS)


def _starts(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STARTERS:
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id in {"subprocess", "asyncio", "tf", "session", "sess"}):
                yield node


def _port(call: ast.Call, default: int) -> int:
    """The literal port of a start call, the framework's own when it names none, 0 when it is computed."""
    for keyword in call.keywords:
        if keyword.arg is None:
            return 0
        if keyword.arg in _PORT_WORDS:
            value = keyword.value
            number = value.value if isinstance(value, ast.Constant) and type(value.value) is int else 0
            return number if 0 < number < 65536 else 0
    return default


def _instance(tree: ast.Module, kind: str) -> str:
    """The top-level variable that holds `kind()`, "" when there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            called = node.value.func
            if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == kind:
                return node.targets[0].id
    return ""

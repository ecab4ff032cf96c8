"""Which program of a project its container should run: its web application if it has one, else its likeliest script."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence

from resolver.core.program import Program, Start
from resolver.project.guards import dotted
from resolver.project.sources import Source
from resolver.project.starts import start_of

_NAMES = (
    "app.py", "main.py", "server.py", "serve.py", "api.py", "streamlit_app.py", "predict.py", "inference.py", "demo.py", "run.py",
    "wsgi.py", "asgi.py", "application.py", "index.py", "webapp.py", "web.py",
)  # fmt: skip
"""Likely names, likeliest first."""
_SCRIPTS = _NAMES[:10]
_DEEPEST = 3
_KINDS = {"flask": "flask", "fastapi": "fastapi", "starlette": "fastapi", "gradio": "gradio", "streamlit": "streamlit"}
_MADE = {"Flask": "flask", "FastAPI": "fastapi", "Starlette": "fastapi"}
_FACTORIES = ("create_app", "make_app", "build_app", "get_app", "create_application")
_APPLICATIONS = frozenset({"app", "application", "server", "api"})
_PAGE = frozenset({"title", "header", "write", "markdown", "set_page_config", "sidebar", "subheader"})
_STARTER = re.compile(r"\b(gunicorn|uvicorn)\b")
_TARGET = re.compile(r"(?:^|\s)([A-Za-z_][\w.]*):([A-Za-z_]\w*)(?=\s|$)")
_FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_HEALTH = ("/health", "/healthz", "/healthcheck", "/health_check", "/ping", "/status")
_PREDICTING = re.compile(r"predict|infer|classify|invocations|detect|generate")


def program_of(sources: Sequence[Source], *, declared: Collection[str] = (), procfile: str = "") -> Program | None:
    """The project's program: the one that its Procfile starts, else nearest to the root and likeliest by name first, applications before
    scripts; None when there is none. Gunicorn among the `declared` needs serves an application that can be imported as it stands.
    """
    near = [source for source in sources if source.tree and not source.side and len(source.path.parts) <= _DEEPEST]
    roots = [_roots(source.tree) for source in near if source.tree]
    spoken = frozenset[str]().union(*roots)
    apps = [
        app
        for source, own in zip(near, roots, strict=True)
        if source.tree and (own & _KINDS.keys() or source.path.name in _NAMES) and (app := _application(source, source.tree, own, spoken))
    ]
    if apps:
        program = _written(procfile, apps) or min(apps, key=_order)
        fronted = program.kind == "flask" and "gunicorn" in declared and program.importable
        return dataclasses.replace(program, server="gunicorn") if fronted else program
    names = {source.path.name for source in near if len(source.path.parts) == 1}
    return next((Program(kind="script", path=name) for name in _SCRIPTS if name in names), None)


def _written(procfile: str, apps: Sequence[Program]) -> Program | None:
    """The application that the web line of a Procfile names: `web: gunicorn app:server`."""
    for line in procfile.splitlines():
        found = _TARGET.search(line) if line.startswith("web:") and _STARTER.search(line) else None
        for app in apps if found else ():
            if found and app.path in {f"{found[1].replace('.', '/')}{end}" for end in (".py", "/__init__.py")}:
                return dataclasses.replace(app, variable=found[2], packaged="." in found[1] or app.packaged)
    return None


def _order(program: Program) -> tuple[int, int, bool, str]:
    folder, _, name = program.path.rpartition("/")
    rank = _NAMES.index(name) if name in _NAMES else len(_NAMES)
    return len(folder.split("/")) if folder else 0, rank, program.start is None, program.path


def _application(source: Source, tree: ast.Module, roots: frozenset[str], spoken: frozenset[str]) -> Program | None:
    """The web application that a source with these import roots is, None when it is none. `spoken` are those of the whole project."""
    folder = source.path.parent.as_posix()
    package = source.path.name == "__init__.py"
    if (package and folder == ".") or not all(_FOLDER.fullmatch(part) for part in source.path.parts[:-1]):
        return None
    start = start_of(tree, roots)
    kind, variable, factory = _made(tree, source.path.name, start, spoken)
    if not kind:
        kind = _started(tree, source.path.name, roots, start, spoken)
    if not kind:
        return None
    routes = list(_routes(tree))
    gets, posts = [path for path, verbs in routes if "GET" in verbs], [path for path, verbs in routes if "POST" in verbs]
    return Program(
        kind=kind,
        path=source.path.as_posix(),
        variable=variable,
        factory=factory,
        start=start,
        packaged=package or (folder != "." and _is_packaged(tree, source.path.parts[0])),
        health=next((path for path in _HEALTH if path in gets), ""),
        predict=_only(posts),
    )


def _roots(tree: ast.Module) -> frozenset[str]:
    """The import roots of a source. Looks at statements only: most of a tree is expressions."""
    roots: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
        for part in _BODIES:
            waiting += getattr(node, part, ())
    return frozenset(roots)


def _made(tree: ast.Module, name: str, start: Start | None, spoken: frozenset[str]) -> tuple[str, str, str]:
    """Kind, top-level variable and factory of the application that a module offers; "" for what it does not."""
    if found := next(_variables(tree, spoken), None):
        return (*found, "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _FACTORIES and not _required(node) and (kind := _builds(node)):
            return kind, "", node.name
    if start is None and name not in {"wsgi.py", "asgi.py"}:
        return "", "", ""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or node.level):
            bound = next((a.asname or a.name for a in node.names if (a.asname or a.name) in _APPLICATIONS), "")
            if bound and (kind := _one_kind(spoken)):
                return kind, bound, ""
    return "", "", ""


def _variables(tree: ast.Module, spoken: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(kind, name) of each top-level name that holds an application."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if not (isinstance(value, ast.Call) and targets and isinstance(targets[0], ast.Name)):
            continue
        called = value.func.attr if isinstance(value.func, ast.Attribute) else dotted(value.func)
        kind = _MADE.get(called, "") or (_one_kind(spoken) if called in _FACTORIES else "")
        if kind:
            yield kind, targets[0].id


def _one_kind(spoken: frozenset[str]) -> str:
    """The kind of application of a project that has one kind only."""
    kinds = {_KINDS[root] for root in spoken & {"flask", "fastapi", "starlette"}}
    return kinds.pop() if len(kinds) == 1 else ""


def _required(node: ast.FunctionDef) -> bool:
    arguments = node.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional > 0 or any(default is None for default in arguments.kw_defaults)


def _builds(node: ast.FunctionDef) -> str:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = inner.func.attr if isinstance(inner.func, ast.Attribute) else dotted(inner.func)
            if called in _MADE:
                return _MADE[called]
    return ""


def _started(tree: ast.Module, name: str, roots: frozenset[str], start: Start | None, spoken: frozenset[str]) -> str:
    """The kind of a module that offers no application by name but starts one, or is a page of streamlit."""
    if start is None:
        return "streamlit" if "streamlit" in roots and (name in _NAMES or _is_page(tree)) else ""
    if start.server == "gradio":
        return "gradio"
    if "streamlit" in roots and start.server == "flask":
        return "streamlit"
    if start.server == "uvicorn":
        return "fastapi"
    if roots & {"flask", "fastapi"}:
        return "flask" if "flask" in roots else "fastapi"
    return _one_kind(spoken) if name in _NAMES else ""


def _is_page(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func).rpartition(".")[2] in _PAGE
        for node in tree.body
    )


def _is_packaged(tree: ast.Module, top: str) -> bool:
    """Whether its imports say that it is imported from the root: relative ones, or ones that start at its own top folder."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] == top):
            return True
        if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == top for alias in node.names):
            return True
    return False


def _routes(tree: ast.Module) -> Iterator[tuple[str, frozenset[str]]]:
    """(path, methods) of each route without parameters."""
    for node in ast.walk(tree):
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ():
            if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.args):
                continue
            path = decorator.args[0].value if isinstance(decorator.args[0], ast.Constant) else None
            if not isinstance(path, str) or not path.startswith("/") or any(mark in path for mark in "<{?# "):
                continue
            if decorator.func.attr in {"get", "post"}:
                yield path, frozenset({decorator.func.attr.upper()})
            elif decorator.func.attr in {"route", "api_route"}:
                named = next((keyword.value for keyword in decorator.keywords if keyword.arg == "methods"), None)
                items = named.elts if isinstance(named, ast.List | ast.Tuple | ast.Set) else []
                yield (
                    path,
                    frozenset(each.upper() for item in items if isinstance(each := getattr(item, "value", None), str))
                    or frozenset({"GET"}),
                )


def _only(posts: list[str]) -> str:
    """The route to predict with: the one that is called so, or the only one."""
    telling = [path for path in posts if _PREDICTING.search(path)]
    return telling[0] if len(set(telling)) == 1 else posts[0] if len(set(posts)) == 1 else ""

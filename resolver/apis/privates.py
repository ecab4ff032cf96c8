"""Private names that releases or projects take from others: looked up in the source of each walked release, put into the timeline.

A walk records public names only, yet flask-restx dies of `flask.helpers._endpoint_from_view_func`, which flask 2.0 moved. There are some
two hundred such names; `scripts/private_names.py` looks them up by small reads of the wheels.
"""

from __future__ import annotations

import ast
import json
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterable, Mapping

from resolver.apis.record import LOOKED_UP, Record
from resolver.apis.record_writer import Writer
from resolver.apis.timeline import SqliteTimeline

Asked = Mapping[str, frozenset[str]]
"""Module -> its private names that somebody takes."""


def private(dotted: str) -> tuple[str, str]:
    """Module and name of the first private part of a dotted name; ("", "") when it has none after its root."""
    parts = dotted.split(".")
    for place, part in enumerate(parts[1:], 1):
        if part.startswith("_") and not part.startswith("__"):
            return ".".join(parts[:place]), part
    return "", ""


def asked_for(timeline: SqliteTimeline, further: Iterable[str]) -> dict[str, dict[str, set[str]]]:
    """Package -> module -> private names that walked releases take from it, or that stand in `further`."""
    found: dict[str, dict[str, set[str]]] = {}
    dotted = set(further)
    for name in timeline.packages():
        for version in timeline.versions(name):
            dotted.update(d for taken in timeline.uses(name, version).values() for d in taken)
    for each in sorted(dotted):
        module, part = private(each)
        for provider in timeline.providers(each.partition(".")[0]) if module else ():
            found.setdefault(provider, {}).setdefault(module, set()).add(part)
    return found


def bound(source: str | bytes) -> frozenset[str]:
    """Every name that running the top level of a source may bind; empty for what does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    names: set[str] = set()
    queue: list[ast.AST] = list(tree.body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            if node.name == "__getattr__":  # names that are kept for a while are written in it
                names.update(each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(a.asname or a.name.split(".")[0] for a in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        else:
            queue.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def sources(wheel: zipfile.ZipFile, modules: Iterable[str]) -> dict[str, bytes]:
    """Module -> its source, of those that are source in the wheel."""
    there = set(wheel.namelist())
    found = {}
    for module in modules:
        path = module.replace(".", "/")
        if member := next((m for m in (f"{path}/__init__.py", f"{path}.py") if m in there), ""):
            found[module] = wheel.read(member)
    return found


def in_interpreter(program: str, asked: Asked) -> dict[str, set[str]]:
    """Module -> the asked names that the standard library of an interpreter has."""
    code = """
import sys, json, importlib
found = {}
for module, names in json.loads(sys.argv[1]).items():
    try:
        value = importlib.import_module(module)
    except Exception:
        continue
    found[module] = [name for name in names if hasattr(value, name)]
print(json.dumps(found))
"""
    told = json.dumps({module: sorted(names) for module, names in asked.items()})
    done = subprocess.run([program, "-c", code, told], capture_output=True, text=True, timeout=60, check=True)
    return {module: set(names) for module, names in json.loads(done.stdout).items()}


def merge(base: sqlite3.Connection, name: str, found: Mapping[str, Mapping[str, Iterable[str]]]) -> int:
    """Add names to the walks of one package: version -> module -> names; modules that a walk has not read stay out.

    Each module that was looked into is marked, so that a walk which is added later says nothing of them. Returns how many were added.
    """
    (blob,) = base.execute("SELECT blob FROM package WHERE name = ?", (name,)).fetchone()
    rows, added = Record(blob).rows(), 0
    for place, row in enumerate(rows):
        for module in {m for modules in found.values() for m in modules} & row["names"].keys():
            # Releases without a wheel, or whose module is no source, answer like the nearest that could be read.
            read = [n for n, other in enumerate(rows) if module in found.get(other["version"], {})]
            nearest = rows[min(read, key=lambda n: abs(n - place))]["version"]
            have = set(row["names"][module].split())
            added += len(set(found[nearest][module]) - have)
            row["names"][module] = " ".join(sorted({*have, *found[nearest][module], LOOKED_UP}))
    base.execute("UPDATE package SET blob = ? WHERE name = ?", (Writer(rows).blob(), name))
    return added

"""Import names that a wheel provides, from its list of files."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHARED = frozenset(
    {"google", "azure", "ruamel", "mpl_toolkits", "sphinxcontrib", "zope", "nvidia", "jaraco", "backports", "opentelemetry", "paste"}
)
_EXTENSION = re.compile(r"\.(?:cpython-[0-9a-z_]+(?:-[a-z0-9_-]+)?|abi3|cp3\d+-[a-z0-9_]+)?\.?so\Z|\.so\Z")
_ASIDE = re.compile(r"[^/]+\.(?:dist-info|egg-info|libs)/|[^/]+\.data/(?:scripts|data|headers)/")
_INSTALLED = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_NOT_CODE = frozenset({"tests", "test", "docs", "doc", "examples", "example", "benchmarks", "scripts", "__pycache__"})
_LONGEST = 60


def read_listing(members: Iterable[str], top_level: Iterable[str] = ()) -> tuple[tuple[str, ...], frozenset[str]]:
    """Import names, sorted, and marks ("compiled": extension modules, "pb2": generated protobuf code).

    Names that several distributions share (google, azure, nvidia ...) are told at two levels: "google.protobuf". `top_level` is the
    wheel's own top_level.txt; its private names (leading underscore) count too.
    """
    names: dict[str, bool] = {}
    marks: set[str] = set()
    for member in members:
        if _ASIDE.match(member):
            continue
        path = _INSTALLED.sub("", member)
        if path.endswith("_pb2.py"):
            marks.add("pb2")
        if path.endswith(".so") or ".so." in path.rpartition("/")[2]:
            marks.add("compiled")
        name = _module(path)
        if name:
            names[name] = names.get(name, False) or path.endswith("/__init__.py") or "/" not in path
    strong = {name for name, package in names.items() if package or "." in name} or set(names)
    told = {name for name in top_level if name.isidentifier() and name in names}
    kept = sorted(name for name in strong | told if name not in _NOT_CODE)
    return tuple(kept[:_LONGEST]), frozenset(marks)


def _module(path: str) -> str:
    """The import name that one file stands for, "" for a file that is no code."""
    parts = path.split("/")
    stem = _stem(parts[-1])
    if not stem:
        return ""
    if len(parts) == 1:
        return stem if stem.isidentifier() else ""
    if not parts[0].isidentifier():
        return ""
    if parts[0] in _SHARED:
        second = parts[1] if len(parts) > 2 else stem
        return f"{parts[0]}.{second}" if second.isidentifier() and second != "__init__" else ""
    return parts[0]


def _stem(filename: str) -> str:
    if filename.endswith(".py"):
        return filename.removesuffix(".py")
    found = _EXTENSION.search(filename)
    return filename[: found.start()] if found else ""

"""What a source distribution declares, read statically: PKG-INFO, requires.txt, else the literals of setup.py and its like."""

from __future__ import annotations

import ast
import configparser
import io
import tarfile
import tomllib
import warnings
import zipfile
from collections.abc import Iterator, Mapping

from resolver.index.parse import Declared, declared, read_metadata, read_requires_txt

_LONGEST_FILE = 2 << 20
_MOST_MEMBERS = 50_000
_WANTED = frozenset({"PKG-INFO", "requires.txt", "SOURCES.txt", "top_level.txt", "setup.py", "setup.cfg", "pyproject.toml"})


def read_sdist(body: bytes, filename: str) -> Declared | None:
    """Declarations of an sdist, or None when they are recorded nowhere that can be read without running it.

    Never runs setup.py and never raises for a damaged or hostile archive; reads at most 2 MB of each of a few files.
    """
    try:
        files = dict(_members(body, filename))
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError):
        return None
    info = files.get("PKG-INFO") or files.get("egg-info/PKG-INFO") or ""
    from_info, complete = read_metadata(info)
    if complete:
        return from_info
    recorded = files.get("egg-info/requires.txt")
    if recorded is not None:
        return read_requires_txt(recorded, from_info.requires_python)
    if "egg-info/SOURCES.txt" in files:  # setuptools wrote its records, and no requirement was among them
        return from_info
    return _literals(files, from_info.requires_python)


def sdist_modules(body: bytes, filename: str) -> tuple[str, ...]:
    """The import names that setuptools recorded in an sdist; empty when it recorded none or the archive is damaged."""
    try:
        text = dict(_members(body, filename)).get("egg-info/top_level.txt", "")
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError):
        return ()
    return tuple(sorted({name for name in text.split() if name.isidentifier()}))


def _members(body: bytes, filename: str) -> Iterator[tuple[str, str]]:
    """(short name, text) of the few files that matter: at the root, or in an egg-info folder."""
    if filename.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for info in archive.infolist()[:_MOST_MEMBERS]:
                short = _short(info.filename)
                if short and info.file_size <= _LONGEST_FILE:
                    yield short, archive.read(info).decode("utf-8", "replace")
        return
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:*") as archive:
        for count, member in enumerate(archive):
            if count > _MOST_MEMBERS:
                return
            short = _short(member.name)
            if short and member.isfile() and member.size <= _LONGEST_FILE:
                stream = archive.extractfile(member)
                if stream:
                    yield short, stream.read(_LONGEST_FILE).decode("utf-8", "replace")


def _short(path: str) -> str:
    parts = path.removeprefix("./").split("/")
    if parts[-1] not in _WANTED:
        return ""
    if len(parts) > 2 and parts[-2].endswith(".egg-info") and len(parts) <= 4:
        return f"egg-info/{parts[-1]}"
    return parts[-1] if len(parts) == 2 else ""


def _literals(files: Mapping[str, str], requires_python: str) -> Declared | None:
    """From pyproject.toml, then setup.cfg, then setup.py; None when a requirement list is there but computed."""
    for reader, place in ((_pyproject, "pyproject.toml"), (_setup_cfg, "setup.cfg")):
        found = reader(files.get(place, ""), requires_python)
        if found is not None:
            return found
    return _setup_py(files["setup.py"], requires_python) if "setup.py" in files else None


def _pyproject(text: str, requires_python: str) -> Declared | None:
    try:
        project = tomllib.loads(text).get("project")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    if not isinstance(project, dict) or "dependencies" in project.get("dynamic", ()):
        return None
    requires = [str(text) for text in project.get("dependencies", ())]
    return declared(requires, str(project.get("requires-python", requires_python)), project.get("optional-dependencies", ()))


def _setup_cfg(text: str, requires_python: str) -> Declared | None:
    reader = configparser.RawConfigParser(strict=False)
    try:
        reader.read_string(text)
    except configparser.Error:
        return None
    lines = reader.get("options", "install_requires", fallback="")
    if not lines.strip() or lines.strip().startswith(("file:", "attr:")):
        return None
    return declared(
        [line for line in lines.replace(";;", ";").splitlines() if line.strip() and not line.strip().startswith("#")],
        reader.get("options", "python_requires", fallback=requires_python),
    )


def _setup_py(text: str, requires_python: str) -> Declared | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):  # the last one as in `project.syntax.parse_python`
        return None  # Python 2, or damaged
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node.func) == "setup"]
    if len(calls) != 1 or any(keyword.arg is None for keyword in calls[0].keywords):
        return None
    given = {keyword.arg: keyword.value for keyword in calls[0].keywords if keyword.arg}
    requires = _strings(given.get("install_requires"), names)
    python = _strings(given.get("python_requires"), names)
    if requires is None:
        return None
    return declared(requires, ",".join(python or ()) or requires_python)


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _strings(node: ast.expr | None, names: Mapping[str, ast.expr]) -> list[str] | None:
    """The literal strings of an expression, following one module-level name; [] for nothing, None when computed."""
    if node is None:
        return []
    if isinstance(node, ast.Name):
        node = names.get(node.id)
    try:
        value = ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, str):
        return value.splitlines()
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    return None

"""pyproject.toml (PEP 621, dependency groups, poetry, flit), setup.cfg and Pipfile: what they say is needed at run time."""

from __future__ import annotations

import configparser
import dataclasses
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.core.errors import ProjectError
from resolver.core.project import Bound, Origin, OriginKind
from resolver.project.minors import hull
from resolver.project.places import MAX_ENTRIES, Places
from resolver.project.reading import Reading, joined
from resolver.project.requirements import PACKAGING, followed, python_specifier, read_lines
from resolver.project.text import read_text, squeezed

MAX_BYTES = 1_000_000
"""Packaging files larger than this (bytes) are refused."""
MAX_DOTS = 100
"""A line of TOML with more dots outside of texts is a key that nobody wrote, and slow to read."""

MAX_FOLLOWED = 20
"""So many requirements files that a packaging file names are read."""

_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_MAIN_GROUPS = frozenset({"main", "default", "prod", "production", "runtime", "base", "deploy", "serve", "app"})
_CLASSIFIER = re.compile(r"^Programming Language :: Python :: 3\.(\d{1,2})$")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a packaging file says: its reading and the project's own distribution name, "" when it gives none."""

    reading: Reading = Reading()
    name: str = ""


def read_pyproject(path: Path, root: Path) -> Described:
    """Dependencies and interpreter bound of a pyproject.toml; optional ones are only noted. Raises ProjectError for invalid TOML."""
    text = read_text(path, MAX_BYTES)
    table = _toml(text, path)
    shown, places = path.name, Places(text)
    project, tool = _table(table, "project"), _table(table, "tool")
    poetry, flit = _table(tool, "poetry"), _table(tool, "flit", "metadata")
    listed = [*_strings(project.get("dependencies")), *_strings(flit.get("requires"))]
    for name, group in _table(table, "dependency-groups").items():
        listed += _strings(group) if name.lower() in _MAIN_GROUPS else []
    readings = _lines([*listed, *_poetry(_table(poetry, "dependencies"))], shown, places)
    readings += _named(_strings(_table(tool, "setuptools", "dynamic", "dependencies").get("file")), path, root, places)
    python = project.get("requires-python") or flit.get("requires-python") or _version_of(_table(poetry, "dependencies").get("python"))
    classifiers = _strings(project.get("classifiers")) or _strings(poetry.get("classifiers"))
    readings.append(
        interpreter(python, shown, "requires-python", places.of("requires-python", alone=True) or places.of("python", alone=True))
        if python
        else classified(classifiers, shown, places.of("classifiers", alone=True))
    )
    optional = _table(project, "optional-dependencies") or _table(poetry, "extras")
    if optional:
        readings.append(Reading(notes=(f"{shown}: optional dependencies ({', '.join(map(str, optional))}) are not needs",)))
    return Described(reading=joined(readings), name=_text(project.get("name")) or _text(poetry.get("name")) or _text(flit.get("module")))


def read_pipfile(path: Path, root: Path) -> Described:
    """The `[packages]` and `[requires]` of a Pipfile. Raises ProjectError for invalid TOML."""
    del root
    text = read_text(path, MAX_BYTES)
    table, places = _toml(text, path), Places(text)
    readings = _lines(_poetry(_table(table, "packages")), path.name, places)
    requires = _table(table, "requires")
    python = _text(requires.get("python_version")) or _text(requires.get("python_full_version"))
    if python:
        readings.append(interpreter(python, path.name, "Pipfile", places.of("python_version", alone=True)))
    return Described(reading=joined(readings))


def read_setup_cfg(path: Path, root: Path) -> Described:
    """`install_requires` and `python_requires` of a setup.cfg. Raises ProjectError when it is no configuration file."""
    text = squeezed(read_text(path, MAX_BYTES))
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ProjectError(f"{path} cannot be read: {error.message}", hint="Correct the file or remove it.") from error
    places = Places(text)
    listed = parser.get("options", "install_requires", fallback="")
    if listed.startswith("file:"):
        readings = _named([item.strip() for item in listed.removeprefix("file:").split(",")], path, root, places)
    else:
        readings = _lines((item.strip() for item in listed.split("\n") if item.strip()), path.name, places)
    python = parser.get("options", "python_requires", fallback="")
    if python:
        readings.append(interpreter(python, path.name, "python_requires", places.of("python_requires", alone=True)))
    else:
        tried = [item.strip() for item in re.split(r"\n", parser.get("metadata", "classifiers", fallback=""))]
        readings.append(classified(tried, path.name, places.of("classifiers", alone=True) or places.of("classifier", alone=True)))
    return Described(reading=joined(readings), name=parser.get("metadata", "name", fallback=""))


def interpreter(text: object, shown: str, reason: str, line: int = 0) -> Reading:
    """A bound on the interpreter as some file writes it; unreadable text becomes a note."""
    remarks: list[str] = []
    specifier = python_specifier(_text(text), remarks)
    notes = tuple(f"{shown}: {reason}: {remark}" for remark in remarks)
    if not specifier or not _is_specifier(specifier):
        return Reading(notes=notes)
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=line)
    return Reading(bounds=(Bound(specifier=specifier, reason=reason, origin=origin),), notes=notes)


CLASSIFIER_WEIGHT = 0.4
"""Classifiers name what was tried when they were written; newer interpreters may do."""


def classified(classifiers: Iterable[str], shown: str, line: int = 0) -> Reading:
    """A weak bound from the oldest to the newest Python among trove classifiers; nothing when there is none."""
    bound = hull(int(found[1]) for text in classifiers if (found := _CLASSIFIER.match(text)))
    if not bound:
        return Reading()
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=line)
    reason = "the Pythons among the classifiers"
    return Reading(bounds=(Bound(specifier=bound, reason=reason, origin=origin, weight=CLASSIFIER_WEIGHT),))


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _toml(text: str, path: Path) -> dict[str, Any]:
    deep = next((line for line in text.split("\n") if line.count(".") > MAX_DOTS and _QUOTED.sub("", line).count(".") > MAX_DOTS), "")
    if deep:
        raise ProjectError(f"{path} has a key of more than {MAX_DOTS} parts", hint="Correct the file or remove it.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ProjectError(f"{path} is not valid TOML: {error}", hint="Correct the file or remove it.") from error


def _table(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _version_of(value: object) -> str:
    return _text(value.get("version")) if isinstance(value, dict) else _text(value)


def _poetry(dependencies: Mapping[str, Any]) -> Iterator[str]:
    for name, value in dependencies.items():
        if name.lower() == "python":
            continue
        for entry in value if isinstance(value, list) else [value]:
            line = _poetry_entry(name, entry)
            if line:
                yield line


def _poetry_entry(name: str, entry: object) -> str:
    if isinstance(entry, str):
        return f"{name} {_bare(entry)}"
    if not isinstance(entry, dict) or entry.get("optional"):
        return ""
    extras = _strings(entry.get("extras"))
    head = f"{name}[{','.join(extras)}]" if extras else name
    url = _text(entry.get("git")) or _text(entry.get("url"))
    if url:
        return f"{head} @ {'git+' if entry.get('git') else ''}{url}"
    markers = [_text(entry.get("markers")), _python_marker(_text(entry.get("python")))]
    marker = " and ".join(f"({text})" for text in markers if text)
    return f"{head} {_bare(_text(entry.get('version')))}" + (f" ; {marker}" if marker else "")


def _bare(version: str) -> str:
    """A bare version is an exact pin in poetry and in a Pipfile; `*` is anything."""
    version = version.strip()
    return f"=={version}" if re.match(r"^\d", version) and "," not in version and "|" not in version else version


def _python_marker(text: str) -> str:
    if not text:
        return ""
    specifier = python_specifier(text, [])
    clauses = SpecifierSet(specifier) if _is_specifier(specifier) else SpecifierSet()
    return " and ".join(f'python_version {clause.operator} "{clause.version.removesuffix(".*")}"' for clause in clauses)


def _named(files: Sequence[str], path: Path, root: Path, places: Places) -> list[Reading]:
    """The requirements files that a packaging file names, so many at most."""
    lines = [(file, places.of(file)) for file in files[:MAX_FOLLOWED]]
    return [followed(file, path.parent, root, f"{path.name}:{line}" if line else path.name) for file, line in lines]


def _lines(items: Iterable[str], shown: str, places: Places) -> list[Reading]:
    """The needs of requirement lines out of a file's tables."""
    listed = list(items)
    readings = [_line(item, shown, places) for item in listed[:MAX_ENTRIES]]
    if len(listed) > MAX_ENTRIES:
        readings.append(Reading(notes=(f"{shown}: only the first {MAX_ENTRIES:,} of {len(listed):,} needs were read",)))
    return readings


def _line(item: str, shown: str, places: Places) -> Reading:
    name = re.split(r"[^A-Za-z0-9._-]", item.strip(), maxsplit=1)[0]
    return read_lines(item, shown, strengths=PACKAGING, line=places.of(name, alone=True))


Reader = Callable[[Path, Path], Described]

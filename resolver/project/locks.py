"""Lock files of poetry, uv, pdm and pipenv: the exact set that a tool found, as constraints of the greatest written strength."""

from __future__ import annotations

import collections
import json
import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from resolver.core.errors import ProjectError
from resolver.core.package import normalize
from resolver.core.project import Need, Origin, OriginKind, Strength
from resolver.project.reading import Reading, joined
from resolver.project.text import is_absurd, is_own, read_text

_PACKAGE = re.compile(r"^\[\[package\]\]\s*$", re.MULTILINE)
_NAME = re.compile(r'^name = "([A-Za-z0-9][A-Za-z0-9._-]*)"', re.MULTILINE)
_VERSION = re.compile(r'^version = "([^"\n]+)"', re.MULTILINE)
_FREEZE = 12
"""A requirements file of at least so many lines, all of them exact pins, was written by a tool."""


def read_locks(root: Path) -> Reading:
    """The pins of the lock files at the root; a file that cannot be read becomes a note, a package locked to several versions nothing."""
    found = [_tables(root / name) for name in ("poetry.lock", "uv.lock", "pdm.lock") if is_own(root / name, root)]
    if is_own(root / "Pipfile.lock", root):
        found.append(_pipenv(root / "Pipfile.lock"))
    return joined(found)


def _tables(path: Path) -> Reading:
    """`[[package]]` tables by their lines: a TOML parser takes seconds for a large lock."""
    try:
        text = read_text(path)
    except ProjectError as error:
        return Reading(notes=(f"{error.message}; left out",))
    pins: list[tuple[str, str, int]] = []
    starts = [found.end() for found in _PACKAGE.finditer(text)]
    line, counted = 1, 0
    for start, stop in zip(starts, (*starts[1:], len(text)), strict=False):
        head = text[start : min(stop, start + 2_000)].split("\n[", 1)[0]
        name, version = _NAME.search(head), _VERSION.search(head)
        line, counted = line + text.count("\n", counted, start), start
        if name and version:
            pins.append((name[1], version[1], line + 1))
    return _pinned(pins, path)


def _pipenv(path: Path) -> Reading:
    try:
        loaded = json.loads(read_text(path))
    except ProjectError as error:
        return Reading(notes=(f"{error.message}; left out",))
    except (ValueError, RecursionError):
        return Reading(notes=(f"{path.name} is no lock file; left out",))
    listed = loaded.get("default") if isinstance(loaded, dict) else None
    pins = []
    for name, entry in (listed if isinstance(listed, dict) else {}).items():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str) and version.startswith("==") and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            pins.append((name, version[2:], 0))
    return _pinned(pins, path)


def _pinned(pins: list[tuple[str, str, int]], path: Path) -> Reading:
    often = collections.Counter(normalize(name) for name, _, _ in pins)
    needs = []
    for name, version, line in pins:
        public = _public(version)
        if public and often[normalize(name)] == 1:
            origin = Origin(kind=OriginKind.DECLARED, path=path.name, line=line)
            needs.append(Need(requirement=f"{normalize(name)}=={public}", origin=origin, constraint=True, strength=Strength.LOCKED))
    return Reading(needs=tuple(needs))


def _public(version: str) -> str:
    """The version without its local part ("1.7.1+cpu"), "" when it is none."""
    if is_absurd(version):
        return ""
    try:
        return Version(version).public
    except InvalidVersion:
        return ""


def is_frozen(reading: Reading) -> bool:
    """Whether the needs of a requirements file look like the output of a tool: many, and every one an exact pin."""
    needs = [need for need in reading.needs if not need.constraint]
    return len(needs) >= _FREEZE and all(need.strength >= Strength.PINNED for need in needs)

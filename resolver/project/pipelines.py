"""CI configurations and tox.ini: the interpreters that a project was tested on, and what its jobs install."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resolver.core.errors import ProjectError
from resolver.project.minors import hull, minors_of
from resolver.project.places import Places
from resolver.project.reading import Reading, joined
from resolver.project.shell import heard, installs, weak_bound
from resolver.project.text import is_own, read_text, relative, squeezed
from resolver.project.yaml_texts import load_texts

MAX_FILES = 12
MAX_YAML = 200_000
"""Larger files (bytes) are passed over: reading YAML is slow."""
MAX_STEPS = 200
"""So many install commands are read of one file."""
CI_WEIGHT = 0.5
"""Tests run on these interpreters; others may do as well."""

_NAMED = ("python-version", "python_version", "python.version", "versionspec", "python", "pythonversion", "python-versions")
_PLACES = (
    ".github/workflows/*.yml", ".github/workflows/*.yaml", ".travis.yml", ".circleci/config.yml", "azure-pipelines.yml",
    ".azure-pipelines/*.yml", ".gitlab-ci.yml", "bitbucket-pipelines.yml", ".drone.yml", ".readthedocs.yml", ".readthedocs.yaml",
)  # fmt: skip
_IMAGE = re.compile(r"(?:^|/)python:(3\.\d{1,2})(?![\d])")
_LATER = re.compile(r"lint|format|release|publish|deploy|doc|stale|label|codeql|pages|black|flake|pre-commit", re.IGNORECASE)


def read_pipelines(root: Path) -> Reading:
    """One weak bound for each file that names interpreters, and what its install commands say. Never raises.

    Workflows that only lint, publish or document do not tell on what the project runs.
    """
    paths = [path for pattern in _PLACES for path in sorted(root.glob(pattern)) if is_own(path, root)]
    told = [path for path in paths if not _LATER.search(path.stem)] or paths
    readings = [_pipeline(path, relative(path, root)) for path in told[:MAX_FILES]]
    if is_own(root / "tox.ini", root):
        readings.append(_tox(root / "tox.ini"))
    return joined(readings)


def _pipeline(path: Path, shown: str) -> Reading:
    try:
        text = read_text(path, MAX_YAML)
        loaded = load_texts(text)
    except (ProjectError, ValueError):
        return Reading()
    places = Places(text)
    versions, commands = [], []
    for kind, value in _strings(loaded):
        if kind in _NAMED:
            versions.append(value)
        image = _IMAGE.search(value) if kind == "image" else None
        versions += [image[1]] if image else []
        if "install" in value:
            commands.append(value)
    bound = hull(minors_of(versions))
    readings = [weak_bound(bound, "tested on these interpreters", shown, _first(places, versions), CI_WEIGHT)] if bound else []
    for command in commands[:MAX_STEPS]:
        line = places.of(command.strip().split("\n")[0])
        readings.append(heard(installs(command), shown, weight=CI_WEIGHT, line=line))
    return joined(readings)


def _strings(loaded: Any) -> Iterator[tuple[str, str]]:
    """Every text of a YAML document under the key nearest above it (lower case)."""
    waiting: list[tuple[str, Any]] = [("", loaded)]
    seen = 0
    while waiting and seen < 20_000:
        seen += 1
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(name).lower(), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(key, inner) for inner in value]
        elif isinstance(value, str):
            yield key, value


def _first(places: Places, words: list[str]) -> int:
    """The first line (from 1) that holds one of the words, comments passed over; 0 when none does."""
    return min((line for word in words[:MAX_STEPS] if (line := places.of(word))), default=0)


def _tox(path: Path) -> Reading:
    """The interpreters of tox's environments."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        text = squeezed(read_text(path, MAX_YAML))
        parser.read_string(text)
    except (ProjectError, configparser.Error):
        return Reading()
    listed = parser.get("tox", "envlist", fallback="") or parser.get("tox", "env_list", fallback="")
    words = re.findall(r"py3\.?\d{1,2}", _unfolded(listed))
    words += [
        found
        for section in parser.sections()
        if section.startswith("testenv")
        for found in [parser.get(section, "basepython", fallback="")]
    ]
    bound = hull(minors_of(words))
    return (
        weak_bound(bound, "tested on these interpreters", path.name, _first(Places(text), ["envlist", "env_list", "basepython"]), CI_WEIGHT)
        if bound
        else Reading()
    )


def _unfolded(listed: str) -> str:
    """`py{36,37}` and `py3{6,7}` written out."""
    return re.sub(r"py(3?)\.?\{([^{}]*)\}", lambda found: ",".join(f"py{found[1]}{part.strip()}" for part in found[2].split(",")), listed)

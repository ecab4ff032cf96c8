"""Files that name the interpreter a project was run on: runtime.txt, .python-version, .tool-versions, a Dockerfile's base image."""

from __future__ import annotations

import re
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.project import Bound, Origin, OriginKind
from resolver.project.reading import Reading, joined
from resolver.project.text import is_own, read_text

_RUNTIME = re.compile(r"(?:python-?)?(\d)\.(\d{1,2})(?:\.\d+)?\s*$", re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE)
_PYTHON_IMAGE = re.compile(r"(?:^|/)python:(\d)\.(\d{1,2})(?!\d)")
_TOOL = re.compile(r"^\s*python\s+(\d)\.(\d{1,2})(?!\d)")


def read_interpreters(root: Path) -> Reading:
    """Bounds `==3.7.*` out of the files at the root that name an interpreter."""
    return joined(
        [
            *(_named(root / name) for name in ("runtime.txt", ".python-version", ".tool-versions")),
            *(_dockerfile(path) for path in sorted(root.glob("Dockerfile*"))[:5]),
        ]
    )


def _named(path: Path) -> Reading:
    for number, line in _lines(path):
        found = _TOOL.match(line) if path.name == ".tool-versions" else _RUNTIME.match(line.strip())
        if found:
            return _bound(found[1], found[2], path.name, number, f"{path.name} names Python {found[1]}.{found[2]}")
    return Reading()


_OURS = "# Written by resolver;"
"""How the Dockerfiles that this program writes begin: an earlier answer is no evidence for the next."""


def is_ours(text: str) -> bool:
    """Whether this program wrote the Dockerfile."""
    return any(line.startswith(_OURS) for line in text.split("\n", 20)[:20])


def _dockerfile(path: Path) -> Reading:
    readings = []
    for number, line in _lines(path):
        if line.startswith(_OURS):
            return Reading()
        image = _FROM.match(line)
        if not image:
            continue
        python = _PYTHON_IMAGE.search(image[1])
        if python:
            readings.append(_bound(python[1], python[2], path.name, number, f"the Dockerfile starts from Python {python[1]}.{python[2]}"))
    return joined(readings)


def _bound(major: str, minor: str, shown: str, line: int, reason: str) -> Reading:
    if major != "3":
        return Reading(notes=(f"{shown}:{line}: {reason}, which no framework supports any more; ignored",))
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=line)
    return Reading(bounds=(Bound(specifier=f"=={major}.{minor}.*", reason=reason, origin=origin),))


def _lines(path: Path) -> list[tuple[int, str]]:
    if not is_own(path, path.parent):
        return []
    try:
        return list(enumerate(read_text(path, 200_000).split("\n"), start=1))
    except ProjectError:
        return []

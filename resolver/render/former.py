"""Reads back what an earlier run wrote: the target out of `resolution.json`, the versions out of `requirements.lock`.

Both are untrusted by now: somebody may have edited, merged or made them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from resolver.core.errors import ProjectError
from resolver.core.kept import Former
from resolver.core.package import Pin, normalize
from resolver.core.target import PLATFORMS, PYTHONS, Accelerator, Target
from resolver.render.files import is_ours

MOST_BYTES = 4 << 20
"""A resolution of 150 packages has 90 kB, its lock 200: more than this is none of ours."""
MOST_PINS = 2000
_LONGEST = 200
"""More characters than any name and version have; reading a requirement of megabytes takes half a minute."""
_ACCELERATOR = ("kind", "runtime", "driver", "gpu")


def former(folder: Path) -> Former | None:
    """The answer that lies in a folder; None when there is none, when somebody else wrote it, or when its build failed.

    Raises ProjectError when one of its files is damaged. Nothing of them is executed, and no more than a few megabytes are read.
    """
    answer, lock = folder / "resolution.json", folder / "requirements.lock"
    if not all(path.is_file() and is_ours(path) for path in (answer, lock)):
        return None
    try:
        told = _object(json.loads(_text(answer)))
        target, failed = _target(told), (told.get("proof") or {}).get("verdict") == "fail"
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise _damaged(answer, problem) from problem
    if failed:
        return None
    try:
        pins = dict(_pins(_text(lock)))
    except (OSError, ValueError) as problem:
        raise _damaged(lock, problem) from problem
    return Former(target=target, pins=tuple(Pin(normalize(name), version) for name, version in sorted(pins.items())))


def _damaged(path: Path, problem: Exception) -> ProjectError:
    why = " ".join(str(problem).split())[:200] or type(problem).__name__
    return ProjectError(f"{path}: damaged, its versions are not kept ({why})", hint="it is written anew")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES >> 20} MiB")
    return data.decode()


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value


def _target(told: Mapping[str, Any]) -> Target:
    python, platform = told.get("python"), told.get("platform")
    if python not in PYTHONS or platform not in PLATFORMS.values():
        raise ValueError("names no known interpreter and platform")
    accelerator = _object(told.get("accelerator"))
    fields = {field: accelerator.get(field, "") for field in _ACCELERATOR}
    if not all(isinstance(text, str) and len(text) < 20 for text in fields.values()):
        raise ValueError("the accelerator is not told in words")
    return Target(python=str(python), platform=str(platform), accelerator=Accelerator(**fields))


def _pins(text: str) -> Iterator[tuple[str, str]]:
    """Name and version of each locked line; hashes, options and remarks are passed over."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] not in " \t#-"]
    if len(lines) > MOST_PINS:
        raise ValueError(f"more than {MOST_PINS} pins")
    for number, line in lines:
        pin = _pin(line.removesuffix("\\")) if len(line) <= _LONGEST else None
        if pin is None:
            raise ValueError(f"line {number} is not name==version")
        yield pin


def _pin(text: str) -> tuple[str, str] | None:
    try:
        requirement = Requirement(text)
        clauses = list(requirement.specifier)
        Version(clauses[0].version if clauses else "")
    except (InvalidRequirement, InvalidVersion):
        return None
    exact = len(clauses) == 1 and clauses[0].operator == "=="
    return (normalize(requirement.name), clauses[0].version) if exact else None

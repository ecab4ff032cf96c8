"""Which files of a folder declare what the project needs, and reading them all."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.project.reading import Reading, joined
from resolver.project.requirements import read_requirements

_ASIDE = re.compile(r"dev|test|doc|lint|ci\b|build|example|notebook|bench|optional|extra|typing|format|style|colab|tutorial", re.IGNORECASE)
_VARIANT = re.compile(r"gpu|cuda|rocm|mac|darwin|win|tpu|arm|jetson|m1", re.IGNORECASE)
_DEPLOYED = re.compile(r"base|prod|main|common|core|deploy|runtime|cpu|server|inference|serve|app", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the declaring files say, the names under which the project's own package is known, and which files were read."""

    reading: Reading = Reading()
    own: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()


def read_declared(root: Path) -> Declared:
    """Read every file at the root (or in `requirements/`) that declares needs; one that cannot be read becomes a note."""
    chosen, aside = requirement_files(root)
    readings = [_noted(path, root) for path in chosen]
    if aside:
        readings.append(Reading(notes=("left out: " + ", ".join(sorted(path.relative_to(root).as_posix() for path in aside)),)))
    return Declared(reading=joined(readings), files=tuple(path.relative_to(root).as_posix() for path in chosen))


def _noted(path: Path, root: Path) -> Reading:
    try:
        return read_requirements(path, root)
    except ProjectError as error:
        return Reading(notes=(f"{error.message}; left out",))


def requirement_files(root: Path) -> tuple[list[Path], list[Path]]:
    """The requirements files of a folder that say what runs, the main one first, and those that do not (tests, docs, variants)."""
    candidates = sorted(
        path
        for pattern in ("*requirements*.txt", "*requirements*.in", "requirements/*.txt")
        for path in root.glob(pattern)
        if path.is_file()
    )
    main = [path for path in candidates if path.name.lower() == "requirements.txt"]
    rest = [path for path in candidates if path not in main and path.suffix == ".txt"]
    deployed = [path for path in rest if _DEPLOYED.search(_variant(path)) and not _ASIDE.search(_variant(path))]
    chosen = main + [path for path in deployed if path.parent == root or not main]
    if not chosen:
        plain = [path for path in rest if not _ASIDE.search(_variant(path))]
        chosen = [path for path in plain if not _VARIANT.search(_variant(path))] or plain[:1]
    if not chosen:
        chosen = [path for path in candidates if path.suffix == ".in" and not _ASIDE.search(_variant(path))][:1]
    return chosen, [path for path in candidates if path not in chosen]


def _variant(path: Path) -> str:
    return path.stem.lower().replace("requirements", "")

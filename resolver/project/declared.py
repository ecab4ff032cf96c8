"""Which files of a folder declare what the project needs, and reading them all."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.package import normalize
from resolver.core.project import Strength
from resolver.project.conda import as_main, read_environment
from resolver.project.interpreter import read_interpreters
from resolver.project.locks import is_frozen, read_locks
from resolver.project.packaging_files import Described, Reader, read_pipfile, read_pyproject, read_setup_cfg
from resolver.project.reading import Reading, joined
from resolver.project.requirements import read_requirements
from resolver.project.setup_script import read_setup_script
from resolver.project.text import is_own

_ASIDE = re.compile(r"dev|test|doc|lint|ci\b|build|example|notebook|bench|optional|extra|typing|format|style|colab|tutorial", re.IGNORECASE)
_VARIANT = re.compile(r"gpu|cuda|rocm|mac|darwin|win|tpu|arm|jetson|m1", re.IGNORECASE)
_DEPLOYED = re.compile(r"base|prod|main|common|core|deploy|runtime|cpu|server|inference|serve|app", re.IGNORECASE)
MAX_FILES = 20
"""So many requirements files are read at most."""
_MOST_BELOW = 8
"""A folder with more parts that declare something is a collection of projects; only so many are read."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the declaring files say, the import roots of the project's own package, and which files were read."""

    reading: Reading = Reading()
    own: frozenset[str] = frozenset()


_READERS: tuple[tuple[str, Reader], ...] = (
    ("pyproject.toml", read_pyproject),
    ("setup.cfg", read_setup_cfg),
    ("setup.py", read_setup_script),
    ("Pipfile", read_pipfile),
)
_ENVIRONMENTS = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml", "env.yml")

_ENVIRONMENT_PLACES = ("*environment*", "*conda*.y*ml", "env*.y*ml", "conda/*", "envs/*", "environments/*", "requirements/*")


def read_declared(root: Path) -> Declared:
    """Read every file at the root (or in `requirements/`) that declares needs, else those one folder down; one that cannot be read
    becomes a note.
    """
    described = [_described(root / name, root, reader) for name, reader in _READERS if is_own(root / name, root)]
    chosen, aside = requirement_files(root, sole=not any(part.reading.needs for part in described))
    readings = [_firm(_noted(functools.partial(read_requirements, path, root))) for path in chosen]
    readings += [part.reading for part in described]
    environment = environment_file(root, sole=not any(reading.needs for reading in readings))
    if environment:
        readings.append(_noted(functools.partial(read_environment, environment, root)))
    if not any(reading.needs for reading in readings):
        readings += [_firm(_noted(functools.partial(read_requirements, path, root))) for path in files_below(root)]
    readings += [read_locks(root), read_interpreters(root)]
    if aside:
        names = ", ".join(sorted(path.relative_to(root).as_posix() for path in aside))
        readings.append(Reading(notes=(f"not needs, or not for here: {names}",)))
    own = frozenset(normalize(part.name).replace("-", "_") for part in described if part.name)
    return Declared(reading=joined(readings), own=own)


def environment_file(root: Path, *, sole: bool = True) -> Path | None:
    """The conda environment file that says what runs. `sole` says that nothing else declares anything: then one of another name, or in a
    folder for such files, will do.
    """
    plain = next((root / name for name in _ENVIRONMENTS if is_own(root / name, root)), None)
    if plain or not sole:
        return plain
    named = [path for pattern in _ENVIRONMENT_PLACES for path in sorted(root.glob(pattern)) if path.suffix in (".yml", ".yaml")]
    kept = [path for path in named if is_own(path, root) and not _ASIDE.search(path.stem)]
    return next((path for path in kept if not _VARIANT.search(path.stem)), kept[0] if kept else None)


def read_named(path: Path, root: Path) -> Declared:
    """Read the one file that was named: by its name a packaging or environment file, else a requirements file. Raises ProjectError."""
    for name, reader in _READERS:
        if path.name == name:
            return Declared(reading=reader(path, root).reading + read_interpreters(root))
    if path.suffix in (".yml", ".yaml"):
        return Declared(reading=as_main(read_environment(path, root)))
    return Declared(reading=_firm(read_requirements(path, root)) + read_interpreters(root))


def _firm(reading: Reading) -> Reading:
    """What a tool wrote is a lock, whatever it is called."""
    if not is_frozen(reading):
        return reading
    return dataclasses.replace(reading, needs=tuple(dataclasses.replace(need, strength=Strength.LOCKED) for need in reading.needs))


def _described(path: Path, root: Path, reader: Reader) -> Described:
    try:
        return reader(path, root)
    except ProjectError as error:
        return Described(reading=Reading(notes=(f"{error.message}; left out",)))


def _noted(read: Callable[[], Reading]) -> Reading:
    try:
        return read()
    except ProjectError as error:
        return Reading(notes=(f"{error.message}; left out",))


def requirement_files(root: Path, *, sole: bool = True) -> tuple[list[Path], list[Path]]:
    """The requirements files of a folder that say what runs, the main one first, and those that do not (tests, docs, variants).

    `sole` says that no packaging file declares anything: then a variant is better than nothing.
    """
    candidates = sorted(
        path
        for pattern in ("*requirements*.txt", "*requirements*.in", "requirements/*.txt")
        for path in root.glob(pattern)
        if is_own(path, root)
    )
    main = [path for path in candidates if path.name.lower() == "requirements.txt"]
    rest = [path for path in candidates if path not in main and path.suffix == ".txt"]
    deployed = [path for path in rest if _DEPLOYED.search(_variant(path)) and not _ASIDE.search(_variant(path))]
    chosen = main + [path for path in deployed if path.parent == root or not main]
    if not chosen and sole:
        plain = [path for path in rest if not _ASIDE.search(_variant(path))]
        chosen = [path for path in plain if not _VARIANT.search(_variant(path))] or plain[:1]
    if not chosen and sole:
        chosen = [path for path in candidates if path.suffix == ".in" and not _ASIDE.search(_variant(path))][:1]
    return chosen[:MAX_FILES], [path for path in candidates if path not in chosen]


def files_below(root: Path) -> list[Path]:
    """The requirements.txt of each folder at the root that may run (`backend/`, not `docs/`), of at most so many."""
    found = [path for path in sorted(root.glob("*/requirements.txt")) if is_own(path, root) and not path.parent.name.startswith(".")]
    return [path for path in found if not _ASIDE.search(path.parent.name)][:_MOST_BELOW]


def _variant(path: Path) -> str:
    return path.stem.lower().replace("requirements", "")

"""environment.yml: conda's packages under the names the index knows them by, and its pip section."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from resolver.core.errors import ProjectError
from resolver.core.project import Need, Origin, OriginKind
from resolver.project.lenient import parse
from resolver.project.packaging_files import interpreter
from resolver.project.places import MAX_ENTRIES, Places
from resolver.project.reading import Reading, joined
from resolver.project.requirements import PACKAGING, followed, read_lines
from resolver.project.text import read_text, squeezed
from resolver.project.yaml_texts import load_texts

MAX_YAML = 500_000
"""Environment files larger than this (bytes) are refused: reading YAML is slow."""

_FUZZY = re.compile(r"(?<![<>=!~])\s*=\s*(?!=)([0-9][0-9.]*)(\.\*|\*)?")


def read_environment(path: Path, root: Path) -> Reading:
    """Needs and interpreter bound of a conda environment file. Raises ProjectError when it is no YAML or larger than 0.5 MB."""
    text = read_text(path, MAX_YAML)
    try:
        loaded = load_texts(text)
    except ValueError as error:
        raise ProjectError(f"{path} is not valid YAML", hint="Correct the file or remove it.") from error
    listed = loaded.get("dependencies") if isinstance(loaded, dict) else None
    entries = [*_texts(listed)]
    places = Places(text)
    readings = [_pip(entry, path, root, places) if in_pip else _entry(entry, path, places) for entry, in_pip in entries[:MAX_ENTRIES]]
    if len(entries) > MAX_ENTRIES:
        readings.append(Reading(notes=(f"{path.name}: only the first {MAX_ENTRIES:,} of {len(entries):,} needs were read",)))
    return joined(readings)


def _texts(listed: object) -> Iterator[tuple[str, bool]]:
    """Each entry of a list of dependencies, and whether it stands in its pip section."""
    for entry in listed if isinstance(listed, list) else []:
        inner = entry.get("pip") if isinstance(entry, dict) else None
        yield from ((item, True) for item in (inner if isinstance(inner, list) else []) if _is_named(item))
        if _is_named(entry):
            yield str(entry), False


def _is_named(entry: object) -> bool:
    """Whether an entry can name anything: what is empty, or a number, cannot."""
    return isinstance(entry, str) and any(character.isalpha() for character in entry)


def _entry(entry: str, path: Path, places: Places) -> Reading:
    line = places.of(entry, listed=True)
    written = squeezed(entry).split("::")[-1].split(" #")[0].strip()
    python = re.match(r"^python\s*([<>=!~].*|\d.*)?$", written)
    if python:
        return interpreter((python[1] or "").split("=py")[0].split("=h")[0], path.name, "conda environment", line)
    return conda_need(written, path.name, line)


def conda_need(written: str, shown: str, line: int) -> Reading:
    """The need that one conda spec ("pytorch=1.1") means on the index; notes on what it is read as."""
    pin = re.fullmatch(r"([A-Za-z0-9_.-]+)=([0-9][^=\s]*)=\S+", written)
    written = f"{pin[1]}=={pin[2]}" if pin else written
    fuzzy = _FUZZY.sub(_prefix, written)
    fuzzy = re.sub(r"^([A-Za-z0-9_.-]+)\s+([0-9])", r"\1==\2", fuzzy).split("[")[0]
    parsed = parse(fuzzy, conda=True)
    notes = tuple(f"{shown}:{line}: {remark}" for remark in parsed.remarks)
    if not parsed.name:
        return Reading(notes=notes)
    origin = Origin(kind=OriginKind.DECLARED, path=shown, line=line)
    need = Need(requirement=parsed.text, origin=origin, strength=PACKAGING[0 if parsed.pinned else 1], url=parsed.url)
    return Reading(needs=(need,), notes=notes)


def _prefix(found: re.Match[str]) -> str:
    """Conda's single "=" is a prefix match; three parts are as good as exact."""
    version = found[1].rstrip(".")
    return f"=={version}" if version.count(".") >= 2 and not found[2] else f"=={version}.*"


def _pip(item: str, path: Path, root: Path, places: Places) -> Reading:
    line = places.of(item, listed=True)
    nested = re.match(r"^(?:-r|--requirement)[\s=]+(\S+)$", item.strip())
    if nested:
        return followed(nested[1], path.parent, root, f"{path.name}:{line}")
    return read_lines(item, path.name, strengths=PACKAGING, line=line)


def as_main(reading: Reading) -> Reading:
    """The same needs with the strengths of a main requirements file (for an environment file that was named on the command line)."""
    return dataclasses.replace(reading, needs=tuple(dataclasses.replace(need, strength=need.strength + 1) for need in reading.needs))

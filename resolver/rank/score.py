"""`resolver score`: sets as JSON lines in, probabilities as JSON lines out; the same scoring as in `resolve`."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from resolver.core.candidate import Candidate
from resolver.core.errors import UsageError
from resolver.core.package import Pin, normalize
from resolver.core.project import Evidence, Origin, OriginKind, Project, Use
from resolver.core.target import PYTHONS, Accelerator, Target
from resolver.interfaces import Ranker
from resolver.rank.assemble import Assembler

_PYTHON = re.compile(r"(\d+\.\d+)(?:\.\d+)?$")
_CHUNK = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line read: what is asked about."""

    id: Any
    target: Target
    pins: tuple[Pin, ...]
    uses: tuple[str, ...]
    system_packages: tuple[str, ...] | None = None


Numbered = tuple[int, str]
"""A line and its number in the input, from 1."""


def numbered(lines: Iterable[str]) -> Iterator[Numbered]:
    """The lines that are not blank."""
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def score_lines(
    lines: Iterable[Numbered], ranker: Ranker, assembler: Assembler, prepare: Callable[[Collection[Pin]], object] | None = None
) -> Iterator[str]:
    """One JSON line per line, in order: {"id", "probability", "known", "worst_edges"}.

    Unknown names and versions are scored, not refused. `prepare` hears of the pins of many lines before they are scored, to read at once
    what is to be read. Raises UsageError with the line's number for a line that is no request.
    """
    waiting = iter(lines)
    while chunk := list(itertools.islice(waiting, _CHUNK)):
        requests = [read_request(line, number) for number, line in chunk]
        if prepare:
            prepare(dict.fromkeys(pin for request in requests for pin in request.pins))
        yield from _score(requests, ranker, assembler)


def _score(requests: list[Request], ranker: Ranker, assembler: Assembler) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, request in enumerate(requests):
        groups.setdefault(request.uses, []).append(place)
    answers: dict[int, str] = {}
    for uses, places in groups.items():
        project = Project(root=Path(), evidence=Evidence(uses=uses_of(uses)))
        candidates = {place: _candidate(requests[place], assembler) for place in places}
        by_identity = {id(candidate): place for place, candidate in candidates.items()}
        for scored in ranker.rank(project, list(candidates.values())):
            place = by_identity[id(scored.candidate)]
            answers[place] = json.dumps({
                "id": requests[place].id,
                "probability": round(scored.probability, 6),
                "known": scored.known,
                "worst_edges": [
                    {"importer": str(e.importer), "provider": str(e.provider), "probability": round(e.probability, 6), "why": e.why}
                    for e in scored.worst_edges
                ],
            })  # fmt: skip
    for place in range(len(requests)):
        yield answers[place]


def _candidate(request: Request, assembler: Assembler) -> Candidate:
    return assembler.candidate(request.target, request.pins, system_packages=request.system_packages)


def read_request(line: str, number: int = 1) -> Request:
    """One line as a request. Raises UsageError when it is no JSON object with "python" and "pins" of the right kinds."""
    try:
        found = json.loads(line)
    except ValueError as error:
        raise UsageError(
            f"line {number} is no JSON: {error}", hint='write {"id": 1, "python": "3.9", "pins": {"flask": "1.1.4"}}'
        ) from error
    if not isinstance(found, dict):
        raise UsageError(f"line {number} is no JSON object", hint='write {"id": 1, "python": "3.9", "pins": {"flask": "1.1.4"}}')
    python = _PYTHON.match(str(found.get("python", "")))
    pins, uses = found.get("pins", {}), found.get("uses") or []
    if python is None:
        raise UsageError(f'line {number} has no "python" like "3.9"', hint=f"one of {', '.join(PYTHONS)}")
    if not isinstance(pins, dict) or not all(isinstance(version, str) for version in pins.values()):
        raise UsageError(f'line {number}: "pins" must map names to version texts', hint='write "pins": {"flask": "1.1.4"}')
    if not isinstance(uses, list) or not all(isinstance(use, str) for use in uses):
        raise UsageError(f'line {number}: "uses" must be a list of texts', hint='write "uses": ["tensorflow.placeholder"]')
    system = found.get("system_packages")
    if system is not None and not (isinstance(system, list) and all(isinstance(name, str) for name in system)):
        raise UsageError(f'line {number}: "system_packages" must be a list of texts', hint='write "system_packages": ["libgl1"]')
    target = Target(python=python[1], accelerator=_accelerator(found.get("accelerator")))
    return Request(
        id=found.get("id"),
        target=target,
        pins=tuple(sorted(Pin(normalize(name), version) for name, version in pins.items())),
        uses=tuple(uses),
        system_packages=None if system is None else tuple(system),
    )


def _accelerator(told: object) -> Accelerator:
    if isinstance(told, dict):
        return Accelerator(kind=str(told.get("kind", "cpu")), runtime=str(told.get("runtime", "")), driver=str(told.get("driver", "")))
    kind, _, runtime = str(told or "cpu").partition(" ")
    return Accelerator(kind=kind, runtime=runtime)


def uses_of(texts: Iterable[str]) -> tuple[Use, ...]:
    """Dotted names and import statements as uses; relative imports and text that is neither are left out."""
    origin = Origin(kind=OriginKind.REQUEST)
    found: list[Use] = []
    for text in texts:
        if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", text.strip()):
            found.append(Use(dotted=text.strip(), origin=origin))
        else:
            found.extend(Use(dotted=dotted, origin=origin, imported=True, statement=text) for dotted in imported_names(text))
    return tuple(found)


def imported_names(statement: str) -> list[str]:
    """The dotted names that an import statement takes ("from a.b import c" takes a.b.c); none when it cannot be read."""
    try:
        tree = ast.parse(statement.strip())
    except (SyntaxError, ValueError):
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module if alias.name == "*" else f"{node.module}.{alias.name}" for alias in node.names]
    return names

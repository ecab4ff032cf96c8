"""The probe's two ends on our side: what it is told, and what its result lines say."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from resolver.build.process import Limits
from resolver.core.outcome import LibraryNeed, Probe
from resolver.core.package import Pin, normalize

RESULT_LIMIT = 64 << 20

SCRIPTS = (
    "inside_probe.py",
    "inside_worker.py",
    "inside_installed.py",
    "inside_libraries.py",
    "inside_cuda.py",
    "inside_errors.py",
    "inside_forward.py",
    "inside_forward_means.py",
    "inside_forward_networks.py",
    "inside_forward_data.py",
    "inside_forward_around.py",
)
"""The probe's files; the first one is run, the others lie beside it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback; `owner` is the distribution the file belongs to, "python" for the standard library, "" for none."""

    file: str
    line: int
    function: str
    owner: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One exception of a chain; `module` an ImportError's own word, `code` the line that raised, `subject` the module that defines
    what the message is about ("" when the probe could not tell).
    """

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    module: str = ""
    code: str = ""
    subject: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was tried: `kind` import, name, distribution, forward or rest; `errors` outermost first."""

    kind: str
    what: str
    ok: bool
    seconds: float = 0.0
    errors: tuple[Raised, ...] = ()
    stderr: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a probe told. `finished` is False when it was cut short."""

    python: str = ""
    installed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    roots: Mapping[str, str] = dataclasses.field(default_factory=dict)
    items: tuple[Item, ...] = ()
    working: tuple[tuple[str, str], ...] = ()
    libraries: tuple[LibraryNeed, ...] = ()
    finished: bool = False

    def failed(self, *kinds: str) -> tuple[Item, ...]:
        """The items of these kinds that failed, in the order they were tried."""
        return tuple(i for i in self.items if not i.ok and i.kind in kinds)


@functools.cache
def source(name: str) -> str:
    """The text of one of the scripts that run inside the environment, as it was when first asked for: one run, one probe."""
    return resources.files("resolver.build").joinpath(name).read_text("utf-8")


def request(probe: Probe, limits: Limits, *, nonce: str = "", rest_seconds: float = 60.0, cuda: bool = False) -> str:
    """The probe's input; `nonce` makes two requests differ, so that no build cache answers for a second try. With `cuda` every CUDA library
    that something needs is loaded too.
    """
    return json.dumps(
        {
            "imports": probe.imports,
            "names": probe.names,
            "distributions": probe.distributions,
            "forward": probe.forward,
            "cuda": cuda,
            "item_seconds": min(300.0, limits.seconds),
            "total_seconds": limits.seconds,
            "rest_seconds": rest_seconds,
            "memory_mb": limits.memory_mb,
            "nonce": nonce,
        }
    )


def read(text: str) -> Report:
    """What the result lines say; lines that are no JSON object (a process died while writing) are left out."""
    python, finished = "", False
    installed: dict[str, str] = {}
    roots: dict[str, str] = {}
    items: list[Item] = []
    working: list[tuple[str, str]] = []
    libraries: list[LibraryNeed] = []
    for line in text[:RESULT_LIMIT].splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if not isinstance(row, dict):
            continue
        kind = row.get("kind")
        if kind == "environment":
            python = str(row.get("python", ""))
            installed = {normalize(str(n)): str(v) for n, v in _pairs(row.get("installed"))}
            roots = {str(r): str(n) for r, n in _pairs(row.get("roots"))}
            libraries = [
                LibraryNeed(distribution=str(r[0]), soname=str(r[1]), found=bool(r[2])) for r in _rows(row.get("needs")) if len(r) == 3
            ]
        elif kind == "end":
            items.append(_item(row))
        elif kind == "edges":
            working = [(str(a), str(b)) for a, b in _pairs(row.get("working"))]
        elif kind == "finished":
            finished = True
    return Report(
        python=python,
        installed=installed,
        roots=roots,
        items=tuple(items),
        working=tuple(working),
        libraries=tuple(libraries),
        finished=finished,
    )


def pin_of(report: Report, name: str) -> Pin | None:
    """The installed release of a distribution; the interpreter as "python" with its minor version."""
    if name == "python":
        return Pin(normalize("python"), ".".join(report.python.split(".")[:2])) if report.python else None
    version = report.installed.get(normalize(name))
    return Pin(normalize(name), version) if version else None


def _rows(value: Any) -> list[Sequence[Any]]:
    return [r for r in value if isinstance(r, list)] if isinstance(value, list) else []


def _number(value: Any) -> int | float:
    return value if isinstance(value, int | float) and math.isfinite(value) else 0


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return [(r[0], r[1]) for r in _rows(value) if len(r) == 2]


def _item(row: Mapping[str, Any]) -> Item:
    errors = row.get("errors")
    return Item(
        kind=str(row.get("item", "")),
        what=str(row.get("what", "")),
        ok=bool(row.get("ok")),
        seconds=float(_number(row.get("seconds"))),
        errors=tuple(_raised(e) for e in errors if isinstance(e, dict)) if isinstance(errors, list) else (),
        stderr=str(row.get("stderr", "")),
    )


def _raised(row: Mapping[str, Any]) -> Raised:
    frames = [Frame(str(f[0]), int(_number(f[1])), str(f[2]), str(f[3])) for f in _rows(row.get("frames")) if len(f) == 4]
    return Raised(
        type=str(row.get("type", "")),
        message=str(row.get("message", "")),
        frames=tuple(frames),
        module=str(row.get("module", "") or ""),
        code=str(row.get("code", "") or ""),
        subject=str(row.get("subject", "") or ""),
    )

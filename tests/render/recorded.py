"""Resolutions made of real releases whose file names and hashes were recorded once (recorded.json)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import Accelerator, Target

RECORDED: Mapping[str, Mapping[str, Any]] = json.loads((Path(__file__).parent / "recorded.json").read_text())

REQUIRES: Mapping[str, tuple[str, ...]] = {
    "flask": ("werkzeug", "jinja2", "itsdangerous", "click"),
    "jinja2": ("markupsafe",),
    "fire": ("six", "termcolor"),
    "gym": ("scipy", "numpy>=1.10.4", "pyglet", "cloudpickle"),
    "theano": ("numpy>=1.9.1", "scipy>=0.14", "six>=1.9.0"),
    "pycocotools": ("cython",),
}

COMPILED = frozenset({"numpy", "scipy", "markupsafe", "pycocotools"})

FLASK_37 = ("flask==1.1.4", "werkzeug==1.0.1", "jinja2==2.11.3", "markupsafe==1.1.1", "itsdangerous==1.1.0", "click==7.1.2")
FLASK_312 = (
    "flask==3.0.3", "werkzeug==3.0.3", "jinja2==3.1.4", "markupsafe==2.1.5", "itsdangerous==2.2.0", "click==8.1.7", "blinker==1.8.2",
)  # fmt: skip


def release(text: str) -> Release:
    name, _, version = text.partition("==")
    facts = RECORDED[name][version]
    return Release(
        pin=Pin(normalize(name), version),
        uploaded=datetime.fromisoformat(facts["uploaded"]).replace(tzinfo=UTC),
        requires=REQUIRES.get(name, ()),
        files=tuple(_file(filename, digest) for filename, digest in facts["files"].items()),
        compiled=name in COMPILED,
    )


def _file(filename: str, digest: str) -> DistFile:
    if not filename.endswith(".whl"):
        return DistFile(filename=filename, kind="sdist", sha256=digest)
    tags = tuple(sorted(str(tag) for tag in parse_wheel_filename(filename)[3]))
    return DistFile(filename=filename, kind="wheel", tags=tags, sha256=digest)


def resolution(pins: tuple[str, ...], *, python: str = "3.7", root: Path = Path("/nowhere/demo"), **changed: Any) -> Resolution:
    """A resolution over recorded releases; the first pin is what the project asks for."""
    target = Target(python=python, accelerator=changed.pop("accelerator", Accelerator()))
    releases = tuple(sorted((release(pin) for pin in pins), key=lambda r: r.name))
    index = {r.name: number for number, r in enumerate(releases)}
    edges = tuple(
        (index[r.name], index[normalize(asked.split(">")[0])])
        for r in releases
        for asked in r.requires
        if normalize(asked.split(">")[0]) in index
    )
    first = normalize(pins[0].partition("==")[0])
    needs = changed.pop("needs", (Need(requirement=pins[0], origin=declared("requirements.txt", 1)),))
    candidate = Candidate(target=target, releases=releases, edges=edges, policy="newest", direct=(first,))
    facts: dict[str, Any] = {
        "project": Project(root=root, needs=needs),
        "target": target,
        "chosen": Scored(candidate=candidate, probability=0.9312, reasons=("built before",)),
        "considered": 214,
        "ranker": RankerInfo(version="7", trained_on="1,204 outcomes"),
        "snapshot": "2026-11-22",
    }
    return Resolution(**{**facts, **changed})


def weighing(asked: Resolution, **sizes: int) -> Resolution:
    """The same with wheels of these sizes."""
    releases = tuple(
        dataclasses.replace(r, files=tuple(dataclasses.replace(f, size=sizes.get(r.name, 0)) for f in r.files))
        for r in asked.chosen.candidate.releases
    )
    candidate = dataclasses.replace(asked.chosen.candidate, releases=releases)
    return dataclasses.replace(asked, chosen=dataclasses.replace(asked.chosen, candidate=candidate))


def declared(path: str, line: int = 0) -> Origin:
    return Origin(kind=OriginKind.DECLARED, path=path, line=line)

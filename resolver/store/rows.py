"""An outcome as flat rows and back, without loss; knows no database."""

from __future__ import annotations

import functools
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from resolver.core.candidate import Edge
from resolver.core.errors import StoreError
from resolver.core.outcome import BuildSpec, FailureClass, LibraryNeed, Outcome, Probe, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.target import Accelerator, Target

OUTCOME_COLUMNS = (
    "key", "verdict", "stage", "failure", "message", "python", "platform", "kind", "runtime", "driver", "stack", "policy",
    "pins", "system_packages", "probe", "missing", "libraries", "seconds", "image_size", "log", "executor", "snapshot", "seen", "origin",
)  # fmt: skip
"""Columns of an outcome row, in order; `digest`, over all of these and the edges, is kept beside them."""


class EdgeRow(NamedTuple):
    """One edge of one outcome; `broke` tells culprits from edges seen to work."""

    importer: str
    importer_version: str
    provider: str
    provider_version: str
    python: str
    broke: bool


class FactRow(NamedTuple):
    """What one installed release offers and uses, as the opaque JSON line that the walk wrote."""

    dist: str
    version: str
    python: str
    line: str


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """The outcome's own row. Lists are JSON; the log is compressed; characters that a database cannot hold are replaced."""
    spec, target = outcome.spec, outcome.spec.target
    return {
        "key": spec.key,
        "verdict": outcome.verdict.value,
        "stage": outcome.stage.value,
        "failure": outcome.failure.value,
        "message": _clean(outcome.message),
        "python": _clean(target.python),
        "platform": _clean(target.platform),
        "kind": _clean(target.accelerator.kind),
        "runtime": _clean(target.accelerator.runtime),
        "driver": _clean(target.accelerator.driver),
        "stack": _clean(spec.stack),
        "policy": _clean(spec.policy),
        "pins": _json(spec.pins),
        "system_packages": _json(spec.system_packages),
        "probe": _json([spec.probe.imports, spec.probe.names, spec.probe.distributions, spec.probe.forward]),
        "missing": _json(outcome.missing),
        "libraries": _json([(one.distribution, one.soname, one.found) for one in outcome.libraries]),
        "seconds": float(outcome.seconds),
        "image_size": int(outcome.image_size),
        "log": zlib.compress(_clean(outcome.log).encode()),
        "executor": _clean(outcome.executor),
        "snapshot": _clean(outcome.snapshot),
        "seen": outcome.when.isoformat() if outcome.when else "",
        "origin": _clean(outcome.origin),
    }


def digest(row: Mapping[str, Any], edges: Iterable[Sequence[Any]]) -> str:
    """What tells one outcome from every other: equal for the same outcome in any store."""
    facts = [str(row[name]) if name != "log" else zlib.decompress(row[name]).decode() for name in OUTCOME_COLUMNS]
    told = json.dumps([facts, [[*edge[:5], bool(edge[5])] for edge in edges]], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def edge_rows(outcome: Outcome) -> list[EdgeRow]:
    """The outcome's edges: culprits first, then those seen to work, each in its order."""
    return [_edge_row(edge, broke=True) for edge in outcome.culprits] + [_edge_row(edge, broke=False) for edge in outcome.working]


def fact_rows(outcome: Outcome) -> list[FactRow]:
    """What the build walked; a line that names no release is kept under its own digest."""
    return [FactRow(*_fact_key(line), _clean(line)) for line in outcome.released]


def to_outcome(row: Mapping[Any, Any], edges: Sequence[Sequence[Any]]) -> Outcome:
    """The outcome of a row and its edges, each with the fields of an EdgeRow first; `released` is kept apart and stays empty.

    Raises StoreError on a damaged row.
    """
    try:
        return _to_outcome(row, edges)
    except (KeyError, TypeError, ValueError, zlib.error) as problem:
        raise StoreError(
            f"outcome {row.get('key', '?')} in the store cannot be read: {problem}",
            hint="it was written by a newer resolver, or the file is damaged; import the last export into a new store",
        ) from problem


def _to_outcome(row: Mapping[Any, Any], edges: Sequence[Sequence[Any]]) -> Outcome:
    imports, names, distributions, forward = _probe(row["probe"])
    spec = BuildSpec(
        target=_target(row["python"], row["platform"], row["kind"], row["runtime"], row["driver"]),
        pins=tuple([_pin(name, version) for name, version in json.loads(row["pins"])]),
        system_packages=tuple(json.loads(row["system_packages"])),
        probe=Probe(imports=imports, names=names, distributions=distributions, forward=forward),
        stack=row["stack"],
        policy=row["policy"],
    )
    return Outcome(
        spec=spec,
        verdict=Verdict(row["verdict"]),
        stage=Stage(row["stage"]),
        failure=FailureClass(row["failure"]),
        message=row["message"],
        culprits=tuple([_edge(*edge[:5]) for edge in edges if edge[5]]),
        working=tuple([_edge(*edge[:5]) for edge in edges if not edge[5]]),
        missing=tuple(json.loads(row["missing"])),
        libraries=tuple([LibraryNeed(distribution=d, soname=s, found=f) for d, s, f in json.loads(row["libraries"])]),
        seconds=row["seconds"],
        image_size=row["image_size"],
        log=zlib.decompress(row["log"]).decode(),
        executor=row["executor"],
        snapshot=row["snapshot"],
        when=datetime.fromisoformat(row["seen"]) if row["seen"] else None,
        origin=row["origin"],
    )


def _edge_row(edge: Edge, *, broke: bool) -> EdgeRow:
    (importer, importer_version), (provider, provider_version) = edge.importer, edge.provider
    return EdgeRow(
        importer=_clean(importer),
        importer_version=_clean(importer_version),
        provider=_clean(provider),
        provider_version=_clean(provider_version),
        python=_clean(edge.python),
        broke=broke,
    )


def _fact_key(line: str) -> tuple[str, str, str]:
    try:
        facts = json.loads(line)
        return normalize(str(facts["name"])), str(facts["version"]), str(facts.get("python", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest(), ""


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _clean(text: str) -> str:
    """No NUL (PostgreSQL has none in text) and no lone surrogate (UTF-8 has none): logs hold whatever a build printed."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\ufffd")


# The same few thousand values come again and again: one object for each, and no second construction.


@functools.lru_cache(maxsize=100_000)
def _pin(name: str, version: str) -> Pin:
    return Pin(normalize(name), version)


@functools.lru_cache(maxsize=200_000)
def _edge(importer: str, importer_version: str, provider: str, provider_version: str, python: str) -> Edge:
    return Edge(importer=_pin(importer, importer_version), provider=_pin(provider, provider_version), python=python)


@functools.lru_cache(maxsize=1000)
def _target(python: str, platform: str, kind: str, runtime: str, driver: str) -> Target:
    return Target(python=python, platform=platform, accelerator=Accelerator(kind=kind, runtime=runtime, driver=driver))


@functools.lru_cache(maxsize=10_000)
def _probe(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], bool]:
    imports, names, distributions, forward = json.loads(text)
    return tuple(imports), tuple(names), tuple(distributions), forward

"""Proving an answer by building it, and feeding what happened back into the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from resolver.core.outcome import BuildSpec, Probe
from resolver.core.project import Project
from resolver.core.proof import Proof
from resolver.core.resolution import Resolution
from resolver.interfaces import OutcomeStore


def probe_of(project: Project, direct: tuple[str, ...]) -> Probe:
    """What a proof tries: the project's unguarded imports, its unguarded dotted names, and every direct need."""
    uses = [use for use in project.evidence.uses if not use.guarded]
    statements = dict.fromkeys(use.statement or f"import {use.dotted}" for use in uses if use.imported)
    names = dict.fromkeys(use.dotted for use in uses if not use.imported)
    return Probe(imports=tuple(statements), names=tuple(names), distributions=direct)


def spec_of(resolution: Resolution, stack: str) -> BuildSpec:
    """The build that proves a resolution; `stack` names the project's group in the store."""
    candidate = resolution.chosen.candidate
    return BuildSpec(
        target=candidate.target,
        pins=tuple(sorted(candidate.pins)),
        system_packages=resolution.system_packages,
        probe=probe_of(resolution.project, tuple(sorted(set(candidate.direct)))),
        stack=stack,
        policy=candidate.policy,
    )


def prove(resolution: Resolution, *, stack: str, run: Callable[[BuildSpec], Proof], store: OutcomeStore) -> Resolution:
    """Build the answer, store the outcome (void ones too), and return the resolution with its proof."""
    proof = run(spec_of(resolution, stack))
    when = proof.outcome.when or datetime.now(UTC)
    stamped = dataclasses.replace(proof.outcome, origin="user", snapshot=resolution.snapshot, when=when)
    store.add(stamped)
    return dataclasses.replace(resolution, proof=dataclasses.replace(proof, outcome=stamped))

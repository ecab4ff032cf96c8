"""Proving an answer by building it, and feeding what happened back into the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from resolver.core.candidate import Candidate, Edge, Scored
from resolver.core.outcome import BuildSpec, Probe, Verdict
from resolver.core.package import PYTHON, Pin
from resolver.core.project import OriginKind, Project, Use
from resolver.core.proof import Proof
from resolver.core.resolution import Resolution
from resolver.interfaces import OutcomeStore


def probe_of(project: Project, direct: tuple[str, ...]) -> Probe:
    """What a proof tries: the project's unguarded imports, its unguarded dotted names, and every direct need."""
    uses = [use for use in project.evidence.uses if not use.guarded]
    statements = dict.fromkeys(statement for use in uses if (statement := _statement(use)))
    names = dict.fromkeys(use.dotted for use in uses if not _statement(use))
    return Probe(imports=tuple(statements), names=tuple(names), distributions=direct)


def _statement(use: Use) -> str:
    """The import statement that a use is, "" for an attribute. A class that a saved model names is imported: unpickling does so too."""
    if use.imported:
        return use.statement or f"import {use.dotted}"
    if use.origin.kind is not OriginKind.ARTIFACT or "." not in use.dotted:
        return ""
    parts = use.dotted.split(".")
    at = next((number for number, part in enumerate(parts) if number and part.lstrip("_")[:1].isupper()), len(parts) - 1)
    return f"from {'.'.join(parts[:at])} import {parts[at]}"


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


def prove_down(
    resolution: Resolution,
    *,
    attempts: int,
    ready: Callable[[Scored], Resolution | None],
    prove: Callable[[Resolution], Resolution],
) -> Resolution:
    """Prove the answer and, while sets fail, the next ones of the ranking, at most `attempts` in all.

    A set with an edge that has broken already is passed over, and so is one that `ready` has no resolution for. Gives the first that
    passes, else the top-ranked one, with the other proofs in `tried`. A machine that fails ends it: it says nothing of any set.
    """
    first = latest = prove(resolution)
    failed: list[Resolution] = []
    waiting = iter(resolution.others)
    while latest.proof and latest.proof.outcome.verdict is Verdict.FAIL:
        failed.append(latest)
        broken = {edge for one in failed if one.proof for edge in one.proof.outcome.culprits}
        following = (made for scored in waiting if not _holds(scored.candidate, broken) and (made := ready(scored)))
        chosen = next(following, None) if len(failed) < attempts else None
        if chosen is None:
            return dataclasses.replace(first, tried=tuple(failed[1:]))
        latest = prove(chosen)
    return dataclasses.replace(latest, tried=tuple(failed))


def _holds(candidate: Candidate, broken: Iterable[Edge]) -> bool:
    """Whether a set has both ends of an edge that broke, on the same interpreter."""
    there = {*candidate.pins, Pin(PYTHON, candidate.target.python)}
    return any(edge.importer in there and edge.provider in there and edge.python == candidate.target.python for edge in broken)


def prove(resolution: Resolution, *, stack: str, run: Callable[[BuildSpec], Proof], store: OutcomeStore) -> Resolution:
    """Build the answer, store the outcome (void ones too), and return the resolution with its proof."""
    proof = run(spec_of(resolution, stack))
    when = proof.outcome.when or datetime.now(UTC)
    stamped = dataclasses.replace(proof.outcome, origin="user", snapshot=resolution.snapshot, when=when)
    store.add(stamped)
    return dataclasses.replace(resolution, proof=dataclasses.replace(proof, outcome=stamped))

"""`resolution.json`: the whole answer as data, under a contract that only ever grows."""

from __future__ import annotations

import json
import math
from typing import Any

from resolver import __version__
from resolver.core.candidate import EdgeRisk, Relaxation, Scored
from resolver.core.project import Need
from resolver.core.proof import Proof, Reply, Service
from resolver.core.resolution import Resolution
from resolver.render.base import base_image
from resolver.render.files import MARKER
from resolver.render.sdist import sources

SCHEMA = 1


class ReportRenderer:
    """Writes `resolution.json`."""

    def render(self, resolution: Resolution) -> str:
        """The report's text: ASCII JSON, keys in a fixed order."""
        return json.dumps(report(resolution), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def report(resolution: Resolution) -> dict[str, Any]:
    """The report as plain values, in the order in which they are written."""
    target = resolution.target
    chosen = resolution.chosen
    return {
        "schema": SCHEMA,
        "generator": MARKER,
        "resolver": __version__,
        "python": target.python,
        "platform": target.platform,
        "accelerator": {
            "kind": target.accelerator.kind,
            "runtime": target.accelerator.runtime,
            "driver": target.accelerator.driver,
            "gpu": target.accelerator.gpu,
        },
        "base_image": resolution.base_image or base_image(target),
        "system_packages": sorted(resolution.system_packages),
        "build_tools": sorted({tool for house in sources(resolution).builds for tool in house.tools}),
        "build_packages": list(sources(resolution).debian),
        "pins": {pin.name: pin.version for pin in sorted(chosen.candidate.pins)},
        "probability": _probability(chosen.probability),
        "known": chosen.known,
        "policy": chosen.candidate.policy,
        "candidates_considered": resolution.considered,
        "reasons": list(chosen.reasons),
        "worst_edges": [_risk(risk) for risk in chosen.worst_edges],
        "runners_up": [_runner_up(other, chosen) for other in resolution.others],
        "warnings": list(resolution.warnings),
        "would_break": list(resolution.would_break),
        "decided": list(resolution.decided),
        "changes": list(resolution.changes),
        "kept": resolution.kept,
        "relaxed": [_relaxed(one) for one in (*resolution.relaxed, *_only_in_set(resolution))],
        "ranker": {"version": resolution.ranker.version, "trained_on": resolution.ranker.trained_on},
        "snapshot": resolution.snapshot,
        "project": {
            "name": resolution.project.root.name,
            "frameworks": list(resolution.project.frameworks),
            "needs": [_need(need) for need in resolution.project.needs],
            "artifacts": [{"path": a.path, "format": a.format, "marks": dict(a.marks)} for a in resolution.project.artifacts],
            "notes": list(resolution.project.evidence.notes),
        },
        "proof": _proof(resolution.proof),
        "tried": [_tried(one, chosen) for one in resolution.tried],
    }


def _probability(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _risk(risk: EdgeRisk) -> dict[str, Any]:
    return {
        "importer": str(risk.importer),
        "provider": str(risk.provider),
        "probability": _probability(risk.probability),
        "why": risk.why,
    }


def _runner_up(other: Scored, chosen: Scored) -> dict[str, Any]:
    """A runner-up by what sets it apart from the chosen set; null stands for a package that it does not have."""
    ours = dict(chosen.candidate.pins)
    theirs = dict(other.candidate.pins)
    return {
        "python": other.candidate.target.python,
        "accelerator": str(other.candidate.target.accelerator),
        "probability": _probability(other.probability),
        "policy": other.candidate.policy,
        "differs": {name: theirs.get(name) for name in sorted({*ours, *theirs}) if theirs.get(name) != ours.get(name)},
        "reasons": list(other.reasons),
    }


def _only_in_set(resolution: Resolution) -> tuple[Relaxation, ...]:
    return tuple(one for one in resolution.chosen.candidate.relaxed if one not in resolution.relaxed)


def _relaxed(one: Relaxation) -> dict[str, str]:
    return {"requirement": one.requirement, "became": one.became, "where": one.where, "reason": one.reason}


def _need(need: Need) -> dict[str, Any]:
    told: dict[str, Any] = {"requirement": need.requirement, "kind": str(need.origin.kind), "where": str(need.origin)}
    if need.constraint:
        told["constraint"] = True
    if need.why:
        told["why"] = need.why
    if need.url:
        told["url"] = _without_credentials(need.url)
    return told


def _without_credentials(url: str) -> str:
    from urllib.parse import urlsplit, urlunsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _tried(one: Resolution, chosen: Scored) -> dict[str, Any]:
    """A set that was built and failed: how it differs from the chosen one, and why it failed."""
    outcome = one.proof.outcome if one.proof else None
    told = {"verdict": str(outcome.verdict), "class": str(outcome.failure), "message": outcome.message} if outcome else {}
    return {**_runner_up(one.chosen, chosen), **told}


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    outcome = proof.outcome
    return {
        "verdict": str(outcome.verdict),
        "stage": str(outcome.stage),
        "class": str(outcome.failure),
        "message": outcome.message,
        "missing": list(outcome.missing),
        "seconds": _probability(outcome.seconds),
        "image_size": outcome.image_size,
        "executor": outcome.executor,
        "key": outcome.spec.key,
        "when": outcome.when.isoformat() if outcome.when else None,
        "digest": proof.digest,
        "build_seconds": proof.build_seconds,
        "probe_seconds": proof.probe_seconds,
        "service": _service(proof.service),
    }


def _service(service: Service | None) -> dict[str, Any] | None:
    if service is None:
        return None
    return {
        "answered": service.answered,
        "user": service.user,
        "health": _reply(service.health),
        "sample": _reply(service.sample),
        "stop_seconds": service.stopped,
        "killed": service.killed,
    }


def _reply(reply: Reply | None) -> dict[str, Any] | None:
    return {"path": reply.path, "status": reply.status, "seconds": reply.seconds, "body": reply.body} if reply else None

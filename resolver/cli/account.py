"""The short account of an answer, in words for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from resolver.core.project import OriginKind, Project
from resolver.core.proof import Proof
from resolver.core.resolution import Resolution


def account(resolution: Resolution, written: Sequence[Path], *, explain: bool = False) -> Iterator[str]:
    """Line by line: what was found, how many sets were considered, the chosen one, why, what plain pip would break, what was written."""
    yield found(resolution.project)
    candidate = resolution.chosen.candidate
    direct = set(candidate.direct)
    pins = [pin for pin in candidate.pins if pin.name in direct]
    shown = ", ".join(f"{pin.name} {pin.version}" for pin in pins[:8]) + (f" and {len(pins) - 8} more" if len(pins) > 8 else "")
    which = "one that stays" if candidate.policy.startswith("kept") else "best"
    yield (
        f"considered {resolution.considered} complete sets; the {which} has {percent(resolution.chosen.probability)} to build and run"
        + ("" if resolution.chosen.known else " (far from anything built so far)")
    )
    yield f"  Python {resolution.target.python}, {resolution.target.accelerator}: {shown} ({len(candidate.pins)} packages in all)"
    if resolution.kept:
        yield f"  lock: {resolution.kept}"
    for reason in resolution.chosen.reasons[: 8 if explain else 3]:
        yield f"  because {reason}"
    for relaxation in resolution.relaxed:
        yield f"  gave way: {relaxation.where} {relaxation.requirement} -> {relaxation.became} ({relaxation.reason})"
    for sentence in resolution.would_break:
        yield f"  pip install -r would have broken: {sentence}"
    for sentence in resolution.warnings[: None if explain else 5]:
        yield f"  note: {sentence}"
    if explain:
        yield from explained(resolution)
    for one in resolution.tried:
        asked = set(one.chosen.candidate.direct)
        held = ", ".join(f"{pin.name} {pin.version}" for pin in one.chosen.candidate.pins if pin.name in asked)
        yield f"tried and failed: Python {one.target.python} with {held}: {one.proof.outcome.message if one.proof else ''}"
    if resolution.proof:
        yield from proven(resolution.proof)
    if written:
        yield f"wrote {', '.join(path.name for path in written)} to {written[0].parent}"


def proven(proof: Proof) -> Iterator[str]:
    """What the build showed, and how the image served when it was started."""
    outcome = proof.outcome
    size = f", image {outcome.image_size / 1e6:,.0f} MB" if outcome.image_size else ""
    yield f"proof: {outcome.verdict} at stage {outcome.stage} after {outcome.seconds:.0f} s{size} {outcome.message}".rstrip()
    service = proof.service
    if service is None:
        return
    if not service.health.status:
        yield f"  started: no answer within {service.health.seconds:.0f} s: {service.health.body}"
        yield from (f"    | {line}" for line in service.log.splitlines()[-5:])
        return
    yield f"  started: GET {service.health.path} answers {service.health.status} after {service.health.seconds:.1f} s, user {service.user}"
    if service.sample:
        told = " ".join(service.sample.body.split())[:100]
        yield f"  sample: POST {service.sample.path} answers {service.sample.status} in {service.sample.seconds:.2f} s: {told}"
    yield f"  stopped: {'only when killed, ' if service.killed else ''}{service.stopped:.1f} s after the signal"


def found(project: Project) -> str:
    """One sentence on what the project is made of."""
    declared = {need.origin.path for need in project.needs if need.origin.kind is OriginKind.DECLARED}
    inferred = sum(need.origin.kind is OriginKind.IMPORTED and not need.constraint for need in project.needs)
    uses = len({use.dotted for use in project.evidence.uses})
    parts = [
        f"{sum(n.origin.kind is OriginKind.DECLARED for n in project.needs)} declared needs ({', '.join(sorted(declared)) or 'no file'})"
    ]
    if inferred:
        parts.append(f"{inferred} more from imports")
    spoken = {need.origin.path for need in project.needs if need.origin.kind is OriginKind.MENTIONED}
    if spoken:
        parts.append(f"versions spoken of in {', '.join(sorted(spoken))}")
    parts.append(f"{uses} names used")
    if project.artifacts:
        parts.append(f"{len(project.artifacts)} model files ({', '.join(sorted({a.format for a in project.artifacts}))})")
    dating = project.evidence.dating
    when = f", last known to work about {dating.best} ({dating.signs[0].reason})" if dating.best else ""
    return f"found {', '.join(project.frameworks) or 'no known framework'}: {', '.join(parts)}" + when


def explained(resolution: Resolution) -> Iterator[str]:
    """What decided: the riskiest edges of the chosen set, and how the runners-up differ."""
    for edge in resolution.chosen.worst_edges[:5]:
        ends = f"{edge.importer.name} {edge.importer.version} -> {edge.provider.name} {edge.provider.version}"
        yield f"  edge {ends}: {percent(edge.probability)} risk. {edge.why}".rstrip()
    for sentence in resolution.decided:
        yield f"  decided: {sentence}"
    for sentence in resolution.changes:
        yield f"  would change it: {sentence}"
    chosen = {str(pin.name): pin.version for pin in resolution.chosen.candidate.pins}
    for other in resolution.others:
        pins = {str(pin.name): pin.version for pin in other.candidate.pins}
        differing = sorted(name for name in set(other.candidate.direct) if chosen.get(name) != pins.get(name))
        changes = ", ".join(f"{name} {pins[name]}" for name in differing[:5] if name in pins) or "the same direct needs"
        yield f"  next: {percent(other.probability)} Python {other.candidate.target.python} with {changes}"
        yield from (f"    but {edge.why}" for edge in other.worst_edges[:1] if edge.why)


def percent(probability: float) -> str:
    """A probability as people say it; never "100 %" or "0 %", which nobody can know."""
    whole = min(max(round(100 * probability), 1), 99)
    return f"{whole} %"

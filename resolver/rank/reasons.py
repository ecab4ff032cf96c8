"""Why an edge is risky and why a set was chosen, in sentences made of facts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from resolver.core.candidate import EdgeRisk
from resolver.core.package import PYTHON
from resolver.core.project import Project
from resolver.rank.batch import Batch
from resolver.rank.book import FactBook
from resolver.rank.coverage import ProjectUses
from resolver.rank.facts import ReleaseFacts
from resolver.rank.features import COLUMN, Floats
from resolver.rank.history import History, keys
from resolver.rank.prior import OUTDATED
from resolver.rank.sets import SET_COLUMN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a sentence about one candidate may draw on."""

    project: Project
    batch: Batch
    place: int
    row: Floats
    worst: tuple[EdgeRisk, ...]
    uses: ProjectUses


def edge_reason(importer: ReleaseFacts, provider: ReleaseFacts, python: str, row: Sequence[float], book: FactBook, history: History) -> str:
    """One sentence with the strongest one or two facts that speak against an edge; "" when none does."""
    told = [text for text in (_missing(importer, provider, book), _seen(importer, provider, python, history)) if text]
    if len(told) < 2:
        told += [text for text in (_declared(importer, provider, row), _built_before(importer, provider, row)) if text]
    return "; ".join(told[:2])


def _label(facts: ReleaseFacts) -> str:
    return f"Python {facts.pin.version}" if facts.name == PYTHON else f"{facts.pin.name} {facts.pin.version}"


def _missing(importer: ReleaseFacts, provider: ReleaseFacts, book: FactBook) -> str:
    missing = book.fit(importer.release, provider.release).missing
    if not missing:
        return ""
    more = f" and {len(missing) - 1} more names" if len(missing) > 1 else ""
    return f"{_label(importer)} imports {missing[0]}{more}, not in {_label(provider)}"


def _seen(importer: ReleaseFacts, provider: ReleaseFacts, python: str, history: History) -> str:
    levels = keys(importer.pin, provider.pin, python)
    for key, what in ((levels[2], f"on Python {python}"), (levels[1], ""), (levels[0], "in some version")):
        seen = history.seen(key)
        if seen.broken:
            return f"seen failing {seen.broken} of {seen.total} times {what}".strip()
    return ""


def _declared(importer: ReleaseFacts, provider: ReleaseFacts, row: Sequence[float]) -> str:
    if row[COLUMN["requires_python_ok"]] == 0 and provider.name == PYTHON:
        return f"{_label(importer)} declares Python {importer.release.requires_python}"
    if row[COLUMN["satisfied"]] == 0:
        return f"{_label(importer)} declares another range of {provider.name}"
    return ""


def _built_before(importer: ReleaseFacts, provider: ReleaseFacts, row: Sequence[float]) -> str:
    if row[COLUMN["prior"]] == OUTDATED and provider.name == "protobuf":
        return f"{_label(importer)} carries protobuf code from before protobuf 4, which {_label(provider)} refuses"
    if math.isnan(importer.day) or math.isnan(provider.day) or provider.day <= importer.day:
        return ""
    then, now = _month(importer.day), _month(provider.day)
    compiled = ", compiled against the older one" if row[COLUMN["importer_compiled"]] > 0 and row[COLUMN["provider_compiled"]] > 0 else ""
    if provider.name == PYTHON:
        wheel = ", no wheel for it" if row[COLUMN["wheel_fit"]] == 0 or row[COLUMN["importer_sdist_only"]] == 1 else ""
        return f"{_label(importer)} ({then}) is from before {_label(provider)} ({now}){wheel}"
    major = row[COLUMN["major_steps"]]
    if major > 0:
        return f"{_label(importer)} ({then}) is from before {provider.name} {provider.numbers[0]} ({now}){compiled}"
    return f"{_label(importer)} ({then}) is older than {_label(provider)} ({now})" if row[COLUMN["declared"]] < 3 else ""


def _month(day: float) -> str:
    return datetime.fromtimestamp(day * 86400.0, tz=UTC).strftime("%Y-%m")


def set_reasons(told: Told, weights: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Two or three sentences: what the project finds in the set, how its edges stand, how its dates hang together; what weighed
    most comes first.
    """
    sentences = {"coverage": _coverage(told), "edges": _edges(told), "dates": _dates(told)}
    order = sorted(sentences, key=lambda group: -(weights or {}).get(group, 0.0))
    return tuple(sentences[group] for group in order if sentences[group])


def _coverage(told: Told) -> str:
    uses = told.uses
    if not uses.names:
        return ""
    member = told.batch.members[told.place]
    found = uses.mix(told.batch, member)
    missing, roots = found.missing, uses.gone(member, found)
    if missing:
        return f"{len(missing)} of {len(uses.names)} names the project uses are missing, {missing[0]} among them"
    if roots:
        return f"nothing in the set provides {', '.join(roots[:3])}, which the project imports"
    known = len(uses.names) - round(found.unknown * len(uses.names))
    return f"all {known} names the project uses that are on record exist in these versions" if known else ""


def _edges(told: Told) -> str:
    worst = told.worst[0] if told.worst else None
    if worst is not None and worst.probability >= 0.1 and worst.why:
        return f"riskiest: {worst.why} ({worst.probability:.0%})"
    count = int(told.batch.starts[told.place + 1] - told.batch.starts[told.place])
    share = float(told.row[SET_COLUMN["edge_seen_share"]])
    return (
        f"none of its {count} dependencies looks risky; {share:.0%} of them were seen in builds or have their names on record"
        if count
        else ""
    )


def _dates(told: Told) -> str:
    candidate = told.batch.members[told.place].candidate
    days = sorted(r.uploaded for r in candidate.packages if r.uploaded)
    if len(days) < 2:
        return ""
    worked = told.project.evidence.last_worked
    sign = f", the project last worked {worked:%Y-%m}" if worked else ""
    return f"its releases are from {days[0]:%Y-%m} to {days[-1]:%Y-%m}{sign}"

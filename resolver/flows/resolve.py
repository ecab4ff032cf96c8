"""The main recipe: a project in, the one set that is most likely to run out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.core.candidate import Candidate, Scored
from resolver.core.conflict import Conflict
from resolver.core.errors import ResolverError
from resolver.core.kept import Former
from resolver.core.project import OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import PYTHONS, Accelerator, Target
from resolver.flows.changes import changes
from resolver.flows.consider import Desk, Learnt
from resolver.flows.decided import decided
from resolver.flows.doubts import NO_DOUBTS, Doubts
from resolver.flows.elsewhere import elsewhere
from resolver.flows.repair import repaired
from resolver.flows.verify import Completed
from resolver.interfaces import Ranker, Solver

TODAYS_PYTHON = "3.11"
"""What a plain `pip install -r` would run on: the interpreter of the current Debian images."""

RUNNERS_UP = 5


class Unsatisfiable(ResolverError):
    """No set satisfies the request; `conflict` tells why as a tree."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", conflict: Conflict | None = None) -> None:
        super().__init__(message, hint=hint)
        self.conflict = conflict


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the person asked for beside the project: "" and None mean "you choose"; with `strict` no written line gives way."""

    python: str = ""
    platform: str = "linux_x86_64"
    accelerator: Accelerator = Accelerator()
    limit: int = 300
    strict: bool = False


def targets(project: Project, request: Request) -> tuple[Target, ...]:
    """The interpreters that the request and the project's bounds admit, newest first. Weak bounds restrict nothing: the ranker weighs them.

    Where they contradict each other, what files say of the interpreter that made them gives way first, then what is declared, then
    what the syntax asks for.
    """
    if request.python:
        chosen: Sequence[str] = [request.python]
    else:
        kinds = (OriginKind.IMPORTED, OriginKind.DECLARED, OriginKind.ARTIFACT)
        firm = [b for b in project.evidence.bounds if b.weight >= 1]
        levels = ([b.specifier for b in firm if b.origin.kind in kinds[:level]] for level in (3, 2, 1, 0))
        chosen = next(found for specifiers in levels if (found := _admitted(specifiers)))
    return tuple(Target(python=p, platform=request.platform, accelerator=request.accelerator) for p in reversed(chosen))


def undeclared(project: Project) -> Project:
    """The project without the bounds on the interpreter that its files declare."""
    bounds = tuple(bound for bound in project.evidence.bounds if bound.origin.kind is not OriginKind.DECLARED)
    return dataclasses.replace(project, evidence=dataclasses.replace(project.evidence, bounds=bounds))


def _admitted(specifiers: Sequence[str]) -> list[str]:
    sets = []
    for text in specifiers:
        try:
            sets.append(SpecifierSet(text))
        except InvalidSpecifier:
            continue
    # A high patch number lets ">=3.8.2" admit 3.8.
    return [python for python in PYTHONS if all(s.contains(f"{python}.99") or s.contains(python) for s in sets)]


def resolve(
    project: Project,
    request: Request,
    *,
    search: Callable[[], Solver],
    ranker: Ranker,
    explain: Callable[[Project, Sequence[Target]], Conflict],
    base_image: Callable[[Target], str],
    libraries: Callable[[Candidate], tuple[str, ...]],
    complete: Callable[[Candidate], Completed],
    ranker_info: RankerInfo,
    snapshot: str,
    reporter: Reporter,
    study: Callable[[Scored], Learnt] = lambda _: Learnt.NOTHING,
    doubts: Doubts = NO_DOUBTS,
    behind: Callable[[Project, Sequence[Candidate]], Sequence[Mapping[str, float]]] | None = None,
    former: Former | None = None,
) -> Resolution:
    """Consider up to `request.limit` sets, rank them all, and answer with the first.

    `libraries` gives a set's Debian packages; for `search`, `complete`, `study` and `doubts` see `Desk`. A written line that the best
    set nearly surely breaks on gives way when that helps. The versions of a `former` answer stay where that set is about as likely
    as the best. With `behind`, which tells by what sets are behind the first of them, the answer
    also tells what decided and what would change it. Raises Unsatisfiable with the conflict when no set exists.
    """
    where = targets(project, request)
    desk = Desk(
        search=search,
        ranker=ranker,
        complete=complete,
        reporter=reporter,
        limit=request.limit,
        study=study,
        doubts=doubts,
        former=former,
    )
    seen = desk.consider(project, where)
    if not request.strict and not request.python:
        seen = elsewhere(desk, project, where, targets(undeclared(project), request), seen)
    if seen is None:
        reason = explain(project, where)
        raise Unsatisfiable(reason.sentence, hint="loosen one of the lines named above, or try another --python", conflict=reason)
    if not request.strict:
        seen = repaired(desk, project, where, seen)
    best = seen.best
    return Resolution(
        project=project,
        target=best.candidate.target,
        chosen=best,
        others=_distinct(seen.others),
        considered=len(seen.ranked),
        base_image=base_image(best.candidate.target),
        system_packages=libraries(best.candidate),
        relaxed=best.candidate.relaxed,
        warnings=(*project.evidence.notes, *seen.wrong),
        would_break=would_break(seen.ranked, best),
        decided=decided(project, seen.ranked, best, behind),
        changes=changes(desk, project, where, seen) if behind else (),
        kept=seen.kept,
        ranker=ranker_info,
        snapshot=snapshot,
    )


def _distinct(ranked: Sequence[Scored]) -> tuple[Scored, ...]:
    """The first few runners-up that differ from each other in Python or in a direct need."""
    seen: set[object] = set()
    kept: list[Scored] = []
    for scored in ranked:
        direct = set(scored.candidate.direct)
        look = (scored.candidate.target.python, *sorted(pin for pin in scored.candidate.pins if pin.name in direct))
        if look not in seen:
            seen.add(look)
            kept.append(scored)
        if len(kept) == RUNNERS_UP:
            break
    return tuple(kept)


def would_break(ranked: Sequence[Scored], best: Scored) -> tuple[str, ...]:
    """Sentences on what the newest set on today's Python, which plain pip would take, is expected to do."""
    plain = next((s for s in ranked if s.candidate.policy == "newest" and s.candidate.target.python == TODAYS_PYTHON), None)
    if plain is None:
        return (f"plain pip on Python {TODAYS_PYTHON} finds no set for these needs",)
    if plain.candidate.pins == best.candidate.pins or plain.probability >= best.probability - 0.05:
        return ()
    worst = [edge for edge in plain.worst_edges if edge.probability >= 0.3 and edge.why][:2]
    told = tuple(
        f"{edge.importer.name} {edge.importer.version} with {edge.provider.name} {edge.provider.version}: {edge.why}" for edge in worst
    )
    return told or plain.reasons[:2]

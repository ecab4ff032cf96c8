"""The main recipe: a project in, the one set that is most likely to run out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from resolver.core.candidate import Candidate, Scored
from resolver.core.conflict import Conflict
from resolver.core.errors import ResolverError
from resolver.core.project import OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import PYTHONS, Accelerator, Target
from resolver.flows.verify import Completed, optional_clashes
from resolver.interfaces import Ranker, Solver

TODAYS_PYTHON = "3.11"
"""What a plain `pip install -r` would run on: the interpreter of the current Debian images."""

RUNNERS_UP = 5

SEARCHES = 4
"""How often the search is made at most when metadata read for its best set contradicts that set."""
LONG_SECONDS = 45.0
"""No further search is begun after this time."""
ENOUGH, ENOUGH_SECONDS = 40, 15.0
"""A search that has shown so many sets ends after this time: needs that clash under most policies take a third of a second a set."""

TRIES = 12
"""How many of the best sets are completed at most before the one that breaks least is taken."""


class Unsatisfiable(ResolverError):
    """No set satisfies the request; `conflict` tells why as a tree."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "", conflict: Conflict | None = None) -> None:
        super().__init__(message, hint=hint)
        self.conflict = conflict


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the person asked for beside the project: "" and None mean "you choose"."""

    python: str = ""
    platform: str = "linux_x86_64"
    accelerator: Accelerator = Accelerator()
    limit: int = 300


def targets(project: Project, request: Request) -> tuple[Target, ...]:
    """The interpreters that the request and the project's bounds admit, newest first.

    Declared bounds give way to nothing but an empty answer: then only those that the syntax sets hold, then none.
    """
    if request.python:
        chosen: Sequence[str] = [request.python]
    else:
        every = [b.specifier for b in project.evidence.bounds]
        syntax = [b.specifier for b in project.evidence.bounds if b.origin.kind is not OriginKind.DECLARED]
        chosen = next(found for specs in (every, syntax, []) if (found := _admitted(specs)))
    return tuple(Target(python=p, platform=request.platform, accelerator=request.accelerator) for p in reversed(chosen))


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
) -> Resolution:
    """Consider up to `request.limit` sets, rank them all, and answer with the first.

    `libraries` gives a set's Debian packages; `complete` fills in what the search did without (file hashes, metadata that had to be
    borrowed from a neighbour). Where the best set turns out to contradict its own metadata, the search is made again: `search` gives a
    fresh solver, which knows what was read since. Raises Unsatisfiable with the conflict when no set exists.
    """
    where = targets(project, request)
    started = time.monotonic()
    for _ in range(SEARCHES):
        reporter.step("finding version sets")
        found: list[Candidate] = []
        begun = time.monotonic()
        for candidate in search().candidates(project, where, request.limit):
            found.append(candidate)
            reporter.progress(len(found), request.limit, str(candidate.target.python))
            if len(found) >= ENOUGH and time.monotonic() - begun > ENOUGH_SECONDS:
                break
        if not found:
            reason = explain(project, where)
            raise Unsatisfiable(reason.sentence, hint="loosen one of the lines named above, or try another --python", conflict=reason)
        reporter.step(f"ranking {len(found)} sets")
        ranked = demoted(ranker.rank(project, found))
        whole = complete(ranked[0].candidate)
        if not whole.wrong or time.monotonic() - started > LONG_SECONDS:
            break
        reporter.note(f"the best set does not keep to the metadata of its own releases: {whole.wrong[0]}")
    best, others, wrong = _soundest(ranked, complete)
    if not best.reasons:  # the ranker tells them for its own first few only
        best = dataclasses.replace(best, reasons=ranker.rank(project, [best.candidate])[0].reasons)
    return Resolution(
        project=project,
        target=best.candidate.target,
        chosen=best,
        others=_distinct(others),
        considered=len(found),
        base_image=base_image(best.candidate.target),
        system_packages=libraries(best.candidate),
        relaxed=best.candidate.relaxed,
        warnings=(*project.evidence.notes, *wrong),
        would_break=would_break(ranked, best),
        ranker=ranker_info,
        snapshot=snapshot,
    )


def demoted(ranked: Sequence[Scored]) -> list[Scored]:
    """Best first again, after halving the probability of a set for each bound of an extra that it does not keep (three at most)."""
    weighed = []
    for scored in ranked:
        clashes = optional_clashes(scored.candidate)
        if clashes:
            halved = scored.probability * 0.5 ** min(len(clashes), 3)
            scored = dataclasses.replace(scored, probability=halved, reasons=(*scored.reasons, clashes[0]))  # noqa: PLW2901
        weighed.append(scored)
    # As coarse as the ranker itself compares, so that its own order of near-equals stays.
    return sorted(weighed, key=lambda scored: -round(scored.probability, 3))


def _soundest(ranked: Sequence[Scored], complete: Callable[[Candidate], Completed]) -> tuple[Scored, Sequence[Scored], tuple[str, ...]]:
    """The best set that keeps to its own metadata, else of the first few the one that breaks least of it; those ranked after it, and
    what it breaks.
    """
    least: tuple[int, int, Completed] | None = None
    for place, scored in enumerate(ranked[:TRIES]):
        whole = complete(scored.candidate)
        if least is None or len(whole.wrong) < least[0]:
            least = (len(whole.wrong), place, whole)
        if not whole.wrong:
            break
    assert least is not None
    _, place, whole = least
    return dataclasses.replace(ranked[place], candidate=whole.candidate), ranked[place + 1 :], whole.wrong


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

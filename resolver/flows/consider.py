"""Considering sets for a project: search, rank, and hold the best one against its own metadata."""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Callable, Sequence

from resolver.core.candidate import Candidate, Relaxation, Scored
from resolver.core.kept import Former
from resolver.core.project import Project, RunsWith
from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.flows.doubts import NO_DOUBTS, Doubts, standing
from resolver.flows.kept import counterparts, moved, verdict
from resolver.flows.unbuilt import Known, unbuilt
from resolver.flows.verify import Completed, optional_clashes, pinned, unmet
from resolver.interfaces import Ranker, Solver

SEARCHES = 4
"""How often the search is made at most when metadata read for its best set contradicts that set."""
READINGS = 3
"""How often the sets of one search are ranked at most, each time with what was read of the best."""
NOTICEABLE = 0.03
"""Where the best set is less likely by more than this once releases were read, another search may find a better one."""
LONG_SECONDS = 45.0
"""No further search is begun after so much of the processor's time, not the clock's: what else the machine does must not end it."""
ENOUGH, ENOUGH_SECONDS = 40, 15.0
"""A search that has shown so many sets ends after this time: needs that clash under most policies take a third of a second a set."""
NEAR = 0.05
"""Probabilities this close are not told apart when a project has no date, nor when a former answer stands beside the likeliest set."""
UNBUILT = 0.15
"""What is left of it with a member whose wheels are all for other interpreters (see `flows.unbuilt`)."""
TRIES = 12
"""How many of the best sets are completed at most before the one that breaks least is taken."""


class Learnt(enum.Enum):
    """What reading the releases of a set brought: nothing, what they take from each other, or that they need what the set lacks."""

    NOTHING = 0
    TAKES = 1
    NEEDS = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """Every set of a search, best first; `best` is the first one that stands, `others` those after it, `wrong` what it still breaks.

    Where a former answer was held against the best set, `kept` tells what came of it, and `passed` is the set that gave way to it.
    """

    ranked: Sequence[Scored]
    best: Scored
    others: Sequence[Scored]
    wrong: tuple[str, ...] = ()
    kept: str = ""
    passed: Scored | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What considering takes: `search` gives a fresh solver, which knows what was read since; `complete` fills in what the search did
    without (file hashes, metadata borrowed from a neighbour); `study` reads what the releases of a set take from each other, where
    nobody knows that yet; `doubts` look at the first few sets as a whole; at
    most `limit` sets are looked at; the versions of `former` stay where that costs next to nothing.
    """

    search: Callable[[], Solver]
    ranker: Ranker
    complete: Callable[[Candidate], Completed]
    reporter: Reporter
    limit: int
    study: Callable[[Scored], Learnt] = lambda _: Learnt.NOTHING
    doubts: Doubts = NO_DOUBTS
    former: Former | None = None

    def consider(self, project: Project, where: Sequence[Target], relaxed: tuple[Relaxation, ...] = ()) -> Considered | None:
        """The sets of a project, ranked; None when there is none. `relaxed` is told of each of them.

        Where the best set turns out to contradict its own metadata, or the sets look worse for what releases turn out to take, the search
        is made again.
        """
        started = time.process_time()
        ranked: list[Scored] = []
        for _ in range(SEARCHES):
            solver = self.search()
            found = self._found(solver, project, where, relaxed)
            if not found:
                return None
            ranked, sound = self._read(project, found)
            if sound or time.process_time() - started > LONG_SECONDS:
                break
        seen = self._soundest(project, ranked)
        return self._kept(solver, project, relaxed, seen) if self.former and self.former.target in where else seen

    def _kept(self, solver: Solver, project: Project, relaxed: tuple[Relaxation, ...], seen: Considered) -> Considered:
        """`seen`, or with the likeliest set that holds the former versions in the place of its best one, when that is about as likely."""
        assert self.former is not None
        former = counterparts(self.former, seen.ranked)
        if not moved(former, seen.best.candidate):
            return seen  # it keeps them all by itself
        found = self._around(former, solver, project, relaxed)
        if found is None or (found.wrong and not seen.wrong):
            return seen
        mine, theirs = found.best.candidate, seen.best.candidate
        if moved(former, mine) >= moved(former, theirs) or len(mine.relaxed) > len(theirs.relaxed):
            return seen
        taken = found.best.probability >= seen.best.probability - NEAR
        told = dataclasses.replace(seen, kept=verdict(former, found.best, seen.best, taken=taken))
        if not taken:
            return told
        others = (seen.best, *seen.others)
        return dataclasses.replace(told, best=found.best, others=others, wrong=found.wrong, passed=seen.best)

    def _around(self, former: Former, solver: Solver, project: Project, relaxed: tuple[Relaxation, ...]) -> Considered | None:
        """The sets that hold the former versions, ranked; searched again, as in `consider`, where one contradicts its own metadata."""
        found = None
        for _ in range(SEARCHES):
            sets = solver.keeping(project, former.target, former.pins)
            told = [dataclasses.replace(one, relaxed=(*one.relaxed, *relaxed)) for one in sets]
            if not told:
                return None
            ranked, sound = self._read(project, told)
            found = self._soundest(project, ranked)
            if sound:
                break
            solver = self.search()
        return found

    def _read(self, project: Project, found: Sequence[Candidate]) -> tuple[list[Scored], bool]:
        """The sets ranked with what the best of them turn out to take and to ask for; and whether a search would find no others."""
        first = 0.0
        for reading in range(READINGS):
            self.reporter.step(f"ranking {len(found)} sets")
            ranked = self.doubts.weighed(demoted(self.ranker.rank(project, found), project.evidence.runs_with))
            if project.evidence.last_worked is None and not pinned(project):
                ranked = freshened(ranked)
            first = first or ranked[0].probability
            whole = self.complete(ranked[0].candidate)
            if whole.wrong:
                self.reporter.note(f"the best set does not keep to the metadata of its own releases: {whole.wrong[0]}")
                return ranked, False
            learnt = self.study(dataclasses.replace(ranked[0], candidate=whole.candidate))
            if learnt is Learnt.NEEDS:
                return ranked, False
            if learnt is Learnt.NOTHING or reading == READINGS - 1:
                break
        return ranked, ranked[0].probability >= first - NOTICEABLE

    def _found(self, solver: Solver, project: Project, where: Sequence[Target], relaxed: tuple[Relaxation, ...]) -> list[Candidate]:
        self.reporter.step("finding version sets")
        found: list[Candidate] = []
        begun = time.process_time()
        for candidate in solver.candidates(project, where, self.limit):
            found.append(dataclasses.replace(candidate, relaxed=(*candidate.relaxed, *relaxed)) if relaxed else candidate)
            self.reporter.progress(len(found), self.limit, str(candidate.target.python))
            if len(found) >= ENOUGH and time.process_time() - begun > ENOUGH_SECONDS:
                break
        return found

    def _soundest(self, project: Project, ranked: Sequence[Scored]) -> Considered:
        """With the best set that keeps to its own metadata, else of the first few the one that breaks least of it."""
        least: tuple[int, int, Completed] | None = None
        for place, scored in enumerate(ranked[:TRIES]):
            whole = self.complete(scored.candidate)
            if least is None or len(whole.wrong) < least[0]:
                least = (len(whole.wrong), place, whole)
            if not whole.wrong:
                break
        assert least is not None
        _, place, whole = least
        best = dataclasses.replace(ranked[place], candidate=whole.candidate)
        if not best.reasons:  # the ranker tells them for its own first few only
            told = self.ranker.rank(project, [best.candidate])[0]
            best = dataclasses.replace(best, reasons=told.reasons, worst_edges=told.worst_edges)
        return Considered(ranked=ranked, best=best, others=ranked[place + 1 :], wrong=whole.wrong)


def freshened(ranked: Sequence[Scored]) -> list[Scored]:
    """The newest of the sets that are about as likely to run as the best goes first: for a project that nothing dates (no commit, no
    pin), a new one most likely, a set of years ago is no gain. Newest: the latest interpreter, then the latest mean upload of the
    direct releases.
    """
    near = [place for place, scored in enumerate(ranked) if scored.probability >= ranked[0].probability - NEAR]
    first = max(near, key=lambda place: (_newness(ranked[place].candidate), -place))
    return [ranked[first], *ranked[:first], *ranked[first + 1 :]]


def _newness(candidate: Candidate) -> tuple[int, float]:
    days = [release.uploaded.timestamp() for release in candidate.packages if release.uploaded and release.name in candidate.direct]
    return int(candidate.target.python.partition(".")[2] or 0), sum(days) / len(days) if days else 0.0


def demoted(ranked: Sequence[Scored], runs_with: Sequence[RunsWith] = ()) -> list[Scored]:
    """Best first again, after halving the probability of a set for each bound of an extra that it does not keep and for each need of its
    releases for what the source does with them that it does not meet (three at most), with little left of one with a member that hardly
    builds, and with sets that were drawn at random behind those about as likely.
    """
    weighed, known = [], Known()
    for scored in ranked:
        clashes = (*optional_clashes(scored.candidate), *unmet(scored.candidate, runs_with))
        if clashes:
            halved = scored.probability * 0.5 ** min(len(clashes), 3)
            scored = dataclasses.replace(scored, probability=halved, reasons=(*scored.reasons, clashes[0]))  # noqa: PLW2901
        if lacking := unbuilt(scored.candidate, known):
            told = f"{lacking[0].pin} has no wheel for Python {scored.candidate.target.python}, and its source needs more than a compiler"
            scored = dataclasses.replace(scored, probability=scored.probability * UNBUILT, reasons=(*scored.reasons, told))  # noqa: PLW2901
        weighed.append(scored)
    # As coarse as the ranker itself compares, so that its own order of near-equals stays.
    return sorted(weighed, key=standing)

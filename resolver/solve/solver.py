"""The solver of this process: many complete sets, from many preferences, without running anybody's code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.conflict import Conflict
from resolver.core.cuda_builds import CudaBuilds
from resolver.core.package import NormalizedName, Pin, Release
from resolver.core.project import Need, Project, RunsWith, Strength
from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.interfaces import EdgeJudge, PackageIndex
from resolver.solve.explain import Explainer, reason_of
from resolver.solve.keep import keeping
from resolver.solve.plan import bases, policies
from resolver.solve.policy import NEWEST, Policy
from resolver.solve.relax import Relaxed, Relaxing
from resolver.solve.roots import legible, roots_of
from resolver.solve.search import Clash, Roots, search
from resolver.solve.shelf import Catalog, Shelf
from resolver.solve.view import View

_PATIENCE = 60
"""Policies in a row without a new set after which a target is done."""

_STUDIES = 6
"""How often a search without any set is made again after the metadata of what clashed was read."""

_STUDY_SECONDS = 45.0
"""No further reading is begun after this time."""

_NEARBY = (0, 1, 2, 4, 8, 16, 32, 64, -1, -2, -4, -8, -16)
"""Places from a clashing release, newest first, at which others of its package are read too."""

_DOUBT = 8
"""The same for a target that has not shown any set yet: its searches are likely long and in vain."""


class InProcessSolver:
    """`interfaces.Solver` on `resolvelib` and a digested index.

    `judge` steers the learned policy; `implied` names what a release needs and does not declare; `learn` reads what releases really ask
    for where the index may have borrowed it, and lists anew the packages named beside them: it is asked before anything is given up.
    `builds` tells which CUDA releases were built for. With `strict` written needs are never loosened, guesses are left out. With `lowest`
    the oldest releases that the needs admit are tried too: nothing to offer a person, something to learn from.
    Warm, one set costs 2 to 5 ms; the first request also reads and digests the index.
    """

    def __init__(
        self,
        index: PackageIndex,
        *,
        judge: EdgeJudge | None = None,
        implied: Callable[[Release], Sequence[str]] | None = None,
        learn: Callable[[Iterable[tuple[NormalizedName, str]], Iterable[NormalizedName]], bool] | None = None,
        builds: CudaBuilds | None = None,
        strict: bool = False,
        lowest: bool = False,
        reporter: Reporter | None = None,
        seed: int = 0,
    ) -> None:
        self._index = index
        self._judge = judge
        self._implied = implied
        self._learn = learn
        self._builds = builds
        self._strict = strict
        self._lowest = lowest
        self._reporter = reporter or Reporter()
        self._seed = seed
        self._catalog = Catalog(index, self._reporter)
        self._views: dict[tuple[Target, tuple[RunsWith, ...]], View] = {}

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        """At most `limit` distinct sets, targets and policies by turns; nothing when no set exists.

        Raises UnknownPackage for a declared package that no index knows, IndexUnreachable when nobody can tell.
        """
        needs = legible(self._catalog, project.needs, self._reporter)
        seen: set[tuple[str, tuple[Pin, ...]]] = set()
        lines = [_Line(self, self._view(t, project), needs, project) for t in targets]
        begun = time.monotonic()
        for _ in range(_STUDIES):
            if (
                any(line.opens() and not line.clash for line in lines)
                or time.monotonic() - begun > _STUDY_SECONDS
                or not self._study(lines)
            ):
                break
            self._catalog, self._views = Catalog(self._index, self._reporter), {}
            needs = legible(self._catalog, project.needs, self._reporter)
            lines = [_Line(self, self._view(t, project), needs, project) for t in targets]
        yield from _by_turns(lines, seen, limit)
        if not seen and self._strict:
            written = [need for need in needs if not need.constraint or need.strength > Strength.USED]
            lines = [_Line(self, self._view(target, project), written, project) for target in targets] if len(written) < len(needs) else []
            yield from _by_turns(lines, seen, limit)
        elif not seen:
            yield from _by_turns(self._relaxed(needs, targets, project), seen, limit)

    def keeping(self, project: Project, target: Target, pins: Sequence[Pin]) -> Iterator[Candidate]:
        """A few sets for one target that hold `pins` as far as the project's needs leave room.

        Needs give way as in `candidates`, unless strict. Raises as that does. Costs some milliseconds a set, more where needs clash.
        """
        needs = legible(self._catalog, project.needs, self._reporter)
        line = _Line(self, self._view(target), needs, project)
        if line.opens():
            yield from line.keeping(pins)
        elif not self._strict:
            for relaxed in self._relaxed(needs, [target], project):
                if relaxed.opens():
                    yield from relaxed.keeping(pins)

    def _study(self, lines: Sequence[_Line]) -> bool:
        """Whether anything was learnt by reading what clashing releases and some around them really ask for, and by listing anew the
        packages of which something asked for a release that nobody knows.
        """
        if self._learn is None:
            return False
        wanted = []
        causes = (cause for line in lines if line.clash for cause in line.clash.causes)
        for entry in dict.fromkeys(entry for _, entry in causes if entry is not None):
            stock = entry.shelf.stock
            ranks = (entry.rank + step for step in _NEARBY)
            wanted += [(entry.shelf.name, stock[rank].version) for rank in ranks if 0 <= rank < len(stock)]
        return self._learn(wanted, self._catalog.unmet)

    def solve(self, needs: Sequence[Need], target: Target, policy: Policy) -> Candidate | Conflict:
        """The one set of a policy, or why there is none. Never relaxes. Raises as `candidates` does."""
        view = self._view(target)
        kept = legible(self._catalog, needs, self._reporter)
        found = search(view, roots_of(view, kept), policy, judge=self._judge, seed=self._seed)
        return found if isinstance(found, Candidate) else Explainer(self._view).tell(kept, [target])

    def explain(self, project: Project, targets: Sequence[Target]) -> Conflict:
        """Why no target has a set for the project's needs, as a tree of sentences; costs a few dozen searches."""
        needs = legible(self._catalog, project.needs, self._reporter)
        return Explainer(lambda target: self._view(target, project)).tell(needs, targets)

    def _view(self, target: Target, project: Project | None = None) -> View:
        runs_with = project.evidence.runs_with if project else ()
        view = self._views.get((target, runs_with))
        if view is None:
            view = self._views[target, runs_with] = View(self._catalog, target, self._implied, self._builds, runs_with)
        return view

    def _relaxed(self, needs: Sequence[Need], targets: Sequence[Target], project: Project) -> list[_Line]:
        """Lines for the targets on which the least has to give."""
        begun = [Relaxing(self._view(target, project), needs, reason_of) for target in targets]
        found: list[tuple[View, Relaxed]] = []
        least: float | None = None
        for relaxing in sorted(begun, key=lambda each: each.cost):
            relaxed = relaxing.finish(least)
            if relaxed is not None:
                found.append((relaxing.view, relaxed))
                least = relaxed.cost
        return [_Line(self, view, r.needs, project, r.relaxations) for view, r in found if r.cost == least]

    def today(self, shelves: Sequence[Shelf]) -> date:
        """The day of the index snapshot; the newest upload seen when the snapshot's name is no date."""
        try:
            return date.fromisoformat(self._index.snapshot[:10])
        except ValueError:
            newest = max((s.uploaded(rank) for s in shelves for rank in range(len(s.stock))), default=0)
            return date.fromordinal(newest) if newest else date.today()

    def run(self, view: View, roots: Roots, policy: Policy, relaxed: tuple[Relaxation, ...], touched: set[Shelf]) -> Candidate | Clash:
        """One search with this solver's judge and seed."""
        return search(view, roots, policy, judge=self._judge, seed=self._seed, relaxed=relaxed, touched=touched)

    @property
    def steers(self) -> bool:
        """Whether a judge is there for the learned policy."""
        return self._judge is not None

    @property
    def seed(self) -> int:
        """What random draws start from."""
        return self._seed

    @property
    def lowest(self) -> bool:
        """Whether the oldest direct needs are tried too."""
        return self._lowest


def _by_turns(lines: Sequence[_Line], seen: set[tuple[str, tuple[Pin, ...]]], limit: int) -> Iterator[Candidate]:
    """One new set of each target by turns, until `seen` holds `limit` of them or every target has shown all."""
    live = [line for line in lines if line.opens()]
    while live and len(seen) < limit:
        for line in list(live):
            found = line.next(seen)
            if found is None:
                live.remove(line)
            else:
                yield found
            if len(seen) >= limit:
                return


class _Line:
    """One target's stream of policies, and what it has shown so far."""

    def __init__(
        self, solver: InProcessSolver, view: View, needs: Sequence[Need], project: Project, relaxed: tuple[Relaxation, ...] = ()
    ) -> None:
        self._solver = solver
        self._view = view
        self._relaxed = relaxed
        self._project = project
        self._roots = roots_of(view, needs)
        self._touched: set[Shelf] = set()
        self._signatures: set[tuple[object, ...]] = set()
        self._policies: Iterator[Policy] = iter(())
        self._first: Candidate | Clash = Clash()
        self._tried = False
        self._shown = False

    @property
    def clash(self) -> Clash | None:
        """Why the newest policy has no set here, or None when it has; meaningless before the line was opened."""
        return self._first if isinstance(self._first, Clash) else None

    def opens(self) -> bool:
        """Try the newest policy, once; False when the needs have no set here at all."""
        if not self._roots.demands:
            return False
        if not self._tried:
            self._tried = True
            self._first = self._solver.run(self._view, self._roots, NEWEST, self._relaxed, self._touched)
        if isinstance(self._first, Clash) and not self._first.gave_up:
            return False
        self._policies = policies(
            self._view,
            self._roots,
            frameworks=self._project.frameworks,
            worked=self._project.evidence.last_worked,
            others=self._project.evidence.dating.others,
            today=self._solver.today(list(self._touched)),
            learned=self._solver.steers,
            seed=self._solver.seed,
            lowest=self._solver.lowest,
        )
        return True

    def next(self, seen: set[tuple[str, tuple[Pin, ...]]]) -> Candidate | None:
        """The next set that is new to `seen` (which it joins), or None when the target has no more to show."""
        misses = 0
        for policy in self._policies:
            if policy is NEWEST:
                found = self._first
            elif self._stale(policy):
                continue
            else:
                found = self._solver.run(self._view, self._roots, policy, self._relaxed, self._touched)
            if isinstance(found, Candidate):
                key = (found.target.python, found.pins)
                if key not in seen:
                    seen.add(key)
                    self._shown = True
                    return found
            misses += 1
            if misses >= (_PATIENCE if self._shown else _DOUBT):
                break
        return None

    def keeping(self, pins: Sequence[Pin]) -> Iterator[Candidate]:
        """The target's sets around `pins`; the line must have been opened."""
        solver, today = self._solver, self._solver.today(list(self._touched))
        around = bases(self._project.evidence.last_worked, today, learned=solver.steers)
        return keeping(
            self._view, self._roots, around, pins, lambda policy: solver.run(self._view, self._roots, policy, self._relaxed, self._touched)
        )

    def _stale(self, policy: Policy) -> bool:
        """Whether a plain as-of policy sees exactly the releases that an earlier one saw."""
        if policy.as_of is None or policy.moves or policy.kind != "as-of":
            return False
        day = policy.as_of
        signature = tuple(shelf.before(day) & self._view.masks(shelf)[0] for shelf in sorted(self._touched, key=lambda s: s.name))
        known = signature in self._signatures
        self._signatures.add(signature)
        return known

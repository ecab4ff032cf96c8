"""The solver of this process: many complete sets, from many preferences, without running anybody's code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.conflict import Conflict
from resolver.core.package import Pin, Release
from resolver.core.project import Need, Project
from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.interfaces import EdgeJudge, PackageIndex
from resolver.solve.explain import Explainer, reason_of
from resolver.solve.plan import policies
from resolver.solve.policy import NEWEST, Policy
from resolver.solve.relax import Relaxed, Relaxing
from resolver.solve.roots import legible, roots_of
from resolver.solve.search import Clash, Roots, search
from resolver.solve.shelf import Catalog, Shelf
from resolver.solve.view import View

_PATIENCE = 60
"""Policies in a row without a new set after which a target is done."""

_DOUBT = 8
"""The same for a target that has not shown any set yet: its searches are likely long and in vain."""


class InProcessSolver:
    """`interfaces.Solver` on `resolvelib` and a digested index.

    `judge` steers the learned policy; `implied` names what a release needs and does not declare; with `strict` contradictory
    needs are never loosened. Warm, one set costs 2 to 5 ms; the first request also reads and digests the index.
    """

    def __init__(
        self,
        index: PackageIndex,
        *,
        judge: EdgeJudge | None = None,
        implied: Callable[[Release], Sequence[str]] | None = None,
        strict: bool = False,
        reporter: Reporter | None = None,
        seed: int = 0,
    ) -> None:
        self._index = index
        self._judge = judge
        self._implied = implied
        self._strict = strict
        self._reporter = reporter or Reporter()
        self._seed = seed
        self._catalog = Catalog(index, self._reporter)
        self._views: dict[Target, View] = {}

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        """At most `limit` distinct sets, targets and policies by turns; nothing when no set exists.

        Raises UnknownPackage for a declared package that no index knows, IndexUnreachable when nobody can tell.
        """
        needs = legible(self._catalog, project.needs, self._reporter)
        seen: set[tuple[str, tuple[Pin, ...]]] = set()
        yield from _by_turns([_Line(self, self._view(t), needs, project) for t in targets], seen, limit)
        if not seen and not self._strict:
            yield from _by_turns(self._relaxed(needs, targets, project), seen, limit)

    def solve(self, needs: Sequence[Need], target: Target, policy: Policy) -> Candidate | Conflict:
        """The one set of a policy, or why there is none. Never relaxes. Raises as `candidates` does."""
        view = self._view(target)
        kept = legible(self._catalog, needs, self._reporter)
        found = search(view, roots_of(view, kept), policy, judge=self._judge, seed=self._seed)
        return found if isinstance(found, Candidate) else Explainer(self._view).tell(kept, [target])

    def explain(self, project: Project, targets: Sequence[Target]) -> Conflict:
        """Why no target has a set for the project's needs, as a tree of sentences; costs a few dozen searches."""
        needs = legible(self._catalog, project.needs, self._reporter)
        return Explainer(self._view).tell(needs, targets)

    def _view(self, target: Target) -> View:
        view = self._views.get(target)
        if view is None:
            view = self._views[target] = View(self._catalog, target, self._implied)
        return view

    def _relaxed(self, needs: Sequence[Need], targets: Sequence[Target], project: Project) -> list[_Line]:
        """Lines for the targets on which the least has to give."""
        begun = [Relaxing(self._view(target), needs, reason_of) for target in targets]
        found: list[tuple[View, Relaxed]] = []
        least: int | None = None
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
        self._shown = False

    def opens(self) -> bool:
        """Try the newest policy; False when the needs have no set here at all."""
        if not self._roots.demands:
            return False
        self._first = self._solver.run(self._view, self._roots, NEWEST, self._relaxed, self._touched)
        if isinstance(self._first, Clash) and not self._first.gave_up:
            return False
        self._policies = policies(
            self._view,
            self._roots,
            frameworks=self._project.frameworks,
            worked=self._project.evidence.last_worked,
            today=self._solver.today(list(self._touched)),
            learned=self._solver.steers,
            seed=self._solver.seed,
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

    def _stale(self, policy: Policy) -> bool:
        """Whether a plain as-of policy sees exactly the releases that an earlier one saw."""
        if policy.as_of is None or policy.moves or policy.kind != "as-of":
            return False
        day = policy.as_of
        signature = tuple(shelf.before(day) & self._view.masks(shelf)[0] for shelf in sorted(self._touched, key=lambda s: s.name))
        known = signature in self._signatures
        self._signatures.add(signature)
        return known

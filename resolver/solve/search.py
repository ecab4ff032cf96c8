"""One request: needs, target and policy in, one closed set or the demands that clash out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from resolvelib import BaseReporter
from resolvelib.resolvers import Resolution, ResolutionImpossible, ResolutionTooDeep

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.package import CUDA, PYTHON, Pin, Release
from resolver.interfaces import EdgeJudge
from resolver.solve.policy import Policy
from resolver.solve.provider import Provider, restrict
from resolver.solve.shelf import Demand, Entry, Shelf
from resolver.solve.view import View, cuda_major
from resolver.solve.walk import walk

_ROUNDS = 1200
"""Pins tried before a search is given up; a set of 100 packages takes about 120."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The needs as they apply to one target: what must be installed, and what else restricts."""

    demands: tuple[Demand, ...]
    constraints: tuple[Demand, ...] = ()

    @property
    def direct(self) -> tuple[str, ...]:
        """Names of the packages that are asked for, in the order of the needs."""
        return tuple(dict.fromkeys(str(demand.name) for demand in self.demands))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Why a search failed: (demand, the release that makes it or None for a need) pairs; `gave_up` when it was merely too long."""

    causes: tuple[tuple[Demand, Entry | None], ...] = ()
    gave_up: bool = False


def search(
    view: View,
    roots: Roots,
    policy: Policy,
    *,
    judge: EdgeJudge | None = None,
    seed: int = 0,
    relaxed: tuple[Relaxation, ...] = (),
    touched: set[Shelf] | None = None,
) -> Candidate | Clash:
    """One set under a policy, or why there is none. Implied demands that cannot be met are dropped; `touched` is filled with
    every shelf that was looked at. 2 to 5 ms when warm.
    """
    restrictions: dict[str, list[Demand]] = {}
    for demand in roots.constraints:
        restrictions.setdefault(demand.name, []).append(demand)
    restrict(view, policy.moves, restrictions)
    order = view.precedence(roots.demands)
    provider = Provider(view, policy, direct=roots.direct, order=order, restrictions=restrictions, judge=judge, seed=seed)
    if touched is not None:
        provider.touched = touched
    while True:
        found = walk(provider, roots.demands) or _run(provider, roots.demands)
        if not isinstance(found, Clash):
            return assemble(view, roots, found, policy, dropped=provider.dropped, relaxed=relaxed)
        soft = {demand for demand, _ in found.causes if demand.soft}
        if not soft - provider.dropped:
            return found
        provider.dropped |= soft


def _run(provider: Provider, demands: Sequence[Demand]) -> dict[str, Entry] | Clash:
    resolution: Resolution[Demand, Entry, str] = Resolution(provider, BaseReporter())
    provider.pinned = lambda: resolution.state.mapping
    try:
        return dict(resolution.resolve(demands, max_rounds=_ROUNDS).mapping)
    except ResolutionImpossible as impossible:
        return Clash(causes=tuple((i.requirement, i.parent) for i in impossible.causes))
    except ResolutionTooDeep:
        return Clash(gave_up=True)


def assemble(
    view: View,
    roots: Roots,
    pinned: dict[str, Entry],
    policy: Policy,
    *,
    dropped: frozenset[Demand] = frozenset(),
    relaxed: tuple[Relaxation, ...] = (),
) -> Candidate:
    """The set that the roots reach, with its edges; packages that backtracking left behind are not in it."""
    reached: dict[str, Entry] = {}
    asked: list[tuple[str, str]] = []
    todo = [pinned[demand.ident] for demand in roots.demands]
    while todo:
        entry = todo.pop()
        if entry.ident in reached:
            continue
        reached[entry.ident] = entry
        for demand in view.demands(entry):
            if demand not in dropped:
                asked.append((entry.shelf.name, demand.name))
                todo.append(pinned[demand.ident])
    releases = {str(entry.shelf.name): entry.release for entry in reached.values()}
    releases[PYTHON] = Release(pin=Pin(PYTHON, view.target.python))
    major = max((cuda_major(r.name, r.version) for r in releases.values()), default=0)
    if major:
        releases[CUDA] = Release(pin=Pin(CUDA, str(major)))
    names = sorted(releases)
    place = {name: at for at, name in enumerate(names)}
    edges = sorted({(place[importer], place[provider]) for importer, provider in asked if importer != provider})
    return Candidate(
        target=view.target,
        releases=tuple(releases[name] for name in names),
        edges=tuple(edges),
        policy=policy.name,
        direct=roots.direct,
        relaxed=relaxed,
    )

"""One request: needs, target and policy in, one closed set or the demands that clash out."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from resolvelib import BaseReporter
from resolvelib.resolvers import Resolution, ResolutionImpossible, ResolutionTooDeep

from resolver.core import cuda
from resolver.core.candidate import Candidate, Relaxation
from resolver.core.package import CUDA, PYTHON, Pin, Release
from resolver.interfaces import EdgeJudge
from resolver.solve.policy import Policy
from resolver.solve.provider import Provider, restrict
from resolver.solve.shelf import Demand, Entry, Shelf
from resolver.solve.view import View
from resolver.solve.walk import walk

_ROUNDS = 500
"""Pins tried before a search is given up; a set of 100 packages takes about 120."""

_BANS = 8
"""How many releases that only a pin may take are ruled out at most, one after another, when their pin was left behind."""

_FEW_ROUNDS = 250
"""The same for searches of which many are made (what clashes with what) or that are a last resort."""


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
    brief: bool = False,
    loose: bool = False,
) -> Candidate | Clash:
    """One set under a policy, or why there is none; about a millisecond when warm and nothing clashes, else up to half a second.

    Implied demands that cannot be met are dropped. Doubtful releases come in when nothing else helps, but not when `brief`, which
    also gives up sooner. `touched` is filled with every shelf that was looked at.
    """
    restrictions: dict[str, list[Demand]] = {}
    for demand in roots.constraints:
        restrictions.setdefault(demand.name, []).append(demand)
    restrict(view, policy.moves, restrictions)
    order = view.precedence(roots.demands)
    provider = Provider(view, policy, direct=roots.direct, order=order, restrictions=restrictions, judge=judge, seed=seed)
    if touched is not None:
        provider.touched = touched
    clash, strays = Clash(gave_up=True), list[Entry]()
    provider.loose = loose

    def again(failed: Clash) -> Candidate | Clash:
        """What is left to try: releases that pin what only a pin may take and was taken without one."""
        if brief or loose:
            return failed
        for name, version in itertools.islice(_pinners(view, provider.touched, strays), _BANS):
            moved = dataclasses.replace(policy, moves=(*policy.moves, (name, f"=={version}")))
            found = search(view, roots, moved, judge=judge, seed=seed, relaxed=relaxed, loose=True)
            if isinstance(found, Candidate):
                return dataclasses.replace(found, policy=policy.name)
        return failed

    while True:
        found = (None if provider.loose else walk(provider, roots.demands)) or _run(
            provider, roots.demands, _FEW_ROUNDS if brief or provider.loose else _ROUNDS
        )
        if not isinstance(found, Clash):
            reached, asked = _closure(view, roots, found, provider.dropped)
            stray = next((e for e in reached.values() if _unpinned(view, asked, e, restrictions, loose=provider.loose)), None)
            if stray is not None and len(strays) < _BANS:
                strays.append(stray)
                restrict(view, [(stray.shelf.name, f"!={stray.release.version}")], restrictions)
                continue
            if not provider.loose or _lawful(view, asked, found, restrictions):
                return assemble(view, roots, reached, asked, policy, relaxed)
            return again(clash)
        soft = {demand for demand, _ in found.causes if demand.soft}
        if soft - provider.dropped:
            provider.dropped |= soft
        elif brief or provider.loose or found.gave_up or policy.moves or not any(_doubtful(view, shelf) for shelf in provider.touched):
            return again(found)
        else:
            provider.loose, clash = True, found


def _doubtful(view: View, shelf: Shelf) -> bool:
    """Whether the loose search could find more on a shelf than the first one."""
    return bool(view.masks(shelf)[1] or view.masks(shelf)[2] or shelf.unread or shelf.all & ~shelf.finals)


def _pinners(view: View, touched: Collection[Shelf], strays: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Name and version of each release on the touched shelves that pins one of the strays."""
    for shelf in sorted(touched, key=lambda each: each.name):
        for entry in shelf.listed(shelf.all) if strays else ():
            for demand in view.demands(entry):
                if demand.exact and any(demand.name == s.shelf.name and demand.mask >> s.rank & 1 for s in strays):
                    yield str(shelf.name), entry.release.version


def _unpinned(
    view: View, asked: Sequence[tuple[str, Demand]], entry: Entry, restrictions: Mapping[str, Sequence[Demand]], *, loose: bool
) -> bool:
    """Whether nothing in the set asks for what only a pin may take: a yanked release, or a pre-release while a final one would do. What
    asked for it was left behind by backtracking.
    """
    shelf, rank = entry.shelf, entry.rank
    wanted = [demand for importer, demand in asked if demand.name == shelf.name != importer]
    if view.masks(shelf)[2] >> rank & 1:
        return not any(demand.exact for demand in wanted)
    if loose or shelf.finals >> rank & 1:  # the loose search takes pre-releases on trial; `_lawful` judges them
        return False
    everything = (*wanted, *restrictions.get(shelf.name, ()))
    return not any(demand.pre or demand.exact for demand in everything) and bool(view.admitted(shelf, everything) & shelf.finals)


def _lawful(
    view: View, asked: Sequence[tuple[str, Demand]], pinned: Mapping[str, Entry], restrictions: Mapping[str, Sequence[Demand]]
) -> bool:
    """Whether every pre-release of a set is asked for or without alternative, by everything that the set itself asks."""
    wanted: dict[str, list[Demand]] = {}
    for importer, demand in asked:
        if importer != demand.name:
            wanted.setdefault(demand.name, []).append(demand)
    for name, demands in wanted.items():
        entry = pinned[name]
        if not entry.shelf.finals >> entry.rank & 1:
            everything = (*demands, *restrictions.get(name, ()))
            finals = view.admitted(entry.shelf, everything, loose=True) & entry.shelf.finals
            if finals and not any(demand.pre or demand.exact for demand in everything):
                return False
    return True


def _run(provider: Provider, demands: Sequence[Demand], rounds: int) -> dict[str, Entry] | Clash:
    resolution: Resolution[Demand, Entry, str] = Resolution(provider, BaseReporter())
    provider.pinned = lambda: resolution.state.mapping
    try:
        return dict(resolution.resolve(demands, max_rounds=rounds).mapping)
    except ResolutionImpossible as impossible:
        return Clash(causes=tuple((i.requirement, i.parent) for i in impossible.causes))
    except ResolutionTooDeep:
        return Clash(causes=tuple((i.requirement, i.parent) for i in resolution.state.backtrack_causes), gave_up=True)


def _closure(
    view: View, roots: Roots, pinned: Mapping[str, Entry], dropped: frozenset[Demand]
) -> tuple[dict[str, Entry], list[tuple[str, Demand]]]:
    """What the roots reach, by identifier, and every (importer name, demand) in it; what backtracking left behind is not in it."""
    reached: dict[str, Entry] = {}
    asked: list[tuple[str, Demand]] = [("", demand) for demand in roots.demands]
    todo = [pinned[demand.ident] for demand in roots.demands]
    while todo:
        entry = todo.pop()
        if entry.ident in reached:
            continue
        reached[entry.ident] = entry
        for demand in view.demands(entry):
            if demand not in dropped:
                asked.append((entry.shelf.name, demand))
                todo.append(pinned[demand.ident])
    return reached, asked


def assemble(
    view: View,
    roots: Roots,
    reached: Mapping[str, Entry],
    asked: Sequence[tuple[str, Demand]],
    policy: Policy,
    relaxed: tuple[Relaxation, ...] = (),
) -> Candidate:
    """The candidate of a closed set: releases sorted by name, interpreter and CUDA among them, and an edge per requirement."""
    releases = {str(entry.shelf.name): entry.release for entry in reached.values()}
    releases[PYTHON] = Release(pin=Pin(PYTHON, view.target.python))
    major = max((cuda.named(r.name, r.version) or (0,) for r in releases.values() if cuda.is_nvidia(r.name)), default=(0,))[0]
    if major:
        releases[CUDA] = Release(pin=Pin(CUDA, str(major)))
    names = sorted(releases)
    place = {name: at for at, name in enumerate(names)}
    edges = sorted({(place[importer], place[d.name]) for importer, d in asked if importer and importer != d.name})
    return Candidate(
        target=view.target,
        releases=tuple(releases[name] for name in names),
        edges=tuple(edges),
        policy=policy.name,
        direct=roots.direct,
        relaxed=relaxed,
    )

"""The search: `resolvelib` over shelves and masks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from resolvelib.providers import AbstractProvider
from resolvelib.structs import RequirementInformation

from resolver.core.package import PYTHON, NormalizedName, Pin, Release
from resolver.core.twins import TWINS
from resolver.interfaces import EdgeJudge
from resolver.solve.policy import Policy
from resolver.solve.requirement import parse_requirement
from resolver.solve.shelf import Demand, Entry, Shelf, bits
from resolver.solve.view import View

_LOOK = 8
"""How many releases of a package the learned policy weighs."""
_SHIFTED = 0.15
"""Share of the packages that a perturbed policy without moves takes off their first choice."""
_WORD = 1 << 32

Information = RequirementInformation[Demand, Entry]


class Lazily(Sequence[Entry]):
    """A known number of entries whose order is decided only when somebody walks them."""

    def __init__(self, count: int, order: Callable[[], Iterable[Entry]]) -> None:
        self._count = count
        self._order = order

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._order())

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        return list(self._order())[at]


class Provider(AbstractProvider[Demand, Entry, str]):
    """One search on one target under one policy.

    Set by the caller: `pinned` tells what the search has chosen so far; `loose` lets in releases that are doubtful: sources that
    likely need a compiler, pre-releases, and those whose metadata is out of reach.
    """

    def __init__(
        self,
        view: View,
        policy: Policy,
        *,
        direct: Collection[str],
        order: Mapping[str, int],
        restrictions: Mapping[str, Sequence[Demand]],
        judge: EdgeJudge | None,
        seed: int,
    ) -> None:
        self.view = view
        self.policy = policy
        self.direct = direct
        self.order = order
        self.restrictions = restrictions
        self.judge = judge if policy.kind == "learned" else None
        self.seed = seed
        self.pinned: Callable[[], Mapping[str, Entry]] = dict
        self.loose = False
        self.dropped: frozenset[Demand] = frozenset()
        self.touched: set[Shelf] = set()
        self._width: dict[str, int] = {}
        self._interpreter = Release(pin=Pin(PYTHON, view.target.python))

    def identify(self, requirement_or_candidate: Demand | Entry) -> str:
        """Package name, with the extra in brackets."""
        return requirement_or_candidate.ident

    def is_satisfied_by(self, requirement: Demand, candidate: Entry) -> bool:
        """Whether the release is within the demand's mask."""
        return bool(requirement.mask >> candidate.rank & 1)

    def get_dependencies(self, candidate: Entry) -> Iterable[Demand]:
        """What the release asks for on this target."""
        demands = self.view.demands(candidate)
        return [d for d in demands if d not in self.dropped] if self.dropped else demands

    def find_matches(
        self, identifier: str, requirements: Mapping[str, Iterator[Demand]], incompatibilities: Mapping[str, Iterator[Entry]]
    ) -> Sequence[Entry]:
        """The releases that satisfy everything asked so far, in the policy's order."""
        demands = list(requirements[identifier])
        # There may be none left: backtracking asks again for packages that nobody wants any more.
        name, _, extra = identifier.removesuffix("]").partition("[")
        shelf = self.view.catalog.shelf(NormalizedName(name))
        self.touched.add(shelf)
        if extra and name in requirements:
            demands += requirements[name]
        restrictions = self.restrictions.get(name)
        if restrictions:
            demands += restrictions
        mask = self.view.admitted(shelf, demands, self.policy.as_of, loose=self.loose)
        late = self.is_late(shelf, mask)
        for entry in incompatibilities[identifier]:
            mask &= ~(1 << entry.rank)
        self._width[identifier] = mask.bit_count()
        return self.ordered(shelf, mask, extra, late=late)

    def is_late(self, shelf: Shelf, mask: int) -> bool:
        """Whether a package has nothing from before the policy's day, so that the earliest must do."""
        return self.policy.as_of is not None and mask != 0 and not mask & shelf.before(self.policy.as_of)

    def ordered(self, shelf: Shelf, mask: int, extra: str, *, late: bool) -> Sequence[Entry]:
        """The releases of a mask in the policy's order, most wanted first; doubtful ones last."""
        if not mask & (mask - 1):
            return shelf.listed(mask, extra)
        return Lazily(mask.bit_count(), lambda: shelf.readable(self._in_step(shelf, mask, extra, late=late), last=self.loose))

    def _in_step(self, shelf: Shelf, mask: int, extra: str, *, late: bool) -> Iterable[Entry]:
        """The policy's order, after the release with the version of a twin that is chosen already, if there is one."""
        twins = TWINS.get(shelf.name, ())
        pinned = self.pinned() if twins else {}
        entry = next((pinned[twin] for twin in twins if twin in pinned), None)
        if entry is not None:
            version = entry.shelf.versions[entry.rank]
            same = next((rank for rank in bits(mask) if shelf.versions[rank] == version), None)
            if same is not None:
                first = shelf.entry(same, extra)
                return (first, *(each for each in self._preferred(shelf, mask, extra, late=late) if each is not first))
        return self._preferred(shelf, mask, extra, late=late)

    def _preferred(self, shelf: Shelf, mask: int, extra: str, *, late: bool) -> Iterable[Entry]:
        if self.loose:
            _, worse, held = self.view.masks(shelf)
            free = mask & ~held
            parts = (free & shelf.finals & ~worse, free & shelf.finals & worse, free & ~shelf.finals, mask & held)
            if mask not in parts:
                return (entry for part in parts for entry in self._preferred(shelf, part, extra, late=late))
        if late:
            return shelf.earliest(mask, extra)
        if self.policy.kind == "lowest" and shelf.name in self.direct:
            return shelf.listed(mask, extra)[::-1]
        if self.policy.kind == "perturbed" and not self.policy.moves:
            return self._shifted(shelf, mask, extra)
        if self.judge is not None and mask & (mask - 1):
            return self._learned(shelf, mask, extra)
        return shelf.listed(mask, extra)

    def _shifted(self, shelf: Shelf, mask: int, extra: str) -> Sequence[Entry]:
        entries = shelf.listed(mask, extra)
        drawn = hashlib.blake2b(f"{self.policy.seed}/{self.seed}/{shelf.name}".encode(), digest_size=8).digest()
        chance, depth = int.from_bytes(drawn[:4]) / _WORD, int.from_bytes(drawn[4:]) / _WORD
        if len(entries) < 2 or chance >= _SHIFTED:
            return entries
        start = 1 + int((len(entries) - 1) * depth**2)
        return entries[start:] + entries[:start]

    def _learned(self, shelf: Shelf, mask: int, extra: str) -> list[Entry]:
        """The few looked-at releases by their risk against what is chosen, then the rest, newest first."""
        ranks = list(bits(mask))
        pinned = self.pinned()
        base = pinned.get(shelf.name)
        if extra and base is not None and mask >> base.rank & 1:
            return [shelf.entry(base.rank, extra), *(shelf.entry(rank, extra) for rank in ranks if rank != base.rank)]
        name, providers = str(shelf.name), self.view.providers
        importers = [e for e in pinned.values() if name in providers(e) and e.shelf is not shelf]
        looked = spread(ranks, _LOOK)
        risk = {rank: self._risk(shelf.entry(rank), importers, pinned) for rank in looked}
        best = sorted(looked, key=lambda rank: (round(risk[rank], 2), rank))
        chosen = set(best)
        return [shelf.entry(rank, extra) for rank in (*best, *(rank for rank in ranks if rank not in chosen))]

    def _risk(self, entry: Entry, importers: Sequence[Entry], pinned: Mapping[str, Entry]) -> float:
        assert self.judge is not None
        python, release = self.view.target.python, entry.release
        works = 1.0 - self.judge.risk(release, self._interpreter, python).probability
        for importer in importers:
            works *= 1.0 - self.judge.risk(importer.release, release, python).probability
        for name in self.view.providers(entry):
            provider = pinned.get(name)
            if provider is not None:
                works *= 1.0 - self.judge.risk(release, provider.release, python).probability
        return 1.0 - works

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Entry],  # noqa: ARG002 - named by resolvelib
        candidates: Mapping[str, Iterator[Entry]],  # noqa: ARG002
        information: Mapping[str, Iterator[Information]],  # noqa: ARG002
        backtrack_causes: Sequence[Information],
    ) -> Iterable[str]:
        """The one to decide next: what just caused a conflict, then single choices, then importers before what they import."""
        names = list(identifiers)
        if backtrack_causes:
            causes = {i.requirement.ident for i in backtrack_causes} | {i.parent.ident for i in backtrack_causes if i.parent is not None}
            names = [name for name in names if name in causes] or names
        width, order = self._width, self.order
        best = min(range(len(names)), key=lambda at: (width.get(names[at], 1) > 1, order.get(names[at], -1), at))
        return [names[best]]

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Entry],  # noqa: ARG002 - named by resolvelib
        candidates: Mapping[str, Iterator[Entry]],  # noqa: ARG002
        information: Mapping[str, Iterator[Information]],  # noqa: ARG002
        backtrack_causes: Sequence[Information],  # noqa: ARG002
    ) -> Any:
        """Never decides anything: the narrowing above leaves one."""
        return identifier


def spread(ranks: Sequence[int], count: int) -> list[int]:
    """At most `count` of the ranks: the newest, the oldest, and evenly between, denser towards the newest."""
    if len(ranks) <= count:
        return list(ranks)
    last = len(ranks) - 1
    steps = {round(last * (at / (count - 1)) ** 1.5) for at in range(count)}
    return [ranks[at] for at in sorted(steps)]


def restrict(view: View, moves: Iterable[tuple[str, str]], into: dict[str, list[Demand]]) -> None:
    """Add (package, specifier) restrictions, a bare version meaning that version."""
    for name, specifier in moves:
        text = specifier if specifier[:1] in "<>=!~" else f"=={specifier}"
        parsed = parse_requirement(f"{name}{text}")
        if parsed is not None:
            demand = view.catalog.demand(NormalizedName(parsed.name), "", parsed.specifier, exact=parsed.exact, pre=parsed.pre)
            into.setdefault(parsed.name, []).append(demand)

"""Needs that contradict each other: which of them clash, and the least that must give."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from packaging.specifiers import SpecifierSet

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.package import NormalizedName
from resolver.core.project import Need, OriginKind, Strength
from resolver.solve.policy import NEWEST
from resolver.solve.requirement import parse_requirement, parse_version
from resolver.solve.roots import name_of, roots_of
from resolver.solve.search import Clash, search
from resolver.solve.shelf import Entry
from resolver.solve.view import View

_INFERRED = frozenset({OriginKind.IMPORTED, OriginKind.ARTIFACT, OriginKind.MENTIONED})
LEFT_OUT = "left out"
_LAST = 9
"""The step of the ladder on which a package without any build for Linux is left out."""

_UNMOVED = Strength.REQUEST
"""What the command line asks for never gives."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """Needs that have a solution on a target again, what was loosened, and how much that costs (lower is less)."""

    needs: tuple[Need, ...]
    relaxations: tuple[Relaxation, ...]
    cost: float


def solvable(view: View, needs: Sequence[Need]) -> bool:
    """Whether the needs have a set on the target; a search given up counts as no."""
    return isinstance(search(view, roots_of(view, needs), NEWEST, brief=True), Candidate)


def core_of(view: View, needs: Sequence[Need], clash: Clash) -> tuple[Need, ...]:
    """A small clashing part of the needs: drop any of them and the rest has a set. A few searches per halving of the needs."""
    names = {demand.name for demand, _ in clash.causes} | {entry.shelf.name for _, entry in clash.causes if entry is not None}
    suspects = [need for need in needs if name_of(need) in names]
    kept = suspects if suspects and not solvable(view, suspects) else list(needs)
    kept.sort(key=lambda need: -need.strength)
    size = max(1, len(kept) // 2)
    while True:
        start = 0
        while start < len(kept):
            rest = kept[:start] + kept[start + size :]
            if rest and not solvable(view, rest):
                kept = rest
            else:
                start += size
        if size == 1:
            return tuple(kept)
        size //= 2


class Relaxing:
    """One target's needs being loosened, step by step; `cost` counts what has given so far."""

    def __init__(self, view: View, needs: Sequence[Need], say: Callable[[View, Sequence[Need]], str]) -> None:
        """Loosen at once what nothing on the target answers: that costs no search. `say` words a reason from clashing needs."""
        self.view = view
        self._written = needs
        self._say = say
        self._current = list(needs)
        self._steps: dict[int, tuple[int, str, str]] = {}
        self.hopeless = False
        for at, need in enumerate(needs):
            if not need.constraint and not answered(view, need):
                self._revive(at)

    @property
    def cost(self) -> float:
        """What has given so far: steps on the ladder, weighed by the strength of the need."""
        return sum(level * 4.0 ** self._written[at].strength for at, (level, _, _) in self._steps.items())

    def _revive(self, at: int) -> None:
        reason = self._say(self.view, [self._current[at]])
        for level, new in self._options(at):
            if new is None or answered(self.view, new):
                self._take(at, level, new, reason)
                return
        self.hopeless = True

    def _options(self, at: int) -> Iterator[tuple[int, Need | None]]:
        if self._current[at].strength < _UNMOVED:
            yield from _next_steps(self._written[at], self._current[at], self._steps.get(at))
            if self._is_foreign(at):
                yield _LAST, None

    def _is_foreign(self, at: int) -> bool:
        """Whether no release of what is asked for has a file for Linux (pywin32): then it cannot be what the image needs."""
        name = name_of(self._written[at])
        return bool(name) and not any(release.files for release in self.view.catalog.shelf(NormalizedName(name)).stock)

    def _take(self, at: int, level: int, new: Need | None, reason: str) -> None:
        self._steps[at] = (level, new.requirement if new else LEFT_OUT, reason)
        old = self._current[at]
        # A need left out stays in its place as a constraint that restricts nothing, so that places keep their meaning.
        self._current[at] = new or dataclasses.replace(old, constraint=True, requirement=name_of(old))

    def finish(self, most: float | None) -> Relaxed | None:
        """Loosen the fewest and weakest until a set exists; None when nothing helps or it costs more than `most`."""
        while not self.hopeless and (most is None or self.cost <= most):
            clash = search(self.view, roots_of(self.view, self._current), NEWEST)
            if isinstance(clash, Candidate):
                return self._told()
            core = core_of(self.view, self._current, clash)
            options = [(at, level, new) for at in _softest(self.view, self._current, core) for level, new in self._options(at)]
            if not options:
                return None
            at, level, new = next((o for o in options if solvable(self.view, _replaced(core, self._current[o[0]], o[2]))), options[0])
            self._take(at, level, new, self._say(self.view, core))
        return None

    def _told(self) -> Relaxed:
        relaxations = tuple(
            Relaxation(requirement=self._written[at].requirement, became=became, where=str(self._written[at].origin), reason=reason)
            for at, (_, became, reason) in sorted(self._steps.items())
        )
        return Relaxed(needs=tuple(self._current), relaxations=relaxations, cost=self.cost)


def answered(view: View, need: Need) -> bool:
    """Whether some release on the target meets the need by itself (a need that does not apply there is met)."""
    return all(view.admitted(view.catalog.shelf(demand.name), [demand]) for demand in roots_of(view, [need]).demands)


def _softest(view: View, current: Sequence[Need], core: Sequence[Need]) -> list[int]:
    """Places of the core's needs, those to loosen first at the front: weak ones, and what others merely depend on."""
    wanted = {d.name for need in core for e in _first(view, need) for d in view.demands(e)}
    inside = {id(need) for need in core}
    places = [at for at, need in enumerate(current) if id(need) in inside and need.strength < _UNMOVED]
    return sorted(places, key=lambda at: (current[at].strength, name_of(current[at]) not in wanted, -at))


def _first(view: View, need: Need) -> Iterator[Entry]:
    """The newest release that the need alone admits."""
    roots = roots_of(view, [need])
    for demand in (*roots.demands, *roots.constraints):
        shelf = view.catalog.shelf(demand.name)
        yield from shelf.listed(view.admitted(shelf, [demand]))[:1]


def _replaced(core: Sequence[Need], old: Need, new: Need | None) -> list[Need]:
    return [need if need is not old else new for need in core if need is not old or new is not None]  # type: ignore[misc]


def _next_steps(written: Need, current: Need, done: tuple[int, str, str] | None) -> Iterator[tuple[int, Need | None]]:
    """The looser forms of a need that were not tried yet, tightest first; None leaves it out (guesses only)."""
    parsed = parse_requirement(written.requirement)
    if parsed is None:
        return
    extras = f"[{','.join(parsed.extras)}]" if parsed.extras else ""
    marker = f" ; {parsed.marker}" if parsed.marker else ""
    ladder: list[str | None] = [f"{parsed.name}{extras}{specifier}{marker}" for specifier in looser(parsed.specifier)]
    if extras:
        bare = [f"{parsed.name}{specifier}{marker}" for specifier in (parsed.specifier, *looser(parsed.specifier))]
        ladder = [bare[0], *ladder, *bare[1:]]
    if written.strength <= Strength.HEARSAY:
        ladder = ladder[:1]  # half of what is only spoken of says nothing
    if written.origin.kind in _INFERRED or written.strength <= Strength.USED:
        ladder.append(None)
    for level, text in enumerate(ladder, start=1):
        if done is None or level > done[0]:
            yield level, None if text is None else dataclasses.replace(current, requirement=text)


def looser(specifier: str) -> tuple[str, ...]:
    """Ever looser forms: a pin gives way to its minor series, its major series, anything; a range loses its upper bound, then all."""
    if not specifier:
        return ()
    clauses = list(SpecifierSet(specifier))
    pin = next((c for c in clauses if c.operator in {"==", "===", "~="}), None)
    if pin is not None:
        version = parse_version(pin.version.removesuffix(".*"))
        if version is None:
            return ("",)
        series = (f"=={version.major}.{version.minor}.*", f"=={version.major}.*", "")
        return tuple(s for s in series if s != specifier)
    lower = ",".join(sorted(str(c) for c in clauses if c.operator in {">", ">="}))
    return (lower, "") if lower and lower != specifier else ("",)

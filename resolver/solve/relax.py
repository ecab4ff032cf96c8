"""Needs that contradict each other: which of them clash, and the least that must give."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from packaging.specifiers import SpecifierSet

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.project import Need, OriginKind
from resolver.solve.policy import NEWEST
from resolver.solve.requirement import parse_requirement, parse_version
from resolver.solve.roots import name_of, roots_of
from resolver.solve.search import Clash, search
from resolver.solve.shelf import Entry
from resolver.solve.view import View

_INFERRED = frozenset({OriginKind.IMPORTED, OriginKind.ARTIFACT})
LEFT_OUT = "left out"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """Needs that have a solution on a target again, what was loosened, and how much that costs (lower is less)."""

    needs: tuple[Need, ...]
    relaxations: tuple[Relaxation, ...]
    cost: int


def solvable(view: View, needs: Sequence[Need]) -> bool:
    """Whether the needs have a set on the target; a search given up counts as no."""
    return isinstance(search(view, roots_of(view, needs), NEWEST), Candidate)


def core_of(view: View, needs: Sequence[Need], clash: Clash) -> tuple[Need, ...]:
    """A smallest clashing part of the needs: drop any of them and the rest has a set. One search per need looked at."""
    names = {demand.name for demand, _ in clash.causes} | {entry.shelf.name for _, entry in clash.causes if entry is not None}
    suspects = [need for need in needs if name_of(need) in names]
    kept = suspects if suspects and not solvable(view, suspects) else list(needs)
    for need in sorted(kept, key=lambda n: -n.strength):
        rest = [other for other in kept if other is not need]
        if rest and not solvable(view, rest):
            kept = rest
    return tuple(kept)


def relax(view: View, needs: Sequence[Need], say: Callable[[View, Sequence[Need]], str]) -> Relaxed | None:
    """The needs with the fewest and weakest of them loosened until a set exists on the target, or None when nothing helps.

    `say` words the reason from the clashing needs. Command-line needs never give.
    """
    current = list(needs)
    steps: dict[int, tuple[int, str, str]] = {}
    for _ in range(3 * len(current) + 1):
        clash = search(view, roots_of(view, current), NEWEST)
        if isinstance(clash, Candidate):
            return _told(needs, current, steps)
        core = core_of(view, current, clash)
        options = [
            (at, level, new) for at in _softest(view, current, core) for level, new in _next_steps(needs[at], current[at], steps.get(at))
        ]
        if not options:
            return None
        reason = say(view, core)
        at, level, new = next(
            (option for option in options if solvable(view, _replaced(core, current[option[0]], option[2]))),
            options[0],
        )
        steps[at] = (level, new.requirement if new else LEFT_OUT, reason)
        if new is None:
            current[at] = dataclasses.replace(current[at], constraint=True, requirement=name_of(current[at]))
        else:
            current[at] = new
    return None


def _softest(view: View, current: Sequence[Need], core: Sequence[Need]) -> list[int]:
    """Places of the core's needs, those to loosen first at the front: weak ones, and what others merely depend on."""
    wanted = {d.name for need in core for e in _first(view, need) for d in view.demands(e)}
    inside = {id(need) for need in core}
    places = [at for at, need in enumerate(current) if id(need) in inside and need.strength < 4]
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
    ladder: list[str | None] = list(looser(parsed.specifier))
    if written.origin.kind in _INFERRED or written.strength == 0:
        ladder.append(None)
    extras = f"[{','.join(parsed.extras)}]" if parsed.extras else ""
    marker = f" ; {parsed.marker}" if parsed.marker else ""
    for level, specifier in enumerate(ladder, start=1):
        if done is None or level > done[0]:
            text = None if specifier is None else f"{parsed.name}{extras}{specifier}{marker}"
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


def _told(needs: Sequence[Need], current: Sequence[Need], steps: dict[int, tuple[int, str, str]]) -> Relaxed:
    relaxations = tuple(
        Relaxation(requirement=needs[at].requirement, became=became, where=str(needs[at].origin), reason=reason)
        for at, (_, became, reason) in sorted(steps.items())
    )
    cost = sum(level * 4 ** needs[at].strength for at, (level, _, _) in steps.items())
    return Relaxed(needs=tuple(current), relaxations=relaxations, cost=cost)

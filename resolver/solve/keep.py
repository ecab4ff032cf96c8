"""A former answer as a set of today: its versions where they still satisfy the needs, everything new solved around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping

from resolver.core.candidate import Candidate
from resolver.core.package import Pin
from resolver.solve.policy import Policy
from resolver.solve.requirement import parse_requirement
from resolver.solve.search import Clash, Roots
from resolver.solve.view import View

_GIVES = 12
"""How often a search is made again at most, each time without the versions that it clashed on."""


def keeping(
    view: View, roots: Roots, bases: Iterable[Policy], pins: Iterable[Pin], run: Callable[[Policy], Candidate | Clash]
) -> Iterator[Candidate]:
    """The sets that hold `pins` under each base policy, each once; versions that clash with the needs or with what those bring give way.

    A pin that nothing asks for does not come in. Some milliseconds a policy, and as much for each clash.
    """
    standing = {str(pin.name): pin.version for pin in pins if _stands(view, roots, pin)}
    seen: set[tuple[Pin, ...]] = set()
    for base in bases:
        left = standing
        for _ in range(_GIVES):
            found = run(dataclasses.replace(base, name=f"kept, {base.name}", moves=tuple(left.items())))
            if isinstance(found, Candidate):
                if found.pins not in seen:
                    seen.add(found.pins)
                    yield found
                break
            giving = _giving(found, left)
            if not giving:
                break
            left = {name: version for name, version in left.items() if name not in giving}


def _stands(view: View, roots: Roots, pin: Pin) -> bool:
    """Whether the index has the release for the target and no need excludes it."""
    parsed = parse_requirement(f"{pin.name}=={pin.version}")
    if parsed is None:
        return False
    shelf = view.catalog.shelf(parsed.name)
    demand = view.catalog.demand(parsed.name, "", parsed.specifier, exact=parsed.exact, pre=parsed.pre)
    asked = [each for each in (*roots.demands, *roots.constraints) if each.name == shelf.name]
    return bool(view.admitted(shelf, (*asked, demand)))


def _giving(clash: Clash, left: Mapping[str, str]) -> set[str]:
    """The kept versions that a clash is about: those that something else asks for otherwise, else those that ask."""
    asked = {str(demand.name) for demand, _ in clash.causes} & left.keys()
    return asked or {str(entry.shelf.name) for _, entry in clash.causes if entry is not None} & left.keys()

"""The former answer beside the best set of a search: what is left of it, and what a person is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from resolver.core.candidate import Candidate, Scored
from resolver.core.kept import Former
from resolver.core.package import NormalizedName, Pin
from resolver.flows.lean import LIGHT

_SHOWN = 3
_HEAVY = {light: NormalizedName(heavy) for heavy, light in LIGHT.items()}


def counterparts(former: Former, ranked: Iterable[Scored]) -> Former:
    """The former answer under the names that sets are made of: what was exchanged for a lighter build when it was written stands for the
    heavy one again, what no set holds any more is left out.
    """
    held = {pin.name for scored in ranked for pin in scored.candidate.pins}
    pins = []
    for pin in former.pins:
        name = pin.name if pin.name in held else _HEAVY.get(pin.name)
        if name in held and name is not None:
            pins.append(Pin(name, pin.version.removesuffix("+cpu")))
    return dataclasses.replace(former, pins=tuple(pins))


def moved(former: Former, candidate: Candidate) -> int:
    """How many of the former versions a set holds in another version; all of them when it is for another target."""
    if candidate.target != former.target:
        return len(former.pins)
    return len(_moved(former, candidate))


def _moved(former: Former, candidate: Candidate) -> list[Pin]:
    """What a set holds in another version, as it holds it; what it does not hold at all has not moved."""
    have = {pin.name: pin for pin in candidate.pins}
    return [have[pin.name] for pin in former.pins if pin.name in have and have[pin.name].version.removesuffix("+cpu") != pin.version]


def verdict(former: Former, kept: Scored, best: Scored, *, taken: bool) -> str:
    """The sentence on whether the former versions stay, with both probabilities and what the best set of the search has instead."""
    held = {pin.name for pin in kept.candidate.pins}
    size, gone = sum(pin.name in held for pin in former.pins), len(_moved(former, kept.candidate))
    stay = f"{size - gone} of {size} locked versions" if gone else f"the {size} locked versions"
    other = _difference(former, best.candidate)
    if taken:
        return f"{stay} stay ({_percent(kept)}); --upgrade takes a set of {_percent(best)}, with {other}"
    return f"{stay} could stay in a set of {_percent(kept)}; taken is one of {_percent(best)}, with {other}"


def _difference(former: Former, candidate: Candidate) -> str:
    """What a set has instead of the former versions, in short: its interpreter if it is another one, then the direct needs first."""
    pins = sorted(_moved(former, candidate), key=lambda pin: (pin.name not in candidate.direct, pin.name))
    words = [f"{pin.name} {pin.version}" for pin in pins[:_SHOWN]]
    if candidate.target.python != former.target.python:
        words.insert(0, f"Python {candidate.target.python}")
    more = len(pins) - _SHOWN
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def _percent(scored: Scored) -> str:
    return f"{min(max(round(100 * scored.probability), 1), 99)} %"

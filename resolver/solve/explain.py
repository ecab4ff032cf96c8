"""Why no set exists, in sentences that name file and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resolver.core.candidate import Candidate
from resolver.core.conflict import Conflict
from resolver.core.project import Need
from resolver.core.target import PYTHONS, Target, minor
from resolver.solve.policy import NEWEST
from resolver.solve.relax import core_of
from resolver.solve.requirement import full_version, parse_requirement
from resolver.solve.roots import roots_of
from resolver.solve.search import Clash, search
from resolver.solve.shelf import Demand, Entry, Shelf, admits_python, bits
from resolver.solve.view import View

_MOST_DEMANDS = 6


class Explainer:
    """Words clashes; `view_of` gives the view of a target."""

    def __init__(self, view_of: Callable[[Target], View]) -> None:
        self._view_of = view_of

    def tell(self, needs: Sequence[Need], targets: Sequence[Target]) -> Conflict:
        """One tree for all targets; targets that fail for the same reason share a branch."""
        branches: dict[tuple[Conflict, ...], list[Target]] = {}
        for target in targets:
            because = clash_of(self._view_of(target), needs)
            if because:
                branches.setdefault(because, []).append(target)
        if not targets:
            return Conflict(sentence="no Python is left to try")
        children = [
            Conflict(sentence=f"on {pythons(group)}:", because=because) if len(branches) > 1 else because
            for because, group in branches.items()
        ]
        flat = tuple(c for child in children for c in (child if isinstance(child, tuple) else (child,)))
        return Conflict(sentence=f"no set of versions satisfies the needs on {pythons(targets)}", because=flat)


def clash_of(view: View, needs: Sequence[Need]) -> tuple[Conflict, ...]:
    """What clashes on one target: needs that nothing answers, else a smallest clashing part; empty when a set exists."""
    barren = tuple(told for need in needs if (told := _barren(view, need)) is not None)
    if barren:
        return barren
    clash = search(view, roots_of(view, needs), NEWEST)
    if isinstance(clash, Candidate):
        return ()
    core = core_of(view, needs, clash)
    again = search(view, roots_of(view, core), NEWEST)
    causes = again.causes if isinstance(again, Clash) else clash.causes
    wants = tuple(Conflict(sentence=_asks(need), where=str(need.origin)) for need in core)
    return wants + _asked(view, causes)


def reason_of(view: View, core: Sequence[Need]) -> str:
    """One line for a relaxation: what the clashing needs rest on."""
    alone = [told.sentence for need in core if (told := _barren(view, need)) is not None]
    if alone:
        return "; ".join(alone)
    clash = search(view, roots_of(view, core), NEWEST)
    sentences = [told.sentence for told in _asked(view, clash.causes)] if isinstance(clash, Clash) else []
    together = " and ".join(f"{need.requirement} {f'for {need.why}' if need.why else f'of {need.origin}'}" for need in core)
    return f"{together} exclude each other" + (f": {'; '.join(sentences[:2])}" if sentences else "")


def _barren(view: View, need: Need) -> Conflict | None:
    """Why one need alone has no release here, or None when it has one."""
    roots = roots_of(view, [need])
    if need.constraint or not roots.demands:
        return None
    demand = roots.demands[0]
    shelf = view.catalog.shelf(demand.name)
    if view.admitted(shelf, [demand]):
        return None
    return Conflict(sentence=f"{_asks(need)}, {_why_barren(view, shelf, demand)}", where=str(need.origin))


def _why_barren(view: View, shelf: Shelf, demand: Demand) -> str:
    python = view.target.python
    if not shelf.stock:
        return f"but no build of {shelf.name} for Linux is known"
    if not demand.mask:
        return f"but {shelf.name} has no such release (there are {shelf.versions[-1]} to {shelf.versions[0]})"
    release = shelf.stock[next(bits(demand.mask))]
    if any(mask & demand.mask for mask in shelf.installable(view.target)[:2]):
        return f"but the host's driver, its card or the asked-for CUDA rules {shelf.name} {release.version} out"
    if release.requires_python and not admits_python(release.requires_python, full_version(python)):
        return f"but {release.pin.name} {release.version} needs Python {release.requires_python}"
    others = [p for p in PYTHONS if shelf.installable(Target(python=p, platform=view.target.platform))[0] & demand.mask]
    if others:
        return f"but {shelf.name} {release.version} has builds for Python {_range(others)} only"
    return f"but {shelf.name} {release.version} has no build for Linux on any Python from {PYTHONS[0]} to {PYTHONS[-1]}"


def _asked(view: View, causes: Sequence[tuple[Demand, Entry | None]]) -> tuple[Conflict, ...]:
    """The requirements of releases in a clash, one sentence each, the releases that ask the same gathered."""
    askers: dict[Demand, list[Entry]] = {}
    for demand, entry in causes:
        if entry is not None and entry.shelf.name != demand.name:
            askers.setdefault(demand, []).append(entry)
    sentences = []
    for demand, entries in askers.items():
        shelf = view.catalog.shelf(demand.name)
        barren = not view.admitted(shelf, [demand])
        if not (demand.specifier or barren):
            continue
        text = f"{_named(entries)} needs {demand.name}{demand.specifier}"
        sentences.append(Conflict(sentence=f"{text}, {_why_barren(view, shelf, demand)}" if barren else text))
    return tuple(sentences[:_MOST_DEMANDS])


def _named(entries: Sequence[Entry]) -> str:
    """ "tensorflow 1.14.0 to 1.15.4" for releases of one package (the first one's; others that ask the same are left out)."""
    shelf = entries[0].shelf
    ranks = sorted({entry.rank for entry in entries if entry.shelf is shelf}, reverse=True)
    ends = dict.fromkeys(str(shelf.versions[rank]) for rank in (ranks[0], ranks[-1]))
    return f"{entries[0].ident} {' to '.join(ends)}"


def _asks(need: Need) -> str:
    """ "requirements.txt:1 wants tensorflow==2.6.0"; a range that nobody wrote is told with the name that it rests on."""
    parsed = parse_requirement(need.requirement)
    extras = f"[{','.join(parsed.extras)}]" if parsed and parsed.extras else ""
    text = need.requirement if parsed is None else f"{parsed.name}{extras}{parsed.specifier}"
    if need.why:
        return f"the source restricts to {text} by {need.why}"
    return f"{need.origin} {'restricts to' if need.constraint else 'wants'} {text}"


def pythons(targets: Sequence[Target]) -> str:
    """ "Python 3.6 to 3.9" for a list of targets."""
    return f"Python {_range(sorted({t.python for t in targets}, key=minor))}"


def _range(names: Sequence[str]) -> str:
    numbers = [minor(name) for name in names]
    if len(names) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return " and ".join(names) if len(names) <= 2 else ", ".join(names[:-1]) + f" and {names[-1]}"

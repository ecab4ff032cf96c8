"""The straight walk: what `resolvelib` would find when nothing forces it to backtrack, at a fraction of the price.

Most requests meet no conflict that a look at the next requirement would not avoid. For these the general search spends nearly
all its time on copying states it never returns to. The walk pins package after package, revises a pin when a later
requirement asks for it, and gives up (None) after a few dead ends, where the general search takes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from resolver.solve.provider import Provider
from resolver.solve.shelf import Demand, Entry, Shelf

_TRIES = 4


class _Tally:
    """Everything asked of one identifier so far, combined."""

    __slots__ = ("asks", "exact", "mask", "order", "pre", "shelf")

    def __init__(self, shelf: Shelf, fixed: Sequence[Demand], order: tuple[int, int]) -> None:
        self.shelf = shelf
        self.order = order
        self.asks: list[tuple[Demand, Entry | None]] = []
        self.combine(fixed)

    def combine(self, fixed: Sequence[Demand]) -> None:
        """Start again from the restrictions and what is still asked."""
        self.mask = self.shelf.all
        self.exact = self.pre = False
        for demand in (*fixed, *(demand for demand, _ in self.asks)):
            self.narrow(demand)

    def narrow(self, demand: Demand) -> None:
        """Take one more demand in."""
        self.mask &= demand.mask
        self.exact = self.exact or demand.exact
        self.pre = self.pre or demand.pre


class _Walk:
    def __init__(self, provider: Provider, hurried: Mapping[str, int]) -> None:
        self.provider = provider
        self.hurried = hurried
        self.view = provider.view
        self.day = provider.policy.as_of
        self.tallies: dict[str, _Tally] = {}
        self.pinned: dict[str, Entry] = {}
        self.open: dict[str, None] = {}
        provider.pinned = lambda: self.pinned

    def choice(self, demand: Demand) -> int:
        """The releases left for a demand's package if it joined what is asked already; 0 for a dead end."""
        tally = self.tallies.get(demand.ident)
        if tally is None:
            shelf = self.view.catalog.shelf(demand.name)
            return self.view.admitted(shelf, (demand, *self.provider.restrictions.get(demand.name, ())), self.day)
        return self.view.graded(
            tally.shelf, tally.mask & demand.mask, self.day, exact=tally.exact or demand.exact, pre=tally.pre or demand.pre
        )

    def left(self, ident: str, extra: str) -> int:
        """The releases left for an identifier; one with an extra shares what is asked of its package."""
        tally = self.tallies[ident]
        mask, exact, pre = tally.mask, tally.exact, tally.pre
        base = self.tallies.get(tally.shelf.name) if extra else None
        if base is not None:
            mask, exact, pre = mask & base.mask, exact or base.exact, pre or base.pre
        return self.view.graded(tally.shelf, mask, self.day, exact=exact, pre=pre)

    def add(self, demand: Demand, parent: Entry | None) -> bool:
        """Take a demand in, unpinning what it contradicts; False at a dead end."""
        ident = demand.ident
        tally = self.tallies.get(ident)
        if tally is None:
            shelf = self.view.catalog.shelf(demand.name)
            self.provider.touched.add(shelf)
            place = self.hurried.get(demand.name) or self.provider.order.get(demand.name, 0)
            order = (place, len(self.tallies))
            tally = self.tallies[ident] = _Tally(shelf, self.provider.restrictions.get(demand.name, ()), order)
        tally.asks.append((demand, parent))
        tally.narrow(demand)
        if not self.view.graded(tally.shelf, tally.mask, self.day, exact=tally.exact, pre=tally.pre):
            return False
        entry = self.pinned.get(ident)
        if entry is None:
            self.open[ident] = None
        elif not demand.mask >> entry.rank & 1:
            self.unpin(ident)
        return True

    def unpin(self, ident: str) -> None:
        """Take a pin back, and with it what it asked for; packages that nobody asks for any more go too."""
        entry = self.pinned.pop(ident)
        self.open[ident] = None
        for demand in self.provider.get_dependencies(entry):
            tally = self.tallies.get(demand.ident)
            if tally is None:
                continue
            tally.asks = [(asked, parent) for asked, parent in tally.asks if parent is not entry]
            if not tally.asks:
                if demand.ident in self.pinned:
                    self.unpin(demand.ident)
                self.open.pop(demand.ident, None)
                self.tallies.pop(demand.ident, None)
                continue
            tally.combine(self.provider.restrictions.get(demand.name, ()))
            kept = self.pinned.get(demand.ident)
            if kept is not None and not self.left(demand.ident, demand.extra) >> kept.rank & 1:
                self.unpin(demand.ident)

    def pin(self, ident: str) -> bool:
        """Pin the most wanted release whose own demands leave every package a choice; False at a dead end."""
        shelf = self.tallies[ident].shelf
        extra = ident[len(shelf.name) + 1 : -1]
        mask = self.left(ident, extra)
        entry = self._viable(self.provider.ordered(shelf, mask, extra, late=self.provider.is_late(shelf, mask)))
        if entry is None:
            return False
        self.pinned[ident] = entry
        for demand in self.provider.get_dependencies(entry):
            if self.pinned.get(ident) is not entry:
                return True
            if not self.add(demand, entry):
                return False
        return True

    def _viable(self, entries: Iterable[Entry]) -> Entry | None:
        return next((e for e in entries if all(map(self.choice, self.provider.get_dependencies(e)))), None)

    def finish(self) -> str:
        """Pin until nothing is open; "" when that worked, else the package at which it went no further."""
        steps = 0
        while self.open:
            ident = self.next()
            del self.open[ident]
            steps += 1
            if steps > 4 * len(self.tallies) + 50 or not self.pin(ident):
                return self.tallies[ident].shelf.name
        return ""

    def next(self) -> str:
        """The open identifier to decide now: exact pins, then importers before what they import."""
        tallies = self.tallies
        return min(self.open, key=lambda ident: (not tallies[ident].exact, tallies[ident].order))


def walk(provider: Provider, demands: Sequence[Demand]) -> dict[str, Entry] | None:
    """Every pin that the demands lead to without backtracking, or None at a dead end. About a millisecond when warm.

    A package that led to a dead end is decided earlier in a second and third try.
    """
    hurried: dict[str, int] = {}
    for _ in range(_TRIES):
        state = _Walk(provider, hurried)
        if not all(state.add(demand, None) for demand in demands):
            return None
        stuck = state.finish()
        if not stuck:
            return state.pinned
        if stuck in hurried:
            return None
        hurried[stuck] = len(hurried) - _TRIES
    return None

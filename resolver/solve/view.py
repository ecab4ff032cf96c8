"""The shelves as one target sees them: what installs there, and what a release asks for there."""

from __future__ import annotations

import collections
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from resolver.core.cuda_builds import CudaBuilds, Grade
from resolver.core.package import NormalizedName, Release
from resolver.core.project import RunsWith
from resolver.core.target import Target
from resolver.solve.requirement import ParsedRequirement, marker_holds, parse_requirement
from resolver.solve.shelf import Catalog, Demand, Entry, Shelf

Implied = Callable[[Release], Sequence[str]]


class View:
    """One target's view of a catalog; memoises per release and shelf, so keep one per target."""

    def __init__(
        self,
        catalog: Catalog,
        target: Target,
        implied: Implied | None = None,
        builds: CudaBuilds | None = None,
        runs_with: Sequence[RunsWith] = (),
    ) -> None:
        self.catalog = catalog
        self.target = target
        self._implied = implied
        self._runs_with = runs_with
        self._builds = (builds or CudaBuilds()) if target.accelerator.kind == "cuda" else None
        self._masks: dict[NormalizedName, tuple[int, int, int]] = {}
        self._asked: dict[Entry, tuple[Demand, ...]] = {}
        self._providers: dict[Entry, Mapping[str, None]] = {}
        self._precedence: dict[tuple[Demand, ...], Mapping[str, int]] = {}

    def masks(self, shelf: Shelf) -> tuple[int, int, int]:
        """What installs here, what likely needs a compiler, what only an exact pin may take."""
        found = self._masks.get(shelf.name)
        if found is None:
            found = shelf.installable(self.target)
            if self._builds:
                found = self._accelerated(found, shelf, self._builds)
            self._masks[shelf.name] = found
        return found

    def _accelerated(self, masks: tuple[int, int, int], shelf: Shelf, builds: CudaBuilds) -> tuple[int, int, int]:
        """The masks without what the driver or the card rules out; what would run without the card is doubtful."""
        kept = fine = 0
        for rank, release in enumerate(shelf.stock):
            grade = builds.grade(shelf.name, release.version, self.target.accelerator)
            kept |= (grade < Grade.OUT) << rank
            fine |= (grade is Grade.FINE) << rank
        plain, doubtful, held = (mask & kept for mask in masks)
        return plain & fine, doubtful | plain & ~fine, held

    def admitted(self, shelf: Shelf, demands: Sequence[Demand], day: date | None = None, *, loose: bool = False) -> int:
        """The releases that satisfy every demand here, by the installers' rules.

        An exact pin may take anything. Else releases that likely need a compiler come only when no other final release is left,
        pre-releases only when asked for or nothing else is left, and, with a day, what was uploaded later only when nothing
        older is left. With `loose` everything comes in; the caller sees to it that what only a pin may take is pinned in the end.
        """
        mask = shelf.all
        exact = pre = False
        for demand in demands:
            mask &= demand.mask
            exact = exact or demand.exact
            pre = pre or demand.pre
        return self.graded(shelf, mask, day, exact=exact, pre=pre, loose=loose)

    def graded(self, shelf: Shelf, mask: int, day: date | None, *, exact: bool, pre: bool, loose: bool = False) -> int:
        """`admitted` for demands already combined: their common mask, and whether one of them pins or asks for pre-releases."""
        plain, doubtful, held = self._masks.get(shelf.name) or self.masks(shelf)
        if exact:
            return mask & (plain | doubtful | held)
        if loose:
            chosen = mask & (plain | doubtful | held)
        else:
            chosen = 0 if pre else mask & shelf.finals & plain or mask & shelf.finals & doubtful
            chosen = chosen or mask & plain or mask & doubtful
        if day is None or not chosen:
            return chosen
        return chosen & shelf.before(day) or chosen

    def demands(self, entry: Entry) -> tuple[Demand, ...]:
        """What a release asks for here, the soft (implied) demands last; computed once per release and target."""
        found = self._asked.get(entry)
        if found is None:
            found = self._asked[entry] = tuple(dict.fromkeys(self._demands(entry)))
        return found

    def providers(self, entry: Entry) -> Mapping[str, None]:
        """The names of what a release asks for here, each once, in its order; computed once per release and target."""
        found = self._providers.get(entry)
        if found is None:
            found = self._providers[entry] = dict.fromkeys(str(demand.name) for demand in self.demands(entry))
        return found

    def precedence(self, roots: Sequence[Demand]) -> Mapping[str, int]:
        """Package name -> place in an order that has importers before what they import, read off the newest releases.

        Deciding in this order, a package is chosen when everything that restricts it is known. Of packages that could come
        next, what is asked for directly comes first; cycles are cut anywhere. Computed once per roots.
        """
        key = tuple(roots)
        found = self._precedence.get(key)
        if found is None:
            graph: dict[str, dict[str, None]] = {}
            after: list[str] = []
            for demand in reversed(roots):
                self._visit(demand, graph, after)
            found = self._precedence[key] = _importers_first(graph, after, {demand.name for demand in roots})
        return found

    def _visit(self, demand: Demand, graph: dict[str, dict[str, None]], after: list[str]) -> None:
        """Walk depth first; `after` gets every name after all that it leads to."""
        if demand.name in graph:
            return
        asked = graph[demand.name] = {}
        shelf = self.catalog.shelf(demand.name)
        for entry in shelf.listed(self.admitted(shelf, (demand,)))[:1]:
            for each in self.demands(entry):
                asked[each.name] = None
                self._visit(each, graph, after)
        after.append(demand.name)

    def expand(self, parsed: ParsedRequirement, *, soft: bool = False) -> Iterator[Demand]:
        """One requirement as demands: its package, and one more for each extra."""
        for extra in ("", *parsed.extras):
            yield self.catalog.demand(parsed.name, extra, parsed.specifier, exact=parsed.exact, pre=parsed.pre, soft=soft)

    def _demands(self, entry: Entry) -> Iterator[Demand]:
        name, extra = entry.shelf.name, entry.extra
        if extra:
            base = Demand(self.catalog, name, "", f"=={entry.release.version}", exact=True, pre=True, soft=False)
            base.admit(1 << entry.rank)
            yield base
        for text in entry.release.requires:
            parsed = parse_requirement(text)
            if parsed is None or (parsed.name == name and not parsed.extras):
                continue
            plainly = marker_holds(parsed.marker, self.target)
            if (extra and not plainly and marker_holds(parsed.marker, self.target, extra)) or (not extra and plainly):
                yield from self.expand(parsed)
        if not extra:
            yield from self._soft(entry)

    def _soft(self, entry: Entry) -> Iterator[Demand]:
        """What a release needs without saying so: by its own imports, for what the project does with it, and on a graphics card NVIDIA's
        wheels.
        """
        texts = [*self._implied(entry.release)] if self._implied else []
        texts += [one.needs for one in self._runs_with if one.asked_by(entry.release.pin)]
        texts += self._builds.companions(entry.release, self.target.accelerator) if self._builds else ()
        asked = (parsed for text in texts if (parsed := parse_requirement(text)) and marker_holds(parsed.marker, self.target))
        for parsed in (*asked, *self._of_extras(entry)):
            demands = tuple(self.expand(parsed, soft=True))
            if parsed.name != entry.shelf.name and all(self.admitted(self.catalog.shelf(d.name), (d,)) for d in demands):
                yield from demands

    def _of_extras(self, entry: Entry) -> Iterator[ParsedRequirement]:
        """What those extras ask for that bring a release its CUDA."""
        if self._builds is None:
            return
        for extra in self._builds.extras(entry.release, self.target.accelerator):
            for parsed in filter(None, map(parse_requirement, entry.release.requires)):
                of_extra = not marker_holds(parsed.marker, self.target) and marker_holds(parsed.marker, self.target, extra)
                if of_extra and not self._builds.spared(parsed.name):
                    yield parsed


def _importers_first(graph: Mapping[str, Mapping[str, None]], after: Sequence[str], direct: set[str]) -> dict[str, int]:
    """Kahn's order of a graph of which `after` is a depth-first finishing order; edges against that order are cut."""
    finished = {name: at for at, name in enumerate(after)}
    ahead = {name: [other for other in graph[name] if finished[other] < finished[name]] for name in after}
    waiting = collections.Counter(other for others in ahead.values() for other in others)
    ready = [(name not in direct, -finished[name], name) for name in after if not waiting[name]]
    heapq.heapify(ready)
    order: dict[str, int] = {}
    while ready:
        *_, name = heapq.heappop(ready)
        order[name] = len(order)
        for other in ahead[name]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, (other not in direct, -finished[other], other))
    return order

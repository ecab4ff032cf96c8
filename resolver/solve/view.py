"""The shelves as one target sees them: what installs there, and what a release asks for there."""

from __future__ import annotations

import collections
import heapq
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from resolver.core.package import NormalizedName, Release
from resolver.core.target import Accelerator, Target
from resolver.solve.requirement import ParsedRequirement, marker_holds, parse_requirement
from resolver.solve.shelf import Catalog, Demand, Entry, Shelf

_CUDA_NAME = re.compile(r"^nvidia-.*-cu(\d+)$")
_CUDA_PLAIN = re.compile(
    r"^nvidia-(cublas|cuda-(cupti|nvrtc|nvcc|runtime|cccl|crt)|cufft|cufile|curand|cusolver|cusparse|npp|nvjitlink|nvjpeg|nvtx|nvvm)$"
)
_DRIVER_NEEDED = {11: 450, 12: 525, 13: 580}
"""The oldest driver branch that runs each CUDA major (minor-version compatibility, per the toolkit's release notes)."""

Implied = Callable[[Release], Sequence[str]]


class View:
    """One target's view of a catalog; memoises per release and shelf, so keep one per target."""

    def __init__(self, catalog: Catalog, target: Target, implied: Implied | None = None) -> None:
        self.catalog = catalog
        self.target = target
        self._implied = implied
        self._masks: dict[NormalizedName, tuple[int, int, int]] = {}
        self._asked: dict[Entry, tuple[Demand, ...]] = {}
        self._providers: dict[Entry, Mapping[str, None]] = {}
        self._precedence: dict[tuple[Demand, ...], Mapping[str, int]] = {}

    def masks(self, shelf: Shelf) -> tuple[int, int, int]:
        """What installs here, what likely needs a compiler, what only an exact pin may take."""
        found = self._masks.get(shelf.name)
        if found is None:
            plain, doubtful, held = shelf.installable(self.target)
            kept = _cuda_mask(shelf, self.target.accelerator)
            found = self._masks[shelf.name] = (plain & kept, doubtful & kept, held & kept)
        return found

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
        if not extra and self._implied is not None:
            yield from self._soft(entry)

    def _soft(self, entry: Entry) -> Iterator[Demand]:
        for text in self._implied(entry.release) if self._implied else ():
            parsed = parse_requirement(text)
            if parsed is None or parsed.name == entry.shelf.name or not marker_holds(parsed.marker, self.target):
                continue
            asked = tuple(self.expand(parsed, soft=True))
            if all(self.admitted(self.catalog.shelf(demand.name), (demand,)) for demand in asked):
                yield from asked


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


def cuda_major(name: str, version: str) -> int:
    """The CUDA major that a distribution belongs to, 0 for none."""
    match = _CUDA_NAME.match(name)
    if match:
        digits = match[1]
        return int(digits if len(digits) == 2 else digits[:2])
    if _CUDA_PLAIN.match(name):
        major = version.partition(".")[0]
        return int(major) if major.isdigit() else 0
    return 0


def _cuda_mask(shelf: Shelf, accelerator: Accelerator) -> int:
    """The releases that the host's driver and the asked-for runtime permit; everything for a CPU target."""
    if accelerator.kind != "cuda" or not (_CUDA_NAME.match(shelf.name) or _CUDA_PLAIN.match(shelf.name)):
        return shelf.all
    mask = 0
    for rank, release in enumerate(shelf.stock):
        major = cuda_major(shelf.name, release.version)
        if _permits(accelerator, major):
            mask |= 1 << rank
    return mask


def _permits(accelerator: Accelerator, major: int) -> bool:
    runtime = accelerator.runtime.partition(".")[0]
    if runtime.isdigit() and major and major != int(runtime):
        return False
    driver = accelerator.driver.partition(".")[0]
    return not driver.isdigit() or int(driver) >= _DRIVER_NEEDED.get(major, 0)

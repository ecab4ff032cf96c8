"""What the index and the timeline know of releases, remembered by pin."""

from __future__ import annotations

import bisect
import dataclasses
import functools
import math
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence

from resolver.core.errors import ResolverError
from resolver.core.package import CUDA, PYTHON, NormalizedName, Pin, Release, normalize
from resolver.core.target import PYTHONS, Target
from resolver.core.twins import TWINS
from resolver.interfaces import PackageIndex, Timeline
from resolver.rank.facts import ReleaseFacts, day_of, python_day, root_of
from resolver.rank.versions import Numbers, is_final, numbers, satisfies

Owners = Callable[[str], Sequence[str]]
"""Root module -> the distributions that hold it."""

Marks = Callable[[str, str], Mapping[str, float]]
"""Name and version -> marks that its files carry ({"pb2": 1.0} when it ships protobuf-generated code)."""

SystemPackages = Callable[[Release, Target], Collection[str]]
"""Release -> the Debian packages with what it loads or calls outside of Python."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """What a name wants beside its own distribution although no metadata says so: one of the distributions or modules `any`; by releases
    inside `of` (a requirement) alone, when that is given. Where it is `called`, only a call misses it: the name is there all the same.
    """

    any: tuple[NormalizedName, ...]
    of: str = ""
    called: bool = False

    def wanted_by(self, versions: Mapping[NormalizedName, str]) -> bool:
        """Whether a set of these versions wants it."""
        if not self.of:
            return True
        version = versions.get(requirement_name(self.of))
        bound = re.sub(r"^[A-Za-z0-9._-]+", "", self.of)
        return version is not None and satisfies(version, bound) is True


Companions = Callable[[Sequence[str]], Sequence[Companion]]
"""The companions of some dotted names."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NameFit:
    """How an importer's names fare on a provider: how many it uses, how many are known to be there or missing, the surest missing
    first; `weight` counts the missing ones, an uncertain one as a quarter, all uncertain ones together as less than one.
    """

    used: int = 0
    offered: int = 0
    missing: tuple[str, ...] = ()
    weight: float = 0.0

    @property
    def unknown(self) -> int:
        """How many names nothing is known of."""
        return self.used - self.offered - len(self.missing)


_NOTHING = NameFit()
_VAGUE = 0.25
_MOST_VAGUE = 0.75
"""Keras 2.6 takes nine names out of tensorflow.__internal__ that no listing shows, and runs."""


class FactBook:
    """Remembers facts by pin, and answers what the index and the timeline know; not safe to share between threads.

    `owners` maps a root module to the distributions that hold it, for releases whose modules are unknown.
    """

    def __init__(
        self,
        index: PackageIndex | None,
        timeline: Timeline | None,
        *,
        marks: Marks | None = None,
        owners: Owners | None = None,
        system_packages: SystemPackages | None = None,
        companions: Companions | None = None,
    ) -> None:
        self._index = index
        self._timeline = timeline
        self._marks = marks
        self._ask_owners = owners
        self._ask_packages = system_packages
        self._ask_companions = companions
        self._owners: dict[str, Sequence[NormalizedName]] = {}
        self._facts: dict[Pin, ReleaseFacts] = {}
        self._series: dict[NormalizedName, tuple[list[float], list[Numbers]]] = {}
        self._uses: dict[Pin, Mapping[str, Sequence[str]]] = {}
        self._grouped: dict[int, tuple[object, Mapping[str, Sequence[str]]]] = {}
        self._fits: dict[tuple[Pin, Pin], NameFit] = {}
        self._same: dict[tuple[int, Pin, bool], NameFit] = {}
        self._standards: dict[Pin, Sequence[str]] = {}
        self._alike: dict[Sequence[str], Sequence[str]] = {}
        self._rows: dict[int, tuple[object, dict[tuple[ReleaseFacts, ReleaseFacts, str], list[float]]]] = {}
        self._stdlib: dict[str, bool] = {}
        self._pb2: dict[Pin, float] = {}

    def without_timeline(self) -> FactBook:
        """A book that knows all but what releases offer and take: to see what the API timeline is worth."""
        return FactBook(
            self._index,
            None,
            owners=self._ask_owners,
            system_packages=self._ask_packages,
            companions=self._ask_companions,
        )

    def facts(self, release: Release) -> ReleaseFacts:
        """The facts of a release; a fuller description of the same pin replaces an emptier one."""
        known = self._facts.get(release.pin)
        if known is None or (release is not known.release and _fuller(release, known.release)):
            known = self._facts[release.pin] = ReleaseFacts(release)
        return known

    def python(self, python: str) -> ReleaseFacts:
        """The interpreter as a release."""
        return self.facts(Release(pin=Pin(PYTHON, python)))

    def newest_at(self, name: NormalizedName, day: float) -> tuple[Numbers | None, int]:
        """The highest final version of `name` uploaded up to `day`, and how many final releases there were."""
        days, highest = self._history_of(name)
        count = bisect.bisect_right(days, day)
        return (highest[count - 1] if count else None), count

    def _history_of(self, name: NormalizedName) -> tuple[list[float], list[Numbers]]:
        known = self._series.get(name)
        if known is None:
            if name == PYTHON:
                dated = [(python_day(python), numbers(python)) for python in PYTHONS]
            else:
                dated = [
                    (day_of(r.uploaded), numbers(r.version))
                    for r in self._releases(name)
                    if r.uploaded and not r.yanked and is_final(r.version)
                ]
            dated.sort()
            highest: list[Numbers] = []
            for _, number in dated:
                highest.append(max(number, highest[-1]) if highest else number)
            known = self._series[name] = ([day for day, _ in dated], highest)
        return known

    def _releases(self, name: NormalizedName) -> Sequence[Release]:
        if self._index is None or name == CUDA:
            return ()
        try:
            return self._index.releases(name)
        except ResolverError:
            return ()  # a package that the index cannot tell of has no dates; the features say so by NaN

    def pb2(self, pin: Pin) -> float:
        """1 when the release ships protobuf-generated code, 0 when nothing says so, NaN when nobody can tell."""
        if self._marks is None:
            return math.nan
        known = self._pb2.get(pin)
        if known is None:
            known = self._pb2[pin] = float(self._marks(pin.name, pin.version).get("pb2", 0.0))
        return known

    def uses(self, pin: Pin) -> Mapping[str, Sequence[str]]:
        """Root module (see `root_of`) -> dotted names that the release takes from it; empty when unknown."""
        known = self._uses.get(pin)
        if known is None:
            told = self._timeline.uses(pin.name, pin.version) if self._timeline and pin.name not in (PYTHON, CUDA) else {}
            kept = self._grouped.get(id(told))  # many releases answer like one walked one: what they share is worked out once
            if kept is None:
                grouped: dict[str, list[str]] = {}
                for names in told.values():
                    for name in names:
                        grouped.setdefault(root_of(name), []).append(name)
                kept = self._grouped[id(told)] = (told, grouped)  # held, so that its identity stays its own
            known = self._uses[pin] = kept[1]
        return known

    def is_stdlib(self, root: str) -> bool:
        """Whether any interpreter offers this root module itself."""
        known = self._stdlib.get(root)
        if known is None:
            # What left the library since was there at the start, what came is there at the end.
            ends = (PYTHONS[0], PYTHONS[-1])
            known = root in sys.stdlib_module_names or (
                self._timeline is not None and any(self._timeline.offers(PYTHON, python, [root])[0] for python in ends)
            )
            self._stdlib[root] = known
        return known

    def owners(self, root: str) -> Sequence[NormalizedName]:
        """Distributions known to hold a root module, and their twins; none when nobody can tell."""
        known = self._owners.get(root)
        if known is None:
            told = [normalize(name) for name in self._ask_owners(root)] if self._ask_owners else []
            known = self._owners[root] = tuple(dict.fromkeys((*told, *(twin for name in told for twin in TWINS.get(name, ())))))
        return known

    def owns(self, release: Release, root: str) -> bool:
        """Whether a release provides a root module, by its own list of modules, else by its name or the owners known; the interpreter
        provides whatever any interpreter does.
        """
        if release.pin.name == PYTHON:
            return self.is_stdlib(root)
        if release.modules:
            return root in release.modules
        return _spelled(root) == release.pin.name or release.pin.name in self.owners(root)

    def is_elsewhere(self, root: str, names: Collection[NormalizedName]) -> bool:
        """Whether the distributions known to hold a root module are all outside `names`; False when none is known."""
        owners = self.owners(root)
        return bool(owners) and not any(owner in names for owner in owners)

    def offers(self, pin: Pin, dotted: Sequence[str]) -> Sequence[float | None]:
        """Certainty for each dotted name, None when unknown."""
        return self._timeline.offers(pin.name, pin.version, dotted) if self._timeline and dotted else [None] * len(dotted)

    def system_packages(self, release: Release, target: Target) -> Collection[str]:
        """The Debian packages that a release wants beside it; none when nobody can tell."""
        return self._ask_packages(release, target) if self._ask_packages else ()

    def companions(self, dotted: Sequence[str]) -> Sequence[Companion]:
        """What the names want beside their own distributions."""
        return self._ask_companions(dotted) if self._ask_companions and dotted else ()

    def rows(self, history: object) -> dict[tuple[ReleaseFacts, ReleaseFacts, str], list[float]]:
        """The rows of the edge table that were worked out with a history, by their two ends and the interpreter."""
        kept = self._rows.setdefault(id(history), (history, {}))  # held, so that its identity stays its own
        return kept[1]

    def fit(self, importer: Release, provider: Release) -> NameFit:
        """How many of the names that `importer` takes from `provider` are there; remembered by the two pins."""
        key = (importer.pin, provider.pin)
        known = self._fits.get(key)
        if known is None:
            known = self._fits[key] = self._shared(importer, provider)
        return known

    def _shared(self, importer: Release, provider: Release) -> NameFit:
        taken = self.uses(importer.pin)
        if not taken:
            return _NOTHING
        inside = provider.pin.name == PYTHON
        source = self._standard(importer, taken) if inside else taken
        key = (id(source), provider.pin, inside and bool(importer.requires_python))
        known = self._same.get(key)
        if known is None:
            known = self._same[key] = self._fit(importer, provider, taken)
        return known

    def _fit(self, importer: Release, provider: Release, taken: Mapping[str, Sequence[str]]) -> NameFit:
        dotted: Sequence[str]
        if provider.pin.name == PYTHON:
            dotted = self._standard(importer, taken)
        elif provider.modules:  # few, where an importer takes from many
            dotted = [name for root in provider.modules for name in taken.get(root, ())]
        else:
            dotted = [name for root, names in taken.items() if self.owns(provider, root) for name in names]
        if not dotted:
            return _NOTHING
        answers = self.offers(provider.pin, dotted)
        if provider.pin.name == PYTHON and importer.requires_python:
            dotted, answers = self._unguarded(dotted, answers)
        missing = {name: _surely(name, answer) for name, answer in zip(dotted, answers, strict=True) if answer is not None and answer < 0.5}
        return NameFit(
            used=len(dotted),
            offered=sum(answer is not None and answer >= 0.5 for answer in answers),
            missing=tuple(sorted(missing, key=lambda name: (-missing[name], name))),
            weight=sum(w for w in missing.values() if w == 1.0) + min(_MOST_VAGUE, sum(w for w in missing.values() if w < 1.0)),
        )

    def _unguarded(self, dotted: Sequence[str], answers: Sequence[float | None]) -> tuple[Sequence[str], Sequence[float | None]]:
        """Without the names that came into the standard library later: a release that admits this interpreter asks for its version before
        it takes them (of 177 such edges in the stored builds 1 broke, 2026-11-25).
        """
        gone = [name for name, answer in zip(dotted, answers, strict=True) if answer is not None and answer < 0.5]
        newest = self.offers(Pin(PYTHON, PYTHONS[-1]), gone)
        later = {name for name, sure in zip(gone, newest, strict=True) if sure is not None and sure >= 0.5}
        kept = [(name, answer) for name, answer in zip(dotted, answers, strict=True) if name not in later]
        return [name for name, _ in kept], [answer for _, answer in kept]

    def _standard(self, importer: Release, taken: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """The names that a release takes from the standard library. One that it declares a backport of is not missed in an old
        interpreter.
        """
        known = self._standards.get(importer.pin)
        if known is None:
            backports = {requirement_name(text) for text in importer.requires}
            roots = [root for root in taken if self.is_stdlib(root) and _spelled(root) not in backports]
            names = tuple(name for root in roots for name in taken[root])
            known = self._standards[importer.pin] = self._alike.setdefault(names, names)
        return known


def requirement_name(text: str) -> NormalizedName:
    """The distribution that a requirement string names."""
    return normalize(re.split(r"[^A-Za-z0-9._-]", text.strip(), maxsplit=1)[0])


_spelled = functools.lru_cache(maxsize=50_000)(normalize)


def _surely(name: str, certainty: float) -> float:
    """How much a missing name counts: less for parts of classes, which are often there all the same, and between two recorded releases.

    (Of a private name nothing is known unless it was looked up.)
    """
    vague = certainty > 0.05 or any(part[:1].isupper() for part in name.split(".")[1:-1])
    return _VAGUE if vague else 1.0


def _fuller(new: Release, old: Release) -> bool:
    return (len(new.requires), len(new.modules), len(new.files)) > (len(old.requires), len(old.modules), len(old.files))

"""Facts of releases in the form the features want, remembered by pin."""

from __future__ import annotations

import bisect
import dataclasses
import functools
import math
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from resolver.core.errors import ResolverError
from resolver.core.package import CUDA, PYTHON, NormalizedName, Pin, Release, normalize
from resolver.core.target import PYTHON_RELEASED, PYTHONS
from resolver.interfaces import PackageIndex, Timeline
from resolver.rank.versions import Numbers, is_final, near, numbers

NAMESPACES = frozenset({"google", "mpl_toolkits", "nvidia", "zope", "azure", "ruamel", "backports", "jaraco", "sphinxcontrib", "paste"})
"""Modules that many distributions share: what counts as a root is the part below them, "google.protobuf"."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;\s*(.*))?$", re.DOTALL)
_EPOCH = date(1970, 1, 1).toordinal()

Owners = Callable[[str], Sequence[str]]
"""Root module -> the distributions that hold it."""

Marks = Callable[[str, str], Mapping[str, float]]
"""Name and version -> marks that its files carry ({"pb2": 1.0} when it ships protobuf-generated code)."""


def root_of(dotted: str) -> str:
    """The module by which the distribution that holds a dotted name is found: the first part, two parts inside a namespace."""
    first, _, rest = dotted.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first in NAMESPACES and rest else first


def day_of(moment: datetime | date | None) -> float:
    """Days since 1970, fractions for a time of day; NaN when unknown."""
    if moment is None:
        return math.nan
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / 86400.0
    return float(moment.toordinal() - _EPOCH)


@functools.lru_cache(maxsize=64)
def python_day(python: str) -> float:
    """The day on which the first final release of an interpreter came out; NaN when unknown."""
    text = PYTHON_RELEASED.get(".".join(python.split(".")[:2]))
    return day_of(date.fromisoformat(text)) if text else math.nan


@functools.lru_cache(maxsize=50_000)
def _applies(marker: str, python: str, platform: str) -> bool:
    full = f"{python}.9"
    environment = {
        "python_version": python,
        "python_full_version": full,
        "implementation_version": full,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": platform.removeprefix("linux_"),
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
    try:
        return Marker(marker).evaluate(environment)
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return "extra" not in marker


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One requirement of a release: the specifier text and the marker text, either may be empty."""

    specifier: str
    marker: str

    def applies(self, python: str, platform: str = "linux_x86_64") -> bool:
        """Whether the marker holds on that interpreter, with no extra asked for."""
        return not self.marker or _applies(self.marker, python, platform)

    @property
    def kind(self) -> float:
        """1 nothing bounded, 2 a lower bound or an exclusion alone, 3 some upper bound, 4 exactly one version."""
        text = self.specifier
        if not text.strip():
            return 1.0
        if "==" in text and "*" not in text and "!=" not in text:
            return 4.0
        return 3.0 if "<" in text or "~=" in text or "==" in text.replace("!=", "") else 2.0


@functools.lru_cache(maxsize=100_000)
def parse_requirement(text: str) -> tuple[NormalizedName, Declared] | None:
    """Name and bounds of a requirement, read leniently; None for text without a name."""
    found = _REQUIREMENT.match(text)
    if not found:
        return None
    specifier = found[2].strip()
    return normalize(found[1]), Declared(specifier="" if specifier.startswith("@") else specifier, marker=(found[3] or "").strip())


class ReleaseFacts:
    """What the features ask of one release; numbers are NaN when unknown."""

    __slots__ = ("compiled", "day", "declared", "fits", "name", "near", "numbers", "pin", "release", "sdist_only", "sizes")

    def __init__(self, release: Release) -> None:
        self.release = release
        self.pin = release.pin
        self.name = release.pin.name
        self.numbers: Numbers = numbers(release.pin.version)
        self.near = near(release.pin.version)
        self.day = python_day(self.pin.version) if self.name == PYTHON else day_of(release.uploaded)
        self.compiled = float(release.compiled)
        self.declared: dict[NormalizedName, tuple[Declared, ...]] = {}
        for text in release.requires:
            parsed = parse_requirement(text)
            if parsed:
                self.declared[parsed[0]] = (*self.declared.get(parsed[0], ()), parsed[1])
        wheels = [(_interpreter_of(file.filename), file.size) for file in release.files if file.kind == "wheel"]
        self.sdist_only = math.nan if not release.files else float(not wheels)
        self.fits: dict[str, float] = {}
        self.sizes: dict[str, float] = {}
        for python in PYTHONS:
            self.fits[python], self.sizes[python] = _wheel_fit(wheels, python)
        if not wheels and release.files:
            self.sizes = dict.fromkeys(PYTHONS, max(file.size for file in release.files) / 1e6)

    def bound(self, provider: NormalizedName, python: str) -> Declared | None:
        """The requirement on `provider` that applies on that interpreter, else any that was written, else None."""
        written = self.declared.get(provider)
        if not written:
            return None
        return next((one for one in written if one.applies(python)), written[0])


def _interpreter_of(filename: str) -> tuple[str, str]:
    parts = filename.rsplit("-", 3)
    return (parts[1], parts[2]) if len(parts) == 4 else ("", "")


def _wheel_fit(wheels: Sequence[tuple[tuple[str, str], int]], python: str) -> tuple[float, float]:
    """(3 wheel for that very interpreter, 2 pure wheel, 1 stable ABI, 0 none; NaN no wheel known), and megabytes."""
    if not wheels:
        return math.nan, math.nan
    own, best, size = "cp" + python.replace(".", ""), 0.0, math.nan
    for (tag, abi), length in wheels:
        if own in tag.split("."):
            rank = 3.0
        elif abi == "abi3" and tag[:2] == "cp" and int(tag[3:] or 0) <= int(own[3:]):
            rank = 1.0
        elif abi == "none" and ("py3" in tag or f"py{own[2:]}" in tag):
            rank = 2.0
        else:
            continue
        if rank > best or math.isnan(size):
            best, size = max(rank, best), length / 1e6
    return best, size


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NameFit:
    """How an importer's names fare on a provider: how many it uses, how many are known to be there or missing."""

    used: int = 0
    offered: int = 0
    missing: tuple[str, ...] = ()

    @property
    def unknown(self) -> int:
        """How many names nothing is known of."""
        return self.used - self.offered - len(self.missing)


_NOTHING = NameFit()


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
    ) -> None:
        self._index = index
        self._timeline = timeline
        self._marks = marks
        self._ask_owners = owners
        self._owners: dict[str, Sequence[str]] = {}
        self._facts: dict[Pin, ReleaseFacts] = {}
        self._series: dict[NormalizedName, tuple[list[float], list[Numbers]]] = {}
        self._uses: dict[Pin, Mapping[str, Sequence[str]]] = {}
        self._fits: dict[tuple[Pin, Pin], NameFit] = {}
        self._stdlib: dict[str, bool] = {}
        self._pb2: dict[Pin, float] = {}

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
            grouped: dict[str, list[str]] = {}
            for names in told.values():
                for name in names:
                    grouped.setdefault(root_of(name), []).append(name)
            known = self._uses[pin] = grouped
        return known

    def is_stdlib(self, root: str) -> bool:
        """Whether any interpreter offers this root module itself."""
        known = self._stdlib.get(root)
        if known is None:
            known = root in sys.stdlib_module_names or (
                self._timeline is not None and any(self._timeline.offers(PYTHON, python, [root])[0] for python in reversed(PYTHONS))
            )
            self._stdlib[root] = known
        return known

    def owners(self, root: str) -> Sequence[str]:
        """Distributions known to hold a root module; none when nobody can tell."""
        known = self._owners.get(root)
        if known is None:
            known = self._owners[root] = tuple(self._ask_owners(root)) if self._ask_owners else ()
        return known

    def owns(self, release: Release, root: str) -> bool:
        """Whether a release provides a root module, by its own list of modules, else by its name or the owners known."""
        if release.modules:
            return root in release.modules
        return normalize(root) == release.pin.name or release.pin.name in self.owners(root)

    def is_elsewhere(self, root: str, names: Collection[NormalizedName]) -> bool:
        """Whether the distributions known to hold a root module are all outside `names`; False when none is known."""
        owners = self.owners(root)
        return bool(owners) and not any(owner in names for owner in owners)

    def offers(self, pin: Pin, dotted: Sequence[str]) -> Sequence[float | None]:
        """Certainty for each dotted name, None when unknown."""
        return self._timeline.offers(pin.name, pin.version, dotted) if self._timeline and dotted else [None] * len(dotted)

    def fit(self, importer: Release, provider: Release) -> NameFit:
        """How many of the names that `importer` takes from `provider` are there; remembered by the two pins."""
        key = (importer.pin, provider.pin)
        known = self._fits.get(key)
        if known is None:
            known = self._fits[key] = self._fit(importer, provider)
        return known

    def _fit(self, importer: Release, provider: Release) -> NameFit:
        taken = self.uses(importer.pin)
        if not taken:
            return _NOTHING
        if provider.pin.name == PYTHON:
            dotted = [name for root, names in taken.items() if self.is_stdlib(root) for name in names]
        else:
            dotted = [name for root, names in taken.items() if self.owns(provider, root) for name in names]
        if not dotted:
            return _NOTHING
        answers = self.offers(provider.pin, dotted)
        return NameFit(
            used=len(dotted),
            offered=sum(answer is not None and answer >= 0.5 for answer in answers),
            missing=tuple(name for name, answer in zip(dotted, answers, strict=True) if answer is not None and answer < 0.5),
        )


def _fuller(new: Release, old: Release) -> bool:
    return (len(new.requires), len(new.modules), len(new.files)) > (len(old.requires), len(old.modules), len(old.files))

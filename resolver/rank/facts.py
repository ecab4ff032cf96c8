"""Facts of releases in the form the features want, remembered by pin."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from resolver.core.package import PYTHON, NormalizedName, Release, normalize, oldest_minor
from resolver.core.target import PYTHON_RELEASED
from resolver.rank.versions import Numbers, near, numbers

NAMESPACES = frozenset({"google", "mpl_toolkits", "nvidia", "zope", "azure", "ruamel", "backports", "jaraco", "sphinxcontrib", "paste"})
"""Modules that many distributions share: what counts as a root is the part below them, "google.protobuf"."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;\s*(.*))?$", re.DOTALL)
_EPOCH = date(1970, 1, 1).toordinal()


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

    __slots__ = ("_fits", "_wheels", "compiled", "day", "declared", "name", "near", "numbers", "pin", "release", "sdist_only")

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
        self._wheels = wheels
        self._fits: dict[str, tuple[float, float]] = {}

    def wheel(self, python: str) -> tuple[float, float]:
        """How the best file fits an interpreter (3 a wheel for that very one, 2 pure, 1 stable ABI, 0 none; NaN no wheel known), and
        its megabytes.
        """
        known = self._fits.get(python)
        if known is None:
            known = _wheel_fit(self._wheels, python)
            if not self._wheels and self.release.files:
                known = (known[0], max(file.size for file in self.release.files) / 1e6)
            self._fits[python] = known
        return known

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
    if not wheels:
        return math.nan, math.nan
    own, best, size = "cp" + python.replace(".", ""), 0.0, math.nan
    for (tag, abi), length in wheels:
        if own in tag.split("."):
            rank = 3.0
        elif abi == "abi3" and (oldest := oldest_minor(tag)) is not None and oldest <= int(own[3:]):
            rank = 1.0
        elif abi == "none" and ("py3" in tag or f"py{own[2:]}" in tag):
            rank = 2.0
        else:
            continue
        if rank > best or math.isnan(size):
            best, size = max(rank, best), length / 1e6
    return best, size

"""What a project asks for (needs) and what it lets one guess (evidence)."""

from __future__ import annotations

import dataclasses
import enum
import functools
from datetime import date
from pathlib import Path

from packaging.requirements import Requirement

from resolver.core.package import NormalizedName, Pin
from resolver.core.program import Model, Program
from resolver.core.signs import Dating, Sign
from resolver.core.twins import TWINS


class OriginKind(enum.StrEnum):
    """Where a need comes from."""

    DECLARED = "declared"
    IMPORTED = "imported"
    ARTIFACT = "artifact"
    MENTIONED = "mentioned"
    REQUEST = "request"


class Strength(enum.IntEnum):
    """What gives way when needs contradict each other: the smaller number first."""

    HEARSAY = -1
    """What the project tells people: README, CI, an old Dockerfile. It restricts and never installs."""
    USED = 0
    """What only the source's uses say, and the install lines of a project that declares nothing."""
    LOOSE = 1
    """Ranges in packaging files, and needs inferred from imports."""
    WRITTEN = 2
    """Hand-written ranges, and pins outside the main requirements file."""
    PINNED = 3
    """Exact pins of the main requirements file."""
    LOCKED = 4
    """Exact pins of a lock file, or of a requirements file that a tool wrote."""
    PROVEN = 5
    """Uses that every version of a written line surely lacks."""
    REQUEST = 6
    """The command line; it never gives."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A file and line of the project (or "command line") that a need or a use comes from; line 0 means the whole file."""

    kind: OriginKind
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path or str(self.kind)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A constraint: one PEP 508 requirement (normalised text, markers kept) and where it was written.

    `constraint` marks a line of a constraints file (it restricts but does not install). `strength` (see `Strength`) orders what gives
    way. `url` keeps a direct reference (VCS, URL, path) that no index can answer. `why` says what of a source a range that nobody
    wrote rests on ("'tensorflow.placeholder' (app.py:7)"), "" for what is written.
    """

    requirement: str
    origin: Origin
    constraint: bool = False
    strength: int = Strength.WRITTEN
    url: str = ""
    why: str = ""

    @property
    def parsed(self) -> Requirement:
        """The requirement in its parts, for reading only: equal texts share it. Raises InvalidRequirement for a text that is none."""
        return _parsed(self.requirement)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunsWith:
    """What some releases need for that which the source does with them, and declare nowhere: `releases` ("pandas<1.2") and their twins
    need `needs` ("xlrd<2").
    """

    releases: str
    needs: str
    origin: Origin

    def asked_by(self, pin: Pin) -> bool:
        """Whether a release needs it."""
        wanted = _parsed(self.releases)
        of_it = pin.name == wanted.name or pin.name in TWINS.get(NormalizedName(wanted.name), ())
        return of_it and wanted.specifier.contains(pin.version, prereleases=True)


@functools.lru_cache(maxsize=32_768)
def _parsed(requirement: str) -> Requirement:
    return Requirement(requirement)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One third-party dotted name that the source uses, with aliases resolved: "tensorflow.keras.layers.Dense".

    `imported` marks an import (module or from-import) rather than an attribute access; `guarded` one under try/except or
    a version check, so its absence is not fatal; `statement` is the import statement as written, for the probe.
    """

    dotted: str
    origin: Origin
    imported: bool = False
    guarded: bool = False
    statement: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A bound on the interpreter: `specifier` (">=3.8", "<3.10"), the reason in words, and where it shows.

    `weight` below 1 marks a sign that only makes other interpreters less likely (a README, a CI matrix): 0.5 halves their odds about.
    """

    specifier: str
    reason: str
    origin: Origin
    weight: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One model file: its format ("keras-h5", "onnx", "torch-zip" ...) and the marks its header carries
    ({"keras_version": "2.2.4"}); read by header or opcode, never executed.
    """

    path: str
    format: str
    marks: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is soft, weighed by the ranker: API uses, interpreter bounds, dates, notes to tell.

    `keywords` are those of unguarded calls, each as a use of "module.function(keyword)" ("(#2)": two arguments without one); `hearsay` are
    versions that the project speaks of outside the files that declare needs, the most trustworthy first; `runs_with` is what some releases
    need beside them for what the source does; `system` are Debian packages that
    it installs for itself.
    """

    uses: tuple[Use, ...] = ()
    keywords: tuple[Use, ...] = ()
    bounds: tuple[Bound, ...] = ()
    dates: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()
    hearsay: tuple[Need, ...] = ()
    runs_with: tuple[RunsWith, ...] = ()
    system: tuple[tuple[str, Origin], ...] = ()

    @property
    def last_worked(self) -> date | None:
        """The best single guess of when the project was last known to work."""
        return self.dating.best

    @property
    def dating(self) -> Dating:
        """The distribution over the day on which the project was last known to work."""
        return Dating(self.dates)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as read: `root` is its folder, `needs` hard constraints, `evidence` soft signs, `program` what its container runs,
    `models` what could be served where it has no web application, likeliest first.
    """

    root: Path
    needs: tuple[Need, ...] = ()
    evidence: Evidence = Evidence()
    artifacts: tuple[Artifact, ...] = ()
    frameworks: tuple[str, ...] = ()
    program: Program | None = None
    models: tuple[Model, ...] = ()

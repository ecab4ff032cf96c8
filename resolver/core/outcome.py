"""One build: what was asked, what happened, what it teaches."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from datetime import UTC, datetime

from resolver.core.candidate import Edge
from resolver.core.package import Pin
from resolver.core.target import Target


class Verdict(enum.StrEnum):
    """`VOID`: the machine failed (network, disk, registry, daemon), not the environment; never a label."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    VOID = "void"


class Stage(enum.StrEnum):
    """How far it came: the stage that failed, or `RUN` for a pass."""

    RESOLVE = "resolve"
    INSTALL = "install"
    IMPORT = "import"
    USE = "use"
    RUN = "run"


class FailureClass(enum.StrEnum):
    """Why it failed, in one word."""

    NONE = ""
    CONFLICT = "conflict"
    NO_WHEEL = "no-wheel"
    SDIST_BUILD = "sdist-build"
    MISSING_LIBRARY = "missing-library"
    WRONG_CUDA = "wrong-cuda-library"
    MISSING_MODULE = "missing-module"
    REMOVED_API = "removed-api"
    ABI = "abi"
    PROTOBUF = "protobuf"
    ARTIFACT_FORMAT = "artifact-format"
    SERVER_COLLISION = "server-collision"
    CPU_FALLBACK = "cpu-fallback"
    SYNTAX = "syntax"
    CRASH = "crash"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    UNKNOWN = "unknown"
    MACHINE = "machine"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What to try inside the environment, in this order.

    `imports` are import statements, `names` dotted names (the project's own), `distributions` direct needs whose modules
    are to be imported, `forward` whether one real forward call per framework present is made.
    """

    imports: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    forward: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BuildSpec:
    """One build, fully determined: target, pins (sorted), system packages (sorted), probe. `stack` names the group of
    like-minded specs that it must never be split from (a crawl stack or a project).
    """

    target: Target
    pins: tuple[Pin, ...]
    system_packages: tuple[str, ...] = ()
    probe: Probe = Probe()
    stack: str = ""
    policy: str = ""

    @property
    def key(self) -> str:
        """A digest of what decides the outcome; equal on every machine, whatever the policy or stack that asked."""
        accelerator = self.target.accelerator
        facts = [
            # The card chose among sets; what a given set does in a build has nothing to do with it.
            (self.target.python, self.target.platform, (accelerator.kind, accelerator.runtime, accelerator.driver)),
            sorted(self.pins),
            sorted(self.system_packages),
            dataclasses.astuple(self.probe),
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LibraryNeed:
    """A shared library that a distribution's binaries need and do not bundle: `soname`, and whether it was found."""

    distribution: str
    soname: str
    found: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one build taught.

    `message` is the one line that tells the failure; `culprits` the edges that broke; `working` the edges seen to work (both ends
    imported); `missing` the probe's statements and names that failed; `released` facts of each installed release walked in this build
    (opaque JSON lines for the API timeline); `seconds` wall time; `image_size` bytes or 0; `log` the tail of the build log.
    """

    spec: BuildSpec
    verdict: Verdict
    stage: Stage
    failure: FailureClass = FailureClass.NONE
    message: str = ""
    culprits: tuple[Edge, ...] = ()
    working: tuple[Edge, ...] = ()
    missing: tuple[str, ...] = ()
    libraries: tuple[LibraryNeed, ...] = ()
    released: tuple[str, ...] = ()
    seconds: float = 0.0
    image_size: int = 0
    log: str = ""
    executor: str = ""
    snapshot: str = ""
    when: datetime | None = None
    origin: str = "crawl"

    @property
    def passed(self) -> bool:
        """Whether the environment works; meaningless for a void outcome."""
        return self.verdict is Verdict.PASS


LOG_LIMIT = 12_000
"""Characters of a log's end that an outcome keeps."""


def void(spec: BuildSpec, executor: str, message: str, *, log: str = "", seconds: float = 0.0) -> Outcome:
    """The outcome of a build that the machine, not the environment, made fail."""
    return Outcome(
        spec=spec,
        verdict=Verdict.VOID,
        stage=Stage.INSTALL,
        failure=FailureClass.MACHINE,
        message=message,
        log=log[-LOG_LIMIT:],
        seconds=round(seconds, 2),
        executor=executor,
        when=datetime.now(UTC),
    )

"""Complete version sets and what the ranker says of them."""

from __future__ import annotations

import dataclasses

from resolver.core.package import CUDA, PYTHON, Pin, Release
from resolver.core.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A need that was loosened because the needs contradict each other: the line as written, what it became, and why."""

    requirement: str
    became: str
    where: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One complete set: a release per distribution, sorted by name, closed under requirements for the target.

    The interpreter (and CUDA, when it is fixed) are releases too, under the names "python" and "cuda". `edges` are
    (importer, provider) index pairs into `releases`, one for every requirement that applies, the interpreter's left out.
    `policy` names the preference that found it ("newest", "as-of 2020-08-01", "learned", "perturbed ..."). `system_packages` are the Debian
    packages that stand beside it; None when it gets all it needs.
    """

    target: Target
    releases: tuple[Release, ...]
    edges: tuple[tuple[int, int], ...] = ()
    policy: str = ""
    direct: tuple[str, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    system_packages: tuple[str, ...] | None = None

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The installable pins: everything but the interpreter and CUDA."""
        return tuple(r.pin for r in self.releases if r.pin.name not in (PYTHON, CUDA))

    @property
    def packages(self) -> tuple[Release, ...]:
        """The installable releases: everything but the interpreter and CUDA."""
        return tuple(r for r in self.releases if r.pin.name not in (PYTHON, CUDA))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`importer` runs against `provider` on an interpreter; the unit of what builds teach."""

    importer: Pin
    provider: Pin
    python: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRisk:
    """How likely one edge breaks, and a sentence that says why (counts from the store, missing names, dates)."""

    importer: Pin
    provider: Pin
    probability: float
    why: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A candidate with the probability that it builds and runs; `known` is False far from anything ever built."""

    candidate: Candidate
    probability: float
    reasons: tuple[str, ...] = ()
    worst_edges: tuple[EdgeRisk, ...] = ()
    known: bool = True

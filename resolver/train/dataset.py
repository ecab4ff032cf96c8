"""From outcomes to what is learned from: one example per build, one observation per edge that was seen to work or to break."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from resolver.build.diagnose import is_circumstance
from resolver.core.candidate import Candidate, Edge
from resolver.core.outcome import FailureClass, Outcome, Stage, Verdict
from resolver.core.package import CUDA, PYTHON, NormalizedName, Pin, Release, normalize
from resolver.core.project import Evidence, Project
from resolver.core.signs import Sign
from resolver.rank.assemble import Assembler
from resolver.rank.facts import root_of
from resolver.rank.score import uses_of

_FAILED_TO_BUILD = re.compile(r"Failed to build `?([A-Za-z0-9][A-Za-z0-9._-]*?)==([^\s`:,]+)")
_HARMLESS = 0.3
"""Weight of an edge that broke in a set that passed all the same: it broke, but nobody needed it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One build as the ranker would have seen it: the project it stood for, its set, whether it passed, and what that weighs."""

    project: Project
    candidate: Candidate
    group: str
    passed: bool
    outcome: Outcome
    weight: float = 1.0

    @property
    def when(self) -> datetime | None:
        """When it was built."""
        return self.outcome.when


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """An edge seen `count` times within one group, always broken or always working."""

    edge: Edge
    broke: bool
    group: str
    count: int
    weight: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All examples and observations, void outcomes left out; in the order of the outcomes."""

    examples: tuple[Example, ...]
    observations: tuple[Observation, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The distinct groups, sorted."""
        return tuple(sorted({example.group for example in self.examples}))

    def only(self, groups: Iterable[str]) -> Corpus:
        """The part of these groups."""
        kept = frozenset(groups)
        return Corpus(
            examples=tuple(example for example in self.examples if example.group in kept),
            observations=tuple(seen for seen in self.observations if seen.group in kept),
        )


def read_corpus(outcomes: Iterable[Outcome], assembler: Assembler, *, dated: Mapping[str, date] | None = None) -> Corpus:
    """The corpus of some outcomes; `dated` gives the day a group's project was last known to work, where that is known.

    Each distinct release is looked up once; linear in the outcomes.
    """
    examples = []
    for outcome in outcomes:
        if not is_label(outcome):
            continue
        spec = outcome.spec
        direct = tuple(sorted(normalize(name) for name in spec.probe.distributions))
        candidate = assembler.candidate(
            spec.target, spec.pins, policy=spec.policy, direct=direct, system_packages=tuple(spec.system_packages)
        )
        group = spec.stack or spec.key
        project = _project(outcome, (dated or {}).get(group))
        examples.append(Example(project=project, candidate=candidate, group=group, passed=outcome.passed, outcome=outcome))
    return Corpus(examples=tuple(examples), observations=tuple(observe(examples)))


def is_label(outcome: Outcome) -> bool:
    """Whether an outcome says something of its set: neither the machine nor circumstances failed it (older rows hold such)."""
    return outcome.verdict is not Verdict.VOID and not is_circumstance(outcome.message)


def _project(outcome: Outcome, worked: date | None) -> Project:
    probe = outcome.spec.probe
    dates = (Sign(worked, "last commit"),) if worked else ()
    return Project(root=Path(outcome.spec.stack or "unnamed"), evidence=Evidence(uses=uses_of((*probe.imports, *probe.names)), dates=dates))


def observe(examples: Sequence[Example]) -> list[Observation]:
    """Observations of edges: culprits broke, edges seen working worked; an edge that a failed build never reached says nothing.

    A pair that broke somewhere without being declared also worked wherever both ends imported and it is no culprit.
    """
    risky: dict[str, set[str]] = {}
    for example in examples:
        for edge in culprits_of(example.outcome):
            if edge.provider.name != PYTHON:
                risky.setdefault(edge.importer.name, set()).add(edge.provider.name)
    counts: Counter[tuple[str, Edge, bool]] = Counter()
    weights: dict[tuple[str, Edge, bool], float] = {}
    for example in examples:
        for edge in culprits_of(example.outcome):
            key = (example.group, edge, True)
            counts[key] += 1
            weights[key] = max(weights.get(key, 0.0), _HARMLESS if example.passed else 1.0)
        for edge in working_of(example, risky):
            counts[example.group, edge, False] += 1
    return [
        Observation(edge=edge, broke=broke, group=group, count=count, weight=weights.get((group, edge, broke), 1.0))
        for (group, edge, broke), count in counts.items()
    ]


def culprits_of(outcome: Outcome) -> list[Edge]:
    """The edges that broke; a source distribution that could not be built broke on its interpreter."""
    python = outcome.spec.target.python
    found = [edge for edge in outcome.culprits if edge.importer.name and edge.provider.name]
    if not found and outcome.failure is FailureClass.SDIST_BUILD:
        built = _FAILED_TO_BUILD.search(outcome.message) or _FAILED_TO_BUILD.search(outcome.log)
        if built:
            found = [Edge(importer=Pin(normalize(built[1]), built[2]), provider=Pin(PYTHON, python), python=python)]
    return [_on_interpreter(edge, python) for edge in found]


def working_of(example: Example, risky: Mapping[str, Iterable[str]]) -> list[Edge]:
    """The edges seen working, every package that imported on its interpreter, and the `risky` pairs (importer name -> provider
    names) of which both ends imported.
    """
    python = example.candidate.target.python
    found = dict.fromkeys(_on_interpreter(edge, python) for edge in example.outcome.working)
    pins = {edge.importer for edge in found} | {edge.provider for edge in found}
    if example.passed:
        pins |= set(example.candidate.pins)
    broke = set(culprits_of(example.outcome))
    by_name = {pin.name: pin for pin in sorted(pins)}
    for importer in sorted(pins):
        for name in sorted(risky.get(importer.name, ())):
            provider = by_name.get(NormalizedName(name))
            edge = Edge(importer=importer, provider=provider, python=python) if provider else None
            if edge and edge not in broke:
                found.setdefault(edge)
    broken = {edge.importer for edge in culprits_of(example.outcome) if edge.provider.name == PYTHON}
    for pin in sorted(pins - broken):
        if pin.name not in (PYTHON, CUDA):
            found.setdefault(Edge(importer=pin, provider=Pin(PYTHON, python), python=python))
    return list(found)


def _on_interpreter(edge: Edge, python: str) -> Edge:
    """The interpreter is told apart by its minor version alone."""
    if edge.provider.name == PYTHON and edge.provider.version != python:
        return dataclasses.replace(edge, provider=Pin(PYTHON, python))
    return edge


def names_seen(examples: Iterable[Example], owns: Callable[[Release, str], bool]) -> Iterator[tuple[str, str, str, bool]]:
    """(distribution, version, dotted name, whether it was there) for each name that a probe tried and one member of the set owns.

    Where nothing of a root worked its import failed, which says nothing of its names.
    """
    for example in examples:
        if example.outcome.stage in (Stage.RESOLVE, Stage.INSTALL):
            continue
        missing = {use.dotted for text in example.outcome.missing for use in uses_of([text])}
        by_root: dict[str, set[str]] = {}
        for use in example.project.evidence.uses:
            by_root.setdefault(root_of(use.dotted), set()).add(use.dotted)
        for root, names in by_root.items():
            owners = [release for release in example.candidate.packages if owns(release, root)]
            if len(owners) == 1 and not names <= missing:
                yield from ((owners[0].name, owners[0].version, name, name not in missing) for name in sorted(names))

"""The matrix: for each stack the candidate sets over all Pythons and policies, turned into build specs."""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from resolver.core.candidate import Candidate
from resolver.core.errors import ResolverError
from resolver.core.outcome import BuildSpec, Probe
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.core.target import PYTHONS
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver

POOL = (64, 256)
"""Candidates that the solver offers a stack and accelerator over all Pythons, at least and at most; ten times the wanted cells in
between. Of 64 hardly any is perturbed or held by an anchor; 256 take four times as long.
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One build that could be made: its stack, the candidate it came from, and the exact spec."""

    stack: Stack
    candidate: Candidate
    spec: BuildSpec


def probe_of(stack: Stack, candidate: Candidate) -> Probe:
    """What the cell tries: the stack's own imports and names, and every direct need that is in the set."""
    present = {release.name for release in candidate.packages}
    return Probe(imports=stack.imports, names=stack.names, distributions=tuple(sorted(set(candidate.direct) & present)))


def cells(
    stacks: Sequence[Stack],
    solver: Solver,
    *,
    libraries: Callable[[Candidate], tuple[str, ...]],
    per_stack: int,
    projects: Callable[[Stack], Sequence[Project]] = lambda stack: (stack.project(),),
    ranked: Callable[[Project, Sequence[Candidate]], Sequence[Candidate]] | None = None,
    pool: int = 0,
    pythons: Sequence[str] = PYTHONS,
    seed: int = 0,
    reporter: Reporter | None = None,
) -> Iterator[Cell]:
    """`per_stack` cells for each stack, spread over Pythons, accelerators and policies; deterministic for a seed.

    `projects` gives the readings of a stack (as written; narrowed by what its names say), and cells are drawn from each in equal
    shares; with `ranked` half of a share is what the ranker would choose, so that its own choices are tried. The solver offers up to
    `pool` candidates a stack and accelerator (0: see `POOL`); the rest is drawn from each Python in turn, so that no Python and no policy
    crowds out the others. Costs a solver run per reading. A stack that has no set anywhere yields nothing and is told to the reporter.
    """
    pool = pool or min(max(POOL[0], 10 * per_stack), POOL[1])
    for done, stack in enumerate(stacks):
        if reporter:
            reporter.progress(done, len(stacks), stack.name)
        drawn: dict[str, Cell] = {}
        trouble = "no set on any Python"
        try:
            readings, targets = projects(stack), stack.targets(pythons)
            for number, project in enumerate(readings):
                found = list(solver.candidates(project, targets, pool * len(stack.accelerators) // len(readings)))
                chance = random.Random(f"{seed}:{number}:{stack.name}")  # noqa: S311 - a sample, not a secret
                share = -(-per_stack // len(readings))
                head = list(ranked(project, found))[: -(-share // 2)] if ranked else []
                for candidate in [*head, *spread(found, share, chance)][:share]:
                    spec = spec_of(stack, candidate, libraries(candidate))
                    drawn.setdefault(spec.key, Cell(stack=stack, candidate=candidate, spec=spec))
        except ResolverError as problem:  # a package that is gone spoils its own stack, not the night
            trouble = problem.message
        if not drawn and reporter:
            reporter.warning(f"stack {stack.name}: {trouble}")
        yield from list(drawn.values())[:per_stack]


def spec_of(stack: Stack, candidate: Candidate, system_packages: Sequence[str]) -> BuildSpec:
    """The build of one candidate of one stack."""
    return BuildSpec(
        target=candidate.target,
        pins=tuple(sorted(candidate.pins)),
        system_packages=tuple(sorted(system_packages)),
        probe=probe_of(stack, candidate),
        stack=stack.name,
        policy=candidate.policy,
    )


def spread(found: Sequence[Candidate], wanted: int, chance: random.Random) -> list[Candidate]:
    """At most `wanted` of the candidates, round-robin over targets, within a target over kinds of policy, shuffled by `chance`."""
    shelves: dict[str, dict[str, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for candidate in found:
        shelves[str(candidate.target)][candidate.policy.split(" ", maxsplit=1)[0]].append(candidate)
    queues = []
    for shelf in shelves.values():
        kinds = list(shelf.values())
        for kind in kinds:
            chance.shuffle(kind)
        chance.shuffle(kinds)
        longest = max(len(kind) for kind in kinds)
        queues.append([kind[row] for row in range(longest) for kind in kinds if row < len(kind)])
    chance.shuffle(queues)
    taken: list[Candidate] = []
    for row in range(max((len(queue) for queue in queues), default=0)):
        taken += [queue[row] for queue in queues if row < len(queue)]
        if len(taken) >= wanted:
            break
    return taken[:wanted]

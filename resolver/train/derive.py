"""More labels from the same builds, from what the probe told item by item.

Many public projects import what no index holds. Their every build fails, which says nothing of the set; but the probe tried all other
imports and names too, so the outcome for the project without those modules is known. In the same way each build tells, for each module
that the project imports, whether that part of the project runs on that part of the set.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from resolver.core.candidate import Candidate
from resolver.core.outcome import Stage
from resolver.core.package import CUDA, PYTHON
from resolver.core.project import Project
from resolver.rank.book import FactBook
from resolver.rank.coverage import ProjectUses
from resolver.rank.facts import root_of
from resolver.rank.featurizer import Featurizer
from resolver.rank.score import uses_of
from resolver.train.dataset import Example

WEIGHT = 0.7
"""What a derived label weighs beside one that was seen."""
PART_WEIGHT = 0.3
"""What a part of a project on a part of a set weighs."""
_DECIDING = re.compile(r"^--- (import|distribution|name|forward): (.+)$", re.MULTILINE)
_LOGGED = 8
"""The log names so many of the things that decided a failure; with as many there may be more."""


def derive(examples: Sequence[Example], book: FactBook, featurizer: Featurizer) -> list[Example]:
    """One example more for each failed build that lacked import roots, its label without them; none where the log cannot tell."""
    failed = [example for example in examples if not example.passed and example.outcome.stage in (Stage.IMPORT, Stage.USE, Stage.RUN)]
    found = []
    for example in failed:
        uses = ProjectUses(example.project, book)
        batch = featurizer.batch([example.candidate])
        absent = frozenset(uses.mix(batch, batch.members[0]).absent)
        label = relabel(example, absent) if absent else None
        if label is not None:
            found.append(dataclasses.replace(example, project=without(example.project, absent), passed=label, weight=WEIGHT))
    return found


def relabel(example: Example, absent: frozenset[str]) -> bool | None:
    """Whether the build passed apart from the absent roots; None when that cannot be told."""
    outcome = example.outcome
    if any(not _is_absent(text, absent) for text in outcome.missing):
        return False
    deciding = _DECIDING.findall(outcome.log)
    others = [(kind, what) for kind, what in deciding if not _is_absent(what, absent)]
    if any(kind in ("distribution", "forward") for kind, _ in others):
        return False
    if not deciding or outcome.culprits:
        return None
    if len(deciding) < _LOGGED:
        return True
    # a full log may hide a direct need that did not import: then none of its edges were seen working
    imported = {end.name for edge in outcome.working for end in (edge.importer, edge.provider)}
    return True if imported.issuperset(example.candidate.direct) else None


def _is_absent(text: str, absent: frozenset[str]) -> bool:
    names = [root_of(use.dotted) for use in uses_of([text])]
    return bool(names) and all(root in absent for root in names)


def parts(examples: Sequence[Example], book: FactBook) -> list[Example]:
    """For each build that was probed, and each import root that a release of its set owns: whether all uses of that root worked, on the
    owner and what the owner requires.
    """
    found = []
    for example in examples:
        if example.outcome.stage in (Stage.RESOLVE, Stage.INSTALL):
            continue
        failed = {root_of(use.dotted) for text in example.outcome.missing for use in uses_of([text])}
        for root in sorted({root_of(use.dotted) for use in example.project.evidence.uses}):
            owners = [
                place for place, release in enumerate(example.candidate.releases) if release.name != PYTHON and book.owns(release, root)
            ]
            if owners:
                part = part_of(example.candidate, owners)
                project = keeping(example.project, frozenset({root}).__contains__)
                found.append(dataclasses.replace(example, project=project, candidate=part, passed=root not in failed, weight=PART_WEIGHT))
    return found


def part_of(candidate: Candidate, owners: Sequence[int]) -> Candidate:
    """Some releases of a set with everything that they require of it, and the interpreter."""
    needs: dict[int, list[int]] = {}
    for importer, provider in candidate.edges:
        needs.setdefault(importer, []).append(provider)
    kept, waiting = set[int](), list(owners)
    while waiting:
        place = waiting.pop()
        if place not in kept:
            kept.add(place)
            waiting += needs.get(place, [])
    kept |= {place for place, release in enumerate(candidate.releases) if release.name in (PYTHON, CUDA)}
    order = sorted(kept)
    new = {place: number for number, place in enumerate(order)}
    return dataclasses.replace(
        candidate,
        releases=tuple(candidate.releases[place] for place in order),
        edges=tuple((new[a], new[b]) for a, b in candidate.edges if a in new and b in new),
        direct=tuple(sorted({candidate.releases[place].name for place in owners})),
    )


def without(project: Project, absent: frozenset[str]) -> Project:
    """The project as if it did not use these roots."""
    return keeping(project, lambda root: root not in absent)


def keeping(project: Project, wanted: Callable[[str], bool]) -> Project:
    """The project as if it used the wanted roots alone."""
    uses = tuple(use for use in project.evidence.uses if wanted(root_of(use.dotted)))
    return dataclasses.replace(project, evidence=dataclasses.replace(project.evidence, uses=uses))

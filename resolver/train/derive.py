"""More labels from the same builds: what a build would have said had the project not asked for modules that nothing in the set provides.

Many public projects import what no index holds. Their every build fails, which says nothing of the set; but the probe tried all other
imports and names too, so the outcome for the project without those modules is known.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from resolver.core.outcome import Stage
from resolver.core.project import Evidence, Project, Use
from resolver.rank.book import FactBook
from resolver.rank.coverage import ProjectUses
from resolver.rank.facts import root_of
from resolver.rank.featurizer import Featurizer
from resolver.rank.score import uses_of
from resolver.train.dataset import Example

WEIGHT = 0.7
"""What a derived label weighs beside one that was seen."""
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


def without(project: Project, absent: frozenset[str]) -> Project:
    """The project as if it did not use these roots."""
    kept: tuple[Use, ...] = tuple(use for use in project.evidence.uses if root_of(use.dotted) not in absent)
    evidence = Evidence(uses=kept, bounds=project.evidence.bounds, dates=project.evidence.dates, notes=project.evidence.notes)
    return dataclasses.replace(project, evidence=evidence)

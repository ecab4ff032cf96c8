"""Distributions made for another accelerator or another system than the target's, in favour of their twins."""

from __future__ import annotations

import dataclasses
import re

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.package import normalize
from resolver.core.project import Need, Project
from resolver.core.target import Accelerator

_PROCESSOR: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"tensorflow-gpu|tensorflow-rocm"), "tensorflow"),
    (re.compile(r"tf-nightly-gpu"), "tf-nightly"),
    (re.compile(r"onnxruntime-(gpu|rocm|openvino|directml)"), "onnxruntime"),
    (re.compile(r"faiss-gpu(-cu\d+)?"), "faiss-cpu"),
    (re.compile(r"paddlepaddle-gpu"), "paddlepaddle"),
    (re.compile(r"mxnet-cu\d+(mkl)?"), "mxnet"),
    (re.compile(r"dgl-cu\d+"), "dgl"),
)
"""What wants a graphics card, and the distribution with the same modules that does without."""

_SYSTEM: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"tensorflow-(macos|intel)"), "tensorflow"),
    (re.compile(r"onnxruntime-silicon|onnxruntime-coreml"), "onnxruntime"),
)
"""What is built for other systems alone."""


def fitted(project: Project, accelerator: Accelerator) -> Project:
    """The project with the twins for this accelerator in place of what cannot run there; each exchange is among the notes.

    Versions are kept: twins are released together. One that the index lacks is loosened later, and told, like any other.
    """
    twins = (*_SYSTEM, *(_PROCESSOR if accelerator.kind == "cpu" else ()))
    needs, notes = [], []
    for need in project.needs:
        twin = _twin(need, twins)
        if twin:
            notes.append(f"{need.origin}: '{twin[0]}' is taken for '{need.requirement}': {twin[1]}")
            needs.append(dataclasses.replace(need, requirement=twin[0]))
        else:
            needs.append(need)
    if not notes:
        return project
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *notes))
    return dataclasses.replace(project, needs=tuple(needs), evidence=evidence)


def _twin(need: Need, twins: tuple[tuple[re.Pattern[str], str], ...]) -> tuple[str, str] | None:
    """The requirement on the twin, and why; None when the need is fine as it is."""
    try:
        requirement = Requirement(need.requirement)
    except InvalidRequirement:
        return None
    name = normalize(requirement.name)
    for pattern, twin in twins:
        if pattern.fullmatch(name):
            requirement.name = twin
            why = "it is built for another system" if (pattern, twin) in _SYSTEM else "the target has no graphics card"
            return str(requirement), why
    return None

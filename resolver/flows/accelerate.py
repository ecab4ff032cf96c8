"""Distributions made for another accelerator or another system than the target's, in favour of their twins."""

from __future__ import annotations

import dataclasses
import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from resolver.core.candidate import Candidate
from resolver.core.cuda_builds import CudaBuilds, Grade
from resolver.core.package import normalize
from resolver.core.project import Need, Project
from resolver.core.target import Accelerator

LEARNED_ON = "linux_x86_64"
"""The platform of every build that the ranker has learned from."""

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

_GRAPHICS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"tensorflow-(cpu|gpu)"), "tensorflow"),
    (re.compile(r"onnxruntime"), "onnxruntime-gpu"),
    (re.compile(r"paddlepaddle"), "paddlepaddle-gpu"),
)
"""What leaves the card idle, or names apart what is one since, and the distribution with the same modules that uses the card."""

_ONE_TENSORFLOW = (SpecifierSet("==1.15.*"), SpecifierSet(">=2.1"))
"""From these on `tensorflow` is the build for cards (TensorFlow's release notes); `tensorflow-gpu` beside it is the same once more."""

_SYSTEM: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"tensorflow-(macos|intel)"), "tensorflow"),
    (re.compile(r"onnxruntime-silicon|onnxruntime-coreml"), "onnxruntime"),
)
"""What is built for other systems alone."""


_SOURCE: tuple[tuple[re.Pattern[str], str], ...] = ((re.compile(r"cupy"), "cupy-cuda12x"),)
"""What is source alone under its own name, and needs CUDA's compiler to be built, and the wheels of it."""


def fitted(project: Project, accelerator: Accelerator) -> Project:
    """The project with the twins for this accelerator in place of what cannot run there; each exchange is among the notes.

    Versions are kept: twins are released together. One that the index lacks is loosened later, and told, like any other.
    """
    twins = (*_SYSTEM, *_SOURCE, *(_PROCESSOR if accelerator.kind == "cpu" else _GRAPHICS if accelerator.kind == "cuda" else ()))
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


def advice(candidate: Candidate, builds: CudaBuilds) -> tuple[str, ...]:
    """What a person should know of a set for a graphics card, or for a processor that nothing was learned on."""
    accelerator = candidate.target.accelerator
    told = []
    if candidate.target.platform != LEARNED_ON:
        told.append(f"nothing was ever built for {candidate.target.platform}: that wheels exist is known, that they run together is not")
    if accelerator.kind != "cuda":
        return tuple(told)
    for release in candidate.packages:
        build = builds.build(release.name, release.version)
        if build and builds.grade(release.name, release.version, accelerator) is Grade.PROCESSOR:
            wants = f"wants CUDA {'.'.join(map(str, build.cuda))}, which no wheel brings" if build.cuda else "is a build without CUDA"
            told.append(f"{release.name} {release.version} {wants}: it will run on the processor")
    return (*told, "no graphics card was asked: a build here proves that CUDA's libraries load, not that anything was computed with them")


def _twin(need: Need, twins: tuple[tuple[re.Pattern[str], str], ...]) -> tuple[str, str] | None:
    """The requirement on the twin, and why; None when the need is fine as it is."""
    try:
        requirement = Requirement(need.requirement)
    except InvalidRequirement:
        return None
    name = normalize(requirement.name)
    for pattern, twin in twins:
        if pattern.fullmatch(name) and not (name == "tensorflow-gpu" and twins[-1] in _GRAPHICS and not _is_one(requirement)):
            requirement.name = twin
            return str(requirement), _why(pattern)
    return None


def _is_one(requirement: Requirement) -> bool:
    """Whether the text means a version of which `tensorflow` has CUDA: by its pin, else by its bound from above."""
    pins = [spec.version.removesuffix(".*") for spec in requirement.specifier if spec.operator in ("==", "===", "~=")]
    tops = [] if pins else [spec.version for spec in requirement.specifier if spec.operator.startswith("<")]
    return all(any(one.contains(pin, prereleases=True) for one in _ONE_TENSORFLOW) for pin in (*pins, *tops))


def _why(pattern: re.Pattern[str]) -> str:
    if pattern in dict(_SYSTEM):
        return "it is built for another system"
    if pattern in dict(_SOURCE):
        return "that one needs CUDA's compiler to be built, this one is wheels"
    if pattern in dict(_GRAPHICS):
        return "one build serves processor and card" if pattern.pattern.endswith("gpu)") else "it leaves the graphics card idle"
    return "the target has no graphics card"

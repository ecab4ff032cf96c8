"""Whether a complete set satisfies what its own releases declare."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from resolver.core.candidate import Candidate
from resolver.core.package import NormalizedName, Release, normalize
from resolver.core.peers import peer_bounds
from resolver.core.project import Project, RunsWith

_MAKERS_EXTRAS = re.compile(r"dev|test|doc|lint|quality|style|check|typing|mypy|build|release|bench|example|tutorial|ci\b")
"""Extras for those who work on a package: their pins say nothing of its users."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A candidate with every release's own metadata, and the sentences of that metadata that it does not satisfy."""

    candidate: Candidate
    wrong: tuple[str, ...] = ()


def pinned(project: Project) -> tuple[tuple[NormalizedName, str], ...]:
    """Name and version of each need that admits one version only."""
    found = []
    for need in project.needs:
        try:
            requirement = Requirement(need.requirement)
        except InvalidRequirement:
            continue
        exact = [each.version for each in requirement.specifier if each.operator in ("==", "===") and not each.version.endswith(".*")]
        if len(exact) == 1:
            found.append((normalize(requirement.name), exact[0]))
    return tuple(dict.fromkeys(found))


def contradictions(candidate: Candidate) -> tuple[str, ...]:
    """A sentence for each declared requirement (markers evaluated for the target, extras left out) that the set does not satisfy."""
    return tuple(told for _, told in breaches(candidate))


def breaches(candidate: Candidate) -> tuple[tuple[Release, str], ...]:
    """The same sentences, each with the release that declares it."""
    versions = {str(release.name): release.version for release in candidate.packages}
    python = candidate.target.python
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": candidate.target.platform.removeprefix("linux_"),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "extra": "",
    }
    wrong = []
    for release in candidate.packages:
        for text in release.requires:
            try:
                requirement = Requirement(text)
                if requirement.marker and not requirement.marker.evaluate(environment):
                    continue
            except (InvalidRequirement, ValueError):
                continue
            have = versions.get(canonicalize_name(requirement.name))
            if have is None or not requirement.specifier.contains(have, prereleases=True):
                wrong.append((release, f"{release.pin} needs {requirement}, the set has {have or 'none'}"))
    return tuple(wrong)


def optional_clashes(candidate: Candidate) -> tuple[str, ...]:
    """A sentence for each release whose extras, or whose own check at import, bound another release of the set, and that one lies outside.

    Nobody asked for the extra, yet the package is there and the code behind the extra will meet it: transformers 4.43 with torch 1.7
    resolves and dies at the first model. Extras for development are passed over.
    """
    versions = {str(release.name): release.version for release in candidate.packages}
    wrong = []
    for release in candidate.packages:
        for name, bound in _optional(release):
            have = versions.get(name)
            if have is not None and not bound.contains(have, prereleases=True):
                wrong.append(f"{release.pin} is made for {name}{bound}, the set has {have}")
    return tuple(wrong)


def unmet(candidate: Candidate, runs_with: Sequence[RunsWith]) -> tuple[str, ...]:
    """A sentence for each need of a release for what the source does with it that the set does not meet: a policy or a pin stood against
    it, or nobody knows the distribution here.
    """
    versions = {str(release.name): release.version for release in candidate.packages}
    wrong = []
    for one in runs_with:
        asker = next((release for release in candidate.packages if one.asked_by(release.pin)), None)
        wanted = Requirement(one.needs)
        have = versions.get(wanted.name)
        if asker is not None and (have is None or not wanted.specifier.contains(have, prereleases=True)):
            wrong.append(f"{one.origin}: {asker.pin} wants {one.needs}, the set has {have or 'none'}")
    return tuple(wrong)


_FRAMEWORKS = frozenset(
    (
        *("torch", "torchvision", "torchaudio", "tensorflow", "tensorflow-cpu", "tensorflow-gpu", "keras", "jax", "jaxlib", "flax"),
        *("onnxruntime", "numpy", "pandas", "scipy"),
    )
)
"""What an extra bounds under another name than its own (`all`, `cuda12`) and is met all the same. Of the stored builds with such a clash
11 % passed, with one on an extra's own namesake 24 %, without any 58 % (2026-11-25).
"""


@functools.lru_cache(maxsize=20_000)
def _optional(release: Release) -> tuple[tuple[str, SpecifierSet], ...]:
    """What a release's extras bound: name and specifier; the widest reading where several extras name one distribution."""
    found: dict[str, SpecifierSet] = {}
    # What a release requires of everybody outweighs what an extra says besides (transformers 3.5.1: tokenizers 0.9.3, its extra 0.9.2).
    plain = {
        canonicalize_name(re.split(r"[^A-Za-z0-9._-]", text.strip(), maxsplit=1)[0]) for text in release.requires if "extra" not in text
    }
    for text in release.requires:
        if "extra" not in text:
            continue
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, UndefinedEnvironmentName):
            continue
        extras = re.findall(r"extra\s*==\s*['\"]([^'\"]+)", str(requirement.marker or ""))
        if not extras or all(_MAKERS_EXTRAS.search(extra) for extra in extras) or not str(requirement.specifier):
            continue
        name = canonicalize_name(requirement.name)
        if name in plain:
            continue
        if name not in _FRAMEWORKS and name not in map(canonicalize_name, extras):
            continue  # nobody's code meets it: httpx is a fine client beside a newer rich, which its command line draws with
        if name not in found or len(str(requirement.specifier)) < len(str(found[name])):
            found[name] = requirement.specifier
    found |= {str(name): bound for name, bound in peer_bounds(release.pin).items()}  # a check at import outweighs what an extra says
    return tuple(found.items())

"""Whether a complete set satisfies what its own releases declare."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from resolver.core.candidate import Candidate


def contradictions(candidate: Candidate) -> tuple[str, ...]:
    """A sentence for each declared requirement (markers evaluated for the target, extras left out) that the set does not satisfy."""
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
                wrong.append(f"{release.pin} needs {requirement}, the set has {have or 'none'}")
    return tuple(wrong)

"""What is done to a chosen set before it is written: its lightest form, the base image's digest, and what a person should know."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from resolver.compose.proving import Proving
from resolver.core.candidate import Candidate
from resolver.core.errors import ResolverError
from resolver.core.package import NormalizedName, Release
from resolver.core.resolution import Resolution
from resolver.flows.accelerate import advice
from resolver.flows.lean import lean
from resolver.flows.serve import hints
from resolver.render.tags import wheels

Look = Callable[[NormalizedName, str], Release | None]


def finished(rooms: Proving, resolution: Resolution) -> Resolution:
    """The answer as it is written."""
    resolution = light(rooms, resolution)
    candidate = resolution.chosen.candidate
    told = [*advice(candidate, rooms.cuda_builds), *hints(resolution.project.program, candidate.pins)]
    if rooms.settings.pin_base and not rooms.settings.offline:
        from resolver.build.registry import digest

        if found := digest(resolution.base_image):
            resolution = dataclasses.replace(resolution, base_image=f"{resolution.base_image}@{found}")
        else:
            told.append(f"no registry told the digest of {resolution.base_image}: it is named by its tag alone")
    return dataclasses.replace(resolution, warnings=(*resolution.warnings, *told))


def light(rooms: Proving, resolution: Resolution) -> Resolution:
    """The answer without CUDA where its target has no graphics card and the settings allow it."""
    if not rooms.settings.lean:
        return resolution
    candidate, cpu = resolution.chosen.candidate, rooms.cpu_index
    find_cpu = _fitting(rooms, cpu.release, candidate) if cpu else None
    uses = {use.dotted for use in resolution.project.evidence.uses}
    found = lean(candidate, find=_fitting(rooms, rooms.shelves.exact, candidate), find_cpu=find_cpu, uses=uses)
    if found.candidate is candidate:
        return dataclasses.replace(resolution, warnings=(*resolution.warnings, *found.notes))
    from_cpu = any("+cpu" in release.version for release in found.candidate.packages) and not rooms.settings.wheelhouse
    return dataclasses.replace(
        resolution,
        chosen=dataclasses.replace(resolution.chosen, candidate=found.candidate),
        extra_index=rooms.settings.cpu_index if from_cpu else "",
        system_packages=rooms.system_packages(found.candidate, resolution.project),
        warnings=(*resolution.warnings, *found.notes),
    )


def _fitting(rooms: Proving, look: Look, candidate: Candidate) -> Look:
    """`look`, of which only releases count that have a wheel with a hash for the target."""

    def find(name: NormalizedName, version: str) -> Release | None:
        try:
            found = look(name, version)
        except ResolverError as problem:
            rooms.reporter.note(f"{name} {version}: {problem.message}")
            return None
        return found if found and any(file.sha256 for file in wheels(found, candidate.target)) else None

    return find

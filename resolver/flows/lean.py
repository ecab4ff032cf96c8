"""The chosen set in its lightest form for a target without a graphics card: the same modules and versions, without CUDA or windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.candidate import Candidate
from resolver.core.cuda import is_nvidia
from resolver.core.package import CUDA, NormalizedName, Release, normalize
from resolver.core.twins import BROUGHT_IN

LIGHT: Mapping[str, NormalizedName] = {
    "tensorflow": NormalizedName("tensorflow-cpu"),
    "xgboost": NormalizedName("xgboost-cpu"),
    "opencv-python": NormalizedName("opencv-python-headless"),
    "opencv-contrib-python": NormalizedName("opencv-contrib-python-headless"),
}
"""Distribution -> its build for processors alone, or without windows, released under the same version numbers."""

WINDOWS = frozenset(
    f"cv2.{name}"
    for name in (
        "createButton", "createTrackbar", "destroyAllWindows", "destroyWindow", "getTrackbarPos", "getWindowImageRect", "getWindowProperty",
        "imshow", "moveWindow", "namedWindow", "pollKey", "resizeWindow", "selectROI", "selectROIs", "setMouseCallback", "setTrackbarPos",
        "setWindowProperty", "setWindowTitle", "startWindowThread", "waitKey", "waitKeyEx",
    )
)  # fmt: skip
"""What OpenCV's build without windows refuses when it is called (highgui)."""

TORCH = ("torch", "torchvision", "torchaudio", "torchtext")
"""What PyTorch's own indexes offer as "+cpu" builds. They go together: one that is linked to CUDA does not run beside one that is not."""

COVERED: Mapping[str, NormalizedName] = {
    "opencv-python": NormalizedName("opencv-contrib-python"),
    "opencv-python-headless": NormalizedName("opencv-contrib-python-headless"),
}
"""Distribution -> one with all of its modules and more in the same folder: side by side, the one that is installed last wins."""

Find = Callable[[NormalizedName, str], Release | None]
"""A release with its metadata and at least one wheel for the target; None when there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lean:
    """The set, and what a person should know of the exchange."""

    candidate: Candidate
    notes: tuple[str, ...] = ()


def lean(candidate: Candidate, *, find: Find, find_cpu: Find | None = None, uses: Collection[str] = ()) -> Lean:
    """The candidate with builds without CUDA, and OpenCV without windows, where they exist, and without what only the heavy ones asked for.

    `find` looks on the index, `find_cpu` on the index of "+cpu" builds (None when none is set); `uses` are the dotted names that the
    project uses: one that opens windows keeps them. A distribution whose name another one of the set declares is kept: installers and
    entry points look for the name.
    """
    candidate, dropped = _uncovered(candidate)
    if candidate.target.accelerator.kind != "cpu":
        return Lean(candidate=candidate, notes=dropped)
    swapped, notes = _swapped(candidate, find, find_cpu, set(uses))
    notes = (*dropped, *notes)
    if not swapped:
        return Lean(candidate=candidate, notes=notes)
    pins = {str(release.name): release.pin for release in candidate.releases}
    told = (f"{new.pin} is taken for {pins[normalize(old)]}: the same modules without {_lacks(new)}" for old, new in swapped.items())
    return Lean(candidate=_pruned(candidate, swapped), notes=(*notes, *told))


def _uncovered(candidate: Candidate) -> tuple[Candidate, tuple[str, ...]]:
    """Without a distribution that another one of the set holds in full; one that somebody declares stays."""
    versions = {str(release.name): release.version for release in candidate.packages}
    double = [name for name, whole in COVERED.items() if name in versions and versions.get(whole) == versions[name]]
    gone = {name for name in double if not _declared(name, candidate)}
    if not gone:
        return candidate, ()
    kept = _pruned(dataclasses.replace(candidate, direct=tuple(name for name in candidate.direct if name not in gone)), {}, gone)
    return kept, tuple(f"{name} is left out: {COVERED[name]} holds all of it, in the same folder" for name in sorted(gone))


def _lacks(light: Release) -> str:
    return "windows" if light.name.endswith("-headless") else "CUDA"


def _swapped(candidate: Candidate, find: Find, find_cpu: Find | None, uses: set[str]) -> tuple[dict[str, Release], tuple[str, ...]]:
    by_name = {str(release.name): release for release in candidate.packages}
    windowed = not WINDOWS.isdisjoint(uses) or sum(name in by_name for name in BROUGHT_IN) > 1  # or several share a folder
    swapped: dict[str, Release] = {}
    for name, twin in LIGHT.items():
        if name not in by_name or twin in by_name or (windowed and name in BROUGHT_IN) or _declared(name, candidate):
            continue
        if found := find(twin, by_name[name].version):
            swapped[name] = found
    family = [by_name[name] for name in TORCH if name in by_name]
    heavy = [release for release in family if "+" not in release.version]
    if not heavy or heavy[0].name != "torch":
        return swapped, ()
    if find_cpu is None:
        nvidia = any(str(release.name).startswith("nvidia-") for release in candidate.packages)
        told = f"{heavy[0].pin} brings CUDA along; the setting `cpu_index` names an index of builds without it"
        return swapped, ((told,) if nvidia else ())
    light = {str(release.name): find_cpu(release.name, f"{release.version}+cpu") for release in heavy}
    lacking = [name for name, release in light.items() if release is None]
    if lacking:
        return swapped, (f"the CPU index has no {by_name[lacking[0]].pin}+cpu for this Python: the build with CUDA is kept",)
    return {**swapped, **{name: release for name, release in light.items() if release}}, ()


def _declared(name: str, candidate: Candidate) -> bool:
    """Whether a release of the set declares that it requires `name`."""
    provider = next(place for place, release in enumerate(candidate.releases) if release.name == name)
    importers = {candidate.releases[importer] for importer, end in candidate.edges if end == provider}
    return any(_required(text) == name for release in importers for text in release.requires)


def _required(text: str) -> str:
    try:
        return normalize(Requirement(text).name)
    except InvalidRequirement:
        return ""


def _pruned(candidate: Candidate, swapped: Mapping[str, Release], gone: Collection[str] = ()) -> Candidate:
    """With the exchanged releases in, and without those that are `gone` or that nothing reaches any more."""
    old = candidate.releases
    releases = [swapped.get(str(release.name), release) for release in old]
    light = {place for place, release in enumerate(old) if str(release.name) in swapped}
    asks = {place: {_required(text) for text in releases[place].requires} for place in light}
    edges = [(a, b) for a, b in candidate.edges if a not in light or str(old[b].name) in asks[a]]
    imported = {b for _, b in candidate.edges}
    reached = {place for place, release in enumerate(old) if place not in imported or str(release.name) in candidate.direct}
    reached -= {place for place in reached if old[place].name == CUDA or str(old[place].name) in gone}
    queue = list(reached)
    while queue:
        at = queue.pop()
        fresh = {b for a, b in edges if a == at} - reached
        reached |= fresh
        queue += fresh
    if any(is_nvidia(releases[place].name) for place in reached):
        reached |= {place for place, release in enumerate(old) if release.name == CUDA}
    order = sorted(reached, key=lambda place: releases[place].name)
    return dataclasses.replace(
        candidate,
        releases=tuple(releases[place] for place in order),
        edges=tuple(sorted((order.index(a), order.index(b)) for a, b in edges if a in reached and b in reached)),
        direct=_renamed(candidate.direct, swapped),
    )


def _renamed(direct: Sequence[str], swapped: Mapping[str, Release]) -> tuple[str, ...]:
    return tuple(str(swapped[name].name) if name in swapped else name for name in direct)

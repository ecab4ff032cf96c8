"""Which pins get a layer before the others: large wheels, so that one more requirement leaves theirs as it is."""

from __future__ import annotations

from resolver.core.package import Release
from resolver.core.resolution import Resolution
from resolver.render.tags import place, wheels

LARGE_BYTES = 10 << 20
"""What a packed wheel weighs from which on it is large: frameworks, NumPy and their like; what changes often weighs less."""


def large(resolution: Resolution) -> tuple[Release, ...]:
    """The releases of large wheels, sorted by name; none when there is nothing beside them."""
    packages = sorted(resolution.chosen.candidate.packages, key=lambda release: release.name)
    found = tuple(release for release in packages if _weight(release, resolution) >= LARGE_BYTES)
    return found if len(found) < len(packages) else ()


def _weight(release: Release, resolution: Resolution) -> int:
    """Bytes of the wheel that the target's installer takes; 0 where there is none, or its size is not known."""
    fitting = wheels(release, resolution.target)
    order = {file: place(file, resolution.target) or 0 for file in fitting}
    return min(fitting, key=order.__getitem__).size if fitting else 0

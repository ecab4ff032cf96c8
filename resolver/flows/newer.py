"""Members of a set whose own source wants a later interpreter than their metadata says: such a release installs and does not import."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from packaging.specifiers import SpecifierSet

from resolver.core.candidate import Candidate
from resolver.core.package import Pin

Asks = Callable[[str, str], Sequence[tuple[str, str]]]
"""Name and version -> specifiers on Python that importing the release needs, each with its reason; empty where nothing is known."""


def newer(candidate: Candidate, asks: Asks) -> tuple[Pin, str] | None:
    """The first member that the target's interpreter cannot import, and why; None when there is none that is known."""
    for release in candidate.packages:
        for specifier, reason in asks(release.name, release.version):
            if candidate.target.python not in SpecifierSet(specifier):
                return release.pin, f"{release.pin} wants Python {specifier} ({reason}), whatever it declares"
    return None

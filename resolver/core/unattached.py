"""Submodules that a package imports and then takes off itself: `from root.part import x` works, `root.part` is no attribute.

A walk sees the folder and calls it offered; only the package's own last lines tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

UNATTACHED: Mapping[str, tuple[str, ...]] = {"tensorflow": ("python", "core")}
"""Root module -> the submodules that some of its releases take off it."""

_TAKEN_OFF = {"tensorflow": (SpecifierSet("<2.2"), SpecifierSet(">=2.4"))}
"""Root module -> the versions that do. TensorFlow: `del python` and `del core` stand in the `__init__` of 1.0 to 2.1 and of 2.4 to 2.19 (31
wheels read). 1.14.0, 2.0.4, 2.1.4, 2.4.4 and 2.8.4 have neither attribute; 1.15.5 has both, but hardly anything below (no
`core.framework`, no `python.client`); 2.2.3 and 2.3.4 have them whole (imported in images)."""


def is_taken_off(dotted: str, version: str) -> bool:
    """Whether the release takes the submodule `dotted` ("root.part") off its root; False for any other name. Costs microseconds."""
    root, _, part = dotted.partition(".")
    if part not in UNATTACHED.get(root, ()):
        return False
    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    return any(bounds.contains(parsed.base_version) for bounds in _TAKEN_OFF[root])

"""Needs that no metadata declares but a release's own imports show: keras 2.2.5 imports a backend, tensorboard imports pkg_resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from resolver.core.package import PYTHON, Release, normalize
from resolver.interfaces import Timeline

SETUPTOOLS_LAST_PKG_RESOURCES = "setuptools<81"
"""`pkg_resources` left setuptools in release 82 and warns from 81 on (setuptools changelog, 2026-02)."""


class ImpliedNeeds:
    """Callable: release -> requirement strings for the distributions that its unguarded imports need and its metadata lacks.

    `seen` holds what builds found missing (see `train.wants`): it speaks for the other versions of the same minor release too.
    """

    def __init__(
        self,
        timeline: Timeline,
        owners: Callable[[str], Sequence[str]],
        stdlib: frozenset[str],
        seen: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        self._timeline = timeline
        self._seen = {name: _by_minor(versions) for name, versions in (seen or {}).items()}
        self._owners = owners
        self._stdlib = stdlib
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def __call__(self, release: Release) -> Sequence[str]:
        """Requirement strings, open in version; memoised per release."""
        found = self._known.get(release.pin)
        if found is None:
            found = self._known[release.pin] = self._find(release)
        return found

    def _find(self, release: Release) -> tuple[str, ...]:
        if release.name == PYTHON:
            return ()
        uses: Mapping[str, Sequence[str]] = self._timeline.uses(release.name, release.version)
        declared = " ".join(release.requires).lower().replace("_", "-")
        needs = []
        # Function-level uses carry a ":" prefix; only what runs at import time is a need.
        roots = [root for root, taken in uses.items() if not all(name.startswith(":") for name in taken)]
        for root in dict.fromkeys((*roots, *self._seen.get(release.name, {}).get(_minor(release.version), ()))):
            if root == "pkg_resources":
                needs.append(SETUPTOOLS_LAST_PKG_RESOURCES)
                continue
            if root in self._stdlib or root in release.modules:
                continue
            owners = [normalize(owner) for owner in self._owners(root)]
            if owners and release.name not in owners and not any(owner in declared for owner in owners):
                needs.append(owners[0])
        return tuple(dict.fromkeys(needs))


def _by_minor(versions: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for version, roots in versions.items():
        found[_minor(version)] = (*found.get(_minor(version), ()), *roots)
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])

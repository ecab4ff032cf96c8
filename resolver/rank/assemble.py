"""From bare pins to a candidate: releases from the index (or made up, for what it does not know) and the edges among them."""

from __future__ import annotations

from collections.abc import Iterable

from resolver.core.candidate import Candidate, Relaxation
from resolver.core.errors import ResolverError
from resolver.core.package import CUDA, PYTHON, NormalizedName, Pin, Release
from resolver.core.target import Target
from resolver.interfaces import PackageIndex
from resolver.rank.facts import parse_requirement


class Assembler:
    """Builds candidates from pins; releases are looked up once. Not safe to share between threads."""

    def __init__(self, index: PackageIndex | None) -> None:
        self._index = index
        self._known: dict[Pin, Release] = {}

    def release(self, pin: Pin) -> Release:
        """The release as the index knows it, else one with a name and a version alone."""
        known = self._known.get(pin)
        if known is None:
            known = self._known[pin] = self._look_up(pin) or Release(pin=pin)
        return known

    def _look_up(self, pin: Pin) -> Release | None:
        if self._index is None or pin.name in (PYTHON, CUDA):
            return None
        try:
            found = self._index.release(pin.name, pin.version)
            if found is None:  # no readable metadata: what the file list tells is better than nothing
                found = next((r for r in self._index.releases(pin.name) if r.version == pin.version), None)
        except ResolverError:
            return None
        return found if found is None or found.pin == pin else _renamed(found, pin)

    def candidate(
        self,
        target: Target,
        pins: Iterable[Pin],
        *,
        policy: str = "",
        direct: tuple[str, ...] = (),
        relaxed: tuple[Relaxation, ...] = (),
        system_packages: tuple[str, ...] | None = None,
    ) -> Candidate:
        """The set of `pins` with the interpreter, sorted by name, and an edge for every requirement inside the set."""
        releases = sorted((self.release(pin) for pin in {Pin(PYTHON, target.python), *pins}), key=lambda r: r.pin)
        places: dict[NormalizedName, int] = {release.pin.name: place for place, release in enumerate(releases)}
        edges = []
        for place, release in enumerate(releases):
            for text in release.requires:
                parsed = parse_requirement(text)
                other = places.get(parsed[0]) if parsed else None
                if parsed and other is not None and other != place and parsed[1].applies(target.python, target.platform):
                    edges.append((place, other))
        return Candidate(
            target=target,
            releases=tuple(releases),
            edges=tuple(dict.fromkeys(edges)),
            policy=policy,
            direct=direct,
            relaxed=relaxed,
            system_packages=system_packages,
        )


def _renamed(release: Release, pin: Pin) -> Release:
    import dataclasses

    return dataclasses.replace(release, pin=pin)

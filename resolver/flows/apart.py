"""Pairs of a set that take from each other without saying so, and do not find it: no declared bound ever kept them in step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.candidate import Candidate
from resolver.core.package import PYTHON, Release, normalize

IMPORTED, TAKEN = 0.15, 0.5
"""What is left of the probability of a set in which importing a member takes such a name, and in which its functions do."""
MANY = 4
"""So many names that are missing are no code for another release of it: that one is one or two names behind a check."""

Takes = Callable[[str, str], Mapping[str, Sequence[str]]]
"""Name and version -> root module -> the names that the release takes from it somewhere, not only where it is imported."""

Offers = Callable[[str, str, Sequence[str]], Sequence[float | None]]
"""See `Timeline.offers`."""


class Apart:
    """Tells what a set's members take in vain from members with which no declared bound keeps them in step; remembers what it was asked.

    `takes` gives what the functions of a release take, `needs` what importing it takes: of the stored builds with such a pair 6 of 30
    and 1 of 29 passed, of the others 56 % (2026-11-26, benchmarks/apart.py).
    """

    def __init__(self, takes: Takes, offers: Offers, needs: Takes = lambda *_: {}) -> None:
        self._takes = functools.lru_cache(maxsize=20_000)(takes)
        self._needs = functools.lru_cache(maxsize=20_000)(needs)
        self._offers = offers
        self._missing = functools.lru_cache(maxsize=50_000)(self._between)

    def told(self, candidate: Candidate) -> tuple[str, float] | None:
        """A sentence for the first such pair, and what it leaves of the set's probability; None when there is none.

        Some milliseconds for releases that were not asked before.
        """
        owners = {root: release for release in candidate.packages for root in release.modules if "." not in root}
        for importer in candidate.packages:
            taken = self._takes(importer.name, importer.version).keys() | self._needs(importer.name, importer.version).keys()
            for root in sorted(taken & owners.keys()):
                provider = owners[root]
                if provider.name in (importer.name, PYTHON) or provider.name in _declared(importer) or importer.name in _declared(provider):
                    continue  # one of the two keeps them in step (TensorFlow its TensorBoard)
                if gone := self._missing(importer, provider, root, at_import=True):
                    return f"{importer.pin} imports {gone[0]}, not in {provider.pin}", IMPORTED
                missing = self._missing(importer, provider, root, at_import=False)
                if MANY <= len(missing) < len(self._takes(importer.name, importer.version)[root]):  # all: nobody has seen that provider
                    return f"{importer.pin} also takes {missing[0]} and {len(missing) - 1} more names, not in {provider.pin}", TAKEN
        return None

    def _between(self, importer: Release, provider: Release, root: str, *, at_import: bool) -> tuple[str, ...]:
        names = (self._needs if at_import else self._takes)(importer.name, importer.version).get(root, ())
        answers = self._offers(provider.name, provider.version, names) if names else ()
        return tuple(name for name, sure in zip(names, answers, strict=True) if sure is not None and sure < _SURELY_NOT)


_SURELY_NOT = 0.03


@functools.lru_cache(maxsize=20_000)
def _declared(importer: Release) -> frozenset[str]:
    """What a release declares without an extra: those bounds the solver keeps."""
    return frozenset(_names(importer.requires))


def _names(requires: Sequence[str]) -> Iterator[str]:
    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if "extra" not in str(requirement.marker or ""):
            yield normalize(requirement.name)

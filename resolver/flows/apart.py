"""Pairs of a set that take from each other without saying so, and do not find it: no declared bound ever kept them in step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.candidate import Candidate
from resolver.core.package import PYTHON, Release, normalize

MANY = 4
"""So many names that are missing are no code for another release of it: that one is one or two names behind a check."""

Takes = Callable[[str, str], Mapping[str, Sequence[str]]]
"""Name and version -> root module -> the names that the release takes from it somewhere, not only where it is imported."""

Offers = Callable[[str, str, Sequence[str]], Sequence[float | None]]
"""See `Timeline.offers`."""


class Apart:
    """Tells what a set's members take in vain from members that they do not declare; what it was asked of a pair it remembers.

    Of 28 stored builds with such a pair (keras on TensorFlow, catboost on scikit-learn) 3 passed, of the 941 others 513 (2026-11-25).
    """

    def __init__(self, takes: Takes, offers: Offers) -> None:
        self._takes = functools.lru_cache(maxsize=20_000)(takes)
        self._offers = offers
        self._missing = functools.lru_cache(maxsize=50_000)(self._between)

    def told(self, candidate: Candidate) -> str:
        """A sentence for the first such pair; "" when there is none. Some milliseconds for releases that were not asked before."""
        owners = {root: release for release in candidate.packages for root in release.modules if "." not in root}
        for importer in candidate.packages:
            for root in self._takes(importer.name, importer.version).keys() & owners.keys():
                provider = owners[root]
                if provider.name in (importer.name, PYTHON) or provider.name in _declared(importer):
                    continue
                missing = self._missing(importer, provider, root)
                if MANY <= len(missing) < len(self._takes(importer.name, importer.version)[root]):  # all: nobody has seen that provider
                    return f"{importer.pin} also takes {missing[0]} and {len(missing) - 1} more names, not in {provider.pin}"
        return ""

    def _between(self, importer: Release, provider: Release, root: str) -> tuple[str, ...]:
        names = self._takes(importer.name, importer.version)[root]
        answers = self._offers(provider.name, provider.version, names)
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

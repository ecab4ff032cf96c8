"""Candidates turned into numbers: who is in them, and their distinct edges."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from resolver.core.candidate import Candidate, Edge
from resolver.rank.facts import ReleaseFacts
from resolver.rank.features import Floats

Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(slots=True, kw_only=True)
class Member:
    """One candidate, resolved to numbers: `places` are the batch's release numbers of its packages, `orphans` pairs of
    (importer's number, root module) that nothing in the set provides.
    """

    candidate: Candidate
    places: Ints
    orphans: tuple[tuple[int, str], ...] = ()


@dataclasses.dataclass(slots=True, kw_only=True)
class Batch:
    """Candidates with their distinct edges: `table` has a row of edge features for each of `ends`; candidate i owns the edge
    numbers `edges[starts[i]:starts[i + 1]]`.
    """

    members: list[Member]
    table: Floats
    ends: list[tuple[int, int, str]]
    edges: Ints
    starts: Ints
    releases: list[ReleaseFacts]

    def edge(self, number: int) -> Edge:
        """One distinct edge as a value."""
        importer, provider, python = self.ends[number]
        return Edge(importer=self.releases[importer].pin, provider=self.releases[provider].pin, python=python)

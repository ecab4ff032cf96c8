"""Many candidates at once: their edges, told apart and described once each, and one row of set features per candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resolver.core.candidate import Candidate
from resolver.core.package import CUDA, PYTHON, NormalizedName, Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.target import PYTHONS
from resolver.rank.batch import Batch, Ints, Member
from resolver.rank.book import FactBook
from resolver.rank.coverage import ProjectUses
from resolver.rank.facts import ReleaseFacts
from resolver.rank.features import EDGE_FEATURES, Floats, Vocabulary, as_table, remembered_row
from resolver.rank.history import History
from resolver.rank.names import SeenNames
from resolver.rank.outside import Outside
from resolver.rank.sets import set_rows

_RUNTIMES = (PYTHON, CUDA)


class Featurizer:
    """Remembers the rows of edges between calls; not safe to share between threads."""

    def __init__(self, book: FactBook, history: History, vocabulary: Vocabulary, names: SeenNames | None = None) -> None:
        self.book = book
        self.history = history
        self.vocabulary = vocabulary
        self.names = names
        self._numbers: dict[Pin, int] = {}
        self._facts: list[ReleaseFacts] = []
        self._roots: list[tuple[str, ...]] = []
        self._partners: list[tuple[str, ...]] = []
        self._owners: dict[str, set[NormalizedName]] = {}
        self._rows: dict[int, list[float]] = {}
        self._pythons = list(PYTHONS)

    def batch(self, candidates: Sequence[Candidate]) -> Batch:
        """Number the releases and the edges of all candidates, and describe each distinct edge once."""
        members = [Member(candidate=candidate, places=self._places(candidate)) for candidate in candidates]
        pieces = [self._edges_of(member) for member in members]
        starts = np.zeros(len(members) + 1, dtype=np.int64)
        np.cumsum([len(piece) for piece in pieces], out=starts[1:])
        flat = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
        distinct, edges = np.unique(flat, return_inverse=True)
        ends = [self._decode(int(key)) for key in distinct]
        rows = [self._row(int(key), end) for key, end in zip(distinct, ends, strict=True)]
        table = as_table(rows) if rows else np.zeros((0, len(EDGE_FEATURES)))
        return Batch(members=members, table=table, ends=ends, edges=edges.astype(np.int64).ravel(), starts=starts, releases=self._facts)

    def uses(self, project: Project) -> ProjectUses:
        """What the project uses, to be asked against this featurizer's batches."""
        return ProjectUses(project, self.book, self.names)

    def sets(self, project: Project, batch: Batch, risks: Floats, uses: ProjectUses | None = None) -> Floats:
        """One row of set features per candidate, given the risk of each of the batch's distinct edges."""
        return set_rows(project, batch, risks, uses or self.uses(project), Outside(project, self.book))

    def _row(self, key: int, end: tuple[int, int, str]) -> list[float]:
        row = self._rows.get(key)
        if row is None:
            importer, provider, python = end
            left, right = self._facts[importer], self._facts[provider]
            row = self._rows[key] = remembered_row(left, right, python, self.book, self.history, self.vocabulary)
        return row

    def _places(self, candidate: Candidate) -> Ints:
        return np.fromiter((self._number(release) for release in candidate.releases), dtype=np.int64, count=len(candidate.releases))

    def _number(self, release: Release) -> int:
        number = self._numbers.get(release.pin)
        if number is None:
            number = self._numbers[release.pin] = len(self._facts)
            facts = self.book.facts(release)
            self._facts.append(facts)
            for root in release.modules or (release.pin.name.replace("-", "_"),):
                self._owners.setdefault(root, set(self.book.owners(root))).add(release.pin.name)
            self._partners.append(tuple(name for name in self.history.partners(release.pin.name) if name not in facts.declared))
            taken = self.book.uses(release.pin)
            # a root spelled like a requirement is there whenever the requirement is; only the others are looked for
            self._roots.append(
                tuple(
                    root
                    for root in taken
                    if normalize(root) not in facts.declared and not self.book.is_stdlib(root) and not self.book.owns(release, root)
                )
            )
        return number

    def _edges_of(self, member: Member) -> Ints:
        """Numbers of all edges: the declared ones, one from each package to the interpreter, and undeclared imports."""
        candidate, places = member.candidate, member.places
        code = self._code(candidate.target.python)
        interpreter = self._number(self.book.python(candidate.target.python).release)
        declared = places[np.array(candidate.edges, dtype=np.int64).reshape(-1, 2)]
        undeclared = self._undeclared(member, declared)
        installed = places[[release.pin.name not in _RUNTIMES for release in candidate.releases]]
        importers = np.concatenate([declared[:, 0], undeclared[:, 0], installed])
        providers = np.concatenate([declared[:, 1], undeclared[:, 1], np.full(len(installed), interpreter)])
        keys: Ints = (importers << 28) | (providers << 5) | code
        return keys

    def _undeclared(self, member: Member, declared: Ints) -> Ints:
        """Edges that no requirement tells of: imports, and pairs that broke elsewhere; imports nobody provides go to `orphans`."""
        asking = [place for place in member.places.tolist() if self._roots[place] or self._partners[place]]
        if not asking:
            return np.zeros((0, 2), dtype=np.int64)
        names = {release.pin.name: place for release, place in zip(member.candidate.releases, member.places.tolist(), strict=True)}
        known = set(map(tuple, declared.tolist()))
        pairs: list[tuple[int, int]] = []
        orphans: list[tuple[int, str]] = []
        for place in asking:
            partners = [names[NormalizedName(name)] for name in self._partners[place] if name in names]
            pairs.extend((place, partner) for partner in partners if (place, partner) not in known)
            for root in self._roots[place]:
                owners = self._owners_of(root, names, place)
                if not owners and (owning := self.book.owners(root)) and self._facts[place].name not in owning:  # else perhaps a relic
                    orphans.append((place, root))
                elif not any((place, owner) in known for owner in owners):
                    pairs.extend((place, owner) for owner in owners)
        member.orphans = tuple(orphans)
        return np.array(list(dict.fromkeys(pairs)), dtype=np.int64).reshape(-1, 2)

    def _owners_of(self, root: str, names: Mapping[NormalizedName, int], asking: int) -> list[int]:
        """The members of a set that provide a root module, the one that asks left out."""
        likely = self._owners.setdefault(root, set(self.book.owners(root)))
        places = (names[name] for name in sorted(likely) if name in names)
        return [place for place in places if place != asking and self.book.owns(self._facts[place].release, root)]

    def _code(self, python: str) -> int:
        if python not in self._pythons:
            self._pythons.append(python)
        return self._pythons.index(python)

    def _decode(self, key: int) -> tuple[int, int, str]:
        return key >> 28, (key >> 5) & 0x7FFFFF, self._pythons[key & 31]

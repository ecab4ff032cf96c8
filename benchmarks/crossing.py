"""Exact labels without builds: what other public projects use, held against what a crawled set's releases are known to have.

`python benchmarks/crossing.py [WEIGHT ...]`: fits with such rows at each weight (default 0 0.1 0.3) beside the real builds, judged on real
builds alone, folds over stacks by three seeds. A crossed row is trained on only where neither its set's stack nor its uses' stack is in the
judged fold. Its features are made as if the very releases had not been walked: else the label would stand among them. Offline, minutes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from resolver.apis.record import Record
from resolver.apis.timeline import SqliteTimeline
from resolver.compose import House
from resolver.compose.rooms import companions
from resolver.core.outcome import Stage
from resolver.core.package import PYTHON
from resolver.rank.book import FactBook
from resolver.rank.booster import set_probability, start_odds
from resolver.rank.coverage import ProjectUses
from resolver.rank.edges import learned_risks
from resolver.rank.facts import root_of
from resolver.rank.featurizer import Featurizer
from resolver.rank.forest import Forest, logistic
from resolver.rank.outside import Outside
from resolver.rank.sets import SET_FEATURES, set_rows
from resolver.settings import load
from resolver.store.export import read_export
from resolver.train.boost import Recipe, calibrate, fit_edges, fit_sets
from resolver.train.dataset import Corpus, Example, read_corpus
from resolver.train.derive import keeping, part_of
from resolver.train.evaluate import _ordered
from resolver.train.fit import Folds, SetTable, Tables, divide, edge_table, set_table
from resolver.train.metrics import summary

ROOT = Path(__file__).parents[1]
MOST = 3
"""So many projects are crossed with a set."""
SHOWN = ("auc", "auc_within", "log_loss", "ece", "top1", "top1_of_10")


class Without:
    """A package's record as if one walk of it had not been made."""

    def __init__(self, record: Record, place: int) -> None:
        self._record, self._place = record, place
        self.versions = tuple(version for at, version in enumerate(record.versions) if at != place)
        self.everything, self.roots = self._squeezed(record.everything), record.roots

    def _squeezed(self, mask: int) -> int:
        return mask & ((1 << self._place) - 1) | mask >> (self._place + 1) << self._place

    def offers(self, dotted: str) -> tuple[int, int]:
        """As `Record.offers`."""
        present, unknown = self._record.offers(dotted)
        return self._squeezed(present), self._squeezed(unknown)


class Blindfolded(SqliteTimeline):
    """Answers for each release as if it had not been walked itself."""

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        """As `SqliteTimeline.offers`."""
        record = self._record(name)
        place, exact = self._place(name, record, version) if record else (0, False)
        if record is None or not exact or name == PYTHON or len(record.versions) < 2:
            return super().offers(name, version, dotted)
        less, kept, self._answers = Without(record, place), self._answers, {}
        try:
            return [self._certainty(name, less, each, version, place, exact=False) for each in dotted]  # type: ignore[arg-type]
        finally:
            self._answers = kept

    def exact(self, name: str, version: str, dotted: str) -> bool | None:
        """Whether a walked release has a name; None when it was not walked, or no walked release shows the name."""
        record = self._record(name)
        place, walked = self._place(name, record, version) if record else (0, False)
        present, unknown = record.offers(dotted) if record and walked else (0, 0)
        return None if not present or unknown >> place & 1 else bool(present >> place & 1)

    def changes(self, name: str, dotted: str) -> bool:
        """Whether some walked releases lack a name: of others nothing is to be learned."""
        record = self._record(name)
        present, unknown = record.offers(dotted) if record else (0, 0)
        return record is not None and (present | unknown) != record.everything


def crossed(house: House, hidden: Blindfolded, corpus: Corpus) -> Iterator[tuple[str, Example]]:
    """(stack of the uses, a part of a crawled set with them and whether all are there), where names are known exactly and one of them
    is not in every release.
    """
    projects = [(stack.name, stack.project()) for stack in house.stacks(None)]
    for example in corpus.examples:
        if example.outcome.stage in (Stage.RESOLVE, Stage.INSTALL):
            continue
        ran = {end.name for edge in example.outcome.working for end in (edge.importer, edge.provider)}
        ran |= {release.name for release in example.candidate.packages} if example.passed else set()
        key, taken = example.outcome.spec.key, 0
        for name, project in sorted(projects, key=lambda one: hashlib.sha256(f"{key}:{one[0]}".encode()).digest()):
            owners, known, telling = [], dict[str, bool](), False
            by_root: Mapping[str, set[str]] = defaultdict(set)
            for use in project.evidence.uses:
                by_root[root_of(use.dotted)].add(use.dotted)
            for root, names in by_root.items():
                releases = enumerate(example.candidate.releases)
                own = [p for p, r in releases if r.name in ran and r.name != PYTHON and house.book.owns(r, root)]
                if len(own) == 1 and name != example.group:
                    pin = example.candidate.releases[own[0]].pin
                    told = {each: has for each in names if (has := hidden.exact(pin.name, pin.version, each)) is not None}
                    known |= told
                    telling = telling or any(hidden.changes(pin.name, each) for each in told)
                    owners += own if told else []
            if owners and telling:
                kept = keeping(project, {root_of(each) for each in known}.__contains__)
                uses = tuple(use for use in kept.evidence.uses if use.dotted in known)
                kept = dataclasses.replace(kept, evidence=dataclasses.replace(kept.evidence, uses=uses))
                part = part_of(example.candidate, owners)
                yield name, dataclasses.replace(example, project=kept, candidate=part, passed=all(known.values()))
                taken += 1
            if taken == MOST:
                break


def rows_of(
    house: House, blind: FactBook, corpus: Corpus, folds: Folds, edges: np.ndarray, found: Sequence[tuple[str, Example]]
) -> np.ndarray:
    """Set features of crossed examples, edge risks by boosters of the other folds, names by the blindfolded timeline."""
    rows = np.zeros((len(found), len(SET_FEATURES)))
    for fold, history in folds.histories.items():
        forest = Forest(fit_edges(edges, corpus.observations, Recipe(), [folds.of.get(o.group) != fold for o in corpus.observations]))
        featurizer = Featurizer(house.book, history, folds.vocabulary)
        for place, (_, example) in enumerate(found):
            if folds.of[example.group] == fold:
                batch = featurizer.batch([example.candidate])
                uses, outside = ProjectUses(example.project, blind), Outside(example.project, house.book)
                rows[place] = set_rows(example.project, batch, learned_risks(forest, batch.table), uses, outside)[0]
    return rows


def judged(
    table: SetTable, folds: Folds, found: Sequence[tuple[str, Example]], rows: np.ndarray, weight: float, seed: int
) -> dict[str, float]:
    """Metrics on the real builds, each judged without its stack's builds, derived labels, crossed sets and crossed uses."""
    fold = np.array([folds.of[group] for group in table.groups])
    ends = np.array([[folds.of[example.group], folds.of.get(stack, -1)] for stack, example in found])
    label, count = np.array([float(example.passed) for _, example in found]), table.builds
    odds, told = np.zeros(count), np.zeros(count)
    for number in folds.histories:
        kept, more = fold != number, (ends != number).all(axis=1) & (weight > 0)
        sets, passed = np.concatenate([table.sets[kept], rows[more]]), np.concatenate([table.passed[kept], label[more]])
        start, text = fit_sets(sets, passed, Recipe(seed=seed), np.concatenate([table.weight[kept], np.full(more.sum(), weight)]))
        inside = np.flatnonzero(fold[:count] == number)
        odds[inside] = Forest(text).predict(table.sets[inside]) + start_odds(table.sets[inside], start)
    for number in folds.histories:
        inside = fold[:count] == number
        line = calibrate(logistic(odds[~inside]), table.passed[:count][~inside], table.sets[:count][~inside])
        told[inside] = set_probability(odds[inside], table.sets[:count][inside], line)
    tables = Tables(sets=table.sets[:count], passed=table.passed[:count], groups=table.groups[:count], raw=told, edges=table.sets)
    return summary(_ordered(tables, told))


def main(weights: Sequence[float]) -> None:
    house = House(load({"offline": True, "cache": str(ROOT / "work" / "training-cache")})[0])
    corpus = read_corpus(read_export(ROOT / "data" / "outcomes"), house.assembler, dated=house.dated())
    hidden = Blindfolded(Path(house.settings.timeline), house.walks)
    found = list(crossed(house, hidden, corpus))
    print(f"{len(found)} crossed labels, {np.mean([one.passed for _, one in found]):.2f} of them with every name", flush=True)
    blind = FactBook(house.index, hidden, owners=house.known_owners, marks=house.marks, companions=companions)
    results: dict[float, list[dict[str, float]]] = defaultdict(list)
    for seed in range(3):
        folds = divide(corpus, Recipe(seed=seed))
        edges = edge_table(corpus, folds, house.book, house.assembler)
        table, rows = set_table(corpus, folds, edges, house.book, Recipe(seed=seed)), rows_of(house, blind, corpus, folds, edges, found)
        for weight in weights:
            results[weight].append(judged(table, folds, found, rows, weight, seed))
    for weight, metrics in results.items():
        means = {name: float(np.mean([one[name] for one in metrics])) for name in SHOWN}
        print(f"weight {weight}: " + "  ".join(f"{name} {value:.3f}" for name, value in means.items()), flush=True)


if __name__ == "__main__":
    main([float(text) for text in sys.argv[1:]] or [0.0, 0.1, 0.3])

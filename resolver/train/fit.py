"""Fitting: the edge booster, out-of-fold edge risks, the set booster on top, and its calibration; equal input, equal text."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from resolver.core.errors import ResolverError
from resolver.core.package import PYTHON
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import start_odds
from resolver.rank.edges import learned_risks
from resolver.rank.features import COLUMN, SEEN, Floats, Vocabulary, as_table, edge_row
from resolver.rank.featurizer import Featurizer
from resolver.rank.files import RankerText
from resolver.rank.forest import Forest, logistic
from resolver.rank.history import History
from resolver.rank.names import SeenNames
from resolver.rank.sets import SET_COLUMN, SET_FEATURES
from resolver.train.boost import STACK_WIDE, STACKS_FROM, Recipe, blank, calibrate, fit_edges, fit_sets
from resolver.train.dataset import Corpus, Example, Observation, names_seen
from resolver.train.derive import derive, parts
from resolver.train.split import fold_of

FOLDS = 5
VOCABULARY = 64


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Of the real builds: the set table with out-of-fold edge risks, labels, groups, and out-of-fold probabilities before calibration;
    `edges` is the edge table with out-of-fold histories.
    """

    sets: Floats
    passed: Floats
    groups: tuple[str, ...]
    raw: Floats
    edges: Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """How a corpus is divided: the fold of each group, what the *other* folds saw of edges, and the codes of common names."""

    of: Mapping[str, int]
    histories: Mapping[int, History]
    vocabulary: Vocabulary


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SetTable:
    """A row for each real build (the first `builds`), then for each label derived from one; risks and names from the other folds."""

    sets: Floats
    passed: Floats
    weight: Floats
    groups: tuple[str, ...]
    builds: int


def fit(corpus: Corpus, book: FactBook, assembler: Assembler, recipe: Recipe) -> tuple[RankerText, Tables]:
    """Fit everything on one corpus. Raises ResolverError when it holds no pass or no failure. Linear in the outcomes."""
    folds = divide(corpus, recipe)
    edges = edge_table(corpus, folds, book, assembler)
    return fit_tables(corpus, edges, set_table(corpus, folds, edges, book, recipe), folds, book, recipe)


def divide(corpus: Corpus, recipe: Recipe) -> Folds:
    """The folds of a corpus. Raises ResolverError when it holds no pass or no failure."""
    passed = sum(example.passed for example in corpus.examples)
    if len(corpus.examples) < 20 or not 0 < passed < len(corpus.examples):
        raise ResolverError("too few outcomes to train on", hint="at least twenty builds, some of which pass and some fail: resolver crawl")
    folds = fold_of(corpus.groups, FOLDS, recipe.seed)
    seen = corpus.observations
    histories = {fold: history_of([o for o in seen if folds.get(o.group) != fold]) for fold in sorted(set(folds.values()))}
    return Folds(of=folds, histories=histories, vocabulary=_vocabulary(seen))


def edge_table(corpus: Corpus, folds: Folds, book: FactBook, assembler: Assembler) -> Floats:
    """A row of edge features for each observation, with what the other folds saw of the edge."""
    base = _edge_base(corpus.observations, book, assembler, folds.vocabulary)
    return _with_history(base, corpus.observations, folds.of, folds.histories)


def set_table(corpus: Corpus, folds: Folds, edges: Floats, book: FactBook, recipe: Recipe) -> SetTable:
    """The set features of all examples, each by an edge booster, a history and names of the other folds."""
    derived = derive(corpus.examples, book, Featurizer(book, History(), Vocabulary()))
    examples = (*corpus.examples, *derived, *parts(corpus.examples, book))
    sets = np.zeros((len(examples), len(SET_FEATURES)))
    for fold, history in folds.histories.items():
        text = fit_edges(edges, corpus.observations, recipe, [folds.of.get(o.group) != fold for o in corpus.observations])
        places = [place for place, example in enumerate(examples) if folds.of[example.group] == fold]
        names = SeenNames.of(names_seen((one for one in corpus.examples if folds.of[one.group] != fold), book.owns))
        sets[places] = _set_rows(examples, places, Featurizer(book, history, folds.vocabulary, names), Forest(text))
    blank(sets, SET_COLUMN, recipe.without | (STACK_WIDE if len(corpus.groups) < STACKS_FROM else frozenset()))
    return SetTable(
        sets=sets,
        passed=np.array([float(one.passed) for one in examples]),
        weight=np.array([one.weight for one in examples]),
        groups=tuple(one.group for one in examples),
        builds=len(corpus.examples),
    )


def fit_tables(corpus: Corpus, edges: Floats, table: SetTable, folds: Folds, book: FactBook, recipe: Recipe) -> tuple[RankerText, Tables]:
    """Both boosters and the calibration, from the two tables of a corpus."""
    sets, passed, weight, seen = table.sets, table.passed, table.weight, table.builds
    fold_of_row = np.array([folds.of[group] for group in table.groups])
    odds = np.zeros(len(passed))
    for fold in folds.histories:
        inside = fold_of_row == fold
        start, forest = fit_sets(sets[~inside], passed[~inside], recipe, weight[~inside])
        odds[inside] = Forest(forest).predict(sets[inside]) + start_odds(sets[inside], start)
    raw = logistic(odds)
    start, forest = fit_sets(sets, passed, recipe, weight)
    text = RankerText(
        edge=fit_edges(edges, corpus.observations, recipe, [True] * len(edges)),
        sets=forest,
        start=start,
        version="",
        trained_on=recipe.trained_on or f"{seen:,} outcomes of {len(corpus.groups)} stacks",
        vocabulary=folds.vocabulary,
        history=History() if "history" in recipe.without else history_of(corpus.observations),
        names=SeenNames() if "history" in recipe.without else SeenNames.of(names_seen(corpus.examples, book.owns)),
        calibration=calibrate(raw[:seen], passed[:seen], sets[:seen]),
    )
    tables = Tables(sets=sets[:seen], passed=passed[:seen], groups=table.groups[:seen], raw=raw[:seen], edges=edges)
    return dataclasses.replace(text, version=version_of(text)), tables


def version_of(text: RankerText) -> str:
    """A short digest of everything that decides a score."""
    joined = "\0".join(f"{name}\0{content}" for name, content in sorted(text.files().items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def history_of(observations: Sequence[Observation]) -> History:
    """What was seen, each edge as often as it was seen."""
    return History.of((seen.edge, seen.broke) for seen in observations for _ in range(seen.count))


def _vocabulary(observations: Sequence[Observation]) -> Vocabulary:
    importers = Counter(str(seen.edge.importer.name) for seen in observations)
    providers = Counter(str(seen.edge.provider.name) for seen in observations)
    return Vocabulary(importers=_codes(importers), providers=_codes(providers))


def _codes(counts: Counter[str]) -> dict[str, int]:
    common = sorted(counts, key=lambda name: (-counts[name], name))[:VOCABULARY]
    return {name: code for code, name in enumerate((name for name in common if counts[name] >= 20), start=1)}


def _edge_base(observations: Sequence[Observation], book: FactBook, assembler: Assembler, vocabulary: Vocabulary) -> Floats:
    """Edge rows without history, each distinct edge described once."""
    empty, known = History(), {}
    for seen in observations:
        if seen.edge not in known:
            edge = seen.edge
            provider = book.python(edge.python) if edge.provider.name == PYTHON else book.facts(assembler.release(edge.provider))
            known[edge] = edge_row(book.facts(assembler.release(edge.importer)), provider, edge.python, book, empty, vocabulary)
    return as_table([known[seen.edge] for seen in observations])


def _with_history(base: Floats, observations: Sequence[Observation], folds: Mapping[str, int], histories: Mapping[int, History]) -> Floats:
    """The rows with what the *other* folds saw of each edge."""
    rows = base.copy()
    first = COLUMN[SEEN[0]]
    known: dict[tuple[int, object], list[float]] = {}
    for place, seen in enumerate(observations):
        fold = folds[seen.group]
        numbers = known.get((fold, seen.edge))
        if numbers is None:
            numbers = known[fold, seen.edge] = histories[fold].numbers(seen.edge.importer, seen.edge.provider, seen.edge.python)
        rows[place, first : first + len(SEEN)] = numbers
    return rows


def _set_rows(examples: Sequence[Example], places: Sequence[int], featurizer: Featurizer, edges: Forest) -> Floats:
    """Set features of some examples, group by group, since a group shares its project's uses."""
    rows = np.zeros((len(places), len(SET_FEATURES)))
    by_project: dict[object, list[int]] = {}
    for row, place in enumerate(places):
        project = examples[place].project
        by_project.setdefault((project.root, project.evidence), []).append(row)
    for members in by_project.values():
        batch = featurizer.batch([examples[places[row]].candidate for row in members])
        rows[members] = featurizer.sets(examples[places[members[0]]].project, batch, learned_risks(edges, batch.table))
    return rows

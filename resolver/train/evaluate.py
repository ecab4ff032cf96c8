"""Evaluation beside the baselines, on groups that the ranker never saw."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from resolver.core.errors import ResolverError
from resolver.core.package import Pin
from resolver.core.reporter import Reporter
from resolver.interfaces import Ranker
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import LearnedRanker, start_odds
from resolver.rank.features import SEEN, Floats
from resolver.rank.forest import Forest, logistic
from resolver.rank.rules import AsOfRanker, NewestRanker, RandomRanker, RuleRanker
from resolver.rank.sets import EDGES
from resolver.rank.versions import near
from resolver.train.boost import Recipe, fit_order, fit_sets
from resolver.train.dataset import Corpus, Example, observe
from resolver.train.figures import PASSED
from resolver.train.fit import Tables, fit
from resolver.train.metrics import Judged, interval, mean_top_one, mean_top_one_of_ten, summary, table_of
from resolver.train.split import by_framework, by_time, fold_of, hold_out

FRAMEWORKS: Mapping[str, str] = {
    **{name: name for name in ("keras", "torch", "jax", "mxnet", "chainer", "theano", "spacy", "scikit-learn")},
    **dict.fromkeys(("tensorflow-cpu", "tensorflow-gpu", "tensorflow"), "tensorflow"),
    "flax": "jax",
}
"""Distribution -> the framework it stands for."""

COLUMNS = (
    "auc",
    "auc_within",
    "average_precision",
    "log_loss",
    "ece",
    "ndcg",
    "top1",
    "top1_low",
    "top1_high",
    "top1_of_10",
    "groups_with_choice",
    "outcomes",
)
DATES = (
    "days",
    "importer_year",
    "provider_year",
    "release_steps",
    "python_newer",
    "upload_spread",
    "direct_spread",
    "python_gap",
    "last_worked_gap",
    "median_year",
)
NO_TIMELINE = "without API timeline"
ABLATIONS: Mapping[str, frozenset[str]] = {
    "without edges": frozenset(EDGES),
    "without history": frozenset({"history", *SEEN, "edge_seen_share"}),
    "without dates": frozenset(DATES),
}  # fmt: skip
"""Features that are blanked; what the API timeline is worth is told by a book without it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Metrics by split and ranker ("hold-out": {"learned": {"auc": ...}}), the same as markdown, and what each ranker said by stack."""

    metrics: Mapping[str, Mapping[str, Mapping[str, float]]]
    table: str
    judged: Mapping[str, Sequence[Judged]]


def judge(ranker: Ranker, examples: Sequence[Example]) -> list[Judged]:
    """What a ranker says of the builds of each group, in its order; the ranker sees project and candidates alone."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.group, []).append(example)
    found = []
    for group, members in sorted(groups.items()):
        passed = {id(example.candidate): float(example.passed) for example in members}
        kinds = {id(example.candidate): kind_of(example) for example in members}
        scored = [one for part in _by_project(members) for one in ranker.rank(part[0].project, [example.candidate for example in part])]
        scored.sort(key=lambda one: -one.probability)  # stable: within a project the ranker's own order of near-equals stays
        found.append(
            Judged(
                group=group,
                probability=np.array([one.probability for one in scored]),
                passed=np.array([passed[id(one.candidate)] for one in scored]),
                kinds=tuple(kinds[id(one.candidate)] for one in scored),
                framework=framework_of(members),
            )
        )
    return found


def kind_of(example: Example) -> str:
    """ "passed", or the class of the failure."""
    return PASSED if example.passed else str(example.outcome.failure or "unknown")


def framework_of(examples: Sequence[Example]) -> str:
    """The framework most of some builds have among their direct distributions, else among all; "other" when they have none."""
    for wanted in (True, False):
        names: Counter[str] = Counter()
        for example in examples:
            pins = [pin for pin in example.candidate.pins if not wanted or pin.name in example.candidate.direct]
            names.update({FRAMEWORKS[pin.name] for pin in pins if pin.name in FRAMEWORKS})
        if names:
            return min(names, key=lambda name: (-names[name], name))
    return "other"


def _by_project(examples: Sequence[Example]) -> list[list[Example]]:
    parts: dict[object, list[Example]] = {}
    for example in examples:
        parts.setdefault((example.project.root, example.project.evidence), []).append(example)
    return list(parts.values())


def baselines(book: FactBook) -> dict[str, Ranker]:
    """The rankers that learned nothing."""
    return {"edge-rules-only": RuleRanker(book), "newest": NewestRanker(), "as-of": AsOfRanker(), "random": RandomRanker()}


def report(judged: Sequence[Judged]) -> dict[str, float]:
    """All metrics with the 95 % interval of top-1."""
    low, high = interval(judged, mean_top_one)
    low_ten, high_ten = interval(judged, mean_top_one_of_ten, draws=60)
    return {**summary(judged), "top1_low": low, "top1_high": high, "top1_of_10_low": low_ten, "top1_of_10_high": high_ten}


def beside_baselines(ranker: Ranker, test: Corpus, book: FactBook) -> dict[str, dict[str, float]]:
    """A fitted ranker and the baselines on one test corpus."""
    return reports({name: judge(one, test.examples) for name, one in {"learned": ranker, **baselines(book)}.items()})


def held_out(corpus: Corpus, test: Corpus, book: FactBook, assembler: Assembler, recipe: Recipe) -> dict[str, dict[str, float]]:
    """Fit on one corpus, judge the other, with the baselines beside it."""
    text, _ = fit(corpus, book, assembler, recipe)
    return beside_baselines(LearnedRanker(text, book), test, book)


def every_stack(corpus: Corpus, book: FactBook, assembler: Assembler, recipe: Recipe) -> dict[str, list[Judged]]:
    """Each stack judged by a ranker that was fitted without it, and by the baselines."""
    return {
        "learned": cross_judged(corpus, book, assembler, recipe),
        **{name: judge(ranker, corpus.examples) for name, ranker in baselines(book).items()},
    }


def reports(judged: Mapping[str, Sequence[Judged]]) -> dict[str, dict[str, float]]:
    """The metrics of several rankers on the same builds."""
    return {name: report(ones) for name, ones in judged.items()}


def cross_judged(corpus: Corpus, book: FactBook, assembler: Assembler, recipe: Recipe, folds: int = 4) -> list[Judged]:
    """Every group judged by a ranker that was fitted without it."""
    fold = fold_of(corpus.groups, folds, recipe.seed + 1)
    found: list[Judged] = []
    for number in range(folds):
        test = [group for group, place in fold.items() if place == number]
        text, _ = fit(corpus.only(set(corpus.groups) - set(test)), book, assembler, recipe)
        found += judge(LearnedRanker(text, book), corpus.only(test).examples)
    return found


def shuffled(corpus: Corpus, seed: int) -> Corpus:
    """The same builds with the labels dealt out anew, edges seen with them: what is learned from this must be nothing."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(corpus.examples))
    examples = [
        dataclasses.replace(
            example,
            passed=corpus.examples[place].passed,
            outcome=dataclasses.replace(
                example.outcome,
                verdict=corpus.examples[place].outcome.verdict,
                culprits=(),
                working=(),
                failure=example.outcome.failure,
                message="",
                log="",
            ),
        )
        for example, place in zip(corpus.examples, order, strict=True)
    ]
    pool = observe(corpus.examples)
    broke = chance.permutation([seen.broke for seen in pool])
    observations = [dataclasses.replace(seen, broke=bool(label)) for seen, label in zip(pool, broke, strict=True)]
    return Corpus(examples=tuple(examples), observations=tuple(observations))


def evaluate(
    corpus: Corpus, book: FactBook, assembler: Assembler, *, seed: int = 0, thorough: bool = False, reporter: Reporter | None = None
) -> Evaluation:
    """Judge the learner on the fixed hold-out and over all groups in turn; `thorough` adds time and framework splits, ablations and
    the leakage check (some ten fits more).
    """
    tell = reporter or Reporter()
    recipe = Recipe(seed=seed)
    found: dict[str, dict[str, dict[str, float]]] = {}
    train, test = hold_out(corpus)
    tell.step("evaluating on the fixed hold-out")
    if test.examples and train.examples:
        found["hold-out"] = held_out(train, test, book, assembler, recipe)
    tell.step("evaluating every stack in turn")
    judged = every_stack(corpus, book, assembler, recipe)
    found["by stack"] = reports(judged)
    if thorough:
        _thorough(corpus, book, assembler, recipe, found, tell)
    return Evaluation(metrics=found, table=tables_of(found), judged=judged)


def tables_of(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """A markdown table for each split."""
    return "\n".join(f"### {split}\n\n{table_of(rankers, COLUMNS)}" for split, rankers in found.items())


def _thorough(
    corpus: Corpus, book: FactBook, assembler: Assembler, recipe: Recipe, found: dict[str, dict[str, dict[str, float]]], tell: Reporter
) -> None:
    splits = {"by time": by_time(corpus), "by framework minor": by_framework(corpus, framework_minors(corpus))}
    for name, (train, test) in splits.items():
        tell.step(f"evaluating {name}")
        try:
            found[name] = held_out(train, test, book, assembler, recipe)
        except ResolverError as error:
            tell.warning(f"{name}: {error.message}")
    found["ablations, by stack"] = {"everything": found["by stack"]["learned"]}
    for name, columns in {**ABLATIONS, NO_TIMELINE: frozenset[str]()}.items():
        tell.step(f"evaluating {name}")
        known = book.without_timeline() if name == NO_TIMELINE else book
        judged = cross_judged(corpus, known, assembler, dataclasses.replace(recipe, without=columns))
        found["ablations, by stack"][name] = report(judged)
    tell.step("comparing a classifier with lambdarank")
    found["objectives, by stack"] = objectives(fit(corpus, book, assembler, recipe)[1], recipe)
    tell.step("evaluating with shuffled labels")
    found["leakage check: labels shuffled"] = {"learned": report(cross_judged(shuffled(corpus, recipe.seed), book, assembler, recipe))}


def objectives(tables: Tables, recipe: Recipe, folds: int = 4) -> dict[str, dict[str, float]]:
    """The set booster as a classifier and as a ranker by lambdarank, on the same groups; the second has no probabilities to judge."""
    fold = fold_of(tables.groups, folds, recipe.seed + 1)
    place = np.array([fold[group] for group in tables.groups])
    scores = {"classifier": np.zeros(len(place)), "lambdarank": np.zeros(len(place))}
    for number in sorted(set(fold.values())):
        inside = place == number
        groups = [group for group, test in zip(tables.groups, inside, strict=True) if not test]
        start, text = fit_sets(tables.sets[~inside], tables.passed[~inside], recipe)
        scores["classifier"][inside] = Forest(text).predict(tables.sets[inside]) + start_odds(tables.sets[inside], start)
        text = fit_order(tables.sets[~inside], tables.passed[~inside], groups, recipe, start)
        scores["lambdarank"][inside] = Forest(text).predict(tables.sets[inside]) + start_odds(tables.sets[inside], start)
    found = {}
    for name, score in scores.items():
        kept = {"ndcg", "top1", "top1_of_10", "auc_within", "groups_with_choice"} | (
            {"auc", "log_loss", "ece"} if name == "classifier" else set()
        )
        judged = _ordered(tables, logistic(score))
        found[name] = {metric: value for metric, value in summary(judged).items() if metric in kept}
    return found


def _ordered(tables: Tables, score: Floats) -> list[Judged]:
    found = []
    for group in sorted(set(tables.groups)):
        inside = np.array([one == group for one in tables.groups])
        order = np.argsort(-score[inside], kind="stable")
        found.append(Judged(group=group, probability=score[inside][order], passed=tables.passed[inside][order]))
    return found


def framework_minors(corpus: Corpus, share: float = 0.2) -> list[Pin]:
    """Feature series of the most common direct distributions, every fifth of each in the order of their names."""
    counts = Counter(
        (pin.name, near(pin.version))
        for example in corpus.examples
        for pin in example.candidate.pins
        if pin.name in example.candidate.direct
    )
    names = [name for name, _ in Counter(name for name, _ in counts).most_common(8)]
    step = max(1, round(1 / share))
    return [Pin(name, series) for name in names for series in sorted(s for n, s in counts if n == name)[step // 2 :: step]]

"""`train` and `evaluate` in one call each: outcomes in, a champion (or not) and figures out."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.errors import ResolverError
from resolver.core.outcome import Outcome
from resolver.core.reporter import Reporter
from resolver.interfaces import Tracker
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import LearnedRanker
from resolver.train import evaluate as evaluation
from resolver.train import figures
from resolver.train.boost import Recipe
from resolver.train.dataset import Corpus, read_corpus
from resolver.train.fit import Tables, fit
from resolver.train.metrics import Judged, ece, log_loss
from resolver.train.registry import card_of, contest, keep, promote
from resolver.train.split import hold_out

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrainReport:
    """What a training did: whether the challenger is champion now and why, its version, flat metrics, and a markdown table."""

    promoted: bool
    reason: str
    version: str
    metrics: Mapping[str, float]
    table: str
    run: str = ""


def train(
    outcomes: Iterable[Outcome],
    book: FactBook,
    assembler: Assembler,
    *,
    folder: Path,
    tracker: Tracker,
    reporter: Reporter | None = None,
    seed: int = 0,
    dated: Mapping[str, date] | None = None,
    force: bool = False,
    full_evaluation: bool = True,
) -> TrainReport:
    """Fit a challenger on all outcomes; it becomes champion in `folder` when its blind twin beats the champion's on the fixed hold-out.

    `force` promotes it whatever the contest says. Raises ResolverError when there is too little to learn from. About a minute for a
    thousand builds of fifty packages, five with `full_evaluation` ("by stack" besides the hold-out).
    """
    tell = reporter or Reporter()
    tell.step("reading the outcomes")
    corpus = read_corpus(outcomes, assembler, dated=dated)
    tell.step(f"training on {len(corpus.examples)} builds")
    ranker, tables = fit(corpus, book, assembler, Recipe(seed=seed, trained_on=phrase(corpus)))
    kept, held = hold_out(corpus)
    try:
        blind, _ = fit(kept, book, assembler, Recipe(seed=seed, trained_on=f"{phrase(kept)}, hold-out left out"))
        judged = evaluation.judge(LearnedRanker(blind, book), held.examples) if held.examples else []
    except ResolverError:  # too small a corpus to spare a hold-out: there is nothing to compare, and the first champion needs none
        blind, judged = ranker, []
    outcome = contest(folder, judged, held, book)
    found = {"hold-out": evaluation.beside_baselines(LearnedRanker(blind, book), held, book)} if judged else {}
    by_stack: Mapping[str, Sequence[Judged]] = {"learned": judged} if judged else {}
    if full_evaluation:
        tell.step("evaluating every stack in turn")
        by_stack = evaluation.every_stack(corpus, book, assembler, Recipe(seed=seed))
        found["by stack"] = evaluation.reports(by_stack)
    table = evaluation.tables_of(found)
    promoted = outcome.promoted or force
    if promoted:
        promote(folder, ranker, blind, card_of(ranker, corpus, table))
    metrics = {**_flat(found), **_fold_metrics(tables), "hold-out.gain": outcome.gain, "hold-out.sure": outcome.sure}
    parameters = {"version": ranker.version, "seed": seed, "promoted": promoted, "reason": outcome.reason, "trained_on": ranker.trained_on}
    drawn = {**(figures.of_judged(by_stack) if by_stack else {}), "importance": figures.importance(ranker, tables.sets, tables.edges)}
    run = record(tracker, "train", ranker.version, parameters, metrics, {"evaluation.md": table}, drawn)
    keep(tracker, run, ranker, blind, card_of(ranker, corpus, table), champion=promoted)
    reason = outcome.reason if outcome.promoted or not force else f"forced ({outcome.reason})"
    return TrainReport(promoted=promoted, reason=reason, version=ranker.version, metrics=metrics, table=table, run=run)


def evaluate(
    outcomes: Iterable[Outcome],
    book: FactBook,
    assembler: Assembler,
    *,
    tracker: Tracker,
    reporter: Reporter | None = None,
    seed: int = 0,
    thorough: bool = True,
    dated: Mapping[str, date] | None = None,
) -> evaluation.Evaluation:
    """The learner beside the baselines on groups it never saw; nothing is saved but the record. Minutes."""
    corpus = read_corpus(outcomes, assembler, dated=dated)
    found = evaluation.evaluate(corpus, book, assembler, seed=seed, thorough=thorough, reporter=reporter)
    record(
        tracker,
        "evaluate",
        phrase(corpus),
        {"seed": seed, "outcomes": len(corpus.examples)},
        _flat(found.metrics),
        {"evaluation.md": found.table},
        figures.of_judged(found.judged),
    )
    return found


def phrase(corpus: Corpus) -> str:
    """What a corpus is, for people: "1,204 outcomes of 61 stacks up to 2026-11-22"."""
    days = [example.when for example in corpus.examples if example.when]
    until = f" up to {max(days):%Y-%m-%d}" if days else ""
    return f"{len(corpus.examples):,} outcomes of {len(corpus.groups)} stacks{until}"


def record(
    tracker: Tracker,
    experiment: str,
    name: str,
    parameters: Mapping[str, object],
    metrics: Mapping[str, float],
    texts: Mapping[str, str],
    drawn: Mapping[str, Figure],
) -> str:
    """Log one run with some texts, the metrics and figures as files."""
    with tempfile.TemporaryDirectory() as place:
        files = figures.write(drawn, Path(place))
        for file, text in {**texts, "metrics.json": json.dumps(metrics, indent=1, sort_keys=True)}.items():
            (Path(place) / file).write_text(text, encoding="utf-8")
            files.append(str(Path(place) / file))
        return tracker.log(experiment, name, parameters=parameters, metrics=metrics, files=files)


def _flat(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    return {
        f"{split}.{ranker}.{metric}": value
        for split, rankers in found.items()
        for ranker, row in rankers.items()
        for metric, value in row.items()
    }  # fmt: skip


def _fold_metrics(tables: Tables) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    return {
        "folds.auc": float(roc_auc_score(tables.passed, tables.raw)),
        "folds.log_loss": float(log_loss(tables.raw, tables.passed).mean()),
        "folds.ece_uncalibrated": ece(tables.raw, tables.passed),
    }

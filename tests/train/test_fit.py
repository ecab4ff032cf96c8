import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from resolver.core.errors import ResolverError
from resolver.core.package import NormalizedName, Pin
from resolver.core.project import Evidence, Project
from resolver.core.target import Target
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import LearnedRanker
from resolver.rank.edges import LearnedEdgeJudge
from resolver.rank.features import COLUMN
from resolver.rank.forest import Forest
from resolver.rank.rules import NewestRanker, RandomRanker
from resolver.rank.score import uses_of
from resolver.rank.sets import EDGES, SET_FEATURES
from resolver.train import boost
from resolver.train.boost import Recipe, calibrate, fit_sets, mean_of
from resolver.train.dataset import Corpus
from resolver.train.evaluate import judge, objectives, shuffled
from resolver.train.fit import fit
from resolver.train.metrics import summary
from tests.fakes_rank import FakeIndex, FakeTimeline, release_of


@pytest.fixture(scope="module")
def ranker(world):
    return LearnedRanker(world.text, world.book)


def test_equal_input_gives_the_same_text_bit_for_bit(world):
    again, _ = fit(world.corpus, FactBook(FakeIndex(), FakeTimeline()), Assembler(FakeIndex()), Recipe())
    assert again.files() == world.text.files()
    assert again.version == world.text.version


def test_it_is_right_on_stacks_it_never_saw_and_better_than_newest_and_random(world, ranker):
    learned = summary(judge(ranker, world.unseen.examples))
    assert learned["auc"] > 0.95
    assert learned["top1"] == 1.0
    for other in (NewestRanker(), RandomRanker()):
        assert summary(judge(other, world.unseen.examples))["top1"] < learned["top1"]


def test_shuffled_labels_teach_nothing(world):
    _, tables = fit(shuffled(world.corpus, 3), world.book, world.assembler, Recipe())
    assert abs(roc_auc_score(tables.passed, tables.raw) - 0.5) < 0.15
    assert roc_auc_score(world.tables.passed, world.tables.raw) > 0.9


def test_out_of_fold_predictions_are_good_but_not_perfectly_sure(world):
    assert world.tables.raw.shape == world.tables.passed.shape
    assert np.mean((world.tables.raw > 0.5) == world.tables.passed) > 0.9


def test_a_set_that_lacks_what_the_project_uses_comes_last(world, ranker):
    pins = [Pin(NormalizedName(name), release_of(name, 1).version) for name in ("pure5", "numpish", "markish", "flaskish")]
    lacking = world.assembler.candidate(Target(python="3.8"), pins)
    newer = [Pin(NormalizedName("pure5"), "3.3.0") if pin.name == "pure5" else pin for pin in pins]
    project = Project(root=Path(), evidence=Evidence(uses=uses_of(["pure2.since2"])))
    assert {s.probability > 0.3 for s in ranker.rank(project, [lacking, world.assembler.candidate(Target(python="3.8"), newer)])} == {False}
    fits = Project(root=Path(), evidence=Evidence(uses=uses_of(["pure5.since3"])))
    scored = ranker.rank(fits, [lacking, world.assembler.candidate(Target(python="3.8"), newer)])
    assert scored[-1].candidate is lacking
    assert scored[-1].probability < 0.1 * max(scored[0].probability, 0.1) or scored[-1].probability < 0.05
    assert "pure5.since3" in " ".join(scored[-1].reasons)


def test_packages_never_seen_are_scored_and_said_to_be_unknown(world, ranker):
    pins = [Pin(NormalizedName("never-heard"), "9.9"), Pin(NormalizedName("nor-this"), "junk")]
    scored = ranker.rank(Project(root=Path()), [world.assembler.candidate(Target(python="3.9"), pins)])
    assert 0.0 < scored[0].probability < 1.0
    assert not scored[0].known
    assert ranker.rank(Project(root=Path()), [world.corpus.examples[0].candidate])[0].known


def test_the_judge_of_edges_knows_the_rules_and_says_why(world):
    judge_ = LearnedEdgeJudge(world.text, world.book)
    bad = judge_.risk(release_of("ext0", 3), release_of("numpish", 8), "3.7")
    good = judge_.risk(release_of("ext0", 8), release_of("numpish", 8), "3.7")
    assert bad.probability > 0.5 > good.probability
    assert "from before numpish 2" in bad.why or "seen failing" in bad.why
    gone = judge_.risk(release_of("flaskish", 3), release_of("markish", 9), "3.7")
    assert gone.probability > 0.5
    assert "markish.soft" in gone.why


def test_too_little_to_learn_from_is_told(world):
    only_failures = tuple(e for e in world.corpus.examples if not e.passed)
    with pytest.raises(ResolverError, match="too few"):
        fit(Corpus(examples=only_failures, observations=()), world.book, world.assembler, Recipe())


def test_calibration_is_platt_for_few_and_isotonic_for_many():
    chance = np.random.default_rng(0)
    raw = chance.uniform(size=3000)
    passed = (chance.uniform(size=3000) < raw**2).astype(float)
    sets = np.zeros((3000, len(SET_FEATURES)))
    many, few = calibrate(raw, passed, sets), calibrate(raw[:400], passed[:400], sets[:400])
    assert (many.kind, few.kind) == ("isotonic", "platt")
    for curve in (many, few):
        told = curve.apply(np.array([0.2, 0.5, 0.9]))
        assert np.allclose(told, [0.04, 0.25, 0.81], atol=0.12)
        assert (np.diff(curve.apply(np.linspace(0, 1, 50))) > 0).mean() > 0.8


def test_ablation_leaves_the_columns_unused(world):
    text, _ = fit(world.corpus, world.book, world.assembler, Recipe(without=frozenset({"names_missing", "names_share"})))
    names = re.search(r"feature_names=(.*)", text.edge)[1].split()
    used = {names[int(n)] for line in re.findall(r"split_feature=(.*)", text.edge) for n in line.split()}
    assert not used & {"names_missing", "names_share"}
    assert used
    assert dataclasses.replace(text, version="x").files() != text.files()


def test_a_ranker_without_edges_and_one_without_timeline_can_be_fitted(world):
    text, tables = fit(world.corpus, world.book, world.assembler, Recipe(without=frozenset(EDGES)))
    assert text.start.slope == 0
    assert np.isfinite(tables.raw).all()
    _, blind = fit(world.corpus, world.book.without_timeline(), world.assembler, Recipe())
    assert np.nanmax(blind.edges[:, COLUMN["names_used"]]) == 0 < np.nanmax(world.tables.edges[:, COLUMN["names_used"]])
    order = objectives(world.tables, Recipe())
    assert order.keys() == {"classifier", "lambdarank"}
    assert min(found["auc_within"] for found in order.values()) > 0.6


def test_the_library_alone_predicts_what_the_package_predicts(world):
    import lightgbm

    table = world.tables.sets
    package = lightgbm.Booster(model_str=world.text.sets)
    ours = Forest(world.text.sets)
    assert np.array_equal(ours.predict(table), package.predict(table, num_threads=1, raw_score=True))
    assert np.array_equal(ours.contributions(table), package.predict(table, num_threads=1, pred_contrib=True))
    assert ours.predict(table[:0]).shape == (0,)
    assert [ours.predict_one(row.tolist()) for row in table[:9]] == ours.predict(table[:9]).tolist()


def test_classifier_and_lambdarank_are_compared_on_the_same_groups(world):
    found = objectives(world.tables, Recipe())
    assert set(found) == {"classifier", "lambdarank"}
    assert found["lambdarank"]["ndcg"] > 0.8
    assert "log_loss" not in found["lambdarank"]


def test_two_boosters_are_one_that_says_their_mean(world):
    _, other = fit_sets(world.tables.sets, world.tables.passed, Recipe(seed=7))
    table, texts = world.tables.sets, [world.text.sets, other]
    mean = (Forest(texts[0]).predict(table) + Forest(texts[1]).predict(table)) / 2
    both = mean_of(texts)
    assert np.allclose(Forest(both).predict(table), mean, atol=1e-12)
    assert np.allclose(Forest(both).contributions(table).sum(axis=1), mean, atol=1e-9)
    assert mean_of(texts[:1]) == texts[0]
    assert mean_of(texts) == both


def test_with_many_builds_a_second_set_booster_joins(world, monkeypatch):
    monkeypatch.setattr(boost, "MANY_FROM", 100)
    monkeypatch.setattr(boost, "MANY_ROUNDS", 30)
    _, text = fit_sets(world.tables.sets, world.tables.passed, Recipe())
    monkeypatch.setattr(boost, "MANY_FROM", 10_000)
    _, small = fit_sets(world.tables.sets, world.tables.passed, Recipe())
    assert small.count("\nTree=") < text.count("\nTree=") <= small.count("\nTree=") + 30

import math

import numpy as np
import pytest

from resolver.train.metrics import Judged, ece, interval, mean_top_one, ndcg, paired_gain, summary, table_of, top_one


def judged(group, probability, passed):
    return Judged(group=group, probability=np.array(probability, dtype=float), passed=np.array(passed, dtype=float))


def test_metrics_of_a_case_done_by_hand():
    first = judged("a", [0.9, 0.6, 0.1], [1, 0, 0])
    second = judged("b", [0.8, 0.7], [0, 1])
    found = summary([first, second, judged("c", [0.5], [1])])
    assert found["top1"] == 0.5
    assert found["groups_with_choice"] == 2
    assert found["outcomes"] == 6
    assert ndcg(first) == 1.0
    assert ndcg(second) == pytest.approx(1 / math.log2(3))
    assert found["auc_within"] == 0.5


def test_calibration_error_of_perfect_and_of_overconfident_probabilities():
    chance = np.random.default_rng(1)
    probability = chance.uniform(size=20_000)
    passed = (chance.uniform(size=20_000) < probability).astype(float)
    assert ece(probability, passed) < 0.02
    assert ece(np.ones(100), np.zeros(100)) == 1.0


def test_the_interval_is_over_groups():
    groups = [judged(str(n), [0.9, 0.1], [n % 2, 1 - n % 2]) for n in range(20)]
    low, high = interval(groups, mean_top_one)
    assert low < 0.5 < high


def test_top_one_of_pools_is_between_nothing_and_everything():
    one = judged("g", np.linspace(1, 0, 30), [0, *[1] * 29])
    assert top_one(one) == 0.0
    assert 0.0 < top_one(one, 5, 40) < 1.0


def test_a_better_challenger_gains_and_an_equal_one_does_not():
    good = [judged(str(n), [0.9, 0.1], [1, 0]) for n in range(8)]
    bad = [judged(str(n), [0.6, 0.5], [1, 0]) for n in range(8)]
    assert paired_gain(good, bad) > (0.1, 0.99)
    assert paired_gain(good, good) == (0.0, 0.0)
    assert paired_gain(bad, good)[1] == 0.0


def test_the_table_has_a_row_per_ranker():
    assert table_of({"learned": {"auc": 0.5}}, ("auc", "top1")).splitlines()[2] == "| learned | 0.500 | - |"

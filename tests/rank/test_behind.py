"""By what a set is behind the best one: the parts add up to the whole distance."""

import numpy as np
import pytest

from resolver.rank.behind import GROUPS, behind
from resolver.rank.booster import start_odds
from resolver.rank.files import Start
from resolver.rank.forest import Forest
from resolver.rank.sets import SET_COLUMN, SET_FEATURES

START = Start(slope=0.8, offset=-0.3)


def tables() -> tuple[np.ndarray, Forest]:
    import lightgbm

    chance = np.random.default_rng(3)
    table = np.abs(chance.normal(size=(300, len(SET_FEATURES))))
    label = table[:, SET_COLUMN["edge_worst"]] + table[:, SET_COLUMN["upload_spread"]] < 1.2
    frame = lightgbm.Dataset(table, label=label)
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1}, frame, num_boost_round=10)
    return table, Forest(booster.model_to_string())


def test_every_feature_speaks_of_one_thing():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(SET_FEATURES)


def test_the_parts_add_up_to_the_distance_in_log_odds():
    table, forest = tables()
    found = behind(table[:20], forest, SET_FEATURES, START)
    odds = forest.predict(table[:20]) + start_odds(table[:20], START)
    assert [sum(parts.values()) for parts in found] == pytest.approx((odds[0] - odds).tolist(), abs=1e-6)
    assert set(found[0].values()) == {0.0}


def test_a_set_is_behind_by_what_it_lacks():
    _, forest = tables()
    row = np.zeros(len(SET_FEATURES))
    risky, lacking = row.copy(), row.copy()
    risky[[SET_COLUMN["edge_sum"], SET_COLUMN["edge_worst"]]] = 3.0, 0.9
    lacking[SET_COLUMN["graphics_missing"]] = 1.0
    found = behind(np.stack([row, risky, lacking]), forest, SET_FEATURES, START)
    assert max(found[1], key=found[1].__getitem__) == "edges"
    assert max(found[2], key=found[2].__getitem__) == "outside"
    assert found[2]["outside"] > 1

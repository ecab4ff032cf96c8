import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.candidate import Edge
from resolver.core.errors import ResolverError
from resolver.core.package import Pin
from resolver.rank import forest
from resolver.rank.book import FactBook
from resolver.rank.booster import load_judge, load_ranker, ranker_info
from resolver.rank.features import Vocabulary
from resolver.rank.files import Calibration, RankerText, write_whole
from resolver.rank.forest import Forest
from resolver.rank.history import History
from resolver.rank.rules import RuleEdgeJudge, RuleRanker
from tests.fakes_rank import FakeIndex


def ranker_text():
    history = History.of([(Edge(importer=Pin("a", "1.0"), provider=Pin("b", "2.0"), python="3.8"), True)])
    return RankerText(
        edge="tree",
        sets="tree",
        version="v",
        trained_on="three outcomes",
        vocabulary=Vocabulary(importers={"a": 1, "c": 2}, providers={"b": 1}),
        history=history,
        calibration=Calibration(kind="platt", x=(1.5, -0.25)),
    )


def test_what_is_saved_is_what_is_loaded(tmp_path):
    text = ranker_text()
    text.save(tmp_path)
    loaded = RankerText.load(tmp_path)
    assert loaded.files() == text.files()
    assert loaded.vocabulary == text.vocabulary
    assert loaded.calibration == text.calibration
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edge.txt", "ranker.json", "set.txt"]


def test_nothing_trained_means_rules(tmp_path):
    ranker = load_ranker(tmp_path, FactBook(FakeIndex(), None))
    assert isinstance(ranker, RuleRanker)
    assert isinstance(load_judge(tmp_path, FactBook(FakeIndex(), None)), RuleEdgeJudge)
    assert ranker_info(ranker).version == "rules"


@pytest.mark.parametrize("damage", ["{", "[]", '{"schema": 1}', '{"schema": 99}'])
def test_a_damaged_ranker_is_told_with_a_hint(tmp_path, damage):
    ranker_text().save(tmp_path)
    (tmp_path / "ranker.json").write_text(damage)
    with pytest.raises(ResolverError) as told:
        load_ranker(tmp_path, FactBook(FakeIndex(), None))
    assert "train" in told.value.hint


def test_a_ranker_for_other_features_is_refused(tmp_path):
    ranker_text().save(tmp_path)
    facts = json.loads((tmp_path / "ranker.json").read_text())
    facts["edge_features"].append("one_more")
    (tmp_path / "ranker.json").write_text(json.dumps(facts))
    with pytest.raises(ResolverError, match="other features"):
        RankerText.load(tmp_path)


def test_a_missing_openmp_runtime_is_told_with_the_package_that_has_it(monkeypatch):
    def failing(path):
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(forest.ctypes, "CDLL", failing)
    with pytest.raises(ResolverError) as told:
        forest._open("lib_lightgbm.so")
    assert told.value.hint == "apt-get install libgomp1"


@pytest.mark.parametrize("text", ["", "no trees at all", "tree\nversion=v4\nnum_class=1\n"])
def test_damaged_trees_are_told(text):
    with pytest.raises(ResolverError, match="cannot be read"):
        Forest(text).predict(np.zeros((1, 2)))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.sampled_from(["none", "platt", "isotonic"]))
def test_calibration_keeps_the_order_and_stays_inside(values, kind):
    parts = {"none": {}, "platt": {"x": (1.2, 0.3)}, "isotonic": {"x": (0.0, 0.4, 0.6, 1.0), "y": (0.0, 0.3, 0.3, 0.9)}}
    told = Calibration(kind=kind, **parts[kind]).apply(np.sort(np.array(values)))
    assert (told > 0).all()
    assert (told < 1).all()
    assert (np.diff(told) >= 0).all()


def test_a_flat_step_of_an_isotonic_curve_still_tells_candidates_apart():
    curve = Calibration(kind="isotonic", x=(0.1, 0.2, 0.4, 0.8, 0.9), y=(0.2, 0.2, 0.6, 0.6, 0.9))
    told = curve.apply(np.array([0.1, 0.15, 0.41, 0.6, 0.79, 0.9, 0.95]))
    assert (np.diff(told) > 0.01).all()
    assert told[1] == pytest.approx(0.2)
    assert told[3] == pytest.approx(0.6)


def test_a_file_appears_whole_in_a_folder_that_is_made(tmp_path):
    place = tmp_path / "new" / "models" / "wants.json"
    write_whole(place, "{}\n")
    assert place.read_text() == "{}\n"
    assert [path.name for path in place.parent.iterdir()] == ["wants.json"]

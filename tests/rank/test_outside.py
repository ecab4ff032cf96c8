import dataclasses
import json
from pathlib import Path

import numpy as np

from resolver.core.package import NormalizedName, Pin
from resolver.core.project import Evidence, Project
from resolver.core.target import Accelerator, Target
from resolver.rank.assemble import Assembler
from resolver.rank.book import Companion, FactBook
from resolver.rank.features import Vocabulary
from resolver.rank.featurizer import Featurizer
from resolver.rank.files import RankerText
from resolver.rank.history import History
from resolver.rank.outside import OUTSIDE, Outside, outside_factor
from resolver.rank.score import read_request, uses_of
from resolver.rank.sets import SET_COLUMN, SET_FEATURES
from tests.fakes_rank import FakeIndex, FakeTimeline

BOOK = FactBook(
    FakeIndex(),
    FakeTimeline(),
    system_packages=lambda release, _target: ("libgl1", "ffmpeg") if release.name == "ext0" else (),
    companions=lambda names: (
        [
            Companion(any=(NormalizedName("markish"),)),
            Companion(any=(NormalizedName("numpish"),), of="pure0<2"),
            Companion(any=(NormalizedName("protish"),), called=True),
        ]
        if "pure0.board" in names
        else []
    ),
)
PROJECT = Project(root=Path(), evidence=Evidence(uses=uses_of(["pure0.board"])))


def numbers(pins, *, installed=None, target=None, project=PROJECT):
    candidate = Assembler(FakeIndex()).candidate(
        target or Target(python="3.8"), [Pin(NormalizedName(n), v) for n, v in pins.items()], system_packages=installed
    )
    featurizer = Featurizer(BOOK, History(), Vocabulary())
    batch = featurizer.batch([candidate])
    row = featurizer.sets(project, batch, batch.table[:, 0])[0]
    return [row[SET_COLUMN[name]] for name in OUTSIDE]


def test_libraries_that_the_image_lacks_are_counted_and_programs_are_not():
    assert numbers({"ext0": "1.1.0"}, installed=(), project=Project(root=Path())) == [1, 0, 0]
    assert numbers({"ext0": "1.1.0"}, installed=("libgl1-mesa-glx",), project=Project(root=Path())) == [0, 0, 0]


def test_a_set_of_which_nothing_is_said_gets_what_it_needs():
    assert numbers({"ext0": "1.1.0"}, installed=None, project=Project(root=Path()))[0] == 0


def test_builds_for_a_graphics_card_count_where_there_is_none():
    pins = {"tensorflow-gpu": "1.5.0", "nvidia-cublas-cu12": "12.1"}
    assert numbers(pins, project=Project(root=Path()))[1] == 1
    assert numbers(pins, target=Target(python="3.8", accelerator=Accelerator(kind="cuda")), project=Project(root=Path()))[1] == 0


def test_companions_that_a_name_wants_are_counted_for_the_releases_that_want_them():
    assert numbers({"pure0": "1.1.0"})[2] == 2
    assert numbers({"pure0": "2.1.0"})[2] == 1
    assert numbers({"pure0": "1.1.0", "markish": "1.0.0", "numpish": "1.0.0"})[2] == 0
    assert numbers({"pure0": "1.1.0"}, project=Project(root=Path()))[2] == 0


def test_a_twin_is_as_good_a_companion():
    book = FactBook(FakeIndex(), FakeTimeline(), companions=lambda _: [Companion(any=(NormalizedName("tensorflow"),))])
    candidate = Assembler(None).candidate(Target(python="3.8"), [Pin(NormalizedName("tensorflow-cpu"), "2.3.4")])
    batch = Featurizer(book, History(), Vocabulary()).batch([candidate])
    assert Outside(PROJECT, book).numbers(batch.members[0])[2] == 0


def test_what_is_lacked_from_outside_leaves_little_of_a_probability():
    factors = outside_factor(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [1, 1, 3]]))
    assert factors[0] == 1
    assert factors[1] == factors[2] < 0.2
    assert factors[3] < factors[1] * 0.1


def test_a_request_says_what_is_installed():
    line = {"python": "3.8", "pins": {}}
    assert read_request(json.dumps(line)).system_packages is None
    assert read_request(json.dumps({**line, "system_packages": []})).system_packages == ()
    assert read_request(json.dumps({**line, "system_packages": ["libgl1"]})).system_packages == ("libgl1",)


def test_a_ranker_trained_before_a_feature_came_reads_what_it_knew(tmp_path):
    import lightgbm
    import numpy as np

    chance = np.random.default_rng(0)
    older = [name for name in SET_FEATURES if name not in OUTSIDE]
    table = chance.normal(size=(200, len(SET_FEATURES)))
    old = table[:, [SET_COLUMN[name] for name in older]]
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(old, label=old[:, 3] > 0), num_boost_round=5
    )
    from tests.rank.test_files import ranker_text

    dataclasses.replace(ranker_text(), sets=booster.model_to_string(), set_features=tuple(older)).save(tmp_path)
    forest = RankerText.load(tmp_path).set_forest
    assert np.array_equal(forest.predict(table), booster.predict(old, raw_score=True, num_threads=1))
    assert forest.predict_one(table[7].tolist()) == forest.predict(table[7:8])[0]
    assert forest.contributions(table[:2]).shape == (2, len(older) + 1)

import json

import pytest

from resolver.core.errors import UsageError
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.rules import RuleRanker
from resolver.rank.score import imported_names, numbered, score_lines, uses_of
from tests.fakes_rank import FakeIndex, FakeTimeline


def score(*requests):
    index = FakeIndex()
    lines = [request if isinstance(request, str) else json.dumps(request) for request in requests]
    return [json.loads(line) for line in score_lines(numbered(lines), RuleRanker(FactBook(index, FakeTimeline())), Assembler(index))]


def test_one_line_out_per_line_in_in_order():
    found = score(
        {"id": "b", "python": "3.8", "pins": {"flaskish": "1.1.0", "markish": "2.3.0"}}, "", {"id": 1, "python": "3.9", "pins": {}}
    )
    assert [one["id"] for one in found] == ["b", 1]
    assert set(found[0]) == {"id", "probability", "known", "worst_edges"}
    worst = found[0]["worst_edges"][0]
    assert (worst["importer"], worst["provider"]) == ("flaskish==1.1.0", "markish==2.3.0")
    assert "markish.soft" in worst["why"]
    assert worst["probability"] > 0.5


def test_unknown_names_and_versions_are_scored():
    found = score({"id": 1, "python": "3.14.1", "pins": {"Never_Heard": "0.0", "numpish": "77"}, "uses": ["tensorflow.placeholder"]})
    assert 0.0 <= found[0]["probability"] <= 1.0
    assert found[0]["known"] is False


def test_what_the_project_uses_decides():
    request = {"python": "3.8", "pins": {"pure5": "1.1.0"}}
    lacking, there = score({"id": 1, **request, "uses": ["pure5.since2"]}, {"id": 2, **request, "uses": ["from pure5 import since1"]})
    assert lacking["probability"] < 0.1 < there["probability"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '"x"',
        '{"pins": {}}',
        '{"python": "three", "pins": {}}',
        '{"python": "3.8", "pins": []}',
        '{"python": "3.8", "pins": {"a": 1}}',
        '{"python": "3.8", "pins": {}, "uses": "x"}',
        '{"python": "3.8", "pins": {}, "uses": [1]}',
    ],
)
def test_a_line_that_is_no_request_is_told_with_its_number(line):
    with pytest.raises(UsageError, match="line 2"):
        score({"id": 1, "python": "3.8", "pins": {}}, line)


def test_imports_and_dotted_names_are_uses():
    assert imported_names("from keras.layers import merge, Dense as D") == ["keras.layers.merge", "keras.layers.Dense"]
    assert imported_names("import a.b, c") == ["a.b", "c"]
    assert imported_names("from x import *") == ["x"]
    assert imported_names("from . import y") == []
    assert imported_names("this is not python") == []
    assert [use.dotted for use in uses_of(["tensorflow.placeholder", "import numpy as np", "rm -rf /"])] == [
        "tensorflow.placeholder",
        "numpy",
    ]

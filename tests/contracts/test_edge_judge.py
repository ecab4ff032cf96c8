"""What every judge of edges promises: a probability with a reason, equal input equal output, any release at all."""

import pytest

from resolver.core.package import Pin, Release
from resolver.interfaces import EdgeJudge
from resolver.rank.book import FactBook
from resolver.rank.rules import RuleEdgeJudge
from tests.fakes_rank import FakeIndex, FakeTimeline, release_of

JUDGES = {
    "rules": lambda: RuleEdgeJudge(FactBook(FakeIndex(), FakeTimeline())),
    "rules, nothing known": lambda: RuleEdgeJudge(FactBook(None, None)),
}


@pytest.fixture(params=sorted(JUDGES))
def judge(request):
    return JUDGES[request.param]()


def test_is_a_judge_and_answers_with_the_ends(judge):
    assert isinstance(judge, EdgeJudge)
    told = judge.risk(release_of("flaskish", 3), release_of("markish", 9), "3.8")
    assert (told.importer, told.provider) == (release_of("flaskish", 3).pin, release_of("markish", 9).pin)
    assert 0.0 <= told.probability <= 1.0


def test_equal_questions_get_equal_answers(judge):
    ask = (release_of("ext1", 2), release_of("numpish", 8), "3.9")
    assert judge.risk(*ask) == judge.risk(*ask)


def test_releases_of_which_nothing_is_known_are_judged(judge):
    told = judge.risk(Release(pin=Pin("a", "not a version")), Release(pin=Pin("python", "3.14")), "3.14")
    assert 0.0 <= told.probability <= 1.0

"""What every ranker promises: every candidate, best first, never dropping one, equal input equal output."""

import random
from pathlib import Path

import pytest

from resolver.core.project import Project
from resolver.interfaces import Ranker
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.rules import AsOfRanker, NewestRanker, RandomRanker, RuleRanker
from tests.fakes_rank import COMPILED, FakeIndex, FakeTimeline, random_candidate

INDEX = FakeIndex()


def candidates(count, seed=5):
    assembler, rng = Assembler(INDEX), random.Random(seed)
    found = [random_candidate(INDEX, rng, COMPILED[:2], assembler) for _ in range(count)]
    return list({(c.target, c.pins): c for c in found}.values())


RANKERS = {
    "rules": lambda: RuleRanker(FactBook(INDEX, FakeTimeline())),
    "newest": NewestRanker,
    "as-of": AsOfRanker,
    "random": lambda: RandomRanker(3),
}


@pytest.fixture(params=sorted(RANKERS))
def ranker(request):
    return RANKERS[request.param]()


def test_is_a_ranker(ranker):
    assert isinstance(ranker, Ranker)


def test_drops_none_and_orders_best_first(ranker):
    given = candidates(40)
    scored = ranker.rank(Project(root=Path()), given)
    assert sorted(id(s.candidate) for s in scored) == sorted(id(c) for c in given)
    assert all(0.0 <= s.probability <= 1.0 for s in scored)
    chances = [round(s.probability, 3) for s in scored]
    assert chances == sorted(chances, reverse=True)


def test_equal_input_equal_output_whatever_the_order(ranker):
    given = candidates(30)
    project = Project(root=Path())
    first = [s.candidate.pins for s in ranker.rank(project, given)]
    assert first == [s.candidate.pins for s in ranker.rank(project, list(reversed(given)))]


def test_nothing_in_nothing_out(ranker):
    assert list(ranker.rank(Project(root=Path()), [])) == []

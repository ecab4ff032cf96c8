import itertools

import pytest

from resolver.core.errors import ResolverError
from resolver.train.dataset import Corpus
from resolver.train.month import arrivals, month


def test_outcomes_arrive_in_the_order_of_time_and_all_by_the_last_night(world):
    examples = world.corpus.examples
    nights = arrivals(examples, 7)
    assert [len(night) for night in nights] == [round(len(examples) * night / 7) for night in range(1, 8)]
    for earlier, later in itertools.pairwise(nights):
        assert later[: len(earlier)] == earlier
    times = [example.when.timestamp() if example.when else 0.0 for example in nights[-1]]
    assert times == sorted(times)


def test_every_night_is_judged_on_stacks_that_no_night_sees(world):
    found = list(month(world.corpus, world.book, world.assembler, nights=2))
    assert [night.builds for night in found] == sorted(night.builds for night in found)
    assert found[-1].learned["auc"] > 0.9


def test_a_month_without_a_hold_out_is_told(world):
    with pytest.raises(ResolverError, match="hold-out is empty"):
        next(month(Corpus(examples=(), observations=()), world.book, world.assembler))

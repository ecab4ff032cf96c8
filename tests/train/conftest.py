import pytest

from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.train import boost as fitting
from resolver.train.boost import Recipe
from resolver.train.dataset import read_corpus
from resolver.train.fit import fit
from tests.fakes_rank import FakeIndex, FakeTimeline, outcomes


class World:
    """One made-up world with a ranker fitted on it, made once for all tests of the room."""

    def __init__(self):
        self.index = FakeIndex()
        self.timeline = FakeTimeline()
        self.book = FactBook(self.index, self.timeline)
        self.assembler = Assembler(self.index)
        self.corpus = read_corpus(outcomes(260), self.assembler)
        self.text, self.tables = fit(self.corpus, self.book, self.assembler, Recipe())
        self.unseen = read_corpus(outcomes(150, seed=99, stacks=5), self.assembler)


@pytest.fixture(scope="session")
def quick():
    """Fewer rounds: the made-up rules are simple, and tests are to be fast."""
    before = fitting.EDGE_ROUNDS, fitting.SET_ROUNDS
    fitting.EDGE_ROUNDS, fitting.SET_ROUNDS = 40, 40
    yield
    fitting.EDGE_ROUNDS, fitting.SET_ROUNDS = before


@pytest.fixture(scope="session")
def world(quick):
    return World()

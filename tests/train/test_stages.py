from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.files import RankerText
from resolver.train import stages
from resolver.train.boost import Recipe
from resolver.train.fit import fit
from resolver.train.training import phrase
from tests.fakes_rank import FakeIndex, FakeTimeline


def test_the_stages_one_by_one_make_the_text_that_one_fit_makes(world, tmp_path):
    known = FactBook(FakeIndex(), FakeTimeline()), Assembler(FakeIndex())
    stages.edges(world.corpus, *known, 0, tmp_path)
    stages.sets(world.corpus, known[0], 0, tmp_path)
    stages.model(world.corpus, known[0], 0, tmp_path)
    whole, _ = fit(world.corpus, *known, Recipe(trained_on=phrase(world.corpus)))
    written = tmp_path / stages.MODEL
    assert {path.name: path.read_text() for path in written.iterdir()} == whole.files()
    assert RankerText.load(written).version == whole.version

import dataclasses
import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.candidate import Edge
from resolver.core.package import PYTHON, Pin, Release
from resolver.core.target import Target
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.facts import ReleaseFacts, parse_requirement
from resolver.rank.features import COLUMN, EDGE_FEATURES, Vocabulary, edge_row
from resolver.rank.featurizer import Featurizer
from resolver.rank.history import History, Seen
from tests.fakes_rank import FakeIndex, FakeTimeline, release_of, uploaded, version_of

INDEX = FakeIndex()


def row(importer, provider, python="3.8", history=None, vocabulary=None):
    book = FactBook(INDEX, FakeTimeline())
    values = edge_row(book.facts(importer), book.facts(provider), python, book, history or History(), vocabulary or Vocabulary())
    assert len(values) == len(EDGE_FEATURES)
    return {name: values[position] for name, position in COLUMN.items()}


def test_a_major_step_after_the_importers_upload_is_counted():
    features = row(release_of("ext0", 2), release_of("numpish", 7))
    assert features["major_steps"] == 1
    assert features["days"] > 0
    assert features["release_steps"] > 0
    assert math.isnan(features["minor_steps"])
    earlier = row(release_of("ext0", 7), release_of("numpish", 6))
    assert earlier["major_steps"] == 0
    assert earlier["days"] < 0


def test_missing_names_are_counted_from_the_timeline():
    gone = row(release_of("flaskish", 8), release_of("markish", 9))
    there = row(release_of("flaskish", 8), release_of("markish", 3))
    assert (gone["names_missing"], there["names_missing"]) == (1, 0)
    assert (gone["names_share"], there["names_share"]) == (0.5, 1.0)


def test_an_edge_to_the_interpreter_knows_wheels_and_the_standard_library():
    book = FactBook(INDEX, FakeTimeline())
    features = row(release_of("ext0", 1), book.python("3.11").release, "3.11")
    assert features["to_python"] == 1
    assert features["wheel_fit"] == 0
    assert features["python_newer"] > 0
    assert row(release_of("pure1", 1), book.python("3.11").release, "3.11")["wheel_fit"] == 2
    assert row(release_of("flaskish", 1), book.python("3.8").release)["names_used"] > 0


def test_names_that_the_library_got_later_are_not_missed_by_a_release_that_admits_the_interpreter():
    class Library(FakeTimeline):
        def uses(self, name, version):
            return {"json": ["json"], "newlib": ["newlib.soft"], "oldlib": ["oldlib"]}

        def offers(self, name, version, dotted):
            number = tuple(int(part) for part in version.split("."))
            since = {"json": True, "newlib": number >= (3, 9), "newlib.soft": number >= (3, 9), "oldlib": number < (3, 10)}
            return [float(since[each]) for each in dotted]

    def missed(importer, python):
        book = FactBook(INDEX, Library())
        return book.fit(importer, book.python(python).release).missing

    bounded = release_of("flaskish", 1)
    assert missed(bounded, "3.8") == ()
    assert missed(dataclasses.replace(bounded, requires_python=""), "3.8") == ("newlib.soft",)
    assert missed(bounded, "3.11") == ("oldlib",)


def test_history_reaches_near_versions_and_unseen_edges_stay_empty():
    importer, provider = release_of("ext0", 2), release_of("numpish", 7)
    seen = History.of([(Edge(importer=importer.pin, provider=provider.pin, python="3.8"), True)] * 5)
    assert row(importer, provider, history=seen)["seen_here_share"] > 0.5
    assert math.isnan(row(importer, provider, "3.9", history=seen)["seen_here_share"])
    assert row(importer, release_of("numpish", 1), history=seen)["seen_pair_count"] > 0
    assert math.isnan(row(release_of("ext1", 2), release_of("markish", 1), history=seen)["seen_pair_share"])


def test_names_never_crawled_share_the_unseen_category():
    vocabulary = Vocabulary(importers={"ext0": 3}, providers={"numpish": 4})
    known = row(release_of("ext0", 2), release_of("numpish", 2), vocabulary=vocabulary)
    other = row(release_of("ext1", 2), release_of("protish", 2), vocabulary=vocabulary)
    assert (known["importer_code"], known["provider_code"]) == (3, 4)
    assert (other["importer_code"], other["provider_code"]) == (0, 0)


def test_a_release_of_which_nothing_is_known_is_described_all_the_same():
    bare = Release(pin=Pin("never-heard", "0.0.0-odd"))
    features = row(bare, Release(pin=Pin("neither", "x")))
    assert math.isnan(features["days"])
    assert math.isnan(features["major_steps"])
    assert features["declared"] == 0


def test_the_history_survives_plain_text():
    edges = [Edge(importer=Pin("a", "1.0"), provider=Pin("b", version), python="3.8") for version in ("1.0", "2.0")]
    history = History.of([(edges[0], True), (edges[1], False)])
    again = History.from_plain(history.to_plain())
    assert again.to_plain() == history.to_plain()
    assert again.seen("a|b") == Seen(1, 1)
    assert again.base == history.base


@given(st.text(max_size=60))
def test_any_requirement_text_is_read_without_raising(text):
    parsed = parse_requirement(text)
    if parsed:
        assert parsed[0] == parsed[0].lower()
        parsed[1].applies("3.8")
        assert parsed[1].kind in (1.0, 2.0, 3.0, 4.0)


def test_requirements_as_people_write_them():
    name, declared = parse_requirement('Typing_Extensions[x] (>=3.7,<5) ; python_version < "3.8"')
    assert (name, declared.specifier) == ("typing-extensions", ">=3.7,<5")
    assert declared.applies("3.7")
    assert not declared.applies("3.8")
    assert declared.kind == 3
    assert parse_requirement("a==1.0")[1].kind == 4
    assert parse_requirement("a!=1.0")[1].kind == 2
    assert parse_requirement("a")[1].kind == 1
    assert not parse_requirement('pytest ; extra == "test"')[1].applies("3.8")


@given(st.integers(0, 15), st.integers(0, 15))
def test_newest_at_the_upload_is_never_newer_than_the_upload(importer, provider):
    book = FactBook(INDEX, None)
    highest, count = book.newest_at("numpish", ReleaseFacts(release_of("numpish", provider)).day)
    assert count == provider + 1
    assert highest == tuple(int(part) for part in version_of(provider).split("."))


def test_a_fuller_description_of_a_pin_replaces_an_emptier_one():
    book = FactBook(INDEX, None)
    full = release_of("ext0", 3)
    assert not book.facts(dataclasses.replace(full, requires=(), modules=())).declared
    assert "numpish" in book.facts(full).declared
    assert "numpish" in book.facts(dataclasses.replace(full, requires=(), modules=())).declared


def test_interpreters_have_dates_of_their_own():
    book = FactBook(INDEX, None)
    assert book.newest_at(PYTHON, ReleaseFacts(release_of("ext0", 0)).day)[0] == (3, 6, 0)
    assert book.python("3.12").day > (datetime(2023, 9, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    assert uploaded("ext0", 0) < uploaded("ext0", 1)


def test_a_pair_that_broke_elsewhere_is_an_edge_of_every_set_that_holds_both():
    broke = Edge(importer=Pin("pure0", "1.0"), provider=Pin("ext0", "1.0"), python="3.8")
    pins = [release_of("pure0", 2).pin, release_of("ext0", 2).pin]
    candidate = Assembler(INDEX).candidate(Target(python="3.8"), pins)
    ends = []
    for history in (History(), History.of([(broke, True)])):
        batch = Featurizer(FactBook(INDEX, None), history, Vocabulary()).batch([candidate])
        ends.append({(str(e.importer.name), str(e.provider.name)) for e in map(batch.edge, range(len(batch.ends)))})
    assert ends[1] - ends[0] == {("pure0", "ext0")}

from hypothesis import given
from hypothesis import strategies as st

from resolver.rank.names import SEEN_GONE, SEEN_THERE, SeenNames, better

SEEN = SeenNames.of(
    [
        ("keras", "2.2.4", "keras.layers.core", True),
        ("keras", "2.6.0", "keras.layers.core", True),
        ("keras", "2.12.0", "keras.layers.core", False),
    ]
)


def test_what_was_seen_is_told_and_what_lies_between_is_doubtful():
    told = {
        version: SEEN.offers("keras", version, "keras.layers.core") for version in ("2.0.0", "2.2.4", "2.4.0", "2.9.0", "2.12.0", "3.1.0")
    }
    assert told["2.2.4"] == SEEN_THERE
    assert told["2.12.0"] == SEEN_GONE
    assert told["2.4.0"] > 0.9
    assert told["2.9.0"] == 0.5
    assert told["3.1.0"] < 0.2
    assert 0.5 < told["2.0.0"] < 0.9


def test_nothing_seen_nothing_told():
    assert SEEN.offers("keras", "2.2.4", "keras.layers.merge") is None
    assert SEEN.offers("torch", "1.0", "keras.layers.core") is None


def test_seen_both_ways_counts_as_there():
    both = SeenNames.of([("a", "1.0", "a.b", False), ("a", "1.0", "a.b", True)])
    assert both.offers("a", "1.0.0", "a.b") == SEEN_THERE


def test_the_surer_of_two_sources_decides():
    assert better(None, 0.03) == 0.03
    assert better(1.0, None) == 1.0
    assert better(0.5, 0.03) == 0.03
    assert better(0.0, 0.97) == 0.0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["1.0", "2.1", "2.1.3"]), st.sampled_from(["a.x", "a.y"]), st.booleans())))
def test_the_table_survives_plain_text(seen):
    table = SeenNames.of(seen)
    again = SeenNames.from_plain(table.to_plain())
    assert again.to_plain() == table.to_plain()
    assert len(again) == len(table)
    for name, version, dotted, there in seen:
        certainty = again.offers(name, version, dotted)
        assert certainty == SEEN_THERE or (certainty == SEEN_GONE and not there)

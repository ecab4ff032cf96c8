from hypothesis import given
from hypothesis import strategies as st

from resolver.core.package import NormalizedName, Pin
from resolver.train.split import by_framework, by_time, fold_of, hold_out, is_held


def groups(corpus):
    return {example.group for example in corpus.examples}


def test_a_stack_is_never_divided(world):
    train, test = hold_out(world.corpus)
    assert not groups(train) & groups(test)
    assert len(train.examples) + len(test.examples) == len(world.corpus.examples)
    assert {seen.group for seen in test.observations} <= groups(test)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=40, unique=True), st.integers(2, 6), st.integers(0, 3))
def test_folds_hold_every_group_once_and_are_of_like_size(names, folds, seed):
    found = fold_of(names, folds, seed)
    assert set(found) == set(names)
    sizes = [list(found.values()).count(fold) for fold in set(found.values())]
    assert max(sizes) - min(sizes) <= 1
    assert found == fold_of(list(reversed(names)), folds, seed)


def test_about_a_fifth_of_all_names_is_held_for_ever():
    share = sum(is_held(f"stack {n}") for n in range(4000)) / 4000
    assert 0.17 < share < 0.23
    assert [is_held(name) for name in ("keras-flask", "torch-vision")] == [is_held(name) for name in ("keras-flask", "torch-vision")]


def test_by_time_nothing_newer_is_trained_on(world):
    train, test = by_time(world.corpus)

    def newest(example):
        return max(r.uploaded for r in example.candidate.packages)

    assert max(map(newest, train.examples)) < min(map(newest, test.examples))


def test_by_framework_the_held_series_is_in_no_training_set(world):
    train, test = by_framework(world.corpus, [Pin(NormalizedName("numpish"), "2.1")])
    assert test.examples
    assert not any(pin.name == "numpish" and pin.version.startswith("2.1.") for example in train.examples for pin in example.candidate.pins)

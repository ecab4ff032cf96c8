"""Walks put together and taken apart again."""

from __future__ import annotations

import lzma

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.apis.record import Record
from resolver.apis.record_layout import version_key
from resolver.apis.record_writer import Writer
from resolver.core.errors import StoreError

_NAME = st.sampled_from(["alpha", "beta", "gamma", "delta", "Epsilon", "__version__"])
_MODULE = st.sampled_from(["pkg", "pkg.sub", "pkg.sub.deep", "pkg._private", "other"])


@st.composite
def _row(draw, version):
    names = draw(st.dictionaries(_MODULE, st.sets(_NAME | st.just("*"), max_size=4), max_size=4))
    modules = {"pkg", *names, *draw(st.sets(_MODULE, max_size=3))}
    return {
        "version": version,
        "modules": sorted({".".join(m.split(".")[:d]) for m in modules for d in range(1, m.count(".") + 2)}),
        "names": {m: " ".join(sorted(n)) for m, n in names.items()},
        "alias": draw(st.dictionaries(st.sampled_from(["pkg.nn", "pkg.sub.np"]), _MODULE, max_size=2)),
        "classes": draw(
            st.dictionaries(st.sampled_from(["pkg.alpha", "pkg.beta"]), st.sampled_from(["", "one two", "=pkg.alpha"]), max_size=2)
        ),
        "keywords": draw(st.dictionaries(st.sampled_from(["pkg.alpha", "pkg.beta"]), st.sampled_from(["", "** a", "a b"]), max_size=2)),
        "takes": draw(
            st.dictionaries(st.just("numpy"), st.sets(st.sampled_from(["numpy.bool", ":numpy.int"]), min_size=1).map(sorted), max_size=1)
        ),
        "needed": dict.fromkeys(draw(st.sets(st.sampled_from(["libGL.so.1", "libz.so.1"]))), ()),
        "pb2": draw(st.booleans()),
        "static": draw(st.booleans()),
    }


@st.composite
def _rows(draw):
    versions = draw(st.lists(st.sampled_from(["0.9", "1.0", "1.0.1", "1.10", "2.0"]), min_size=1, max_size=4, unique=True))
    return [draw(_row(v)) for v in sorted(versions, key=version_key)]


@settings(max_examples=60, deadline=None)
@given(_rows())
def test_nothing_is_lost(rows):
    found = Record(Writer(rows).blob()).rows()
    for row, again in zip(rows, found, strict=True):
        again["needed"] = dict.fromkeys(again["needed"], ())
        again["modules"].sort()
        again["takes"] = {k: sorted(v) for k, v in again["takes"].items()}
        row["takes"] = {k: sorted(v) for k, v in row["takes"].items()}
        assert again == row


@settings(max_examples=60, deadline=None)
@given(_rows())
def test_every_recorded_name_is_offered_exactly_where_it_was_seen(rows):
    record = Record(Writer(rows).blob())
    for i, row in enumerate(rows):
        for module, text in row["names"].items():
            for name in set(text.split()) - {"*"}:
                present, unknown = record.offers(f"{module}.{name}")
                assert present >> i & 1
                assert not unknown >> i & 1
            present, unknown = record.offers(f"{module}.nowhere")
            assert not present >> i & 1
            if "*" in text.split():
                assert unknown >> i & 1
            assert present & unknown == 0


def test_equal_walks_equal_bytes():
    row = {
        "version": "1",
        "modules": ["a"],
        "names": {"a": "x y"},
        "alias": {},
        "classes": {},
        "takes": {},
        "needed": {},
        "pb2": False,
        "static": False,
    }
    assert Writer([row]).blob() == Writer([dict(reversed(row.items()))]).blob()


def _record(**more):
    row = {"version": "1", "modules": ["tf", "tf._api", "tf._api.nn", "tf.python"], "names": {}, "alias": {}, "classes": {}, "takes": {}}
    row |= {"needed": {}, "pb2": False, "static": False, **more}
    return Record(Writer([row]).blob())


def test_attribute_paths_follow_aliases():
    record = _record(names={"tf": "nn Session", "tf._api.nn": "relu"}, alias={"tf.nn": "tf._api.nn"})
    assert record.offers("tf.nn.relu") == (1, 0)
    assert record.offers("tf.nn.gelu") == (0, 0)
    assert record.offers("tf.nn") == (1, 0)


def test_a_module_whose_names_nobody_read_is_unknown():
    record = _record(names={"tf": "Session"})
    assert record.offers("tf.python") == (1, 0)
    assert record.offers("tf.python.ops") == (0, 1)
    assert record.offers("tf.contrib") == (0, 0)


def test_members_of_classes_also_of_the_same_class_under_another_name():
    record = _record(names={"tf": "Session Same Other"}, classes={"tf.Session": "run close", "tf.Same": "=tf.Session"})
    assert record.offers("tf.Session.run") == (1, 0)
    assert record.offers("tf.Same.close") == (1, 0)
    assert record.offers("tf.Same.open") == (0, 0)
    assert record.offers("tf.Other.run") == (0, 1)
    assert record.offers("tf.Session.run.deeper") == (0, 1)
    assert record.offers("tf.Session._graph") == (0, 1)


def test_private_names_are_unknown_unless_seen():
    record = _record(names={"tf": "Session"})
    assert record.offers("tf._pywrap") == (0, 1)
    assert record.offers("tf._api") == (1, 0)


def test_damage_is_told():
    with pytest.raises(StoreError, match="damaged"):
        Record(b"not compressed")
    with pytest.raises(StoreError, match="damaged"):
        Record(lzma.compress(b"x" * 100)[:-20])


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_two_version_texts_have_an_order(one, other):
    assert (version_key(one) < version_key(other)) or (version_key(other) <= version_key(one))


def test_a_private_module_that_some_version_has_is_missing_from_the_others():
    empty = {"alias": {}, "classes": {}, "takes": {}, "needed": {}, "pb2": False, "static": False}
    rows = [{"version": v, "modules": list(n), "names": n} | empty for v, n in (("1", {"a": "x", "a._six": "y"}), ("2", {"a": "x"}))]
    record = Record(Writer(rows).blob())
    assert record.offers("a._six") == (0b01, 0)
    assert record.offers("a._seven") == (0, 0b11)  # private names are not walked

"""The order of policies: spread from the first few on."""

from __future__ import annotations

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.solve.plan import alternate, halving, policies
from resolver.solve.roots import roots_of
from resolver.solve.shelf import Catalog
from resolver.solve.view import View
from tests.fakes_index import FakeIndex
from tests.solve.test_solver import need

TODAY = date(2024, 1, 1)
VERSIONS = {f"1.{m}.{p}": {"uploaded": f"2020-{m + 1:02}-0{p + 1}"} for m in range(6) for p in range(3)}
INDEX = FakeIndex({"frame": VERSIONS, "tool": VERSIONS, "fixed": VERSIONS})


def planned(*texts, worked=None, others=(), learned=False, python="3.8"):
    view = View(Catalog(INDEX, Reporter()), Target(python=python))
    roots = roots_of(view, [need(text) for text in texts])
    return list(policies(view, roots, frameworks=("frame",), worked=worked, others=others, today=TODAY, learned=learned, seed=0))


@given(st.lists(st.integers(), unique=True))
def test_halving_keeps_every_item_once(items):
    assert sorted(halving(items)) == sorted(items)


def test_halving_spreads_every_prefix():
    assert list(itertools.islice(halving(range(15)), 7)) == [7, 3, 11, 1, 5, 9, 13]


def test_alternate_goes_on_when_one_stream_is_dry():
    assert list(alternate(["abc", "x", ""])) == ["a", "x", "b", "c"]


def test_starts_with_newest_then_learned_then_the_project_s_own_time():
    found = planned("frame", worked=date(2021, 6, 1), learned=True)
    assert [p.kind for p in found[:3]] == ["newest", "learned", "as-of"]
    assert found[2].as_of == date(2021, 6, 1)
    dated = found[2:9]
    assert all(p.as_of and not p.moves for p in dated)
    assert [(p.kind, p.as_of) for p in dated if p.kind == "learned"] == [("learned", date(2021, 6, 1)), ("learned", dated[2].as_of)]
    assert not any(p.kind == "learned" for p in planned("frame", worked=date(2021, 6, 1)))


def test_the_days_of_other_signs_follow_the_best_guess():
    found = [p.as_of for p in planned("frame", worked=date(2021, 6, 1), others=(date(2019, 3, 1),))]
    assert found.index(date(2021, 6, 1)) == 1
    assert found.index(date(2019, 3, 1)) == 8
    assert date(2019, 8, 31) in found[:10]


def test_every_minor_of_a_framework_is_an_anchor_soon_after_its_first_release():
    anchors = [p for p in planned("frame", "fixed==1.2.0", "tool") if p.moves]
    assert {p.moves for p in anchors[:6]} == {(("frame", f"==1.{m}.*"),) for m in range(6)}
    assert {p.moves[0][0] for p in anchors[6:]} == {"tool"}
    (first,) = [p for p in anchors if p.moves == (("frame", "==1.3.*"),)]
    assert first.as_of == date(2020, 7, 30)


def test_dates_run_from_the_interpreter_to_today():
    days = [p.as_of for p in planned("fixed==1.2.0", python="3.11") if p.kind == "as-of"]
    assert min(days) == date(2022, 10, 24)
    assert max(days) <= TODAY

"""Former versions as a set of today."""

from __future__ import annotations

from datetime import date

from resolver.core.package import Pin, normalize
from resolver.core.project import Evidence
from resolver.core.signs import Sign
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex
from tests.solve.test_solver import PY37, pins, project

PACKAGES = {
    "app": {"1.0": {"requires": ["base<2", "leaf"]}, "2.0": {"requires": ["base>=2", "leaf"]}},
    "base": {"1.0": {}, "1.5": {"yanked": True}, "2.0": {}},
    "leaf": {"1.0": {}, "1.1": {}},
    "more": {
        "1.0": {"uploaded": "2018-01-01"},
        "1.1": {"uploaded": "2020-01-01"},
        "2.0": {"requires": ["base>=2"], "uploaded": "2022-01-01"},
    },
}
FORMER = {"app": "1.0", "base": "1.0", "leaf": "1.0"}


def kept(*texts, former=FORMER, packages=PACKAGES, evidence=None, **options):
    solver = InProcessSolver(FakeIndex(packages), **options)
    asked = project(*texts, evidence=evidence)
    return list(solver.keeping(asked, PY37, [Pin(normalize(name), version) for name, version in former.items()]))


def test_what_still_fits_stays_and_the_search_without_it_is_another() -> None:
    (one,) = kept("app")
    assert pins(one) == FORMER
    assert one.policy == "kept, newest"
    newest = next(InProcessSolver(FakeIndex(PACKAGES)).candidates(project("app"), [PY37], 1))
    assert pins(newest) == {"app": "2.0", "base": "2.0", "leaf": "1.1"}


def test_something_new_is_chosen_around_what_is_there() -> None:
    (one,) = kept("app", "more")
    assert pins(one) == {**FORMER, "more": "1.1"}, "more 2.0 would move base"


def test_something_new_is_also_chosen_as_of_the_project_s_day() -> None:
    dated = Evidence(dates=(Sign(date(2019, 1, 1), "last commit"),))
    assert {pins(one)["more"] for one in kept("app", "more", evidence=dated)} == {"1.1", "1.0"}


def test_a_line_that_excludes_a_version_moves_it_and_what_hangs_on_it_alone() -> None:
    (one,) = kept("app>1")
    assert pins(one) == {"app": "2.0", "base": "2.0", "leaf": "1.0"}
    (one,) = kept("app", "base>=2")
    assert pins(one) == {"app": "2.0", "base": "2.0", "leaf": "1.0"}


def test_what_nothing_asks_for_any_more_is_not_in() -> None:
    (one,) = kept("leaf")
    assert pins(one) == {"leaf": "1.0"}


def test_a_yanked_version_and_versions_that_nobody_knows_give_way() -> None:
    (one,) = kept("app<2", former={**FORMER, "base": "1.5"})
    assert pins(one)["base"] == "1.0"
    (one,) = kept("app<2", former={"app": "7", "base": "1.0", "leaf": "1.0.dev0", "nobody": "1"})
    assert pins(one) == FORMER | {"leaf": "1.1"}


def test_needs_that_contradict_each_other_give_way_as_in_a_search() -> None:
    (one,) = kept("app<2", "base>=2")
    assert len(one.relaxed) == 1
    assert pins(one)["leaf"] == "1.0"
    assert kept("app<2", "base>=2", strict=True) == []


def test_many_versions_that_the_index_has_lost_cost_no_search_each() -> None:
    packages = {f"p{number}": {"1": {}, "2": {}} for number in range(30)}
    (one,) = kept(*packages, packages=packages, former=dict.fromkeys(packages, "9") | {"p29": "1"})
    assert pins(one) == dict.fromkeys(packages, "2") | {"p29": "1"}

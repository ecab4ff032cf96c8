from __future__ import annotations

from datetime import date

import pytest

from resolver.index.walk import Visit, Walker
from tests.fakes_index import FakeIndex


def walk(packages, *needs, python="3.8", day="2026-01-01"):
    return {str(pin) for pin in Walker(FakeIndex(packages)).visited(Visit(needs=needs, python=python, day=date.fromisoformat(day)))}


def test_it_follows_requirements_as_of_the_day():
    packages = {"a": {"1": {"requires": ["b"]}, "2": {"uploaded": "2020-05-01"}}, "b": {"1": {}, "2": {"uploaded": "2021-01-01"}}}
    assert walk(packages, "a", day="2020-04-30") == {"a==1", "b==1"}
    assert walk(packages, "a", day="2020-05-01") == {"a==2"}


def test_a_later_need_makes_it_choose_again():
    packages = {"a": {"1": {"requires": ["c<2"]}}, "c": {"1": {}, "2": {}}}
    assert walk(packages, "c", "a") == {"a==1", "c==1", "c==2"}


def test_contradictions_follow_the_last_need():
    assert walk({"c": {"1": {}, "2": {}}}, "c<2", "c>1") == {"c==1", "c==2"}


@pytest.mark.parametrize(("python", "found"), [("3.6", {"a==1"}), ("3.8", {"a==2", "b==1"})])
def test_interpreter_bounds_tags_and_markers_count(python, found):
    packages = {
        "a": {"1": {}, "2": {"requires_python": ">=3.7", "requires": ["b; python_version >= '3.7'", "b>9; sys_platform == 'win32'"]}},
        "b": {"1": {"files": ["b-1-cp36-abi3-manylinux1_x86_64.whl"]}, "2": {"files": ["b-2-cp39-cp39-manylinux1_x86_64.whl"]}},
    }
    assert walk(packages, "a", python=python) == found


def test_pre_releases_yanked_and_unknown_are_passed_over():
    packages = {
        "a": {"1": {"requires": ["nothing", "b"]}, "2rc1": {}, "3": {"yanked": True}},
        "b": {"1a1": {}},
        "c": {"1": {"unreadable": True}},
    }
    assert walk(packages, "a", "c") == {"a==1", "b==1a1"}


def test_extras_are_followed_when_asked_for():
    packages = {"a": {"1": {"requires": ["b; extra == 'x'"]}}, "b": {"1": {}}}
    assert walk(packages, "a") == {"a==1"}
    assert walk(packages, "a[x]") == {"a==1", "b==1"}


def test_cycles_end():
    assert walk({"a": {"1": {"requires": ["b"]}}, "b": {"1": {"requires": ["a"]}}}, "a") == {"a==1", "b==1"}

"""Contradictory needs: the fewest and weakest give, and are told."""

from __future__ import annotations

import dataclasses

import pytest

from resolver.core.project import OriginKind, Strength
from resolver.core.target import PYTHONS, Target
from resolver.solve.relax import looser
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex
from tests.solve.test_solver import ALL, PY37, need, pins, project, sentences

TF1 = {
    "numpy": {"1.15.4": {}, "1.16.6": {}, "1.19.5": {}},
    "tensorflow": {"1.15.4": {"requires": ["numpy>=1.16.0,<2.0"], "requires_python": "<3.8"}},
}


def test_contradicting_pins_are_relaxed_and_told():
    solver = InProcessSolver(FakeIndex(TF1))
    wanted = project("numpy==1.15.4", "tensorflow==1.15.4")
    found = list(solver.candidates(wanted, ALL, 5))
    assert found
    assert {c.target.python for c in found} == {"3.6", "3.7"}
    assert pins(found[0])["tensorflow"] == "1.15.4"
    (told,) = found[0].relaxed
    assert (told.requirement, told.became, told.where) == ("numpy==1.15.4", "numpy==1.*", "requirements.txt:1")
    assert "tensorflow 1.15.4 needs numpy<2.0,>=1.16.0" in told.reason


def test_strict_refuses_and_explains_with_lines():
    solver = InProcessSolver(FakeIndex(TF1), strict=True)
    wanted = project("numpy==1.15.4", "tensorflow==1.15.4")
    assert list(solver.candidates(wanted, ALL, 5)) == []
    told = sentences(solver.explain(wanted, ALL))
    assert "requirements.txt:1 wants numpy==1.15.4" in told
    assert "tensorflow 1.15.4 needs numpy<2.0,>=1.16.0" in told
    assert "needs Python <3.8" in told


def test_nothing_is_relaxed_when_one_target_needs_none():
    index = {"p": {"1": {"requires_python": "<3.7"}, "2": {}}}
    found = list(InProcessSolver(FakeIndex(index)).candidates(project("p==1"), ALL, 5))
    assert [(c.target.python, c.relaxed) for c in found] == [("3.6", ())]


def test_the_weaker_of_two_lines_gives():
    index = {"h5py": {"2.10.0": {}, "3.1.0": {}}}
    weak = need("h5py<=2.10.0", 7, strength=1)
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project("h5py==3.1.0", weak), [PY37], 1)))
    assert [(r.where, r.became) for r in found.relaxed] == [("requirements.txt:7", "h5py")]


def test_a_lock_stays_and_hearsay_gives_first():
    index = {"h5py": {"2.10.0": {}, "3.1.0": {}}}
    heard = need("h5py==2.10.0", 9, strength=Strength.HEARSAY, kind=OriginKind.MENTIONED)
    locked = need("h5py==3.1.0", 3, strength=Strength.LOCKED)
    pinned = need("h5py<3", 5, strength=Strength.PINNED)
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project(locked, pinned), [PY37], 1)))
    assert (pins(found)["h5py"], [r.where for r in found.relaxed]) == ("3.1.0", ["requirements.txt:5"])
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project(pinned, heard, "h5py>=3"), [PY37], 1)))
    assert "requirements.txt:9" in [r.where for r in found.relaxed]


def test_strict_keeps_written_lines_and_lets_guesses_go():
    index = {"h5py": {"2.10.0": {}, "3.1.0": {}}}
    heard = dataclasses.replace(need("h5py==2.10.0", 9, strength=Strength.HEARSAY, kind=OriginKind.MENTIONED), constraint=True)
    found = next(iter(InProcessSolver(FakeIndex(index), strict=True).candidates(project("h5py==3.1.0", heard), [PY37], 1)))
    assert (pins(found)["h5py"], found.relaxed) == ("3.1.0", ())


def test_a_pin_below_what_a_framework_needs_is_loosened():
    index = {
        "setuptools": {"40.6.3": {}, "41.0.0": {}, "60.0.0": {}},
        "tensorboard": {"1.15.0": {"requires": ["setuptools>=41.0.0"]}},
        "tensorflow": {"1.15.0": {"requires": ["tensorboard<1.16"]}},
    }
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project("setuptools==40.6.3", "tensorflow==1.15.0"), [PY37], 1)))
    assert pins(found)["tensorflow"] == "1.15.0"
    assert [(r.requirement, r.became) for r in found.relaxed] == [("setuptools==40.6.3", "setuptools")]


def test_an_inferred_need_that_cannot_be_met_is_left_out_at_last():
    index = {"numpy": {"1": {}}, "winonly": {"1": {"files": ["winonly-1-cp37-cp37m-win_amd64.whl"]}}}
    guessed = need("winonly", 4, kind=OriginKind.IMPORTED, strength=1)
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project("numpy", guessed), [PY37], 1)))
    assert pins(found) == {"numpy": "1"}
    assert found.relaxed[0].became == "left out"


def test_the_command_line_never_gives():
    asked = need("numpy==1.15.4", strength=6, kind=OriginKind.REQUEST)
    found = next(iter(InProcessSolver(FakeIndex(TF1)).candidates(project(asked, "tensorflow==1.15.4"), [PY37], 1)), None)
    assert found is None


def test_an_extra_that_cannot_be_met_is_dropped_before_the_version():
    index = {"gym": {"1": {}, "2": {"requires": ["atari ; extra == 'games'"]}}, "atari": {}}
    found = next(iter(InProcessSolver(FakeIndex(index)).candidates(project("gym[games]==2"), [PY37], 1)))
    assert pins(found) == {"gym": "2"}
    assert [r.became for r in found.relaxed] == ["gym==2"]


def test_only_the_targets_where_least_gives_are_offered():
    index = {
        "a": {"1.0.0": {"requires_python": "<3.7"}, "1.0.1": {"requires_python": "<3.8"}, "2.0": {}},
        "b": {"1": {"requires": ["c<2"], "requires_python": "<3.7"}, "2": {"requires_python": ">=3.7"}},
        "c": {"1": {}, "2": {}},
    }
    found = list(InProcessSolver(FakeIndex(index)).candidates(project("a==1.0.0", "b", "c==2"), [Target(python=p) for p in PYTHONS], 9))
    assert {c.target.python for c in found} == {"3.7"}
    assert {r.became for c in found for r in c.relaxed} == {"a==1.0.*"}


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("==1.15.4", ("==1.15.*", "==1.*", "")),
        ("==1.15.*", ("==1.*", "")),
        ("~=2.3.1", ("==2.3.*", "==2.*", "")),
        ("<=2.10.0", ("",)),
        ("<2,>=1.4", (">=1.4", "")),
        (">=1.4", ("",)),
        ("", ()),
    ],
)
def test_a_specifier_loosens_step_by_step(written, forms):
    assert looser(written) == forms


def test_what_has_no_build_for_linux_is_left_out_and_told_unless_nothing_else_is_asked_for():
    index = FakeIndex({"winonly": {"1.0": {"files": []}}, "flask": {"1.0": {}}})
    found = next(iter(InProcessSolver(index).candidates(project("winonly==1.0", "flask"), [PY37], 3)))
    assert [str(pin.name) for pin in found.pins] == ["flask"]
    assert [(r.requirement, r.became) for r in found.relaxed] == [("winonly==1.0", "left out")]
    assert not list(InProcessSolver(index).candidates(project("winonly"), [PY37], 3))
    assert not list(InProcessSolver(index, strict=True).candidates(project("winonly", "flask"), [PY37], 3))

"""Why nothing fits, in sentences."""

from __future__ import annotations

from resolver.core.target import Accelerator, Target
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex
from tests.solve.test_solver import ALL, PY37, project, sentences


def test_impossible_requests_are_explained():
    index = {
        "winonly": {"1": {"files": ["winonly-1-cp37-cp37m-win_amd64.whl"]}},
        "p": {"1": {"requires": ["gone"]}, "2": {"requires_python": ">=3.99"}},
        "empty": {},
    }
    solver = InProcessSolver(FakeIndex(index), strict=True)
    assert "no build for Linux on any Python" in sentences(solver.explain(project("winonly"), [PY37]))
    assert "no such release (there are 1 to 2)" in sentences(solver.explain(project("p==7"), [PY37]))
    assert "needs Python >=3.99" in sentences(solver.explain(project("p==2"), ALL))
    assert "no build of empty for Linux" in sentences(solver.explain(project("empty"), [PY37]))
    assert "p 1 needs gone, but no build of gone" in sentences(solver.explain(project("p"), [PY37]))
    shared = solver.explain(project("p==2"), ALL)
    assert shared.sentence.endswith("Python 3.6 to 3.13")
    assert shared.because[0].where == "requirements.txt:1"


def test_a_driver_that_is_too_old_is_named():
    index = {"torch": {"2": {"requires": ["nvidia-cudnn-cu13"]}}, "nvidia-cudnn-cu13": {"9": {}}}
    target = Target(python="3.11", accelerator=Accelerator(kind="cuda", driver="470"))
    told = sentences(InProcessSolver(FakeIndex(index)).explain(project("torch"), [target]))
    assert "torch 2 needs nvidia-cudnn-cu13, but the host's driver, its card or the asked-for CUDA rules nvidia-cudnn-cu13 9 out" in told


def test_clashing_lines_are_both_named():
    index = {"p": {"1": {}, "2": {}}}
    told = sentences(InProcessSolver(FakeIndex(index)).explain(project("p==1", "p==2"), ALL))
    assert "requirements.txt:1 wants p==1" in told
    assert "requirements.txt:2 wants p==2" in told


def test_who_asks_through_an_extra_is_named():
    index = {"gym": {"2": {"requires": ["atari>3 ; extra == 'games'"]}}, "atari": {"1": {}}}
    told = sentences(InProcessSolver(FakeIndex(index)).explain(project("gym[games]"), [PY37]))
    assert "gym[games] 2 needs atari>3, but atari has no such release" in told

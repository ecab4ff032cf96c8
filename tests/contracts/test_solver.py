"""What every solver keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from resolver.core.package import Pin, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Target
from resolver.interfaces import Solver
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex
from tests.fakes_solve import FakeSolver

INDEX = FakeIndex(
    {
        "app": {
            "1.0": {"requires": ["base<3", "old ; python_version < '3.8'"]},
            "2.0": {"requires": ["base>=2"], "requires_python": ">=3.8"},
        },
        "base": {"1.0": {}, "2.0": {}, "3.0": {"requires": ["leaf"]}},
        "leaf": {"1.0": {}, "1.1": {"requires": ["base"]}},
        "old": {"1.0": {}},
        "loner": {"1.0": {}},
    }
)
TARGETS = [Target(python="3.7"), Target(python="3.11")]


@pytest.fixture(params=[InProcessSolver, FakeSolver])
def solver(request) -> Solver:
    return request.param(INDEX)


def project(*texts: str) -> Project:
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    return Project(root=Path(), needs=tuple(Need(requirement=text, origin=origin) for text in texts))


def test_sets_are_distinct_and_limited(solver):
    found = list(solver.candidates(project("app"), TARGETS, 3))
    assert len(found) == 3
    many = list(solver.candidates(project("app"), TARGETS, 100))
    assert len({(c.target, c.pins) for c in many}) == len(many) > 3
    assert {c.target for c in many} == set(TARGETS)


def test_sets_are_closed_sorted_and_carry_the_interpreter(solver):
    for candidate in solver.candidates(project("app"), TARGETS, 100):
        names = [release.name for release in candidate.releases]
        assert names == sorted(set(names))
        assert [r.version for r in candidate.releases if r.name == "python"] == [candidate.target.python]
        assert candidate.direct == ("app",)
        versions = dict(candidate.pins)
        edges = {(candidate.releases[a].name, candidate.releases[b].name) for a, b in candidate.edges}
        asked = set()
        for release in candidate.packages:
            for requirement in map(Requirement, release.requires):
                if requirement.marker is None or requirement.marker.evaluate({"python_version": candidate.target.python}):
                    assert requirement.specifier.contains(versions[requirement.name])
                    asked.add((release.name, requirement.name))
        assert edges == asked
        assert {provider for _, provider in edges} | {"app"} == set(versions)


def test_nothing_when_no_set_exists_and_no_need_may_give(solver):
    origin = Origin(kind=OriginKind.REQUEST, path="command line")
    needs = (Need(requirement="app==2.0", origin=origin, strength=6), Need(requirement="base<2", origin=origin, strength=6))
    assert list(solver.candidates(Project(root=Path(), needs=needs), TARGETS, 10)) == []


def test_a_former_set_is_held_as_far_as_the_needs_leave_room(solver):
    former = (Pin(normalize("app"), "1.0"), Pin(normalize("base"), "1.0"), Pin(normalize("old"), "1.0"), Pin(normalize("gone"), "3"))
    (kept, *_) = solver.keeping(project("app"), TARGETS[0], former)
    assert (kept.target, set(kept.pins)) == (TARGETS[0], set(former[:3]))
    (moved, *_) = solver.keeping(project("app", "base>1"), TARGETS[0], former)
    assert dict(moved.pins)["app"] == "1.0"
    assert dict(moved.pins)["base"] == "2.0"
    assert next(solver.keeping(project("loner"), TARGETS[0], former)).pins == (Pin(normalize("loner"), "1.0"),)


def test_equal_requests_give_equal_sets(solver):
    first = list(solver.candidates(project("app", "leaf"), TARGETS, 20))
    assert list(solver.candidates(project("app", "leaf"), TARGETS, 20)) == first


def test_is_a_solver(solver):
    assert isinstance(solver, Solver)

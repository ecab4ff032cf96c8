"""The solver against brute force on small random indexes: it finds a set iff one exists, and only real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.candidate import Candidate
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Target
from resolver.solve.policy import LOWEST, NEWEST, Policy, as_of
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex
from tests.solve.brute import all_solutions

EXAMPLES = 100
NAMES = ("aa", "bb", "cc", "dd")
VERSIONS = ("1.0", "1.1", "2.0rc1", "2.0")

specifiers = st.one_of(
    st.just(""),
    st.builds(lambda op, v: f"{op}{v}", st.sampled_from(["==", ">=", "<", "!=", "<=", ">"]), st.sampled_from(VERSIONS)),
    st.sampled_from(["==1.*", "~=1.0", ">=1.1,<2.0", ">=1.0,<3"]),
)
markers = st.sampled_from(["", "", "", " ; extra == 'x'", " ; python_version < '3.7'", " ; extra == 'x' and python_version >= '3.7'"])
extras = st.sampled_from(["", "", "", "[x]"])
asks = st.builds(lambda n, e, s, m: f"{n}{e}{s}{m}", st.sampled_from(NAMES), extras, specifiers, markers)
files = st.sampled_from(["any", "any", "any", "cp36", "sdist"])


def release_facts(name: str, version: str):
    def build(requires, kind, bound, yanked, year):
        wheel = {
            "any": f"{name}-{version}-py3-none-any.whl",
            "cp36": f"{name}-{version}-cp36-cp36m-manylinux1_x86_64.whl",
            "sdist": f"{name}-{version}.tar.gz",
        }[kind]
        return {"requires": requires, "files": [wheel], "requires_python": bound, "yanked": yanked, "uploaded": f"{year}-01-01"}

    return st.builds(
        build,
        st.lists(asks, max_size=3),
        files,
        st.sampled_from(["", "", ">=3.7", "<3.7"]),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([2018, 2020, 2022]),
    )


packages = st.fixed_dictionaries(
    {
        name: st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=3, unique=True).flatmap(
            lambda versions, name=name: st.fixed_dictionaries({v: release_facts(name, v) for v in versions})
        )
        for name in NAMES
    }
)
root_texts = st.lists(st.builds(lambda n, e, s: f"{n}{e}{s}", st.sampled_from(NAMES), extras, specifiers), min_size=1, max_size=3)
constraint_texts = st.lists(st.builds(lambda n, s: f"{n}{s}", st.sampled_from(NAMES), specifiers), max_size=1)


def needs_of(roots, constraints):
    origin = Origin(kind=OriginKind.DECLARED, path="r.txt", line=1)
    return tuple(Need(requirement=t, origin=origin) for t in roots) + tuple(
        Need(requirement=t, origin=origin, constraint=True) for t in constraints
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(packages, root_texts, constraint_texts, st.sampled_from(["3.6", "3.7"]))
def test_finds_a_set_iff_one_exists_and_only_real_ones(spec, roots, constraints, python):
    index = FakeIndex(spec)
    solutions = all_solutions({n: index.releases(n) for n in NAMES}, roots, constraints, python)
    needs, target = needs_of(roots, constraints), Target(python=python)
    solver = InProcessSolver(index, strict=True)
    found = solver.solve(needs, target, NEWEST)
    assert isinstance(found, Candidate) == bool(solutions)
    if not solutions:
        assert found.because
        return
    day = date(2019, 6, 1)
    others = [solver.solve(needs, target, p) for p in (LOWEST, as_of(day), Policy(name="", kind="perturbed", seed=1))]
    for candidate in (found, *others, *solver.candidates(Project(root=Path(), needs=needs), [target], 12)):
        if isinstance(candidate, Candidate):
            assert frozenset((str(p.name), p.version) for p in candidate.pins) in solutions


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(packages, root_texts, st.sampled_from(["3.6", "3.7"]))
def test_relaxed_sets_solve_the_relaxed_needs(spec, roots, python):
    index = FakeIndex(spec)
    needs = needs_of(roots, ())
    relaxed = list(InProcessSolver(index).candidates(Project(root=Path(), needs=needs), [Target(python=python)], 3))
    if not relaxed:
        return
    became = {told.requirement: told.became for told in relaxed[0].relaxed}
    texts = [became.get(text, text) for text in roots]
    solutions = all_solutions({n: index.releases(n) for n in NAMES}, texts, (), python)
    assert bool(became) != bool(all_solutions({n: index.releases(n) for n in NAMES}, roots, (), python))
    for candidate in relaxed:
        assert frozenset((str(p.name), p.version) for p in candidate.pins) in solutions

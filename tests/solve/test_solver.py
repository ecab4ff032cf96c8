"""The solver on small indexes: policies, pins, wheels, relaxation, explanations."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from resolver.core.candidate import Candidate, EdgeRisk
from resolver.core.conflict import Conflict
from resolver.core.errors import UnknownPackage
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, RunsWith
from resolver.core.reporter import Reporter
from resolver.core.target import PYTHONS, Accelerator, Target
from resolver.solve.policy import LEARNED, LOWEST, NEWEST, Policy, as_of
from resolver.solve.solver import InProcessSolver
from tests.fakes_index import FakeIndex

PY37 = Target(python="3.7")
ALL = [Target(python=python) for python in PYTHONS]


def need(text: str, line: int = 1, *, strength: int = 3, kind: OriginKind = OriginKind.DECLARED, constraint: bool = False) -> Need:
    origin = Origin(kind=kind, path="requirements.txt", line=line)
    return Need(requirement=text, origin=origin, strength=strength, constraint=constraint)


def project(*texts: str | Need, evidence: Evidence | None = None) -> Project:
    needs = tuple(each if isinstance(each, Need) else need(each, at) for at, each in enumerate(texts, start=1))
    return Project(root=Path(), needs=needs, evidence=evidence or Evidence())


def pins(found: Candidate | Conflict) -> dict[str, str]:
    assert isinstance(found, Candidate), found
    return {str(pin.name): pin.version for pin in found.pins}


def solve(packages, *texts, target=PY37, policy=NEWEST, **options):
    return InProcessSolver(FakeIndex(packages), **options).solve(project(*texts).needs, target, policy)


def sentences(conflict: Conflict) -> str:
    return "\n".join([conflict.sentence, *(sentences(child) for child in conflict.because)])


def test_newest_set_is_closed_with_edges_and_interpreter():
    index = {"app": {"1.0": {"requires": ["base>=1"]}}, "base": {"1.0": {}, "2.0": {}}, "other": {"1.0": {}}}
    found = solve(index, "app")
    assert pins(found) == {"app": "1.0", "base": "2.0"}
    assert [r.pin for r in found.releases if r.name == "python"] == [("python", "3.7")]
    assert [(found.releases[a].name, found.releases[b].name) for a, b in found.edges] == [("app", "base")]
    assert found.direct == ("app",)


def test_provider_chosen_early_is_revised_when_a_later_importer_asks():
    index = {"app": {"1": {"requires": ["mid"]}}, "mid": {"2": {"requires": ["base<2"]}}, "base": {"1": {}, "2": {}}}
    assert pins(solve(index, "base", "app"))["base"] == "1"


@pytest.mark.parametrize(("python", "version"), [("3.6", "1.0"), ("3.8", "2.0"), ("3.12", "3.0")])
def test_wheel_tags_decide_per_python(python, version):
    files = {
        "1.0": {"files": ["p-1.0-cp36-cp36m-manylinux1_x86_64.whl", "p-1.0.tar.gz"]},
        "2.0": {"files": ["p-2.0-cp38-cp38-manylinux2014_x86_64.whl", "p-2.0.tar.gz"]},
        "3.0": {"files": ["p-3.0-cp39-abi3-manylinux_2_28_x86_64.whl", "p-3.0.tar.gz"]},
        "4.0": {"files": ["p-4.0-cp39-cp39-manylinux_2_99_x86_64.whl", "p-4.0-cp39-abi3-manylinux_2_28_aarch64.whl"]},
    }
    assert pins(solve({"p": files}, "p", target=Target(python=python))) == {"p": version}


def test_sources_of_a_compiled_package_come_last_but_an_exact_pin_takes_them():
    index = {"p": {"1.0": {"files": ["p-1.0-cp37-cp37m-manylinux1_x86_64.whl"]}, "2.0": {"files": ["p-2.0.tar.gz"]}}}
    assert pins(solve(index, "p")) == {"p": "1.0"}
    assert pins(solve(index, "p>1")) == {"p": "2.0"}
    assert pins(solve({"p": {"1.0": {}, "2.0": {"files": ["p-2.0.tar.gz"]}}}, "p")) == {"p": "2.0"}


def test_yanked_only_when_pinned():
    index = {"p": {"1.0": {}, "2.0": {"yanked": True}}}
    assert pins(solve(index, "p")) == {"p": "1.0"}
    assert pins(solve(index, "p==2.0")) == {"p": "2.0"}
    assert isinstance(solve(index, "p>=2.0"), Conflict)


def test_prereleases_only_when_asked_or_nothing_else():
    index = {"p": {"1.0": {}, "2.0rc1": {}}, "only": {"1.0a1": {}}}
    assert pins(solve(index, "p", "only")) == {"p": "1.0", "only": "1.0a1"}
    assert pins(solve(index, "p>=2.0rc1")) == {"p": "2.0rc1"}


def test_extras_markers_and_constraints():
    index = {
        "app": {"1": {"requires": ["fast>=1 ; extra == 'speed'", "old ; python_version < '3.7'", "base"]}},
        "fast": {"1": {}, "2": {}},
        "old": {"1": {}},
        "base": {"1": {}, "2": {}},
    }
    found = solve(index, "app[speed]", need("base<2", constraint=True), need("old<1", constraint=True))
    assert pins(found) == {"app": "1", "fast": "2", "base": "1"}
    assert "old" in pins(solve(index, "app", target=Target(python="3.6")))


def test_url_needs_are_left_to_others():
    vcs = Need(requirement="thing", origin=Origin(kind=OriginKind.DECLARED), url="git+https://example.org/thing")
    assert pins(solve({"p": {"1": {}}}, vcs, "p")) == {"p": "1"}


def test_as_of_excludes_later_uploads_and_falls_forward_to_the_earliest():
    index = {
        "p": {"1": {"uploaded": "2018-01-01"}, "2": {"uploaded": "2020-01-01"}},
        "late": {"1": {"uploaded": "2021-01-01"}, "2": {"uploaded": "2022-01-01"}},
    }
    assert pins(solve(index, "p", "late", policy=as_of(date(2019, 1, 1)))) == {"p": "1", "late": "1"}


def test_lowest_takes_the_oldest_of_direct_needs_only():
    index = {"app": {"1": {"requires": ["base"]}, "2": {"requires": ["base"]}}, "base": {"1": {}, "2": {}}}
    assert pins(solve(index, "app", policy=LOWEST)) == {"app": "1", "base": "2"}


def test_moves_restrict():
    index = {"app": {"1": {"requires": ["base"]}}, "base": {"1": {}, "2": {}, "3": {}}}
    moved = Policy(name="moved", kind="perturbed", moves=(("base", "!=3"),))
    assert pins(solve(index, "app", policy=moved)) == {"app": "1", "base": "2"}


def test_draws_are_reproducible_and_differ():
    index = {f"p{at}": {f"{v}": {} for v in range(1, 9)} for at in range(12)}
    texts = [f"p{at}" for at in range(12)]
    found = [pins(solve(index, *texts, policy=Policy(name="", kind="perturbed", seed=seed))) for seed in (1, 1, 2, 3)]
    assert found[0] == found[1]
    assert found[1] != found[2] != found[3]


class Judge:
    """Says that `app` breaks on every `base` from version 2 on."""

    def risk(self, importer, provider, python):
        bad = importer.name == "app" and provider.name == "base" and int(provider.version) >= 2
        return EdgeRisk(importer=importer.pin, provider=provider.pin, probability=0.9 if bad else 0.01)


def test_learned_policy_prefers_what_runs():
    index = {"app": {"1": {"requires": ["base"]}}, "base": {"1": {}, "2": {}, "3": {}}}
    assert pins(solve(index, "app", policy=LEARNED, judge=Judge())) == {"app": "1", "base": "1"}
    assert pins(solve(index, "base", "app", policy=LEARNED, judge=Judge())) == {"app": "1", "base": "1"}
    assert pins(solve(index, "app", policy=LEARNED)) == {"app": "1", "base": "3"}


def test_implied_needs_join_and_are_dropped_when_impossible():
    index = {"keras": {"1": {}}, "backend": {"1": {}, "2": {}}, "setuptools": {"81": {}}}
    asked = {"keras": ["backend<2", "setuptools<81", "nowhere"]}
    found = solve(index, "keras", "setuptools", implied=lambda release: asked.get(release.name, ()))
    assert pins(found) == {"keras": "1", "backend": "1", "setuptools": "81"}


def test_implied_need_that_clashes_with_a_pin_gives_way():
    index = {"a": {"1": {}}, "s": {"1": {}, "2": {}}}
    assert pins(solve(index, "a", "s==2", implied=lambda r: ["s<2"] if r.name == "a" else [])) == {"a": "1", "s": "2"}
    assert pins(solve(index, "s", "a", implied=lambda r: ["s<2"] if r.name == "a" else [])) == {"a": "1", "s": "1"}


def test_what_runs_with_some_releases_only_is_in_the_sets_with_them():
    index = FakeIndex({"pandas": {"1.1.5": {}, "1.2.0": {}}, "xlrd": {"1.2.0": {}, "2.0.1": {}}, "openpyxl": {"3.0.0": {}}})
    here = Origin(kind=OriginKind.IMPORTED, path="app.py", line=3)
    along = tuple(RunsWith(releases=of, needs=needs, origin=here) for of, needs in (("pandas<1.2", "xlrd<2"), ("pandas>=1.2", "openpyxl")))
    asked = dataclasses.replace(project("pandas"), evidence=Evidence(runs_with=along))
    solver = InProcessSolver(index, lowest=True)
    found = [pins(one) for one in solver.candidates(asked, [PY37], 20)]
    assert {"pandas": "1.2.0", "openpyxl": "3.0.0"} in found
    assert {"pandas": "1.1.5", "xlrd": "1.2.0"} in found
    assert len(found) == 2
    # The same solver, asked for a project that does nothing of the kind.
    assert {"pandas": "1.2.0"} in [pins(one) for one in solver.candidates(project("pandas"), [PY37], 20)]


def test_cuda_releases_follow_the_driver():
    index = {
        "torch": {"2": {"requires": ["nvidia-cudnn-cu13"]}, "1": {"requires": ["nvidia-cudnn-cu12"]}},
        "nvidia-cudnn-cu12": {"9": {}},
        "nvidia-cudnn-cu13": {"9": {}},
    }

    def on(**accelerator):
        found = solve(index, "torch", target=Target(python="3.11", accelerator=Accelerator(**accelerator)))
        return [r.version for r in found.releases if r.name in {"torch", "cuda"}]

    assert on(kind="cpu") == ["13", "2"]
    assert on(kind="cuda", driver="550.54") == ["12", "1"]
    assert on(kind="cuda", runtime="12.4") == ["12", "1"]
    assert on(kind="cuda", driver="580") == ["13", "2"]


def test_candidates_are_distinct_spread_and_bounded():
    versions = {f"{v}.{m}": {"uploaded": f"20{17 + v}-0{m + 1}-01"} for v in range(1, 8) for m in range(4)}
    index = FakeIndex({"app": {"1": {"requires": ["base", "more"]}}, "base": versions, "more": versions})
    solver = InProcessSolver(index)
    found = list(solver.candidates(project("app", "base"), ALL, 80))
    assert len(found) == 80
    assert len({(c.target.python, c.pins) for c in found}) == 80
    assert [c.target.python for c in found[:8]] == list(PYTHONS)
    assert len({c.policy.split()[0] for c in found}) >= 3
    again = list(InProcessSolver(index).candidates(project("app", "base"), ALL, 80))
    assert [(c.policy, c.pins) for c in again] == [(c.policy, c.pins) for c in found]


class Warnings(Reporter):
    def __init__(self):
        self.told = []

    def warning(self, text):
        self.told.append(text)


def test_unknown_packages():
    with pytest.raises(UnknownPackage, match=r"requirements\.txt:2"):
        solve({"numpy": {"1": {}}}, "numpy", "nunpy")
    heard = Warnings()
    guessed = need("cv3", 4, kind=OriginKind.IMPORTED, strength=1)
    assert pins(solve({"numpy": {"1": {}}}, "numpy", guessed, reporter=heard)) == {"numpy": "1"}
    assert "requirements.txt:4" in heard.told[0]


def test_a_release_that_cannot_be_read_comes_last_and_asks_what_its_relatives_ask():
    index = {
        "p": {"1.0.0": {"requires": ["base<2"]}, "1.0.1": {"unreadable": True}, "1.1.0": {"requires": ["base"]}},
        "base": {"1": {}, "2": {}},
    }
    assert pins(solve(index, "p<1.1")) == {"p": "1.0.0", "base": "1"}
    assert pins(solve(index, "p==1.0.1")) == {"p": "1.0.1", "base": "1"}
    assert isinstance(solve(index, "p==1.0.1", "base==2"), Conflict)


def test_a_source_release_that_needs_a_compiler_helps_when_nothing_else_does():
    wheel = {"files": ["p-2-cp37-cp37m-manylinux1_x86_64.whl"], "requires": ["base>=2"]}
    index = {"p": {"1": {"files": ["p-1.tar.gz"]}, "2": wheel}, "base": {"1": {}, "2": {}}}
    assert pins(solve(index, "p", "base==1")) == {"p": "1", "base": "1"}


class Borrowing(FakeIndex):
    """Every release of `top` seems to ask for what its newest does, until it is read; `base` has a release that was not listed at first."""

    def __init__(self) -> None:
        super().__init__({"top": {"2.0": {"requires": ["base>=9"]}, "1.0": {"requires": ["base>=9"]}}, "base": {"1.0": {}}})
        self.asked: list[list[str]] = []

    def learn(self, releases, packages):
        self.asked.append([f"{name} {version}" for name, version in releases] + list(packages))
        first = len(self.asked) == 1
        if first:
            real = FakeIndex({"top": {"2.0": {"requires": ["base>=9"]}, "1.0": {"requires": ["base>=1"]}}, "base": {"1.1": {}, "1.0": {}}})
            self._releases = real._releases
        return first


def test_before_giving_up_what_clashes_is_read_and_listed_anew():
    index = Borrowing()
    found = list(InProcessSolver(index, learn=index.learn).candidates(project("top"), [PY37], 5))
    assert pins(found[0]) == {"top": "1.0", "base": "1.1"}
    assert set(index.asked[0]) == {"top 2.0", "top 1.0", "base"}


def test_when_reading_teaches_nothing_it_is_asked_once():
    index = Borrowing()
    index.learn([], [])
    index._releases = Borrowing()._releases
    assert not list(InProcessSolver(index, learn=index.learn, strict=True).candidates(project("top"), [PY37], 5))
    assert len(index.asked) == 2


def test_distributions_of_the_same_modules_go_in_step():
    packages = {
        "opencv-python": {"4.5": {}, "4.6": {}, "5.0": {}},
        "opencv-contrib-python-headless": {"4.5": {}, "4.6": {}, "5.0": {}},
        "faces": {"1.0": {"requires": ["opencv-contrib-python-headless>=4.5"]}},
    }
    found = pins(solve(packages, "opencv-python<5", "faces"))
    assert found["opencv-contrib-python-headless"] == found["opencv-python"] == "4.6"


def yanked(*requires: str) -> dict[str, object]:
    return {"requires": list(requires), "yanked": True}


def test_a_yanked_release_is_taken_when_something_in_the_set_pins_it_and_only_then():
    base = {"2.0rc1": {}, "1.1": yanked(), "1.0": yanked()}
    pinned = {"top": {"2.0rc1": {}, "1.1": {"requires": ["base==1.0"]}, "1.0": {}}, "base": base}
    older = {"top": {"1.1": {}, "1.0": {"requires": ["base==1.0"]}}, "base": base}
    behind = {"top": {"1.1": {"requires": ["base==1.0"]}, "1.0": {}}, "base": {**base, "2.0rc1": {"requires": ["top"]}}}
    only = need("base==1.*", constraint=True)
    assert pins(solve(pinned, "top", "base", only)) == {"top": "1.1", "base": "1.0"}
    assert pins(solve(older, "top", "base", only)) == {"top": "1.0", "base": "1.0"}
    assert pins(solve(behind, "base")) == {"top": "1.0", "base": "2.0rc1"}


def test_a_pre_release_is_not_kept_when_what_pinned_it_was_left_behind():
    packages = {
        "bb": {"2.0rc1": {}, "1.1": {"requires": ["cc"]}, "1.0": {}},
        "cc": {"2.0rc1": {}, "1.1": {"requires": ["bb==2.0rc1"]}, "1.0": {}},
    }
    assert pins(solve(packages, "bb")) in ({"bb": "1.1", "cc": "1.0"}, {"bb": "1.0"})


def test_the_oldest_direct_needs_are_tried_where_asked_for() -> None:
    index = FakeIndex({"top": {v: {"requires": ("low",)} for v in ("1.0", "2.0", "3.0")}, "low": {"1.0": {}, "2.0": {}}})
    asked = Project(root=Path(), needs=(need("top>=2"),))
    plain = list(InProcessSolver(index).candidates(asked, [Target(python="3.8")], 10))
    found = list(InProcessSolver(index, lowest=True).candidates(asked, [Target(python="3.8")], 10))
    (oldest,) = [one for one in found if one.policy == "lowest-direct"]
    assert {str(pin) for pin in oldest.pins} == {"top==2.0", "low==2.0"}
    assert not [one for one in plain if one.policy == "lowest-direct"]

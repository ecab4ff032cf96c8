from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from resolver.core.candidate import Candidate, EdgeRisk, Scored
from resolver.core.conflict import Conflict
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Bound, Evidence, Need, Origin, OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import Target
from resolver.flows.resolve import Request, Unsatisfiable, resolve, targets
from resolver.flows.verify import Completed

DECLARED = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
SYNTAX = Origin(kind=OriginKind.IMPORTED, path="app.py", line=3)


def project(*bounds: Bound) -> Project:
    return Project(root=Path(), needs=(Need(requirement="flask", origin=DECLARED),), evidence=Evidence(bounds=bounds))


def pythons(given: Project, **asked: str) -> list[str]:
    return [t.python for t in targets(given, Request(**asked))]


def test_all_interpreters_newest_first_without_bounds() -> None:
    found = pythons(project())
    assert (found[0], found[-1], len(found)) == ("3.13", "3.6", 8)


def test_bounds_narrow_and_patch_bounds_admit_their_minor() -> None:
    bounds = (
        Bound(specifier=">=3.8.2", reason="walrus", origin=SYNTAX),
        Bound(specifier="<3.10", reason="collections.Mapping", origin=SYNTAX),
    )
    assert pythons(project(*bounds)) == ["3.9", "3.8"]


def test_a_declared_bound_gives_way_to_the_syntax_when_both_cannot_hold() -> None:
    bounds = (
        Bound(specifier="==3.6.*", reason="runtime.txt", origin=DECLARED),
        Bound(specifier=">=3.12", reason="type statement", origin=SYNTAX),
    )
    assert pythons(project(*bounds)) == ["3.13", "3.12"]


def test_what_a_file_says_of_its_maker_gives_way_before_what_is_declared() -> None:
    saved = Origin(kind=OriginKind.ARTIFACT, path="train.ipynb")
    bounds = [Bound(specifier="==3.6.*", reason="the notebook's kernel", origin=saved)]
    assert pythons(project(*bounds)) == ["3.6"]
    bounds.append(Bound(specifier="==3.9.*", reason="runtime.txt", origin=DECLARED))
    assert pythons(project(*bounds)) == ["3.9"]


def test_what_the_person_asks_wins() -> None:
    assert pythons(project(Bound(specifier=">=3.8", reason="walrus", origin=SYNTAX)), python="3.7") == ["3.7"]


class TwoSets:
    def __init__(self, *, empty: bool = False) -> None:
        self.empty = empty

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        for python, version, policy in () if self.empty else (("3.11", "3.0", "newest"), ("3.7", "1.0", "as-of 2019-01-01")):
            yield Candidate(
                target=Target(python=python), releases=(Release(pin=Pin(normalize("flask"), version)),), policy=policy, direct=("flask",)
            )


class OldIsGold:
    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        edge = EdgeRisk(
            importer=Pin(normalize("flask"), "3.0"), provider=Pin(normalize("werkzeug"), "3.1"), probability=0.9, why="url_quote is gone"
        )
        return [
            Scored(
                candidate=c, probability=0.9 if c.target.python == "3.7" else 0.1, worst_edges=() if c.target.python == "3.7" else (edge,)
            )
            for c in sorted(candidates, key=lambda c: c.target.python != "3.7")
        ]


def run(solver: TwoSets, complete: Callable[[Candidate], Completed] = lambda candidate: Completed(candidate=candidate)) -> Resolution:
    return resolve(
        project(),
        Request(),
        search=lambda: solver,
        ranker=OldIsGold(),
        explain=lambda *_: Conflict(sentence="flask does not exist"),
        base_image=lambda target: f"python:{target.python}-slim",
        libraries=lambda _: ("libgl1",),
        complete=complete,
        ranker_info=RankerInfo(version="1"),
        snapshot="2026-01-01",
        reporter=Reporter(),
    )


def test_the_top_ranked_set_is_the_answer() -> None:
    answer = run(TwoSets())
    assert answer.target.python == "3.7"
    assert answer.base_image == "python:3.7-slim"
    assert answer.system_packages == ("libgl1",)
    assert answer.considered == 2
    assert [o.candidate.target.python for o in answer.others] == ["3.11"]


class Learning(TwoSets):
    """Offers its favourite until somebody has read that it cannot be had."""

    def __init__(self, *, learns: bool) -> None:
        super().__init__()
        self.learns, self.searches, self.read = learns, 0, False

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        self.searches += 1
        return (c for c in super().candidates(project, targets, limit) if not (self.read and self.learns and c.target.python == "3.7"))

    def complete(self, candidate: Candidate) -> Completed:
        self.read = self.read or candidate.target.python == "3.7"
        return Completed(
            candidate=candidate, wrong=("flask 1.0 needs werkzeug, the set has none",) if candidate.target.python == "3.7" else ()
        )


def test_a_set_that_its_own_metadata_contradicts_makes_the_search_start_again() -> None:
    solver = Learning(learns=True)
    answer = run(solver, solver.complete)
    assert (answer.target.python, solver.searches, answer.warnings) == ("3.11", 2, ())


def test_when_searching_again_changes_nothing_the_next_sound_set_is_taken() -> None:
    solver = Learning(learns=False)
    answer = run(solver, solver.complete)
    assert (answer.target.python, answer.warnings) == ("3.11", ())
    assert solver.searches == 4


def test_when_no_set_is_sound_the_one_that_breaks_least_is_taken_and_says_so() -> None:
    def complete(candidate: Candidate) -> Completed:
        return Completed(candidate=candidate, wrong=("a needs b", "b needs c") if candidate.target.python == "3.7" else ("a needs b",))

    answer = run(TwoSets(), complete)
    assert (answer.target.python, answer.warnings) == ("3.11", ("a needs b",))


def test_what_plain_pip_would_break_is_told_from_the_newest_set() -> None:
    assert run(TwoSets()).would_break == ("flask 3.0 with werkzeug 3.1: url_quote is gone",)


def test_no_set_at_all_carries_the_conflict_and_its_exit_code() -> None:
    with pytest.raises(Unsatisfiable) as caught:
        run(TwoSets(empty=True))
    assert caught.value.exit_code == 3
    assert caught.value.conflict == Conflict(sentence="flask does not exist")

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from resolver.core.candidate import Candidate, Relaxation, Scored
from resolver.core.kept import Former
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Evidence, Project
from resolver.core.reporter import Reporter
from resolver.core.signs import Sign
from resolver.core.target import Target
from resolver.flows.consider import Considered, Desk
from resolver.flows.kept import counterparts, moved
from resolver.flows.verify import Completed

PY, OTHER = Target(python="3.8"), Target(python="3.7")
GAVE = Relaxation(requirement="torch==1", became="torch", where="requirements.txt:1", reason="none")
PROJECT = Project(root=Path(), evidence=Evidence(dates=(Sign(date(2022, 1, 1), "commit"),)))


def a_set(policy: str = "newest", *, target: Target = PY, relaxed: tuple[Relaxation, ...] = (), **versions: str) -> Candidate:
    releases = tuple(Release(pin=Pin(normalize(name), version)) for name, version in sorted(versions.items()))
    return Candidate(target=target, releases=releases, policy=policy, direct=("torch",), relaxed=relaxed)


def former(target: Target = PY, **versions: str) -> Former:
    return Former(target=target, pins=tuple(Pin(normalize(name), version) for name, version in versions.items()))


class World:
    """One set as found by search and others around former versions, with marks by policy."""

    def __init__(self, best: Candidate, *kept: Candidate, marks: dict[str, float]) -> None:
        self.best, self.kept, self.marks, self.asked = best, kept, marks, list[tuple[Target, tuple[Pin, ...]]]()

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        yield self.best

    def keeping(self, project: Project, target: Target, pins: Sequence[Pin]) -> Iterator[Candidate]:
        self.asked.append((target, tuple(pins)))
        yield from self.kept

    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        found = [Scored(candidate=one, probability=self.marks[one.policy], reasons=("so",)) for one in candidates]
        return sorted(found, key=lambda scored: -scored.probability)

    def consider(self, asked: Former | None, wrong: Sequence[str] = (), relaxed: tuple[Relaxation, ...] = ()) -> Considered:
        def complete(candidate: Candidate) -> Completed:
            return Completed(candidate=candidate, wrong=("it lies",) if candidate.policy in wrong else ())

        desk = Desk(search=lambda: self, ranker=self, complete=complete, reporter=Reporter(), limit=9, former=asked)
        seen = desk.consider(PROJECT, (PY,), relaxed)
        assert seen is not None
        return seen


BEST = a_set(torch="2.1", numpy="1.26", flask="3.0")
KEPT = a_set("kept, newest", torch="2.0", numpy="1.24", flask="3.0")
LOCK = former(torch="2.0", numpy="1.24", flask="3.0")


@pytest.mark.parametrize(("mark", "stays"), [(0.97, True), (0.86, True), (0.84, False)])
def test_the_lock_stays_within_five_points_of_the_best_set(mark: float, stays: bool) -> None:
    seen = World(BEST, KEPT, marks={"newest": 0.9, "kept, newest": mark}).consider(LOCK)
    assert seen.best.candidate.policy == ("kept, newest" if stays else "newest")
    assert f"{mark:.0%}".replace("%", " %") in seen.kept
    assert "of 90 %, with torch 2.1, numpy 1.26" in seen.kept
    assert ("--upgrade" in seen.kept) is stays
    assert (seen.passed is not None) is stays
    assert [other.candidate.policy for other in seen.others] == (["newest"] if stays else [])


def test_a_best_set_that_has_the_locked_versions_anyway_is_the_answer_as_if_there_were_no_lock() -> None:
    world = World(BEST, KEPT, marks={"newest": 0.9, "kept, newest": 0.9})
    asked = former(torch="2.1", numpy="1.26")
    assert world.consider(asked) == world.consider(None)
    assert world.asked == []


def test_a_lock_for_another_target_is_not_considered() -> None:
    world = World(BEST, KEPT, marks={"newest": 0.9, "kept, newest": 0.99})
    assert world.consider(former(OTHER, torch="2.0")).kept == ""
    assert world.asked == []


def test_of_a_lock_of_which_some_must_move_the_rest_is_counted() -> None:
    partly = a_set("kept, newest", torch="2.1", numpy="1.24", flask="3.0")
    assert World(BEST, partly, marks={"newest": 0.9, "kept, newest": 0.9}).consider(LOCK).kept.startswith("2 of 3 locked versions stay")


def test_a_set_that_keeps_no_more_than_the_best_or_gives_up_more_lines_is_no_reason_to_leave_it() -> None:
    marks = {"newest": 0.9, "kept, newest": 0.9}
    same = a_set("kept, newest", torch="2.2", numpy="1.25", flask="3.0")
    loose = a_set("kept, newest", torch="2.0", numpy="1.24", flask="3.0", relaxed=(GAVE,))
    for kept in (same, loose):
        seen = World(BEST, kept, marks=marks).consider(LOCK)
        assert (seen.best.candidate.policy, seen.kept) == ("newest", "")


def test_what_a_caller_gave_up_is_told_of_the_kept_set_too() -> None:
    seen = World(BEST, KEPT, marks={"newest": 0.9, "kept, newest": 0.9}).consider(LOCK, relaxed=(GAVE,))
    assert seen.best.candidate.relaxed == (GAVE,)


def test_a_kept_set_that_contradicts_its_own_metadata_is_searched_again_and_then_left() -> None:
    world = World(BEST, KEPT, marks={"newest": 0.9, "kept, newest": 0.9})
    assert world.consider(LOCK, wrong=["kept, newest"]).best.candidate == BEST
    assert len(world.asked) > 1


def test_lighter_builds_stand_for_what_they_were_taken_for() -> None:
    ranked = [Scored(candidate=a_set(**{"tensorflow": "2.10.0", "torch": "1.8.1", "opencv-python-headless": "4.5"}), probability=0.9)]
    lock = former(**{"tensorflow-cpu": "2.10.0", "torch": "1.8.1+cpu", "opencv-python-headless": "4.5", "six": "1"})
    found = counterparts(lock, ranked)
    assert {pin.name: pin.version for pin in found.pins} == {"tensorflow": "2.10.0", "torch": "1.8.1", "opencv-python-headless": "4.5"}
    assert moved(found, ranked[0].candidate) == 0
    assert moved(found, a_set(target=OTHER, tensorflow="2.10.0")) == 3

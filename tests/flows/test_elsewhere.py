from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from resolver.core.candidate import Candidate, Relaxation, Scored
from resolver.core.conflict import Conflict
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Bound, Evidence, Need, Origin, OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import Target
from resolver.flows.resolve import Request, Unsatisfiable, resolve
from resolver.flows.verify import Completed

LINE = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
DOCKERFILE = Origin(kind=OriginKind.DECLARED, path="Dockerfile", line=1)
PINNED = Project(
    root=Path(),
    needs=(Need(requirement="tensorflow==1.15", origin=LINE, strength=3),),
    evidence=Evidence(bounds=(Bound(specifier="==3.9.*", reason="the Dockerfile", origin=DOCKERFILE),)),
)


class World:
    """TensorFlow 1.15 exists on Python 3.7 alone; elsewhere the line gives way, or there is nothing at all."""

    def __init__(self, *, gives: bool) -> None:
        self.gives, self.asked = gives, list[str]()

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        pythons = [target.python for target in targets]
        self.asked += pythons
        told = Relaxation(requirement="tensorflow==1.15", became="tensorflow", where="requirements.txt:1", reason="none there")
        for python, version, relaxed in (("3.7", "1.15", ()), ("3.9", "2.9", (told,))):
            if python in pythons and (self.gives or not relaxed):
                release = Release(pin=Pin(normalize("tensorflow"), version))
                yield Candidate(target=Target(python=python), releases=(release,), policy="newest", relaxed=relaxed)


class Even:
    def rank(self, project: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        return [Scored(candidate=candidate, probability=0.5) for candidate in candidates]


def answer(world: World, request: Request, project: Project = PINNED) -> Resolution:
    return resolve(
        project,
        request,
        search=lambda: world,
        ranker=Even(),
        explain=lambda *_: Conflict(sentence="nothing there"),
        base_image=lambda target: "image",
        libraries=lambda _: (),
        complete=lambda candidate: Completed(candidate=candidate),
        ranker_info=RankerInfo(version="1"),
        snapshot="2026-01-01",
        reporter=Reporter(),
    )


@pytest.mark.parametrize("gives", [True, False])
def test_the_line_that_names_the_interpreter_gives_way_to_a_pin_that_has_no_build_there(gives: bool) -> None:
    found = answer(World(gives=gives), Request())
    assert found.target.python == "3.7"
    assert [(told.requirement, told.became, told.where) for told in found.relaxed] == [("Python ==3.9.*", "Python 3.7", "Dockerfile:1")]


def test_not_with_strict_nor_against_the_person() -> None:
    with pytest.raises(Unsatisfiable):
        answer(World(gives=False), Request(strict=True))
    assert answer(World(gives=True), Request(python="3.9")).target.python == "3.9"


def test_nothing_more_is_searched_when_every_line_holds() -> None:
    bound = Bound(specifier="==3.7.*", reason="the Dockerfile", origin=DOCKERFILE)
    world = World(gives=True)
    kept = Project(root=Path(), needs=PINNED.needs, evidence=Evidence(bounds=(bound,)))
    assert answer(world, Request(), kept).relaxed == ()
    assert world.asked == ["3.7"]

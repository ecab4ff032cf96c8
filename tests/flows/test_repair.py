import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from resolver.core.candidate import Candidate, EdgeRisk, Relaxation, Scored
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.core.target import Target
from resolver.flows.consider import Considered, Desk
from resolver.flows.repair import half_kept, loosened, repaired, turned, unspoken
from resolver.flows.verify import Completed

PY = Target(python="3.7")


def pin(text: str) -> Pin:
    name, _, version = text.partition("==")
    return Pin(normalize(name), version)


def edge(importer: str, provider: str, probability: float) -> EdgeRisk:
    return EdgeRisk(importer=pin(importer), provider=pin(provider), probability=probability, why="a name is gone")


def project(*lines: str, strength: int = 3) -> Project:
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    return Project(root=Path(), needs=tuple(Need(requirement=line, origin=origin, strength=strength) for line in lines))


def open_lines(given: Project, *edges: EdgeRisk) -> list[str]:
    return [relaxation.requirement for _, relaxation in loosened(given, edges)]


def test_only_lines_that_fix_an_end_of_a_breaking_edge_are_in_doubt() -> None:
    given = project("vision==0.4", "pillow==9", "six==1", "click")
    assert open_lines(given, edge("vision==0.4", "pillow==9", 0.9), edge("six==1", "click==1", 0.9)) == [
        "pillow==9",
        "vision==0.4",
        "six==1",
    ]
    assert open_lines(given, edge("vision==0.4", "pillow==9", 0.3)) == []
    assert open_lines(given, edge("vision==0.4", "python==3.7", 0.9)) == []
    assert open_lines(project("pillow==9", strength=6), edge("vision==0.4", "pillow==9", 0.9)) == []


def test_an_opened_line_keeps_its_extras_and_marker_and_says_why() -> None:
    changed, relaxation = next(loosened(project('pillow[x]==9; python_version > "3"'), [edge("vision==0.4", "pillow==9", 0.9)]))
    assert changed.needs[0].requirement == 'pillow[x]; python_version > "3"'
    assert (relaxation.became, relaxation.where) == ("pillow", "requirements.txt:1")
    assert relaxation.reason == "vision==0.4 nearly surely breaks on pillow==9: a name is gone"


class Pinned:
    """A world of one package: what the line says, or 5 when it is open."""

    def candidates(self, given: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        version = given.needs[0].requirement.partition("==")[2] or "5"
        yield Candidate(target=PY, releases=(Release(pin=Pin(normalize("pillow"), version)),), policy="newest", direct=("pillow",))


class Likes:
    def __init__(self, **chances: float) -> None:
        self.chances = chances

    def rank(self, given: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        found = []
        for candidate in candidates:
            chance = self.chances[f"v{candidate.pins[0].version}"]
            bad = (edge("vision==0.4", f"pillow=={candidate.pins[0].version}", 0.9),) if chance < 0.2 else ()
            found.append(Scored(candidate=candidate, probability=chance, worst_edges=bad, reasons=("it is so",)))
        return sorted(found, key=lambda scored: -scored.probability)


def answer(**chances: float) -> Candidate:
    ranker, given = Likes(**chances), project("pillow==9")
    desk = Desk(search=Pinned, ranker=ranker, complete=lambda c: Completed(candidate=c), reporter=Reporter(), limit=10)
    seen = desk.consider(given, [PY])
    assert seen is not None
    return repaired(desk, given, [PY], seen).best.candidate


def test_the_line_gives_way_when_that_helps_clearly_and_is_told() -> None:
    found = answer(v9=0.1, v5=0.6)
    assert found.pins[0].version == "5"
    assert [relaxation.requirement for relaxation in found.relaxed] == ["pillow==9"]


def test_the_line_stands_when_nothing_is_gained_or_nothing_breaks() -> None:
    assert answer(v9=0.1, v5=0.12).pins[0].version == "9"
    assert answer(v9=0.5, v5=0.9).pins[0].version == "9"


def test_a_line_that_gave_way_in_part_is_tried_open_where_the_set_is_doubtful() -> None:
    told = Relaxation(requirement="pillow==9rc1", became="pillow==9.*", where="requirements.txt:1", reason="pillow has no such release")
    given = project("pillow==9rc1", "six==1")
    candidate = Candidate(target=PY, releases=(), policy="newest", relaxed=(told,))

    def options(probability: float) -> list[tuple[list[str], str]]:
        scored = Scored(candidate=candidate, probability=probability)
        found = half_kept(given, Considered(ranked=[scored], best=scored, others=[]))
        return [([need.requirement for need in changed.needs], relaxation.became) for changed, relaxation in found]

    assert options(0.1) == [(["pillow", "six==1"], "pillow")]
    assert options(0.7) == []


def test_what_is_only_spoken_of_goes_where_the_set_is_doubtful() -> None:
    given = project("pillow==9", "six==1", strength=-1)

    def options(probability: float) -> list[tuple[int, str]]:
        scored = Scored(candidate=Candidate(target=PY, releases=(), policy="newest"), probability=probability)
        found = unspoken(given, Considered(ranked=[scored], best=scored, others=[]))
        return [(len(changed.needs), relaxation.requirement) for changed, relaxation in found]

    assert options(0.1) == [(0, "pillow==9, six==1")]
    assert options(0.7) == []


def test_of_two_lines_that_contradict_each_other_the_other_one_may_give_way_where_the_set_is_doubtful() -> None:
    told = Relaxation(requirement="pillow==9", became="pillow", where="requirements.txt:1", reason="pillow==8 says otherwise")
    given = project("pillow==9", "six==1")
    pipfile = Need(requirement="pillow==8", origin=Origin(kind=OriginKind.DECLARED, path="Pipfile", line=3), strength=3)
    given = dataclasses.replace(given, needs=(*given.needs, pipfile))
    candidate = Candidate(target=PY, releases=(), policy="newest", relaxed=(told,))

    def options(probability: float, within: Project = given) -> list[tuple[list[str], str, str]]:
        scored = Scored(candidate=candidate, probability=probability)
        found = turned(within, Considered(ranked=[scored], best=scored, others=[]))
        return [([need.requirement for need in changed.needs], relaxation.requirement, relaxation.where) for changed, relaxation in found]

    assert options(0.4) == [(["pillow==9", "six==1", "pillow"], "pillow==8", "Pipfile:3")]
    assert options(0.6) == []
    assert options(0.4, project("pillow==9", "six==1")) == []

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Evidence, Origin, OriginKind, Project, RunsWith
from resolver.core.reporter import Reporter
from resolver.core.signs import Sign
from resolver.core.target import Target
from resolver.flows.consider import Desk, Learnt, demoted, freshened
from resolver.flows.verify import Completed


def scored(python: str, year: int, probability: float) -> Scored:
    release = Release(pin=Pin(normalize("torch"), str(year)), uploaded=datetime(year, 1, 1, tzinfo=UTC))
    return Scored(candidate=Candidate(target=Target(python=python), releases=(release,), direct=("torch",)), probability=probability)


def order(*given: Scored) -> list[tuple[str, str]]:
    return [(s.candidate.target.python, s.candidate.pins[0].version) for s in freshened(given)]


def test_of_sets_about_as_likely_the_newest_goes_first_and_the_others_keep_their_order() -> None:
    given = (scored("3.7", 2021, 0.95), scored("3.11", 2024, 0.93), scored("3.11", 2025, 0.91), scored("3.12", 2025, 0.6))
    assert order(*given) == [("3.11", "2025"), ("3.7", "2021"), ("3.11", "2024"), ("3.12", "2025")]


def test_a_clearly_likelier_set_stays_first() -> None:
    assert order(scored("3.7", 2021, 0.95), scored("3.12", 2025, 0.8))[0] == ("3.7", "2021")


class Bench:
    """A search that counts, a ranker whose marks change with what was read, and a reader with a script."""

    def __init__(self, *learns: Learnt, marks: list[dict[str, float]]) -> None:
        self.learns, self.marks, self.searches, self.read = list(learns), marks, 0, []

    def candidates(self, project, targets, limit):
        self.searches += 1
        return iter([scored("3.8", 2021, 0).candidate, scored("3.9", 2022, 0).candidate])

    def rank(self, project, candidates):
        marks = self.marks[min(len(self.read), len(self.marks) - 1)]
        found = [Scored(candidate=c, probability=marks[c.pins[0].version]) for c in candidates]
        return sorted(found, key=lambda s: -s.probability)

    def study(self, chosen):
        self.read.append(chosen.candidate.pins[0].version)
        return self.learns.pop(0) if self.learns else Learnt.NOTHING

    def best(self):
        desk = Desk(
            search=lambda: self, ranker=self, complete=lambda c: Completed(candidate=c), reporter=Reporter(), limit=9, study=self.study
        )
        evidence = Evidence(dates=(Sign(date(2022, 1, 1), "commit"),))
        seen = desk.consider(Project(root=Path(), needs=(), evidence=evidence), (Target(python="3.8"),))
        return seen.best.candidate.pins[0].version


def test_what_reading_shows_is_ranked_anew_without_another_search() -> None:
    bench = Bench(Learnt.TAKES, marks=[{"2021": 0.9, "2022": 0.8}, {"2021": 0.2, "2022": 0.88}])
    assert (bench.best(), bench.read, bench.searches) == ("2022", ["2021", "2022"], 1)


def test_a_set_that_lacks_something_or_sets_that_all_look_worse_are_searched_again() -> None:
    bench = Bench(Learnt.NEEDS, marks=[{"2021": 0.9, "2022": 0.8}])
    assert (bench.best(), bench.searches) == ("2021", 2)
    bench = Bench(Learnt.TAKES, marks=[{"2021": 0.9, "2022": 0.1}, {"2021": 0.2, "2022": 0.1}])
    assert (bench.best(), bench.searches) == ("2021", 2)


def test_nothing_to_read_costs_nothing() -> None:
    bench = Bench(marks=[{"2021": 0.9, "2022": 0.8}])
    assert (bench.best(), bench.read, bench.searches) == ("2021", ["2021"], 1)


def test_a_set_that_was_drawn_at_random_must_be_clearly_likelier() -> None:
    def drawn(probability):
        one = scored("3.8", 2015, probability)
        return dataclasses.replace(one, candidate=dataclasses.replace(one.candidate, policy="perturbed 21 as-of 2025-01-23"))

    plain = scored("3.8", 2021, 0.85)
    assert demoted([drawn(0.92), plain])[0] == plain
    assert demoted([drawn(0.94), plain])[0].probability == 0.94


def test_a_set_that_lacks_what_its_releases_run_with_is_halved_and_told() -> None:
    here = Origin(kind=OriginKind.IMPORTED, path="app.py", line=3)
    along = (RunsWith(releases="torch<2022", needs="boards>=2", origin=here),)

    def beside(year: int, boards: str, probability: float) -> Scored:
        one = scored("3.8", year, probability)
        more = (Release(pin=Pin(normalize("boards"), boards)),) if boards else ()
        return dataclasses.replace(one, candidate=dataclasses.replace(one.candidate, releases=(*more, *one.candidate.releases)))

    old, without, whole, newer = beside(2021, "1", 0.95), beside(2021, "", 0.9), beside(2021, "2", 0.6), beside(2022, "", 0.55)
    ranked = demoted([old, without, whole, newer], along)
    assert [one.candidate for one in ranked] == [whole.candidate, newer.candidate, old.candidate, without.candidate]
    assert ranked[2].reasons == ("app.py:3: torch==2021 wants boards>=2, the set has 1",)
    assert ranked[3].reasons == ("app.py:3: torch==2021 wants boards>=2, the set has none",)
    assert (ranked[0].reasons, ranked[1].reasons) == ((), ())

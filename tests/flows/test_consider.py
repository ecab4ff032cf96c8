from datetime import UTC, datetime

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Target
from resolver.flows.consider import freshened


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

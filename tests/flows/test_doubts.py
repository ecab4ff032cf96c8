from resolver.core.candidate import Candidate, Scored
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Target
from resolver.flows.doubts import TRIES, Doubts


def scored(python: str, version: str, probability: float) -> Scored:
    release = Release(pin=Pin(normalize("torch"), version))
    return Scored(candidate=Candidate(target=Target(python=python), releases=(release,), direct=("torch",)), probability=probability)


def order(found: list[Scored]) -> list[tuple[str, str, float]]:
    return [(s.candidate.target.python, s.candidate.pins[0].version, round(s.probability, 3)) for s in found]


def test_a_set_whose_members_take_from_each_other_in_vain_goes_behind_a_sound_one() -> None:
    asked = []

    def apart(candidate: Candidate) -> tuple[str, float] | None:
        asked.append(candidate.pins[0].version)
        return ("takes in vain", 0.7) if candidate.pins[0].version == "1" else None

    doubts = Doubts(apart=apart)
    assert order(doubts.weighed([scored("3.8", "1", 0.9), scored("3.8", "2", 0.8)])) == [("3.8", "2", 0.8), ("3.8", "1", 0.63)]
    assert asked == ["1", "2"]
    still = doubts.weighed([scored("3.8", "1", 0.9), scored("3.8", "2", 0.5)])
    assert order(still)[0] == ("3.8", "1", 0.63)
    assert still[0].reasons == ("takes in vain",)


def test_a_member_that_the_interpreter_cannot_import_speaks_against_all_its_sets_there() -> None:
    asked = []

    def newer(candidate: Candidate) -> tuple[Pin, str] | None:
        asked.append(str(candidate.pins[0]))
        pin = candidate.pins[0]
        return (pin, "wants another Python") if candidate.target.python == "3.8" and pin.version == "1" else None

    many = [scored("3.8", "1", 0.9 - place / 1000) for place in range(4 * TRIES)]
    found = Doubts(newer=newer).weighed([*many, scored("3.9", "1", 0.4)])
    assert order(found)[0] == ("3.9", "1", 0.4)
    assert found[1].reasons == ("wants another Python",)
    assert len(asked) == 2  # once for the forty-eight, once for the last one

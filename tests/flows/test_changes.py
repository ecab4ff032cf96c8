from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from resolver.core.candidate import Candidate, Scored
from resolver.core.kept import Former
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Strength, Use
from resolver.core.reporter import Reporter
from resolver.core.signs import Sign
from resolver.core.target import Target
from resolver.flows.changes import changes, options
from resolver.flows.consider import Desk
from resolver.flows.verify import Completed

PY = Target(python="3.7")
LINE = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
SOURCE = Origin(kind=OriginKind.IMPORTED, path="app.py", line=7)
PROJECT = Project(
    root=Path(),
    needs=(
        Need(requirement="keras==2.2.4", origin=LINE, strength=Strength.PINNED),
        Need(requirement="flask", origin=LINE),
        Need(requirement="tensorflow<=1.15.5", origin=SOURCE, constraint=True, strength=Strength.USED),
    ),
    evidence=Evidence(uses=(Use(dotted="tensorflow.placeholder", origin=SOURCE),), dates=(Sign(date(2018, 5, 1), "last commit"),)),
)


class World:
    """The newest versions, unless something holds them: `joint` makes keras wait for every other hold as well."""

    def __init__(self, *, joint: bool = False, deaf: bool = False) -> None:
        self.joint, self.deaf = joint, deaf

    def keeping(self, given: Project, target: Target, pins: Sequence[Pin]) -> Iterator[Candidate]:
        releases = tuple(Release(pin=pin) for pin in pins)
        yield Candidate(target=target, releases=releases, policy="kept, newest", direct=("flask", "keras", "tensorflow"))

    def candidates(self, given: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        held = any(need.requirement == "keras==2.2.4" for need in given.needs)
        used = any(need.strength == Strength.USED for need in given.needs)
        waits = self.joint and (used or held or given.evidence.dates)
        keras = "2.2.4" if self.deaf or held or waits else "3.0.0"
        tensorflow = "1.15.5" if self.deaf or used or waits else "2.16.1"
        pins = {"keras": keras, "tensorflow": tensorflow, "flask": "1.0.2" if held else "1.0.3"}
        releases = tuple(Release(pin=Pin(normalize(name), version)) for name, version in pins.items())
        yield Candidate(target=PY, releases=releases, policy="newest", direct=("flask", "keras", "tensorflow"))


class Even:
    def rank(self, given: Project, candidates: Sequence[Candidate]) -> Sequence[Scored]:
        return [Scored(candidate=candidate, probability=0.9, reasons=("it is so",)) for candidate in candidates]


def told(world: World, former: Former | None = None) -> tuple[str, ...]:
    desk = Desk(
        search=lambda: world, ranker=Even(), complete=lambda c: Completed(candidate=c), reporter=Reporter(), limit=10, former=former
    )
    seen = desk.consider(PROJECT, [PY])
    assert seen is not None
    return changes(desk, PROJECT, [PY], seen)


def test_lines_and_uses_that_hold_versions_are_options() -> None:
    assert [(option.what, option.name) for option in options(PROJECT)] == [
        ("keras==2.2.4 in requirements.txt:1", "keras"),
        ("tensorflow.placeholder in app.py:7", "tensorflow"),
    ]
    opened, unused = (option.change(PROJECT) for option in options(PROJECT))
    assert [need.requirement for need in opened.needs] == ["keras", "flask", "tensorflow<=1.15.5"]
    assert unused.evidence.uses == ()
    assert len(unused.needs) == 2


def test_what_holds_another_series_is_told_and_small_differences_are_not() -> None:
    assert told(World()) == (
        "without keras==2.2.4 in requirements.txt:1: keras 3.0.0 on Python 3.7 (90%)",
        "without tensorflow.placeholder in app.py:7: tensorflow 2.16.1 on Python 3.7 (90%)",
    )


def test_what_holds_together_is_told_together() -> None:
    (sentence,) = told(World(joint=True))
    assert sentence.startswith("no single line, use or date; without all of keras==2.2.4 in requirements.txt:1, ")
    assert sentence.endswith("its date (2018-05-01): keras 3.0.0, tensorflow 2.16.1 on Python 3.7 (90%)")


def test_it_is_told_when_nothing_holds_the_choice() -> None:
    assert told(World(deaf=True)) == ("nothing: without every line, use and date the choice is the same",)


def test_a_lock_that_stays_hides_nothing() -> None:
    locked = {"keras": "2.2.4", "tensorflow": "1.15.5", "flask": "1.0.1"}
    former = Former(target=PY, pins=tuple(Pin(normalize(name), version) for name, version in locked.items()))
    assert told(World(), former) == told(World()) != ()

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

from resolver.core.project import Evidence, Need, Origin, OriginKind, Project
from resolver.core.signs import Sign, SignKind
from resolver.flows.dated import dated
from tests.fakes_index import FakeIndex


def project(*texts: str, dates: tuple[Sign, ...] = ()) -> Project:
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    return Project(root=Path(), needs=tuple(Need(requirement=text, origin=origin) for text in texts), evidence=Evidence(dates=dates))


INDEX = FakeIndex(
    {
        "flask": {"1.0": {"uploaded": "2018-04-26"}, "3.0": {"uploaded": "2023-09-30"}},
        "numpy": {"1.16.4": {"uploaded": "2019-05-29"}},
    }
)


def test_an_undated_project_is_dated_by_its_newest_pin() -> None:
    found = dated(project("flask==1.0", "numpy==1.16.4", "scipy", "unknown==1"), INDEX)
    assert found.evidence.dates == (Sign(date(2019, 5, 29), "numpy 1.16.4 was uploaded", SignKind.PIN),)
    assert found.evidence.last_worked == date(2019, 5, 29)


def test_a_commit_stays_the_best_guess_and_the_pin_another_day_to_try() -> None:
    commit = Sign(date(2022, 1, 1), "last commit")
    evidence = dated(project("flask==1.0", dates=(commit,)), INDEX).evidence
    assert (evidence.last_worked, evidence.dating.others) == (date(2022, 1, 1), (date(2018, 4, 26),))


def test_without_pins_nothing_changes() -> None:
    given = project("flask>=1.0", "numpy")
    assert dated(given, INDEX) == given
    assert dated(dataclasses.replace(given, needs=()), INDEX).evidence.dates == ()

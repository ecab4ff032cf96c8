from __future__ import annotations

from datetime import date
from pathlib import Path

from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.core.signs import Sign, SignKind
from resolver.flows.unborn import without_unborn

HERE = Origin(kind=OriginKind.IMPORTED, path="app.py", line=3)
WRITTEN = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)


def project(*dates: date) -> Project:
    needs = (Need(requirement="late", origin=HERE, strength=1), Need(requirement="late-too", origin=WRITTEN))
    uses = (Use(dotted="late.f", origin=HERE), Use(dotted="other.g", origin=HERE))
    return Project(
        root=Path(), needs=needs, evidence=Evidence(uses=uses, dates=tuple(Sign(day, "commit", SignKind.COMMIT) for day in dates))
    )


def test_a_guess_from_after_the_project_is_left_out_and_told() -> None:
    found = without_unborn(project(date(2018, 1, 1)), lambda name: date(2023, 5, 1))
    assert [need.requirement for need in found.needs] == ["late-too"]
    assert [use.guarded for use in found.evidence.uses] == [True, False]
    assert found.evidence.notes[0].startswith("app.py:3: 'late' was first published on 2023-05-01, long after 2018-01-01")


def test_what_existed_or_is_not_in_doubt_stays() -> None:
    given = project(date(2018, 1, 1))
    assert without_unborn(given, lambda name: date(2018, 11, 1)) == given
    assert without_unborn(given, lambda name: None) == given
    assert without_unborn(project(), lambda name: date(2023, 5, 1)) == project()

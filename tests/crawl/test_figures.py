import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin
from resolver.core.target import Target
from resolver.crawl.figures import classes_by_day, draw, heat_page, pace, shares

DAY = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)


def outcome(version: str, python: str, verdict: Verdict, hours: int = 0) -> Outcome:
    failure = {Verdict.PASS: FailureClass.NONE, Verdict.FAIL: FailureClass.ABI, Verdict.VOID: FailureClass.MACHINE}[verdict]
    spec = BuildSpec(target=Target(python=python), pins=(Pin("nothing", "1"), Pin("tensorflow", version)))
    return Outcome(spec=spec, verdict=verdict, stage=Stage.RUN, failure=failure, seconds=4.0, when=DAY + timedelta(hours=hours))


SEEN = [
    outcome("1.14.0", "3.7", Verdict.PASS),
    outcome("1.14.1", "3.7", Verdict.FAIL),
    outcome("2.10.0", "3.10", Verdict.PASS, 1),
    outcome("2.9.1", "3.10", Verdict.FAIL, 2),
    outcome("2.9.1", "3.10", Verdict.VOID, 2),
]


def test_shares_count_series_by_interpreter_in_order_of_version() -> None:
    assert list(shares(SEEN).items()) == [
        (("tensorflow", "1.14"), {"3.7": (1, 2)}),
        (("tensorflow", "2.9"), {"3.10": (0, 1)}),
        (("tensorflow", "2.10"), {"3.10": (1, 1)}),
    ]


def test_days_and_hours() -> None:
    assert classes_by_day(SEEN) == {date(2026, 1, 1): {"pass": 2, "abi": 1}, date(2026, 1, 2): {"abi": 1, "void": 1}}
    assert pace(SEEN) == [("2026-01-01 22h", 2, 4.0), ("2026-01-01 23h", 1, 4.0), ("2026-01-02 00h", 2, 4.0)]


def test_the_page_escapes_what_outcomes_say() -> None:
    page = heat_page({("<b>", "1"): {"3.7": (1, 2)}})
    assert "<b>" not in page
    assert "1/2" in page


def test_pictures_are_drawn_for_what_there_is(tmp_path: Path) -> None:
    written = draw(SEEN, tmp_path / "deep" / "er")
    assert [file.name for file in written] == ["heat-map.html", "heat-map.png", "classes.png", "throughput.png"]
    assert all(file.stat().st_size > 500 for file in written)
    assert written[1].read_bytes().startswith(b"\x89PNG")
    assert draw([], tmp_path) == []
    plain = [dataclasses.replace(one, spec=dataclasses.replace(one.spec, pins=())) for one in SEEN]
    assert [file.name for file in draw(plain, tmp_path)] == ["classes.png", "throughput.png"]

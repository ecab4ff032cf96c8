"""Scoring by several processes is scoring by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.compose import House
from resolver.compose.scoring import FEW, SHARE, scored
from resolver.core.errors import UsageError
from resolver.rank.score import numbered
from resolver.settings import Settings, load


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RESOLVER_HOME", str(tmp_path))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    return load({"offline": True})[0]


def _lines(count: int) -> Iterator[str]:
    for number in range(count):
        pins = {"flask": f"1.{number % 2}.1", "markupsafe": f"2.{number % 3 % 2}.0", "nobody-made-this": "1"}
        yield json.dumps({"id": number, "python": f"3.{7 + number % 4}", "pins": pins, "uses": ["flask.Flask"]})


def test_many_lines_are_answered_by_several_processes_as_by_one_and_in_order(values: Settings) -> None:
    house = House(values)
    count = FEW + SHARE + 7
    together = list(scored(values, numbered(_lines(count)), lambda _: pytest.fail("one process would do it alone")))
    assert together == list(house.score_here(numbered(_lines(count))))
    assert [json.loads(line)["id"] for line in together] == list(range(count))


def test_few_lines_are_worth_no_second_process(values: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.compose.scoring.ProcessPoolExecutor", lambda *_: pytest.fail("a process was started"))
    assert len(list(House(values).score(_lines(FEW)))) == FEW


def test_a_line_that_is_no_request_is_told_by_its_number_from_another_process_too(values: Settings) -> None:
    wrong = [*_lines(FEW + 2), "", "{"]
    with pytest.raises(UsageError, match=f"line {FEW + 4} is no JSON"):
        list(House(values).score(wrong))

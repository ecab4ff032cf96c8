"""The nightly run on a snapshot of its own."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from resolver.compose import House
from resolver.core.errors import IndexUnreachable, UsageError
from resolver.core.reporter import Reporter
from resolver.crawl.stacks import Stack
from resolver.flows.crawl import CrawlRequest
from resolver.settings import bundled, load


class Noting(Reporter):
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warning(self, text: str) -> None:
        self.warned.append(text)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("RESOLVER_HOME", str(tmp_path))
    return House(load({"store": str(tmp_path / "outcomes.sqlite")})[0], reporter=Noting())


def test_a_copy_of_the_bundled_snapshot_is_renewed_from_the_day_it_had(house: House, tmp_path: Path, monkeypatch) -> None:
    asked: list[tuple[str, date]] = []
    monkeypatch.setattr(House, "index_refresh", lambda self, place, *, since: asked.append((self.settings.snapshot, since)))
    before = bundled("snapshot.sqlite").read_bytes()
    day = date.fromisoformat(house.snapshot.snapshot[:10])
    renewed, since = house.renewed()
    own = tmp_path / "data" / "snapshot.sqlite"
    assert since == day
    assert renewed.settings.offline
    assert not house.settings.offline
    assert asked[0][0] == renewed.settings.snapshot == str(own)
    assert asked[0][1] < day
    assert own.read_bytes() == before == bundled("snapshot.sqlite").read_bytes()


def test_without_the_index_the_night_goes_on_with_what_there_is_and_nothing_is_new(house: House, monkeypatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise IndexUnreachable("nobody answers")

    monkeypatch.setattr(House, "index_refresh", away)
    renewed, since = house.renewed()
    assert since is None
    assert renewed.settings.offline
    assert renewed.snapshot.snapshot == house.snapshot.snapshot
    assert "nobody answers" in house.reporter.warned[0]


def test_a_snapshot_of_ones_own_is_renewed_where_it_lies(house: House, tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "mine.sqlite"
    own.write_bytes(bundled("snapshot.sqlite").read_bytes())
    monkeypatch.setattr(House, "index_refresh", lambda self, place, *, since: None)
    mine = House(dataclasses.replace(house.settings, snapshot=str(own)), reporter=Noting())
    assert mine.renewed()[0].settings.snapshot == str(own)
    assert not (tmp_path / "data" / "snapshot.sqlite").exists()


def test_a_stack_whose_import_nothing_provides_is_told_and_not_built(house: House) -> None:
    offline = House(dataclasses.replace(house.settings, offline=True), reporter=Noting())
    whole, torn = Stack(name="whole", needs=("six",)), Stack(name="torn", needs=("six",), inferred=("no-such-package-anywhere",))
    planned = offline.plan([torn, whole], CrawlRequest(per_stack=2))
    assert {cell.stack.name for cell in planned} == {"whole"}
    assert any("torn" in line and "no-such-package-anywhere" in line for line in offline.reporter.warned)


def test_a_night_is_planned_round_by_round_and_tells_why(house: House) -> None:
    offline = House(dataclasses.replace(house.settings, offline=True), reporter=Noting())
    stacks = [Stack(name=name, needs=(name,)) for name in ("six", "idna", "certifi", "urllib3", "chardet", "click")]
    choices = list(offline.plan_night(stacks, CrawlRequest(per_stack=2, budget_seconds=3600)))
    assert {choice.cell.stack.name for choice in choices} == {stack.name for stack in stacks}
    assert {choice.why for choice in choices} <= {"spread", "unsure"}


def test_a_name_that_no_stack_has_is_told_with_one_that_has(house: House) -> None:
    with pytest.raises(UsageError, match="no-such-stack"):
        house.stacks(None, "no-such-stack")
    assert house.stacks(None, house.stacks(None)[0].name)

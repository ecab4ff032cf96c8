"""What every outcome store promises."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolver.core.outcome import Outcome, Verdict
from resolver.interfaces import OutcomeStore
from resolver.store.database import open_store
from resolver.store.memory import MemoryStore
from tests.store.outcomes import outcome
from tests.store.servers import postgres_url


def _sqlite(folder: Path) -> OutcomeStore:
    return open_store(folder / "outcomes.sqlite")


def _postgres(folder: Path) -> OutcomeStore:
    return open_store(postgres_url())


MAKERS: dict[str, Callable[[Path], Any]] = {"memory": lambda _: MemoryStore(), "sqlite": _sqlite, "postgresql": _postgres}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MAKERS[request.param](tmp_path)


def test_is_a_store(store: Any) -> None:
    assert isinstance(store, OutcomeStore)


def test_empty(store: Any) -> None:
    assert list(store.iterate()) == []
    assert store.keys() == frozenset()
    assert store.known_releases() == frozenset()
    assert list(store.facts()) == []
    assert store.counts()["outcomes"] == 0


def test_what_is_added_comes_back_in_order(store: Any) -> None:
    added = [outcome(number, verdict=Verdict.FAIL if number % 2 else Verdict.PASS) for number in (3, 1, 2, 0)]
    for one in added:
        store.add(outcome=one)
    assert list(store.iterate()) == added
    assert store.keys() == {one.spec.key for one in added}


def test_a_second_outcome_of_a_spec_is_kept_too(store: Any) -> None:
    added = [outcome(1), outcome(1, verdict=Verdict.FAIL), outcome(1)]
    for one in added:
        store.add(one)
    assert list(store.iterate()) == added
    assert len(store.keys()) == 1


def test_void_is_stored_but_no_key(store: Any) -> None:
    store.add(outcome(1, verdict=Verdict.VOID))
    assert store.keys() == frozenset()
    assert [one.verdict for one in store.iterate()] == [Verdict.VOID]
    store.add(outcome(1))
    assert store.keys() == {outcome(1).spec.key}


def test_any_text_of_a_build_can_be_stored(store: Any) -> None:
    """A build prints what it likes: NUL and lone surrogates are replaced, the rest is kept."""
    told = outcome(1, message="naïve 💥 \\x00", log="a\0b\ud800c\r\n\x1b[31m")
    store.add(told)
    (back,) = store.iterate()
    assert back.message == "naïve 💥 \\x00"
    assert back.log == "a\ufffdb\\ud800c\r\n\x1b[31m"
    assert dataclasses.replace(back, log=told.log) == told


def fact(name: str, version: str, python: str, note: str) -> str:
    return json.dumps({"name": name, "version": version, "python": python, "note": note})


def test_walked_releases_are_kept_apart_the_first_one_written(store: Any) -> None:
    first = (fact("NumPy", "1.16", "3.7", "a"), fact("numpy", "1.16", "3.6", "b"), "not json")
    store.add(outcome(1, released=first))
    store.add(outcome(2, released=(fact("numpy", "1.16", "3.7", "late"), fact("six", "1.0", "3.7", "c"))))
    assert [one.released for one in store.iterate()] == [(), ()]
    assert store.known_releases() == {"numpy==1.16", "six==1.0"}
    assert sorted(store.facts()) == sorted([*first, fact("six", "1.0", "3.7", "c")])


def test_many_facts_come_back_once_each(store: Any) -> None:
    lines = [fact(f"p{n % 7}", f"{n}", f"3.{6 + n % 3}", "x") for n in range(173)]
    store.add(outcome(1, released=tuple(lines)))
    assert sorted(store.facts()) == sorted(lines)


def test_add_missing_adds_what_is_new(store: Any) -> None:
    store.add(outcome(1))
    other = outcome(1, seconds=7.0)
    assert store.add_missing([outcome(1), other, outcome(2), outcome(2)]) == 2
    assert list(store.iterate()) == [outcome(1), other, outcome(2)]
    assert store.add_missing(list(store.iterate())) == 0


def test_adding_while_reading_ends(store: Any) -> None:
    store.add(outcome(0))
    store.add(outcome(1))
    seen: list[Outcome] = []
    for one in store.iterate():
        seen.append(one)
        store.add(outcome(9))
    assert seen == [outcome(0), outcome(1)]
    assert len(list(store.iterate())) == 4


def test_counts(store: Any) -> None:
    from resolver.core.outcome import FailureClass
    from resolver.core.target import Accelerator, Target

    cpu = Target(python="3.10", accelerator=Accelerator())
    store.add(outcome(1))
    store.add(outcome(2, verdict=Verdict.FAIL))
    store.add(outcome(3, verdict=Verdict.FAIL, failure=FailureClass.UNKNOWN, target=cpu))
    store.add(outcome(4, verdict=Verdict.VOID))
    assert store.counts() == {
        "outcomes": 3, "passed": 1, "failed": 2, "void": 1, "failed_share": 0.6667, "unknown_share": 0.5,
        "edges": 5, "edges_broken": 2, "edges_distinct": 4, "distributions": 2, "distributions_50": 0,
        "by_python": {"3.7": {"passed": 1, "failed": 1}, "3.10": {"passed": 0, "failed": 1}},
        "by_cuda": {"cpu": {"passed": 0, "failed": 1}, "cuda 12": {"passed": 1, "failed": 1}},
        "by_class": {"abi": 1, "unknown": 1},
        "stacks": {"stack-0": {"passed": 0, "failed": 1}, "stack-1": {"passed": 1, "failed": 0}, "stack-2": {"passed": 0, "failed": 1}},
    }  # fmt: skip
    assert list(store.counts()["by_python"]) == ["3.7", "3.10"]


def test_distributions_50(store: Any) -> None:
    store.add_missing([outcome(n, pins=2 if n < 50 else 1) for n in range(51)])
    assert store.counts()["distributions_50"] == 2

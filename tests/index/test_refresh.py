from __future__ import annotations

import re
from datetime import date

from resolver.core.package import Pin
from resolver.index.cache import Cache
from resolver.index.pipconfig import PipAccess
from resolver.index.refresh import refresh, seeds, visits
from resolver.index.simple import LiveIndex
from resolver.index.snapshot import Snapshot
from tests.index.server import IndexServer, wheel


def live(server, cache=None):
    return LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=cache or Cache(), listing=True, max_age=0)


def test_a_snapshot_is_made_and_renewed(tmp_path):
    path = tmp_path / "s.sqlite"
    packages = {
        "a": [wheel("a", "1.0", requires=("b",)), wheel("a", "1.1", requires=("b",), yanked=True), wheel("a", "2.0.dev1")],
        "b": [wheel("b", "1.0.0"), wheel("b", "1.0.1", files={"b_mod/__init__.py": b""})],
        "c": [wheel("c", "1.0")],
    }
    with IndexServer(packages) as server:
        assert refresh(live(server), path, [("a",)], since=date(2021, 1, 1), ranks={"b": 7}, workers=2) == 2
        first = Snapshot(path)
        assert first.names() == ("a", "b")
        assert first.release("a", "1.0").requires == ("b",)
        assert first.release("b", "1.0.0") is None
        assert first.release("b", "1.0.1").modules == ("b_mod",)
        assert first.module_owners("b_mod") == (("b", 7),)
        first.close()

        server.packages["b"].append(wheel("b", "2.0", uploaded="2026-01-01T00:00:00Z"))
        server.moods.seen.clear()
        assert (
            refresh(live(server), path, [("a",), ("c",)], since=date.today(), pins=[Pin("b", "1.0.0"), Pin("elsewhere", "1")], workers=2)
            == 3
        )
        second = Snapshot(path)
        assert second.release("b", "2.0")
        assert second.release("b", "1.0.0")
        assert server.moods.asked("elsewhere") == 0
        assert second.release("b", "1.0.1").modules == ("b_mod",)
        assert second.popularity("b") == 7
        second.close()


def test_a_package_that_vanished_stays(tmp_path):
    path = tmp_path / "s.sqlite"
    with IndexServer({"a": [wheel("a", "1.0")]}) as server:
        refresh(live(server), path, [("a",)], since=date.today(), workers=1)
        del server.packages["a"]
        refresh(live(server), path, [("a",)], since=date.today(), workers=1)
    kept = Snapshot(path)
    assert kept.release("a", "1.0")
    kept.close()


def test_seeds_are_stacks_of_requirements():
    assert seeds("a==1 b>2 # why\n\n# nothing\nc\n") == (("a==1", "b>2"), ("c",))
    assert all(re.match(r"[a-z]", need) for stack in seeds() for need in stack)


def test_visits_pair_days_with_the_interpreters_alive_then():
    found = visits([("a",)], since=date(2018, 1, 1), until=date(2020, 1, 1))
    assert found[0].day == date(2020, 1, 1)
    assert {visit.python for visit in found if visit.day.year == 2018 and visit.day.month < 6} == {"3.6"}
    assert {visit.python for visit in found if visit.day == date(2020, 1, 1)} == {"3.6", "3.7", "3.8"}

"""Which releases are read before a set is chosen, and what happens when one cannot be had."""

from __future__ import annotations

import dataclasses
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest

from resolver.apis.build import build
from resolver.apis.kept import KeptWalks
from resolver.apis.study import Studied
from resolver.apis.timeline import SqliteTimeline
from resolver.compose.studying import LONGEST_BINARY, LONGEST_SOURCE, asked_when_loaded, study_all, unhalved, unspread, unstudied
from resolver.core.candidate import Candidate, EdgeRisk, Scored
from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.core.signs import Sign
from resolver.core.target import Target
from tests.apis.test_study import zipped
from tests.apis.walks import line
from tests.fakes_index import FakeIndex

HERE = Origin(kind=OriginKind.IMPORTED, path="app.py", line=1)


def release(name: str, version: str, *, tag: str = "py3-none-any", size: int = 1000) -> Release:
    filename = f"{name}-{version}.tar.gz" if not tag else f"{name}-{version}-{tag}.whl"
    file = DistFile(filename=filename, kind="wheel" if tag else "sdist", tags=(tag,) if tag else (), size=size)
    return Release(pin=Pin(normalize(name), version), files=(file,))


def scored(*releases: Release, worst: tuple[EdgeRisk, ...] = ()) -> Scored:
    return Scored(candidate=Candidate(target=Target(python="3.8"), releases=releases, direct=()), probability=0.5, worst_edges=worst)


@pytest.fixture
def timeline(tmp_path: Path) -> SqliteTimeline:
    build([line("flask", "2.0.1", {"flask": "Flask"})], tmp_path / "apis.sqlite")
    return SqliteTimeline(tmp_path / "apis.sqlite")


def names(todo: list[tuple[Release, DistFile]]) -> set[str]:
    return {str(found.pin) for found, _ in todo}


def test_what_nobody_walked_is_read_and_what_was_walked_near_by_is_not(tmp_path, timeline):
    kept = KeptWalks(tmp_path)
    kept.keep("known", "1", Studied(walk=None, links={}))
    given = scored(
        release("flask", "2.0.3"), release("restx", "0.3"), release("known", "1"), release("nvidia-cudnn-cu12", "9"),
        release("old", "1", tag=""), release("windows", "1", tag="cp38-cp38-win_amd64"),
    )  # fmt: skip
    assert names(unstudied(given, timeline, kept)) == {"restx==0.3", "old==1"}
    assert names(unstudied(scored(release("flask", "3.0")), timeline, kept)) == {"flask==3.0"}  # far from every walked one


def test_what_came_long_after_the_next_interpreter_is_read_though_it_was_walked_near_by(tmp_path, timeline):
    def asked(day: str, tag: str = "py3-none-any") -> set[str]:
        flask = dataclasses.replace(release("flask", "2.0.1", tag=tag), uploaded=datetime.fromisoformat(f"{day}T00:00:00+00:00"))
        return names(unstudied(scored(flask), timeline, KeptWalks(tmp_path)))

    assert asked("2023-01-01") == set()  # Python 3.9 came in October 2020
    assert asked("2024-01-01") == {"flask==2.0.1"}
    assert asked("2018-01-01") == {"flask==2.0.1"}  # `async` may be a name in it
    assert asked("2024-01-01", tag="cp38-cp38-manylinux2014_x86_64") == set()


def test_a_suspect_is_read_itself_before_it_is_blamed_for_its_neighbour(tmp_path, timeline):
    flask = release("flask", "2.0.3")
    edge = EdgeRisk(importer=flask.pin, provider=Pin(normalize("werkzeug"), "3"), probability=0.4, why="")
    assert names(unstudied(scored(flask, worst=(edge,)), timeline, KeptWalks(tmp_path))) == {"flask==2.0.3"}


def test_long_files_are_left_alone(tmp_path, timeline):
    compiled = "cp38-cp38-manylinux2014_x86_64"
    given = scored(
        release("big", "1", tag=compiled, size=LONGEST_BINARY + 1), release("fine", "1", tag=compiled, size=LONGEST_BINARY),
        release("text", "1", size=LONGEST_SOURCE + 1),
    )  # fmt: skip
    assert names(unstudied(given, timeline, KeptWalks(tmp_path))) == {"fine==1"}


def test_what_cannot_be_fetched_is_asked_for_again_and_what_says_nothing_is_not(tmp_path, timeline):
    kept = KeptWalks(tmp_path)
    bodies = {"good-1-py3-none-any.whl": zipped({"good/__init__.py": "import flask"}), "empty-1-py3-none-any.whl": b"no archive"}
    todo = unstudied(scored(release("good", "1"), release("empty", "1"), release("away", "1")), timeline, kept)
    heard: list[int] = []
    later = time.monotonic() + 60
    assert study_all(todo, lambda name, filename, limit: bodies.get(filename), kept, heard.append, later)
    assert heard == [1, 2, 3]
    assert [("good", "1") in kept, ("empty", "1") in kept, ("away", "1") in kept] == [True, True, False]
    assert kept.takes("good", "1") == {"flask": ["flask"]}


def test_nothing_is_begun_when_the_time_is_over(tmp_path, timeline):
    todo = unstudied(scored(release("good", "1")), timeline, KeptWalks(tmp_path))
    assert not study_all(todo, lambda *_: pytest.fail("fetched"), KeptWalks(tmp_path), lambda _: None, time.monotonic() - 1)


def asking(*uses: str, needs: tuple[str, ...]) -> Project:
    evidence = Evidence(uses=tuple(Use(dotted=dotted, origin=HERE) for dotted in uses))
    return Project(root=Path(), needs=tuple(Need(requirement=need, origin=HERE) for need in needs), evidence=evidence)


def test_a_package_that_nobody_walked_is_read_from_its_oldest_to_its_newest_release(tmp_path, timeline):
    versions = {f"0.{number}": {} for number in range(10)} | {"1.0rc1": {}, "0.99": {"yanked": True}}
    index = FakeIndex({"pack": versions, "flask": {"2.0.1": {}, "3.0": {}}, "plain": {"1": {}}})
    kept = KeptWalks(tmp_path)

    def spread(*needs: str) -> set[str]:
        given = asking("pack.InputDesc", "flask.Flask", "plain", needs=(*needs, "flask", "plain"))  # the last one only is imported
        return names(unspread(given, lambda root: [root], index, timeline, kept))

    assert spread("pack") == {"pack==0.0", "pack==0.3", "pack==0.6", "pack==0.9"}
    assert spread("pack<0.3") == {"pack==0.0", "pack==0.1", "pack==0.2"}
    kept.keep("pack", "0.1", Studied(walk=None, links={}))
    assert spread("pack<0.3") == {"pack==0.0", "pack==0.2"}


def test_a_package_walked_seldom_is_read_where_no_walk_has_the_name(tmp_path, timeline):
    index = FakeIndex({"flask": {"0.1": {}, "1.0": {}, "2.0.1": {}}})

    def spread(use: str) -> set[str]:
        return names(unspread(asking(use, needs=("flask",)), lambda root: [root], index, timeline, KeptWalks(tmp_path)))

    assert spread("flask.Flask") == set()
    assert spread("flask.ext") == {"flask==0.1", "flask==1.0", "flask==2.0.1"}


def test_the_release_of_the_projects_date_is_read_too(tmp_path, timeline):
    index = FakeIndex({"pack": {f"0.{number}": {"uploaded": f"20{number + 10}-05-01"} for number in range(10)}})
    given = asking("pack.InputDesc", needs=("pack",))
    dated = dataclasses.replace(given, evidence=dataclasses.replace(given.evidence, dates=(Sign(date(2015, 8, 1), "commit"),)))
    todo = unspread(dated, lambda root: [root], index, timeline, KeptWalks(tmp_path))
    assert names(todo) == {"pack==0.0", "pack==0.3", "pack==0.5", "pack==0.6", "pack==0.9"}


def test_a_package_walked_seldom_is_read_where_the_newest_walk_has_the_name_no_longer(tmp_path):
    build([line("pack", "1.0", {"pack": "old kept"}), line("pack", "2.0", {"pack": "kept"})], tmp_path / "apis.sqlite")
    index = FakeIndex({"pack": {"1.0": {}, "2.0": {}, "3.0": {}}})

    def spread(use: str) -> set[str]:
        timeline = SqliteTimeline(tmp_path / "apis.sqlite")
        return names(unspread(asking(use, needs=("pack",)), lambda root: [root], index, timeline, KeptWalks(tmp_path)))

    assert spread("pack.kept") == set()
    assert spread("pack.old") == {"pack==1.0", "pack==2.0", "pack==3.0"}


def test_the_gap_between_a_release_with_a_name_and_one_without_is_halved_by_minor_series(tmp_path):
    build([line("pack", "0.1.0", {"pack": "gone kept"}), line("pack", "1.1.0", {"pack": "kept"})], tmp_path / "apis.sqlite")
    versions = ["0.1.0", "0.1.9", "0.2.0", "0.2.5", "0.3.0", "0.3.7", "0.4.0", "1.1.0", "1.1.1"]
    index = FakeIndex({"pack": {version: {} for version in versions}})
    timeline = SqliteTimeline(tmp_path / "apis.sqlite")

    def halved(use: str, needs: str = "pack") -> set[str]:
        return names(unhalved(asking(use, needs=(needs,)), lambda root: [root], index, timeline, KeptWalks(tmp_path)))

    assert halved("pack.gone") == {"pack==0.3.7"}
    assert halved("pack.kept") == set()
    assert halved("pack.gone", "pack!=0.2.*,!=0.3.*,!=0.4.*") == set(), "no series lies between"


def test_sources_are_parsed_one_at_a_time_in_however_many_threads():
    """CPython 3.11 ends in "AST constructor recursion depth mismatch" when two threads parse at once: the collector lets another go on."""
    body = "\n".join(f"    x{n} = [{{'a': (lambda: [[{n}, ({n}, {n})]])}} for _ in ((({n},),),)]" for n in range(40))
    raw = f"def f(x: list[int]):\n{body}\n".encode()

    def yielding(*_):
        time.sleep(0.0001)

    before = gc.get_threshold()
    gc.callbacks.append(yielding)
    gc.set_threshold(50)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda place: asked_when_loaded(raw, f"{place}.py"), range(16)))
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(yielding)
    assert [specifier for each in found for specifier, _ in each] == [">=3.9"] * 16

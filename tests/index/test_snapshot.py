from __future__ import annotations

import dataclasses
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import DistFile, NormalizedName, Pin, Release
from resolver.index.refresh import write
from resolver.index.snapshot import UNRANKED, Shelf, Snapshot, pack, unpack
from tests.fakes_index import FakeIndex

NAME = NormalizedName("demo")


def shelf_of(index, name, read=None):
    releases = tuple(index.releases(name))
    return Shelf(releases=releases, read=frozenset(read or {each.version for each in releases}), marks={})


def make(path, packages, *, read=None, ranks=None):
    index = FakeIndex(packages)
    write(path, {NormalizedName(n): shelf_of(index, n, read) for n in index.names()}, as_of=date(2026, 1, 2), ranks=ranks or {})
    return Snapshot(path)


@pytest.fixture
def snapshot(tmp_path):
    made = make(
        tmp_path / "s.sqlite",
        {
            "opencv-python": {"4.1": {"modules": ["cv2"], "requires": ["numpy>=1.11"], "compiled": True}},
            "opencv-contrib-python": {"4.1": {"modules": ["cv2"]}},
            "protobuf": {"3.20": {"modules": ["google.protobuf"]}},
        },
        ranks={"opencv-python": 500, "protobuf": 20},
    )
    yield made
    made.close()


def test_owners_are_ordered_by_popularity(snapshot):
    assert snapshot.module_owners("cv2") == (("opencv-python", 500), ("opencv-contrib-python", UNRANKED))
    assert snapshot.module_owners("google.protobuf") == (("protobuf", 20),)
    assert snapshot.module_owners("nothing") == ()


def test_names_date_and_popularity(snapshot):
    assert snapshot.names() == ("opencv-contrib-python", "opencv-python", "protobuf")
    assert snapshot.snapshot == "2026-01-02"
    assert snapshot.popularity("protobuf") == 20


def test_unknown_names_come_with_near_ones(snapshot):
    with pytest.raises(UnknownPackage) as caught:
        snapshot.releases("opencv-pyton")
    assert "opencv-python" in caught.value.hint


def test_a_release_whose_metadata_was_not_read_is_listed_but_not_given(tmp_path):
    made = make(tmp_path / "s", {"demo": {"1.0": {}, "2.0": {}}}, read={"2.0"})
    assert [each.version for each in made.releases(NAME)] == ["2.0", "1.0"]
    assert made.release(NAME, "1.0") is None
    assert made.release(NAME, "2").version == "2.0"
    made.close()


@pytest.mark.parametrize("content", [None, b"", b"no database at all, of some length"])
def test_a_file_that_is_no_snapshot_is_told(tmp_path, content):
    path = tmp_path / "s"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexUnreachable) as caught:
        Snapshot(path)
    assert caught.value.hint


def test_another_form_is_refused(tmp_path):
    make(tmp_path / "s", {"demo": {"1.0": {}}}).close()
    with sqlite3.connect(tmp_path / "s") as base:
        base.execute("UPDATE meta SET value = '99' WHERE key = 'form'")
    base.close()
    with pytest.raises(IndexUnreachable, match="form"):
        Snapshot(tmp_path / "s")


def test_it_works_read_only_and_leaves_nothing_behind(tmp_path):
    made = make(tmp_path / "s", {"demo": {"1.0": {}}})
    (tmp_path / "s").chmod(0o444)
    assert made.releases(NAME)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    made.close()


def test_threads_share_one_connection(snapshot):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: snapshot.releases(snapshot.names()[number % 3]), range(60)))
    assert all(found)


_tags = st.lists(st.sampled_from(["py3-none-any", "cp37-cp37m-manylinux1_x86_64", "cp38-cp38-manylinux2014_x86_64"]), unique=True).map(
    tuple
)
_files = st.builds(
    DistFile,
    filename=st.from_regex(r"[a-z]{1,5}", fullmatch=True),
    kind=st.just(""),
    tags=_tags,
    sha256=st.sampled_from(["", "ab" * 32, "0f" * 32]),
    size=st.integers(0, 2**40),
    requires_python=st.sampled_from(["", ">=3.6"]),
    yanked=st.booleans(),
).map(lambda file: dataclasses.replace(file, kind="wheel" if file.tags else "sdist"))
_words = st.lists(st.text(max_size=12), max_size=4).map(tuple)
_moments = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_releases = st.builds(
    Release,
    pin=st.from_regex(r"[0-9]\.[0-9]{1,2}", fullmatch=True).map(lambda version: Pin(NAME, version)),
    uploaded=st.none() | _moments,
    requires=_words,
    requires_python=st.sampled_from(["", ">=3.6"]),
    files=st.lists(_files, max_size=3).map(tuple),
    yanked=st.booleans(),
    modules=_words,
    compiled=st.booleans(),
    extras=_words,
)


@given(st.lists(_releases, max_size=6, unique_by=lambda each: each.version))
def test_packing_loses_nothing(releases):
    versions = [each.version for each in releases]
    marks = {each.version: frozenset({"compiled"} if each.compiled else set()) | frozenset({"pb2"}) for each in releases}
    shelf = Shelf(releases=tuple(releases), read=frozenset(versions[::2]), marks=marks)
    assert unpack(NAME, *pack(shelf)) == shelf


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in "ab":
        make(tmp_path / name, {"demo": {"1.0": {"requires": ["x", "y"]}}}).close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    make(tmp_path / "s", {"demo": {"1.0": {}}}).close()
    before = (tmp_path / "s").read_bytes()
    broken = Shelf(releases=(), read=frozenset(), marks={})
    with pytest.raises(IndexUnreachable):
        write(tmp_path / "s" / "below", {NAME: broken}, as_of=date(2026, 1, 1), ranks={})
    assert (tmp_path / "s").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_loading_is_cheap(tmp_path):
    files = [f"demo-{{}}-cp3{minor}-cp3{minor}-manylinux2014_x86_64.whl" for minor in range(6, 10)]
    versions = {
        f"{major}.{minor}": {"files": [name.format(f"{major}.{minor}") for name in files]} for major in range(5) for minor in range(10)
    }
    made = make(tmp_path / "s", {"demo": versions})
    started = time.perf_counter()
    assert len(made.releases(NAME)) == 50
    assert time.perf_counter() - started < 0.05
    made.close()

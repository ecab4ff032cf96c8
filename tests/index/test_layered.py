from __future__ import annotations

import pytest

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName
from resolver.index.cache import Cache
from resolver.index.layered import LayeredIndex
from resolver.index.pipconfig import PipAccess
from resolver.index.simple import LiveIndex
from tests.index.server import IndexServer, wheel
from tests.index.test_snapshot import make

FROZEN, FRESH = NormalizedName("frozen"), NormalizedName("fresh")


@pytest.fixture
def server():
    with IndexServer(
        {"frozen": [wheel("frozen", "1.0", requires=("x",)), wheel("frozen", "3.0")], "fresh": [wheel("fresh", "1.0", requires=("y",))]}
    ) as running:
        yield running


@pytest.fixture
def frozen(tmp_path):
    made = make(tmp_path / "s", {"frozen": {"1.0": {}, "2.0": {"requires": ["z"]}}}, read={"2.0"})
    yield made
    made.close()


def layered(server, frozen, **options):
    return LayeredIndex(frozen, LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=Cache()), **options)


def test_the_snapshot_answers_without_the_network(server, frozen):
    index = layered(server, frozen)
    assert [each.version for each in index.releases(FROZEN)] == ["2.0", "1.0"]
    assert index.release(FROZEN, "2.0").requires == ("z",)
    assert index.snapshot == "2026-01-02"
    assert index.readable(FROZEN) == {"2.0"}
    assert server.moods.seen == []


def test_what_the_snapshot_lacks_is_asked_live(server, frozen):
    index = layered(server, frozen)
    assert index.release(FRESH, "1.0").requires == ("y",)
    assert index.release(FROZEN, "1.0").requires == ("x",)
    assert index.readable(FRESH) == frozenset()


def test_offline_never_touches_the_network(server, frozen):
    index = layered(server, frozen, offline=True)
    index.prefetch([FRESH])
    index.prefetch_releases([(FROZEN, "1.0")])
    assert index.release(FROZEN, "1.0") is None
    for call in (lambda: index.releases(FRESH), lambda: index.release(FRESH, "1.0")):
        with pytest.raises(UnknownPackage):
            call()
    assert server.moods.seen == []


def test_an_unreachable_index_spoils_only_what_needs_it(server, frozen):
    index = layered(server, frozen)
    server.close()
    assert index.release(FROZEN, "1.0") is None
    assert index.release(FROZEN, "2.0")
    index.prefetch_releases([(FROZEN, "1.0"), (FRESH, "1.0")])
    with pytest.raises(IndexUnreachable):
        index.releases(FRESH)


def test_prefetching_makes_later_answers_free(server, frozen):
    index = layered(server, frozen)
    index.prefetch([FROZEN, FRESH])
    index.prefetch_releases([(FROZEN, "1.0"), (FROZEN, "2.0"), (FRESH, "1.0")])
    server.moods.seen.clear()
    assert index.release(FROZEN, "1.0")
    assert index.release(FRESH, "1.0")
    assert server.moods.seen == []


def test_in_a_hurry_only_what_was_read_in_time_is_known(server, frozen):
    index = layered(server, frozen)
    index.prefetch_releases([(FRESH, "1.0")])
    index.hurry(-1.0)
    asked = len(server.moods.seen)
    assert index.release(FRESH, "1.0").requires == ("y",)
    assert index.release(FROZEN, "1.0") is None
    with pytest.raises(UnknownPackage):
        index.releases(NormalizedName("frozen-too"))
    index.prefetch_releases([(FROZEN, "1.0")])
    assert len(server.moods.seen) == asked


def test_a_foreign_platform_is_listed_live_with_the_metadata_of_the_snapshot(tmp_path):
    hosted = [
        wheel("frozen", "2.0", tags="cp39-cp39-manylinux2014_aarch64", requires=("other",)),
        wheel("frozen", "2.0", tags="cp39-cp39-manylinux2014_x86_64"),
        wheel("frozen", "1.0", tags="cp39-cp39-manylinux2014_x86_64"),
    ]
    snapshot = make(tmp_path / "s", {"frozen": {"1.0": {}, "2.0": {"requires": ["z"]}}}, read={"1.0", "2.0"})
    with IndexServer({"frozen": hosted}) as server:
        live = LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=Cache(tmp_path / "c"), machine="aarch64")
        index = LayeredIndex(snapshot, live, foreign=True)
        assert [each.version for each in index.releases(FROZEN)] == ["2.0"]
        found = index.release(FROZEN, "2.0")
        assert found.requires == ("z",)
        assert [tag for file in found.files for tag in file.tags] == ["cp39-cp39-manylinux2014_aarch64"]
        assert index.release(FROZEN, "1.0") is None
    snapshot.close()

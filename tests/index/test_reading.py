from __future__ import annotations

import random

import pytest

from resolver.core.package import NormalizedName
from resolver.index.cache import Cache
from resolver.index.pipconfig import PipAccess
from resolver.index.simple import LiveIndex
from tests.index.server import Hosted, IndexServer, Moods, sdist, wheel

BIG = 3_000_000


def live(server, **options):
    return LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=Cache(), **options)


def big(**options):
    return wheel("demo", "1.0", tags="cp37-cp37m-manylinux1_x86_64", requires=("numpy>=1",), padding=BIG, extras=("x",),
                 files={"demo/__init__.py": b"", "demo/a_pb2.py": b"", "demo/c.so": b""}, **options)  # fmt: skip


def fetched(server):
    return sum(headers.get("Range", "") == "" for path, headers in server.moods.seen if path.startswith("/files/"))


def test_a_wheel_is_read_by_ranges_and_never_whole():
    with IndexServer({"demo": [big()]}) as server:
        facts = live(server).facts(NormalizedName("demo"), "1.0")
        assert facts.requires == ("numpy>=1",)
        assert facts.modules == ("demo",)
        assert facts.marks == {"compiled", "pb2"}
        assert fetched(server) == 0


def test_without_range_support_it_is_read_whole():
    with IndexServer({"demo": [big()]}, Moods(ranges=False)) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0").requires == ("numpy>=1",)


def test_suffix_ranges_are_not_needed_where_the_size_is_known():
    with IndexServer({"demo": [big()]}, Moods(suffix_ranges=False)) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0").requires == ("numpy>=1",)
        assert fetched(server) == 0


def test_html_pages_give_no_size_and_refused_suffix_ranges_fall_back():
    with IndexServer({"demo": [big()]}, Moods(suffix_ranges=False, html=True)) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0").requires == ("numpy>=1",)


@pytest.mark.parametrize(("listing", "modules"), [(False, ()), (True, ("demo",))])
def test_metadata_beside_the_wheel_is_enough_unless_a_listing_is_wanted(listing, modules):
    with IndexServer({"demo": [big()]}, Moods(beside=True)) as server:
        facts = live(server, listing=listing).facts(NormalizedName("demo"), "1.0")
        assert facts.requires == ("numpy>=1",)
        assert facts.modules == modules
        assert "compiled" in facts.marks


def test_a_large_central_directory_is_read_too():
    files = {f"demo/{number}_{'x' * 90}.py": b"" for number in range(3000)}
    with IndexServer({"demo": [wheel("demo", "1.0", requires=("a",), files=files, padding=10)]}) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0").requires == ("a",)


def test_a_damaged_wheel_leaves_the_sdist():
    noise = random.Random(0).randbytes(5000)
    files = [Hosted("demo-1.0-py3-none-any.whl", noise), sdist("demo", "1.0", {"PKG-INFO": "Metadata-Version: 2.2\nRequires-Dist: b\n"})]
    with IndexServer({"demo": files}) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0").requires == ("b",)


def test_nothing_readable_is_none_and_remembered():
    with IndexServer({"demo": [Hosted("demo-1.0-py3-none-any.whl", b"no zip")]}) as server:
        cache = Cache()
        for _ in range(2):
            index = LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=cache)
            assert index.release(NormalizedName("demo"), "1.0") is None
        assert server.moods.asked("/files/") == 1


def test_a_huge_sdist_is_not_fetched():
    files = [sdist("demo", "1.0", {"PKG-INFO": "Metadata-Version: 2.2\n"})]
    files[0] = Hosted(files[0].filename, bytes(16 << 20))
    with IndexServer({"demo": files}) as server:
        assert live(server).facts(NormalizedName("demo"), "1.0") is None
        assert server.moods.asked("/files/") == 0

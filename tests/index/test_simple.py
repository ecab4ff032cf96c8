from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName
from resolver.index.cache import Cache
from resolver.index.pipconfig import PipAccess, _visible, configured
from resolver.index.simple import LiveIndex
from tests.index.server import Hosted, IndexServer, sdist, wheel

DEMO = NormalizedName("demo")


def live(server, user="", **options):
    options.setdefault("cache", Cache())
    return LiveIndex(access=PipAccess(["--index-url", server.url(user)]), **options)


@pytest.fixture
def server():
    files = [
        wheel("demo", "1.0", python=">=3.6", uploaded="2019-05-01T10:00:00Z"),
        sdist("demo", "1.0", {"setup.py": "setup()"} ),
        wheel("demo", "2.0rc1", requires=("a>=2011k",)),
        wheel("demo", "1.1", yanked=True),
        wheel("demo", "1.10", tags="cp38-cp38-win_amd64"),
        wheel("demo", "1.9", tags="cp38-cp38-manylinux2014_x86_64", requires=("numpy", "x; extra == 'y'"), extras=("y",)),
        Hosted("demo-2004k.tar.gz", b""),
    ]  # fmt: skip
    with IndexServer({"demo": files}) as running:
        yield running


@pytest.mark.parametrize("html", [False, True])
def test_releases_are_listed_newest_first_for_linux_only(server, html):
    server.moods.html = html
    releases = live(server).releases(DEMO)
    assert [release.version for release in releases] == ["2.0rc1", "1.9", "1.1", "1.0"]
    assert [release.yanked for release in releases] == [False, False, True, False]
    assert [file.kind for file in releases[-1].files] == ["wheel", "sdist"]
    assert releases[-1].requires_python == ">=3.6"
    assert all(len(file.sha256) == 64 for release in releases for file in release.files)
    assert releases[1].compiled


def test_upload_times_and_sizes_come_from_json(server):
    release = live(server).releases(DEMO)[-1]
    assert release.uploaded.isoformat() == "2019-05-01T10:00:00+00:00"
    assert release.files[0].size == len(server.packages["demo"][0].body)


def test_a_release_is_complete(server):
    release = live(server).release(DEMO, "1.9.0")
    assert release.requires == ("numpy", 'x; extra == "y"')
    assert release.extras == ("y",)
    assert release.modules == ("demo",)
    assert live(server).release(DEMO, "7") is None


def test_unknown_names_hint_at_near_ones(server):
    with pytest.raises(UnknownPackage) as caught:
        live(server, near=lambda _: ["demo"]).releases(NormalizedName("demmo"))
    assert "demo" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_fresh_page_is_not_asked_for_again(server):
    cache = Cache()
    live(server, cache=cache).releases(DEMO)
    live(server, cache=cache).releases(DEMO)
    assert server.moods.asked("/simple/demo/") == 1


def test_a_stale_page_is_revalidated_and_changes_are_seen(server):
    server.moods.etag = True
    cache = Cache()
    before = live(server, cache=cache, max_age=0).releases(DEMO)
    assert live(server, cache=cache, max_age=0).releases(DEMO) == before
    assert "If-None-Match" in server.moods.seen[-1][1]
    server.packages["demo"].append(wheel("demo", "3.0"))
    assert live(server, cache=cache, max_age=0).releases(DEMO)[0].version == "3.0"


def test_facts_of_a_file_are_read_once_for_ever(server, tmp_path):
    for _ in range(2):
        cache = Cache(tmp_path)
        live(server, cache=cache, max_age=0).release(DEMO, "1.9")
        cache.close()
    assert server.moods.asked("/files/") == 1


def test_an_index_that_is_gone_is_unreachable_unless_cached(server, tmp_path):
    cache = Cache(tmp_path)
    before = live(server, cache=cache).releases(DEMO)
    url = server.url()
    server.close()
    assert LiveIndex(access=PipAccess(["--index-url", url]), cache=cache, max_age=0).releases(DEMO) == before
    with pytest.raises(IndexUnreachable) as caught:
        LiveIndex(access=PipAccess(["--index-url", url]), cache=Cache()).releases(DEMO)
    assert caught.value.hint
    cache.close()


def test_a_server_in_trouble_counts_as_unreachable(server):
    server.moods.failing = True
    with pytest.raises(IndexUnreachable):
        live(server).releases(DEMO)


def test_a_port_that_hangs_up_is_unreachable():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(IndexUnreachable):
            LiveIndex(access=PipAccess(["--index-url", f"http://127.0.0.1:{closed.getsockname()[1]}/simple"]), cache=Cache()).releases(DEMO)


def test_a_host_that_is_down_is_not_tried_for_every_package(monkeypatch):
    tried = []
    access = PipAccess(["--index-url", "http://127.0.0.1:9/simple"])
    session = access._open()
    get = session.get
    monkeypatch.setattr(session, "get", lambda url, **options: tried.append(url) or get(url, **options))
    for name in "abcde":
        with pytest.raises(IndexUnreachable):
            LiveIndex(access=access, cache=Cache()).releases(NormalizedName(name))
    assert len(tried) == 2


def test_credentials_reach_the_index_but_not_errors_or_cache(server, tmp_path):
    server.moods.password = "someone:secret"
    cache = Cache(tmp_path)
    assert live(server, user="someone:secret", cache=cache).release(DEMO, "1.9").requires
    with pytest.raises(IndexUnreachable) as caught:
        live(server, user="someone:wrong").releases(DEMO)
    assert "wrong" not in str(caught.value) + caught.value.hint
    cache.close()
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.iterdir())


def test_nonsense_pages_are_told_as_such(server, monkeypatch):
    monkeypatch.setattr(server, "page", lambda _: ("application/json", b'["no page"]'))
    with pytest.raises(IndexUnreachable, match="demo"):
        live(server).releases(DEMO)


def test_several_indexes_are_merged():
    with IndexServer({"demo": [wheel("demo", "1.0")]}) as first, IndexServer({"demo": [wheel("demo", "2.0")], "b": []}) as second:
        access = PipAccess(["--index-url", first.url(), "--extra-index-url", second.url(), "--extra-index-url", "file:///nowhere"])
        assert [release.version for release in LiveIndex(access=access, cache=Cache()).releases(DEMO)] == ["2.0", "1.0"]
        assert len(access.notes) == 1


def test_only_local_indexes_are_unreachable():
    with pytest.raises(IndexUnreachable):
        LiveIndex(access=PipAccess(["--index-url", "file:///nowhere"]), cache=Cache()).releases(DEMO)


def test_pips_own_configuration_counts(server, monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {server.url()}\nfind-links = /nowhere\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    access = PipAccess()
    assert LiveIndex(access=access, cache=Cache()).releases(DEMO)
    assert "find-links" in access.notes[0]
    monkeypatch.setenv("PIP_INDEX_URL", "file:///nowhere")
    assert PipAccess().indexes == ()


def test_many_threads_ask_once(server):
    index = live(server)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: index.release(DEMO, "1.9"), range(32)))
    assert len(set(map(id, found))) == 1
    assert server.moods.asked("/simple/demo/") == 1
    assert server.moods.asked("/files/") == 1


def test_prefetch_passes_over_what_does_not_exist(server):
    index = live(server)
    index.prefetch([DEMO, NormalizedName("nothing")])
    assert server.moods.asked("/simple/demo/") == 1
    index.releases(DEMO)
    assert server.moods.asked("/simple/demo/") == 1


def test_a_cache_folder_that_cannot_be_made_is_done_without(server, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert live(server, cache=Cache(blocked / "below")).releases(DEMO)


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        ("[global]\nindex-url = https://one.test/simple\n", {}),
        ("[global]\nindex-url = https://one.test/simple\n[install]\nindex-url = https://two.test/simple\n", {}),
        ("[global]\nextra-index-url =\n  https://one.test/a\n  https://u:p@two.test/b\n", {}),
        (
            "[install]\nindex-url = https://one.test/simple\n",
            {"PIP_INDEX_URL": "https://env.test/simple", "PIP_EXTRA_INDEX_URL": "https://x.test/y"},
        ),
        ("[global]\nno-index = true\n", {}),
        ("", {}),
    ],
)
def test_the_light_reading_of_pips_configuration_agrees_with_pip(file, environment, tmp_path, monkeypatch):
    config = tmp_path / "pip.conf"
    config.write_text(file)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    whole = PipAccess()
    whole._open()
    assert _visible(configured(), ())[0] == whole._indexes
    assert PipAccess().indexes == whole._indexes

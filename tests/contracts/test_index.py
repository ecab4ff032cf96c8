"""What every package index must do, whatever it is made of."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from resolver.core.errors import UnknownPackage
from resolver.core.package import NormalizedName
from resolver.index.cache import Cache
from resolver.index.layered import LayeredIndex
from resolver.index.pipconfig import PipAccess
from resolver.index.simple import LiveIndex
from resolver.interfaces import PackageIndex
from tests.fakes_index import FakeIndex
from tests.index.server import IndexServer, wheel
from tests.index.test_snapshot import make

FLASK, WERKZEUG = NormalizedName("flask"), NormalizedName("werkzeug")
FACTS = {
    "flask": {
        "1.0": {"requires": ["werkzeug>=0.14", 'dotenv; extra == "x"'], "extras": ["x"], "requires_python": ">=3.6", "modules": ["flask"]},
        "1.10": {"requires": ["werkzeug>=1"], "modules": ["flask"]},
        "1.9": {"yanked": True, "modules": ["flask"]},
        "2.0rc1": {"modules": ["flask"]},
    },
    "werkzeug": {"1.0": {"modules": ["werkzeug"]}},
}


@pytest.fixture(scope="module")
def server():
    packages = {
        name: [
            wheel(name, version, requires=tuple(facts.get("requires", ())), python=facts.get("requires_python", ""),
                  extras=tuple(facts.get("extras", ())), yanked=facts.get("yanked", False), uploaded="2019-01-01T00:00:00Z")
            for version, facts in versions.items()
        ]
        for name, versions in FACTS.items()
    }  # fmt: skip
    with IndexServer(packages) as running:
        yield running


@pytest.fixture(params=["fake", "snapshot", "live", "layered", "offline"])
def index(request, server, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for key in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(key, raising=False)
    if request.param == "fake":
        yield FakeIndex(FACTS)
        return
    live = LiveIndex(access=PipAccess(["--index-url", server.url()]), cache=Cache())
    frozen = make(tmp_path / "s", FACTS if request.param in {"snapshot", "offline"} else {"werkzeug": FACTS["werkzeug"]})
    yield {
        "snapshot": frozen,
        "live": live,
        "layered": LayeredIndex(frozen, live),
        "offline": LayeredIndex(frozen, live, offline=True),
    }[request.param]
    frozen.close()


def test_it_is_a_package_index(index):
    assert isinstance(index, PackageIndex)
    assert index.snapshot


def test_releases_are_newest_first_with_yanked_and_pre_releases(index):
    releases = index.releases(FLASK)
    assert [each.version for each in releases] == ["2.0rc1", "1.10", "1.9", "1.0"]
    assert [each.yanked for each in releases] == [False, False, True, False]
    assert sorted(releases, key=lambda each: Version(each.version), reverse=True) == list(releases)


def test_every_release_has_files_with_tags_and_hashes(index):
    for release in index.releases(FLASK):
        assert release.name == "flask"
        assert release.uploaded.isoformat() == "2019-01-01T00:00:00+00:00"
        assert [(file.kind, file.tags, len(file.sha256)) for file in release.files] == [("wheel", ("py3-none-any",), 64)]
        assert release.files[0].size > 0


def test_a_release_is_complete_and_canonical(index):
    release = index.release(FLASK, "1.0")
    assert release.requires == ("werkzeug>=0.14", 'dotenv; extra == "x"')
    assert release.extras == ("x",)
    assert release.requires_python == ">=3.6"
    assert release.modules == ("flask",)
    assert [str(Requirement(text)) for text in release.requires] == list(release.requires)
    assert SpecifierSet(release.requires_python)


@pytest.mark.parametrize("version", ["1", "1.0", "1.0.0"])
def test_equal_versions_are_found_under_any_spelling(index, version):
    assert index.release(FLASK, version).version == "1.0"


@pytest.mark.parametrize("version", ["7.7", "1.0.post1"])
def test_a_version_that_does_not_exist_is_none(index, version):
    assert index.release(FLASK, version) is None


def test_an_unknown_package_is_an_error_with_a_hint(index):
    for call in (lambda: index.releases(NormalizedName("flaskk")), lambda: index.release(NormalizedName("flaskk"), "1.0")):
        with pytest.raises(UnknownPackage) as caught:
            call()
        assert "flaskk" in caught.value.message
        assert caught.value.hint


def test_it_answers_the_same_to_many_threads(index):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: (tuple(index.releases(FLASK)), index.release(WERKZEUG, "1.0")), range(24)))
    assert all(each == found[0] for each in found)

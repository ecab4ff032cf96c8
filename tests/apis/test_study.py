"""Releases read out of their own files: what they take from others, which libraries they link to, and nothing run."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.apis.build import build
from resolver.apis.kept import KeptWalks
from resolver.apis.links import reached, read_links
from resolver.apis.study import Studied, study
from resolver.apis.timeline import SqliteTimeline
from resolver.apis.unpack import unpack
from tests.apis.walks import line


def zipped(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return stream.getvalue()


def tarred(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


INIT = """
import flask
from werkzeug import cached_property
from .inner import thing
try:
    from .extra import more
except ImportError:
    more = None
if flask.TESTING:
    from . import odd
"""
SOURCES = {
    "__init__.py": INIT,
    "inner.py": "from flask.helpers import _endpoint_from_view_func\n",
    "extra.py": "import tensorflow\n",
    "odd.py": "import mxnet\n",
    "far.py": "import torch\n",
}


def sure(studied: Studied) -> set[str]:
    assert studied.walk is not None
    return {name for dotted in studied.walk["takes"].values() for name in dotted if not name.startswith(":")}


@pytest.mark.parametrize("kind", ["wheel", "sdist", "src"])
def test_what_importing_takes_is_read_and_what_may_be_left_out_is_not(kind, tmp_path):
    folder = {"wheel": "restful", "sdist": "restful-1.0/restful", "src": "restful-1.0/src/restful"}[kind]
    files = {f"{folder}/{name}": text for name, text in SOURCES.items()}
    if kind == "wheel":
        found = study(zipped(files), "restful-1.0-py3-none-any.whl", "restful", "1.0")
    else:
        files |= {"restful-1.0/setup.py": "raise SystemExit('run')", "restful-1.0/tests/__init__.py": "import pytest"}
        found = study(tarred(files), "restful-1.0.tar.gz", "restful", "1.0")
    assert sure(found) >= {"flask", "werkzeug.cached_property", "flask.helpers._endpoint_from_view_func"}
    assert not {"tensorflow", "mxnet", "torch", "pytest"} & {name.split(".")[0] for name in sure(found)}


def test_what_a_submodule_needs_beyond_its_distribution(tmp_path):
    sources = SOURCES | {"near.py": "from .far import thing\nimport flask, os\n", "late.py": "def f():\n    import torch\n"}
    found = study(zipped({f"pack/{name}": text for name, text in sources.items()}), "pack-1-py3-none-any.whl", "pack", "1")
    kept = KeptWalks(tmp_path)
    kept.keep("pack", "1", found)
    assert kept.inner("pack", "1") == {"pack.extra": ["tensorflow"], "pack.far": ["torch"], "pack.near": ["torch"], "pack.odd": ["mxnet"]}
    assert kept.inner("pack", "2") == {}


def test_nothing_of_it_runs(tmp_path):
    marker = tmp_path / "ran"
    body = zipped({"bad/__init__.py": f"open({str(marker)!r}, 'w')", "bad/sitecustomize.py": f"open({str(marker)!r}, 'w')"})
    assert study(body, "bad-1-py3-none-any.whl", "bad", "1").walk is not None
    assert not marker.exists()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a-1-py3-none-any.whl", "a-1.tar.gz", "a-1.zip"]))
def test_damaged_files_say_nothing(body, filename):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        assert unpack(body, filename, "a", "1", Path(folder)) is False


def test_members_never_land_outside(tmp_path):
    files = {"../evil.py": "", "/tmp/evil.py": "", "ok/../../evil.py": "", "fine/__init__.py": ""}
    site = tmp_path / "site"
    site.mkdir()
    assert unpack(zipped(files), "a-1-py3-none-any.whl", "a", "1", site)
    assert sorted(str(p.relative_to(site)) for p in site.rglob("*.py")) == ["fine/__init__.py"]
    assert not list(tmp_path.glob("*.py"))


def test_links_of_a_real_binary(tmp_path):
    import numpy as np

    binary = next(Path(np.__file__).parent.rglob("_multiarray_umath*.so"))
    shutil.copy(binary, tmp_path / "one.so")
    (tmp_path / "two.so").write_bytes(b"\x7fELF" + os.urandom(50))
    found = read_links(tmp_path)
    assert "two.so" not in found
    assert all(not soname.startswith(("libc.", "libm.")) for soname in found["one.so"])


def test_only_what_extension_modules_reach_is_needed():
    bindings = {"QtCore.abi3.so": ["libQt5Core.so.5"], "Qt3D.abi3.so": ["libQt5Animation.so.5", "libvulkan.so.1"]}
    qt = {"libQt5Core.so.5": ["libglib-2.0.so.0", "libicu.so"], "libicu.so": [], "libqsqlpsql.so": ["libpq.so.5"]}
    # The plugin is reached by nobody; the part of Qt that the wheels leave out cannot be imported at all.
    assert reached([bindings, qt]) == {"libglib-2.0.so.0"}
    assert reached([{"_native.cpython-38-x86_64-linux-gnu.so": ["libGL.so.1"]}]) == {"libGL.so.1"}


def test_what_was_studied_lasts_and_answers_where_the_bundled_timeline_is_silent(tmp_path):
    build([line("flask", "2.0", {"flask": "Flask"}, takes={"werkzeug": ["werkzeug.old"]})], tmp_path / "apis.sqlite")
    kept = KeptWalks(tmp_path)
    body = zipped({"restful/__init__.py": INIT, "restful/inner.py": "thing = 1"})
    kept.keep("restful", "1.0", study(body, "restful-1.0-py3-none-any.whl", "restful", "1.0"))
    kept.keep("broken", "1.0", study(b"", "broken-1.0.tar.gz", "broken", "1.0"))
    kept.keep("flask", "2.3", study(zipped({"flask/__init__.py": "import click"}), "flask-2.3-py3-none-any.whl", "flask", "2.3"))
    again = KeptWalks(tmp_path)
    assert [[walk["version"] for walk in again.walks(name)] for name in ("restful", "broken", "nowhere")] == [["1.0"], [], []]
    assert ("restful", "1.0") in again
    assert ("broken", "1.0") in again
    assert ("restful", "2.0") not in again
    timeline = SqliteTimeline(tmp_path / "apis.sqlite", again)
    assert "werkzeug.cached_property" in timeline.uses("restful", "1.0")["werkzeug"]
    assert timeline.uses("restful", "0.9") == timeline.uses("restful", "1.0")  # the nearest speaks for the others
    assert timeline.uses("broken", "1.0") == {}
    assert timeline.distance("restful", "1.0") is None
    assert [timeline.distance("flask", v) for v in ("2.0", "2.0.3", "2.3")] == [0, 1, 2]
    assert timeline.uses("flask", "2.3") == {"click": ("click",)}  # its own takes, not those of the walked neighbour
    assert timeline.uses("flask", "2.2") == {"werkzeug": ("werkzeug.old",)}
    assert timeline.versions("flask") == ("2.0", "2.3")
    assert [timeline.offers("flask", version, ["flask.Flask", "flask.click"]) for version in ("2.0", "2.3")] == [[1.0, 0.0], [0.0, 1.0]]


def test_a_damaged_kept_file_counts_as_not_there(tmp_path):
    folder = tmp_path / "walks-2"
    folder.mkdir()
    (folder / "restful==1.0.json.gz").write_bytes(b"\x1f\x8bnothing")
    kept = KeptWalks(tmp_path)
    assert kept.record("restful") is None
    assert kept.links("restful", "1.0") == {}


def test_a_folder_that_cannot_be_made_forgets_quietly(tmp_path):
    (tmp_path / "file").write_text("")
    kept = KeptWalks(tmp_path / "file")
    kept.keep("a", "1", Studied(walk=None, links={}))
    assert ("a", "1") in kept
    assert ("a", "1") not in KeptWalks(tmp_path / "file")


def test_what_importing_a_release_asks_of_the_interpreter(tmp_path):
    files = {"pack/__init__.py": "from . import core\n", "pack/core.py": "new", "pack/apart.py": "newest"}

    def asking(raw: bytes, path: str) -> list[tuple[str, str]]:
        return [(">=3.9", path), (">=3.9", "again")] if raw.startswith(b"new") else []

    found = study(zipped(files), "pack-1-py3-none-any.whl", "pack", "1", asking)
    assert found.asks == ((">=3.9", "pack/core.py"),)  # what the import does not load is not asked
    kept = KeptWalks(tmp_path)
    kept.keep("pack", "1", found)
    assert KeptWalks(tmp_path).asks("pack", "1") == found.asks
    assert KeptWalks(tmp_path).asks("pack", "2") == ()


@pytest.mark.parametrize(
    ("listing", "handed_on"),
    [
        ("__all__ = ['a']\n", ["a"]),
        ("__all__ = ['a']\n__all__ += ['b']\n", ["a", "b"]),
        ("__all__ = ['a']\n__all__ += other.__all__\n", ["a", "b", "c"]),
        ("__all__ = ['a']\n__all__.extend(more)\n", ["a", "b", "c"]),
        ("__all__ = ['a']\ndef add():\n    __all__.append('b')\nadd()\n", ["a", "add", "b", "c"]),
        ("__all__ = ['a'] + other.__all__\n", ["a", "b", "c"]),
    ],
)
def test_a_star_hands_on_what_is_listed_and_all_that_is_public_where_the_list_cannot_be_read(listing, handed_on):
    files = {"pack/__init__.py": "from .inner import *\n", "pack/inner.py": f"a, b, c = 1, 2, 3\n{listing}"}
    walk = study(zipped(files), "pack-1-py3-none-any.whl", "pack", "1").walk
    assert walk
    assert [name for name in walk["names"]["pack"].split() if name != "inner"] == handed_on


def test_what_neighbours_leave_open_the_source_of_the_release_itself_tells(tmp_path):
    walked = {"8.3": "Image OLD", "8.9": "Image OLD", "9.1": "Image"}
    build([line("pil", version, {"pil": names}) for version, names in walked.items()], tmp_path / "apis.sqlite")
    kept = KeptWalks(tmp_path)
    timeline = SqliteTimeline(tmp_path / "apis.sqlite", kept)
    more = {f"{major}.0": {"pil": "Image"} for major in range(10, 13)}
    build([line("pil", v, {"pil": n}) for v, n in walked.items()] + [line("pil", v, n) for v, n in more.items()], tmp_path / "apis.sqlite")
    asked = ["pil.OLD", "pil.Image", "pil.deep", "pil._private", "pil.never", "pil.OLD(size=)"]
    assert 0 < timeline.offers("pil", "9.0", asked)[0] < 1
    source = {"pil/__init__.py": "Image = 1\n", "pil/deep.py": ""}
    kept.keep("pil", "9.0", study(zipped(source), "pil-9.0-py3-none-any.whl", "pil", "9.0"))
    assert timeline.offers("pil", "9.0", asked)[:2] == [0.0, 0.98]
    kept.keep("pil", "8.5", study(zipped({"pil/__init__.py": ""}), "pil-8.5-py3-none-any.whl", "pil", "8.5"))
    assert timeline.offers("pil", "8.5", ["pil.Image"]) == [0.98]  # what both neighbours have was not seen
    assert [kept.offers("pil", "9.0", name) for name in asked] == [0.0, 1.0, None, None, 0.0, None]
    assert [kept.offers("pil", "9.1", "pil.OLD"), kept.offers("pil", "9.0", "other.x")] == [None, None]


def test_generated_code_names_the_runtime_that_it_asks_for(tmp_path):
    check = "_runtime_version.ValidateProtobufRuntimeVersion(\n    _runtime_version.Domain.PUBLIC,\n    6,\n    33,\n    5,\n    '',\n)\n"
    files = {"pack/__init__.py": "", "pack/a_pb2.py": check, "pack/b_pb2.py": check.replace("33", "31"), "pack/c_pb2.py": "x = 1\n"}
    found = study(zipped(files), "pack-1-py3-none-any.whl", "pack", "1")
    assert found.needs == ("protobuf>=6.33.5",)
    KeptWalks(tmp_path).keep("pack", "1", found)
    assert KeptWalks(tmp_path).needs("pack", "1") == ("protobuf>=6.33.5",)
    assert study(zipped({"pack/__init__.py": ""}), "pack-1-py3-none-any.whl", "pack", "1").needs == ()


def test_a_module_that_is_given_its_getattr_may_hold_anything():
    files = {
        "pack/__init__.py": "from .lazy import attach\n__getattr__, __dir__, __all__ = attach(__name__)\n",
        "pack/lazy.py": "def attach(n): ...",
    }
    walk = study(zipped(files), "pack-1-py3-none-any.whl", "pack", "1").walk
    assert walk
    assert "*" in walk["names"]["pack"].split()

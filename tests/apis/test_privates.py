"""Private names, looked up in sources and put into the timeline."""

from __future__ import annotations

import io
import sqlite3
import sys
import zipfile

import pytest

from resolver.apis.build import build
from resolver.apis.privates import asked_for, bound, in_interpreter, merge, private, sources
from resolver.apis.record import LOOKED_UP, Record
from resolver.apis.record_writer import Writer
from resolver.apis.timeline import SqliteTimeline
from resolver.settings import load
from tests.apis.walks import line

TAKEN = {"flask": ["flask.helpers._endpoint", "flask.Flask", "flask.helpers._endpoint.__doc__"]}


@pytest.mark.parametrize(
    ("dotted", "found"),
    [("flask.helpers._endpoint.x", ("flask.helpers", "_endpoint")), ("flask.__version__", ("", "")), ("_thread.lock", ("", ""))],
)
def test_the_private_part_of_a_name(dotted, found):
    assert private(dotted) == found


def test_what_a_source_binds():
    text = """
import os as _os
from x import _y, z as _z
try:
    import fast as _fast
except ImportError:
    _fast = None
if True:
    def _f(_inner): _local = 1
class _C:
    _member = 1
_a, (_b, c) = 1, (2, 3)
def __getattr__(name):
    if name == "_old": return 1
"""
    assert {n for n in bound(text) if n.startswith("_") and not n.startswith("__")} == {
        "_os", "_y", "_z", "_fast", "_f", "_C", "_a", "_b", "_old",
    }  # fmt: skip
    assert bound("print 'two'") == frozenset()


def test_names_found_in_some_releases_are_missing_from_the_others(tmp_path):
    path = tmp_path / "apis.sqlite"
    flask = [line("flask", version, {"flask": "Flask", "flask.helpers": "jsonify"}) for version in ("1.0", "1.1", "2.0")]
    build([*flask, line("restx", "0.3", {"restx": ""}, takes=TAKEN)], path)
    asked = asked_for(SqliteTimeline(path), ["flask._other"])
    assert asked == {"flask": {"flask.helpers": {"_endpoint"}, "flask": {"_other"}}}
    assert SqliteTimeline(path).offers("flask", "2.0", ["flask.helpers._endpoint"]) == [None]
    with sqlite3.connect(path) as base:
        # 1.1 has no wheel to read: it answers like the nearest that has
        assert merge(base, "flask", {"1.0": {"flask.helpers": {"_endpoint"}}, "2.0": {"flask.helpers": set()}}) == 2
    timeline = SqliteTimeline(path)
    assert [timeline.offers("flask", v, ["flask.helpers._endpoint"])[0] for v in ("1.0", "1.1", "2.0")] == [1.0, 1.0, 0.0]
    assert timeline.offers("flask", "2.0", ["flask.helpers.jsonify", "flask._other"]) == [1.0, None]


def test_a_walk_that_is_added_later_says_nothing_of_private_names(tmp_path):
    path = tmp_path / "apis.sqlite"
    torch = [line("torch", version, {"torch": "", "torch.optim": "Adam"}) for version in ("1.6", "1.7", "1.8")]
    build(torch[1:], path)
    with sqlite3.connect(path) as base:
        merge(base, "torch", {"1.7": {"torch.optim": {"_Base"}}, "1.8": {"torch.optim": set()}})
        (blob,) = base.execute("SELECT blob FROM package").fetchone()
        rows = Record(blob).rows()
        rows.insert(0, {**rows[1], "version": "1.6", "names": {"torch.optim": "Adam"}})
        base.execute("UPDATE package SET blob = ?, versions = '1.6 1.7 1.8'", (Writer(rows).blob(),))
    timeline = SqliteTimeline(path)
    assert [timeline.offers("torch", v, ["torch.optim._Base"])[0] for v in ("1.7", "1.8")] == [1.0, 0.0]
    assert timeline.offers("torch", "1.6", ["torch.optim._Base", "torch.optim.Adam"])[0] != 0.0
    assert timeline.offers("torch", "1.6", ["torch.optim.Adam"]) == [1.0]


def test_sources_of_a_wheel():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/__init__.py", "x = 1")
        archive.writestr("a/b.py", "y = 1")
    with zipfile.ZipFile(stream) as wheel:
        assert sources(wheel, ["a", "a.b", "a.c"]) == {"a": b"x = 1", "a.b": b"y = 1"}


def test_the_standard_library_is_asked_itself():
    assert in_interpreter(sys.executable, {"typing": frozenset({"_GenericAlias", "_nothing"}), "nowhere": frozenset({"_x"})}) == {
        "typing": {"_GenericAlias"}
    }


@pytest.mark.parametrize("name", ["torch", "tensorflow", "flask", "numpy"])
def test_the_bundled_walks_were_all_looked_up(name):
    """Walks that were added after the names had been looked up said that PyTorch before 1.7 has no `lr_scheduler._LRScheduler`."""
    with sqlite3.connect(f"file:{load()[0].timeline}?mode=ro", uri=True) as base:
        (blob,) = base.execute("SELECT blob FROM package WHERE name = ?", (name,)).fetchone()
    rows = Record(blob).rows()
    marked = {module for row in rows for module, names in row["names"].items() if LOOKED_UP in names.split()}
    assert marked
    assert not [(row["version"], m) for row in rows for m in marked & row["names"].keys() if LOOKED_UP not in row["names"][m].split()]

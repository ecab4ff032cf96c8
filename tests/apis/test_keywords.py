"""Keywords read out of source, and asked of the timeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.apis.build import build
from resolver.apis.keywords import join, keywords_of, read
from resolver.apis.timeline import SqliteTimeline

SOURCES = {
    "pkg/__init__.py": "from .models import Word2Vec as W2V, load\nfrom ._impl import *\nimport os\n",
    "pkg/models.py": """
from functools import wraps
from . import base
from .base import Base
class Word2Vec(Base):
    def __init__(self, sentences=None, *, size=100, **kwargs): pass
class Inherits(Base): pass
class Alone: pass
class Made(type): pass
@wraps(1)
def load(path, mode="r", /, flag=1, *rest, deep=False): pass
@renamed("old", "new")
def changed(new): pass
@keras_export("x")
def plain(a): pass
@property
def lazy(): pass
""",
    "pkg/base.py": "class Base:\n    def __init__(self, seed): pass\n",
    "pkg/_impl.py": "def hidden(a): pass\ndef _private(b): pass\nfrom pkg import hidden as again\n",
    "pkg/broken.py": "def f(:\n",
    "pkg/a/b/c/d.py": "def deep(x): pass\n",
}
MODULES = ["pkg", "pkg.models", "pkg.base", "pkg._impl", "pkg.broken", "pkg.absent", "pkg.a.b.c.d"]


def put(folder: Path, sources: dict[str, str]) -> None:
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def test_keywords_of_functions_and_constructors_through_imports(tmp_path: Path) -> None:
    put(tmp_path, SOURCES)
    found = keywords_of(tmp_path, MODULES)
    assert found["pkg.W2V"] == found["pkg.models.Word2Vec"] == "** sentences size"
    assert found["pkg.models.Inherits"] == found["pkg.base.Base"] == "seed"
    assert found["pkg.load"] == "deep flag"
    assert found["pkg.models.changed"] == "** new"
    assert found["pkg.models.plain"] == "a"
    assert found["pkg.hidden"] == "a"
    assert not {"pkg.models.Alone", "pkg._private", "pkg.os", "pkg.a.b.c.d.deep"} & found.keys()


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    walk = {
        "name": "pkg", "modules": ["pkg"], "names": {"pkg": "fit old"}, "alias": {}, "classes": {}, "takes": {}, "needed": {},
        "pb2": False, "static": False,
    }  # fmt: skip
    path = tmp_path / "apis.sqlite"
    build([json.dumps({**walk, "version": version}) for version in ("1.0", "2.0", "3.0", "4.0")], path)
    return path


def test_joined_keywords_answer_questions(timeline: Path) -> None:
    told = {
        "1.0": {"pkg.fit": "a size", "pkg.same": "x"},
        "2.0": {"pkg.fit": "a size", "pkg.same": "x"},
        "3.0": {"pkg.fit": "a vector_size", "pkg.same": "x"},
        "4.0": {"pkg.fit": "** a", "pkg.same": "x"},
    }
    lines = [json.dumps({"name": "pkg", "version": version, "keywords": keywords}) for version, keywords in told.items()]
    lines.append(json.dumps({"name": "unknown", "version": "1", "keywords": {}}))
    assert join(lines, timeline) == 4  # what never changes is left out
    found = SqliteTimeline(timeline)
    names = ["pkg.fit(size)", "pkg.fit(vector_size)", "pkg.fit(a)", "pkg.fit", "pkg.same(x)", "pkg.fit(never)"]
    assert found.offers("pkg", "1.0", names) == [1.0, 0.0, 1.0, 1.0, None, None]
    assert found.offers("pkg", "3.0", names[:2]) == [0.0, 1.0]
    certain = found.offers("pkg", "1.5", names[:1])[0]
    assert certain is not None
    assert certain > 0.9
    assert join(lines, timeline) == 4
    assert SqliteTimeline(timeline).offers("pkg", "3.0", names[:2]) == [0.0, 1.0]


def test_reading_goes_on_where_it_was_stopped(timeline: Path, tmp_path: Path) -> None:
    asked = []

    def unpack(name: str, version: str, folder: Path) -> bool:
        asked.append(version)
        put(folder, {"pkg/__init__.py": f"def fit(a{version[0]}): pass\n"})
        return version != "2.0"

    out = tmp_path / "keywords.jsonl"
    out.write_text(json.dumps({"name": "pkg", "version": "1.0", "keywords": {}}) + "\n")
    read(["pkg", "other"], timeline, out, unpack)
    assert asked == ["2.0", "3.0", "4.0"]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["keywords"] for row in rows] == [{}, {}, {"pkg.fit": "a3"}, {"pkg.fit": "a4"}]

"""Keywords read out of source, and asked of the timeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.apis.build import build
from resolver.apis.keywords import join, keywords_of, unread
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
@deprecate_positional_args
def later(a, *, b=1): pass
@dataclass
class Options(Base):
    first: int = 1
    made: int = field(default=0, init=False)
    shared: ClassVar[int] = 2
class Above(base.Base): pass
class Odd(metaclass=Registry):
    def __init__(self, x): pass
if TYPE_CHECKING:
    from .base import Base as Promised
try:
    from fast import Base as Either
except ImportError:
    from .base import Base as Either
merge = base
if __name__ == "__main__":
    from pkg.models import Word2Vec
""",
    "pkg/lazy/__init__.py": "import lazy_loader\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n",
    "pkg/lazy/__init__.pyi": "from ..base import Base as Stubbed\n",
    "pkg/sub/__init__.py": "from pkg import models as shown, gone\nfrom .impl import *\n",
    "pkg/sub/impl.py": "def inner(a, *b): pass\nasync def also(): pass\n",
    "pkg/base.py": "class Base:\n    def __init__(self, seed): pass\n",
    "pkg/_impl.py": "def hidden(a): pass\ndef _private(b): pass\nfrom pkg import hidden as again\n",
    "pkg/broken.py": "def f(:\n",
    "pkg/a/b/c/d.py": "def deep(x): pass\n",
}
MODULES = ["pkg", "pkg.models", "pkg.base", "pkg._impl", "pkg.broken", "pkg.absent", "pkg.a.b.c.d", "pkg.sub", "pkg.sub.impl", "pkg.lazy"]


def put(folder: Path, sources: dict[str, str]) -> None:
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def test_keywords_of_functions_and_constructors_through_imports(tmp_path: Path) -> None:
    put(tmp_path, SOURCES)
    found = keywords_of(tmp_path, MODULES)
    assert found["pkg.W2V"] == found["pkg.models.Word2Vec"] == "#1 ** sentences size"
    assert found["pkg.models.Inherits"] == found["pkg.base.Base"] == found["pkg.models.Above"] == "#1 seed"
    assert found["pkg.models.Promised"] == found["pkg.lazy.Stubbed"] == "#1 seed"
    assert found["pkg.load"] == "#* deep flag"
    assert found["pkg.models.changed"] == "** new"
    assert found["pkg.models.plain"] == "#1 a"
    assert found["pkg.models.later"] == "#* a b"  # warned of, not refused
    assert found["pkg.models.Options"] == "first seed"
    assert found["pkg.models.Odd"] == "** x"
    assert found["pkg.hidden"] == "#1 a"
    assert (
        not {"pkg.models.Alone", "pkg._private", "pkg.os", "pkg.a.b.c.d.deep", "pkg.models.merge", "pkg.sub.gone", "pkg.models.Either"}
        & found.keys()
    )


def test_a_module_is_called_with_nothing_and_names_are_found_behind_it(tmp_path: Path) -> None:
    put(tmp_path, SOURCES)
    found = keywords_of(tmp_path, MODULES, {"pkg.sub": "inner shown"})
    assert found["pkg.base"] == found["pkg.sub"] == found["pkg.sub.shown"] == ""
    assert found["pkg.sub.shown.plain"] == "#1 a"
    assert found["pkg.sub.inner"] == "#* a"
    assert "pkg.sub.also" not in found  # walking found no such name there


def test_what_stands_for_a_module_at_run_time(tmp_path: Path) -> None:
    sources = {
        "tensorflow/__init__.py": "keras = _Lazy('keras')\n",
        "keras/_tf_keras/keras/__init__.py": "from keras.src import layers\n",
        "keras/src/__init__.py": "",
        "keras/src/layers.py": "class Dense:\n    def __init__(self, units): pass\n",
    }
    put(tmp_path, sources)
    assert keywords_of(tmp_path, ["tensorflow"])["tensorflow.keras.layers.Dense"] == "#1 units"


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


def test_arguments_without_a_keyword_are_counted(timeline: Path) -> None:
    told = {"1.0": "#3 a b c", "2.0": "#1 a b c", "3.0": "#* a", "4.0": ""}
    join([json.dumps({"name": "pkg", "version": version, "keywords": {"pkg.fit": text}}) for version, text in told.items()], timeline)
    found = SqliteTimeline(timeline)
    answers = [found.offers("pkg", version, ["pkg.fit(#1)", "pkg.fit(#2)"]) for version in told]
    assert answers == [[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]  # a module cannot be called


def test_reading_goes_on_where_it_was_stopped(timeline: Path, tmp_path: Path) -> None:
    out = tmp_path / "keywords.jsonl"
    out.write_text(json.dumps({"name": "pkg", "version": "1.0", "keywords": {}}) + "\n")
    left = list(unread(["pkg", "other"], timeline, out))
    assert [(name, row["version"]) for name, row in left] == [("pkg", "2.0"), ("pkg", "3.0"), ("pkg", "4.0")]
    assert left[0][1]["modules"] == ["pkg"]


def taken(site: Path, sources: dict[str, str], *modules: str) -> dict[str, str]:
    for name, text in sources.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    return keywords_of(site, modules)


IMPL = "def shown(a): pass\ndef hidden(b): pass\ndef _quiet(c): pass\n"


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("", {"shown", "hidden"}),
        ("__all__ = ['shown']", {"shown"}),
        ("__all__ = ('shown',)\n__all__ += ['hidden']", {"shown", "hidden"}),
        ("__all__: list[str] = ['shown']", {"shown"}),
        ("__all__ = []\n__all__.append('shown')", {"shown"}),
        ("__all__ = ['shown']\n__all__.extend(['hidden'])", {"shown", "hidden"}),
        ("from . import other\n__all__ = ['shown'] + other.__all__", {"shown", "more"}),
        ("__all__ = ['shown']\n__all__ = __all__ + ['hidden']", {"shown", "hidden"}),
        ("if True:\n    __all__ = ['shown']", {"shown"}),
        ("__all__ = list(['shown', 'nowhere'])", {"shown"}),
        ("__all__ = [name for name in dir()]", {"shown", "hidden"}),
        ("__all__ = ['shown']\n__all__ += made()", {"shown", "hidden"}),
        ("__all__ = ['shown']\n__all__.remove('shown')", {"shown", "hidden"}),
        ("__all__ = ['shown']\ndef extend(module):\n    __all__.extend(module.__all__)\nextend(other)", {"shown", "hidden", "extend"}),
        ("__all__ = ['shown']\nfor name in ('hidden',):\n    __all__ += [name]", {"shown", "hidden"}),
        ("__all__ = ['shown']\ndef __dir__():\n    return __all__", {"shown"}),
        ("__all__ = ['shown', 'part']", {"shown", "part", "part.inner"}),
    ],
)
def test_a_star_import_takes_what_the_module_lists(tmp_path: Path, listed: str, names: set[str]) -> None:
    sources = {
        "pkg/__init__.py": "from ._impl import *\n",
        "pkg/_impl/__init__.py": IMPL + ("from .other import *\n" if "import other" in listed else "") + listed,
        "pkg/_impl/other.py": "__all__ = ['more']\ndef more(): pass\ndef less(): pass\n",
        "pkg/_impl/part.py": "def inner(): pass\n",
    }
    assert {name.removeprefix("pkg.") for name in taken(tmp_path, sources, "pkg")} - {"pkg"} == names


def test_a_listed_name_with_an_underscore_can_be_followed(tmp_path: Path) -> None:
    sources = {
        "pkg/__init__.py": "from .base import *\nclass Shown(_Base): pass\n",
        "pkg/base.py": "__all__ = ['_Base']\nclass _Base:\n    def __init__(self, size): pass\n",
    }
    assert taken(tmp_path, sources, "pkg")["pkg.Shown"] == "#1 size"


def test_modules_that_list_each_other_come_to_an_end(tmp_path: Path) -> None:
    sources = {
        "pkg/__init__.py": "from .a import *\n",
        "pkg/a.py": "from . import b\nfrom .b import *\n__all__ = ['x'] + b.__all__\ndef x(): pass\n",
        "pkg/b.py": "from . import a\nfrom .a import *\n__all__ = ['y'] + a.__all__\ndef y(): pass\n",
    }
    assert taken(tmp_path, sources, "pkg")["pkg.x"] == "#0"

"""The walker, run as a script by this interpreter and by older ones where they are installed, on distributions made here."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import shutil
import struct
import subprocess
import sys
import sysconfig

import pytest

from resolver.apis.walk import SCRIPTS, WALKER, walk_sources

FILES = {
    "pkg/__init__.py": """
import json
import sys
import types
import warnings
from pkg import _impl as nn
from pkg._impl import Layer
from other import soft_unicode
import other as o
try:
    import missing_thing
except ImportError:
    missing_thing = None
FLAG = o.flags.ONE

def use():
    import later
    return o.deep.attribute

_old = {"Legacy": 1}

def __getattr__(name):
    if name in _old or name == "Ancient":
        warnings.warn("old", DeprecationWarning)
        return 1
    raise AttributeError(name)
""",
    "pkg/_impl.py": "class Layer:\n    def call(self):\n        pass\n    _hidden = 1\n\nclass Same(Layer):\n    more = 1\n\nrelu = 1\n",
    "pkg/sub/__init__.py": "from .lower import *\nVALUE = 1\n",
    "pkg/sub/lower.py": """
def lowered():
    text = '''
not code at the margin
'''

class C(object): pass
x, (y, *z) = 1, (2, 3)
if x:
    w = 1
""",
    "pkg/switches.py": """
import sys
import types

def version():
    return 1

class Switches(types.ModuleType):
    def __init__(self, m, name):
        super(Switches, self).__init__(name)
        self.m = m
    def __getattr__(self, name):
        return getattr(self.m, name)
    benchmark = property(lambda self: True)

sys.modules[__name__] = Switches(sys.modules[__name__], __name__)
""",
    "pkg/broken.py": "this is no python\n",
    "pkg/opened.py": "for name in ('a', 'b'):\n    globals()[name] = 1\n",
    "pkg/tests/test_it.py": "raise SystemExit\n",
    "pkg/gen_pb2.py": "DESCRIPTOR = 1\n",
    "other.py": "def soft_unicode():\n    pass\n\nclass flags:\n    ONE = 1\n",
    "angry.py": "import os\nos._exit(3)\n",
}
DISTRIBUTIONS = {"Pkg-Name": ("1.2", ["pkg"]), "other": ("0.1", ["other.py"]), "angry": ("1", ["angry.py"])}


def install(site):
    for path, text in FILES.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    for name, (version, roots) in DISTRIBUTIONS.items():
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText.\n")
        files = [p for p in FILES if any(p == r or p.startswith(f"{r}/") for r in roots)]
        (info / "RECORD").write_text("".join(f"{p},sha256=x,1\n" for p in files) + f"../../../bin/{name},,\n")


def walk(folder, python=sys.executable, known=(), arguments=(), options=("-S",)):
    site, out, scripts = folder / "site-packages", folder / "out.jsonl", folder / "scripts"
    if not site.exists():
        site.mkdir()
        install(site)
    scripts.mkdir()
    for name, text in walk_sources():
        (scripts / name).write_text(text)
    (folder / "known.json").write_text(json.dumps(list(known)))
    command = [python, *options, str(scripts / SCRIPTS[0]), *(arguments or [str(folder / "known.json"), str(out), "60"])]
    environment = {"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}


@functools.cache
def others():
    found = {v: shutil.which(f"python3.{v}") for v in (6, 7, 8, 9, 10, 12, 13)}
    return [path for path in found.values() if path and _works(path)]


def _works(path):
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return walk(tmp_path_factory.mktemp("walk"))


@pytest.mark.parametrize("python", [sys.executable, *others()])
def test_every_interpreter_walks_alike(python, tmp_path):
    rows = walk(tmp_path, python)
    row = rows["pkg-name"]
    assert row["version"] == "1.2"
    assert row["names"]["pkg.sub"].split() == ["C", "VALUE", "lower", "lowered", "w", "x", "y", "z"]
    assert "Layer" in row["names"]["pkg"].split()


def test_all_its_files_are_known_and_none_hides_a_standard_module():
    assert sorted(SCRIPTS) == sorted(path.name for path in WALKER.parent.glob("inside_walk*.py"))
    assert not {path.stem for path in WALKER.parent.glob("*.py")} & sys.stdlib_module_names
    assert all(len(text.splitlines()) < 300 for _, text in walk_sources())


LOOKS = """
import sys
seen = sorted(n for n in sys.modules if n.startswith("inside_walk"))
try:
    import inside_walk_files
    seen.append("found")
except ImportError:
    pass
for name in seen or ["nothing"]:
    globals()["saw_" + name] = 1
"""


@pytest.mark.parametrize("python", [sys.executable, *others()])
def test_what_is_walked_meets_no_file_of_the_walk(python, tmp_path, monkeypatch):
    monkeypatch.setitem(FILES, "other.py", LOOKS)
    names = walk(tmp_path, python)["other"]["names"]["other"].split()
    assert [n for n in names if n.startswith("saw_")] == ["saw_nothing"]


@pytest.mark.parametrize("python", [sys.executable, *others()])
def test_an_isolated_interpreter_finds_its_files(python, tmp_path):
    (tmp_path / "site-packages").mkdir()
    install(tmp_path / "site-packages")
    arguments = ["--static", str(tmp_path / "site-packages"), str(tmp_path / "out.jsonl")]
    assert set(walk(tmp_path, python, arguments=arguments, options=("-I", "-S"))) == {"angry", "other", "pkg-name"}


@pytest.mark.parametrize("python", [sys.executable, *others()])
def test_the_standard_library(python, tmp_path):
    row = walk(tmp_path, python, arguments=["--stdlib", str(tmp_path / "out.jsonl")])["python"]
    assert {"OrderedDict", "abc"} <= set(row["names"]["collections"].split())
    assert {"json.decoder", "sys", "xml.dom"} <= set(row["modules"])
    assert not [m for m in row["modules"] if m.startswith("inside_walk")]


def test_modules_are_those_on_disk_without_tests(rows):
    assert rows["pkg-name"]["modules"] == [
        "pkg",
        "pkg._impl",
        "pkg.broken",
        "pkg.gen_pb2",
        "pkg.opened",
        "pkg.sub",
        "pkg.sub.lower",
        "pkg.switches",
    ]
    assert rows["pkg-name"]["pb2"] is True


def test_names_that_only_getattr_knows_are_found(rows):
    names = rows["pkg-name"]["names"]["pkg"].split()
    assert {"Legacy", "Ancient", "nn", "Layer", "FLAG", "use"} <= set(names)
    assert "*" not in names


def test_an_object_in_a_modules_place_offers_its_classs_switches_and_what_the_module_had(rows):
    assert {"benchmark", "version"} <= set(rows["pkg-name"]["names"]["pkg.switches"].split())


def test_an_attribute_that_is_another_module_is_an_alias(rows):
    assert rows["pkg-name"]["alias"]["pkg.nn"] == "pkg._impl"
    assert "relu" in rows["pkg-name"]["names"]["pkg._impl"].split()


def test_members_of_classes(rows):
    assert rows["pkg-name"]["classes"]["pkg.Layer"] == "call"


def test_source_that_binds_names_unseen_is_open_and_broken_source_is_silent(rows):
    names = rows["pkg-name"]["names"]
    assert "*" in names["pkg.opened"].split() or {"a", "b"} <= set(names["pkg.opened"].split())
    assert "pkg.broken" not in names


def test_what_is_taken_from_others(rows):
    taken = rows["pkg-name"]["takes"]
    assert {"other.soft_unicode", "other.flags.ONE", ":other.deep.attribute"} <= set(taken["other"])
    assert taken["later"] == [":later"]
    assert "missing_thing" not in taken
    assert "pkg" not in taken


def test_one_that_kills_its_process_leaves_what_was_read(rows):
    assert rows["angry"]["modules"] == ["angry"]
    assert rows["other"]["names"]["other"].split() == ["flags", "soft_unicode"]


def test_known_ones_are_left_out(tmp_path):
    assert set(walk(tmp_path, known=["pkg-name==1.2", "angry==1"])) & set(map(str.lower, DISTRIBUTIONS)) == {"other"}


def test_reading_without_importing(tmp_path):
    (tmp_path / "site-packages").mkdir()
    install(tmp_path / "site-packages")
    rows = walk(tmp_path, arguments=["--static", str(tmp_path / "site-packages"), str(tmp_path / "out.jsonl")])
    assert rows["angry"]["static"] is True
    assert {"soft_unicode", "flags"} == set(rows["other"]["names"]["other"].split())
    assert "Layer" in rows["pkg-name"]["names"]["pkg"].split()


@pytest.fixture(scope="module")
def part():
    """One of the walker's files as a module, for what needs no installed distribution."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(WALKER.parent)
        yield lambda name: importlib.import_module(f"inside_walk_{name}")
    for name in SCRIPTS:
        sys.modules.pop(name.removesuffix(".py"), None)


def elf(path, needed):
    """A little-endian ELF64 file with a dynamic section and nothing else."""
    strings = b"\0" + b"".join(n.encode() + b"\0" for n in needed)
    at, offsets = 1, []
    for n in needed:
        offsets.append(at)
        at += len(n) + 1
    base = 64 + 2 * 56
    dynamic = b"".join(struct.pack("<qQ", 1, o) for o in offsets)
    table = base + len(dynamic) + 3 * 16
    dynamic += struct.pack("<qQqQqQ", 5, 0x1000 + table, 10, len(strings), 0, 0)
    size = table + len(strings)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x1000, 0x1000, size, size, 0x1000)
    dyn = struct.pack("<IIQQQQQQ", 2, 6, base, 0x1000 + base, 0x1000 + base, len(dynamic), len(dynamic), 8)
    path.write_bytes(header + load + dyn + dynamic + strings)


def test_needed_libraries(part, tmp_path):
    elf(tmp_path / "a.so", ["libGL.so.1", "libc.so.6", "libown-1234.so.2"])
    elf(tmp_path / "libown-1234.so.2", ["libz.so.1"])
    (tmp_path / "b.so").write_bytes(b"\x7fELF")
    found = part("libraries").libraries(str(tmp_path), ["a.so", "b.so", "libown-1234.so.2"])
    assert found == {"libGL.so.1": ["a.so"], "libz.so.1": ["libown-1234.so.2"]}


def test_needed_libraries_of_a_real_binary(part):
    path = sysconfig.get_config_var("DESTSHARED")
    binaries = sorted(p for p in __import__("pathlib").Path(path).glob("*.so"))
    if not binaries:
        pytest.skip("this interpreter has no extension modules on disk")
    assert any(part("libraries").elf_needed(str(b)) for b in binaries)


def test_reading_without_bodies_finds_the_same_names(part, monkeypatch):
    stdlib = __import__("pathlib").Path(sysconfig.get_paths()["stdlib"])
    files = sorted(p.name for p in stdlib.glob("*.py"))[:40]
    modules = {name[:-3]: name for name in files}
    quick = part("names").Static(str(stdlib), modules, {})
    quick_names = {m: quick.names(m) for m in modules}
    monkeypatch.setattr(part("names"), "shallow", part("source").parsed)
    full = part("names").Static(str(stdlib), modules, {})
    assert {m: full.names(m) for m in modules} == quick_names


def test_a_stub_stands_for_a_binary_and_promises_count_where_a_module_fills_itself(part, tmp_path):
    sources = {
        "t/__init__.py": "from t._C import *\nif TYPE_CHECKING:\n    from t._V import *\nfor n in dir(_V):\n    globals()[n] = 1\n",
        "t/_C.pyi": "def cat(): ...\nfloat32: dtype = ...\n",
        "t/_V.pyi": "def zeros(): ...\n",
        "t/plain.py": "if TYPE_CHECKING:\n    from t._V import *\nx = 1\n",
        "t/lazy.py": "if TYPE_CHECKING or SLOW:\n    from .a import A\n"
        "    try:\n        import torch\n    except ImportError:\n        from .b import B\n"
        "    else:\n        from .c import C\nelse:\n    _LazyModule()\n",
        "t/both.py": "if TYPE_CHECKING and SLOW:\n    from .a import A\n",
        "t/replaced.py": "import sys\nsys.modules[__name__] = object()\n",
    }
    (tmp_path / "t").mkdir()
    for path, text in sources.items():
        (tmp_path / path).write_text(text)
    modules = {
        "t": "t/__init__.py",
        "t._C": "t/_C.so",
        "t._V": "t/_V.so",
        "t.plain": "t/plain.py",
        "t.lazy": "t/lazy.py",
        "t.both": "t/both.py",
        "t.replaced": "t/replaced.py",
    }
    reader = part("names").Static(str(tmp_path), modules, {})
    assert {"cat", "float32", "zeros", "*"} <= reader.names("t")
    assert reader.names("t.plain") == {"x"}
    assert {"A", "C"} <= reader.names("t.lazy")
    assert reader.names("t.both") == set()
    assert "*" in reader.names("t.replaced")


def test_what_reading_takes_for_loaded(part, tmp_path):
    sources = {
        "p/__init__.py": "from . import a\nif TYPE_CHECKING:\n    from . import never\n",
        "p/a.py": "try:\n    from p.sub.b import x\nfinally:\n    y = 1\ndef f():\n    from p import later\n",
        "p/caught.py": "",
        "p/asked.py": "",
        "p/sub/__init__.py": "",
        "p/sub/b.py": "import p\n",
        "p/later.py": "",
        "p/never.py": "try:\n    from p import caught\nexcept ImportError:\n    pass\nif x:\n    from p import asked\n",
    }
    (tmp_path / "p/sub").mkdir(parents=True)
    for path, text in sources.items():
        (tmp_path / path).write_text(text)
    modules = part("files").modules_of(list(sources))
    assert part("takes").static_core(str(tmp_path), modules, ["p"]) == {"p", "p.a", "p.sub", "p.sub.b"}
    # What is caught, or stands under a condition, may be left out.
    assert part("takes").static_core(str(tmp_path), modules, ["p.never"]) == {"p", "p.a", "p.sub", "p.sub.b", "p.never"}


def test_an_import_whose_failure_is_raised_again_is_needed(part):
    text = """
try:
    from tensorflow.keras.layers.experimental.preprocessing import RandomRotation
except ImportError:
    raise ImportError("Keras requires TensorFlow 2.2 or higher")
try:
    import theano
except ImportError:
    theano = None
def later():
    try:
        import pydot
    except ImportError:
        raise ImportError("install pydot")
"""
    takes = part("takes").Takes({"keras"}, "keras")
    takes.visit(ast.parse(text))
    assert takes.sure == {"tensorflow.keras.layers.experimental.preprocessing.RandomRotation"}


def test_names_that_reading_does_not_take_for_bound(part):
    text = """
import os
try:
    import snappy
    import zlib
    from pkg._speed import fast
except ImportError:
    fast = None
    slow = 1
try:
    next
except NameError:
    def next(it): pass
try:
    import needed
except ImportError:
    raise ImportError("install needed")
try:
    unicode
except NameError:
    unicode = str
if __name__ == "__main__":
    from demo import Console
    made = 1
else:
    imported = 1
"""
    found = part("names").Bindings("pkg")
    found.visit(ast.parse(text))
    assert found.names == {"os", "zlib", "fast", "slow", "needed", "unicode", "imported"}

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from resolver.project import files
from resolver.project.files import is_side, walk
from resolver.project.sources import Kind, gather, kinds_of, parse_sources
from resolver.project.tables import is_stdlib


def put(root: Path, name: str, text: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def kind(root: Path, name: str, importer: str = "app.py", known: frozenset[str] = frozenset(), own: frozenset[str] = frozenset()) -> Kind:
    return kinds_of(walk(root), own=own, known=known.__contains__, stdlib=is_stdlib)(name, PurePosixPath(importer))


def roots(root: Path) -> dict[str, bool]:
    tree = walk(root)
    found = gather(parse_sources(tree), kinds_of(tree, own=frozenset(), known=lambda _: False, stdlib=is_stdlib))
    return {use.dotted: use.guarded for use in found.uses}


def test_whose_a_root_is(tmp_path: Path) -> None:
    for name in (
        "app.py",
        "helper.py",
        "pkg/__init__.py",
        "pkg/deep/mod.py",
        "src/inner/__init__.py",
        "tf/train.py",
        "tf/nets.py",
        "tensorflow/run.py",
    ):
        put(tmp_path, name, "")
    put(tmp_path, "native.cpython-37m-x86_64-linux-gnu.so", b"\x7fELF")
    assert kind(tmp_path, "helper") is Kind.OWN
    assert kind(tmp_path, "pkg") is Kind.OWN
    assert kind(tmp_path, "inner") is Kind.OWN
    assert kind(tmp_path, "native") is Kind.OWN
    assert kind(tmp_path, "nets") is Kind.OWN
    assert kind(tmp_path, "nets", "tf/train.py") is Kind.OWN
    assert kind(tmp_path, "numpy") is Kind.FOREIGN
    assert kind(tmp_path, "os") is Kind.STANDARD
    assert kind(tmp_path, "urllib2") is Kind.STANDARD
    assert kind(tmp_path, "mynet", own=frozenset({"mynet"})) is Kind.OWN


def test_a_folder_named_like_a_library_is_not_the_library(tmp_path: Path) -> None:
    put(tmp_path, "tensorflow/run.py", "import tensorflow\n")
    put(tmp_path, "utils/x.py", "")
    known = frozenset({"tensorflow"})
    assert kind(tmp_path, "tensorflow", "tensorflow/run.py", known=known) is Kind.FOREIGN
    assert kind(tmp_path, "utils", known=known) is Kind.OWN


def test_a_local_module_shadows_the_standard_library(tmp_path: Path) -> None:
    put(tmp_path, "parser.py", "")
    put(tmp_path, "app.py", "import parser\n")
    assert kind(tmp_path, "parser") is Kind.OWN


def test_what_is_skipped_and_what_is_guarded(tmp_path: Path) -> None:
    for name in ("venv/lib/x.py", "node_modules/a.py", "build/b.py", ".git/hooks/h.py", "myenv/c.py", "pkg.egg-info/d.py"):
        put(tmp_path, name, "import skipped\n")
    put(tmp_path, "myenv/pyvenv.cfg", "")
    put(tmp_path, "app.py", "import main_dep\n")
    put(tmp_path, "tests/test_app.py", "import test_dep\nimport main_dep\n")
    put(tmp_path, "setup.py", "import setup_dep\n")
    assert roots(tmp_path) == {"main_dep": False, "setup_dep": True, "test_dep": True}


def test_unreadable_sources_are_told(tmp_path: Path) -> None:
    put(tmp_path, "old.py", "import cv2\nprint 'x'\n")
    put(tmp_path, "new.py", "import torch\ntype X = int\nf(\n")
    put(tmp_path, "null.py", b"import a\0")
    put(tmp_path, "latin.py", b"# -*- coding: latin-1 -*-\nimport b\nx = '\xe9'\n")
    put(tmp_path, "huge.py", b"#" * 2_000_001)
    tree = walk(tmp_path)
    found = gather(parse_sources(tree), kinds_of(tree, own=frozenset(), known=lambda _: False, stdlib=is_stdlib))
    guarded = {use.dotted: use.guarded for use in found.uses}
    assert guarded["cv2"] is True
    assert guarded["torch"] is False
    assert guarded["b"] is False
    told = {note.split(":")[0] for note in found.notes}
    assert told >= {"old.py", "new.py", "null.py"}
    assert any("huge.py" in note for note in found.notes)
    assert not any(note.startswith("Python 2") for note in found.notes)


def test_a_project_in_python_2_is_told_clearly(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "print 'x'\n")
    put(tmp_path, "b.py", "import urllib2\nexec 'x'\n")
    tree = walk(tmp_path)
    notes = gather(parse_sources(tree), kinds_of(tree, own=frozenset(), known=lambda _: False, stdlib=is_stdlib)).notes
    assert notes[0].startswith("Python 2 source (")


def test_bounded_number_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 3)
    for number in range(5):
        put(tmp_path, f"m{number}.py", "")
    tree = walk(tmp_path)
    assert len(tree.sources) == 3
    assert "5 source files" in tree.notes[0]


def test_links_are_not_followed_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    put(tmp_path, "outside/secret.py", "import outside\n")
    (tmp_path / "project" / "link").symlink_to(tmp_path / "outside")
    put(tmp_path / "project", "app.py", "import inside\n")
    assert roots(tmp_path / "project") == {"inside": False}


SIDES = {"app.py": False, "test_app.py": True, "pkg/tests/x.py": True, "docs/conf.py": True, "setup.py": True, "pkg/setup.py": False}


@pytest.mark.parametrize(("path", "side"), SIDES.items())
def test_side_files(path: str, side: bool) -> None:
    assert is_side(PurePosixPath(path)) is side

"""Every reader on bytes that mean harm or are broken: a value or a clear error, in bounded time and memory.

Each reading happens in a child under limits of the kernel's (`confined`). RESOLVER_FUZZ=500 asks for so many examples of each file
instead of a few (the rest of the suite stays as it is).
"""

from __future__ import annotations

import io
import json
import os
import pickle
import pkgutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import resolver.project
from resolver.core.errors import ResolverError
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.project import conda, dates, declared, dockerfiles, files, git_objects, interpreter, locks, model_boosters, model_graphs
from resolver.project import model_mlflow, model_texts, packaging_files, pipelines, readme, requirements, setup_script, spoken, text
from resolver.project.artifacts import read_artifact, read_artifacts
from resolver.project.files import Tree, walk
from resolver.project.models import models_of
from resolver.project.notebooks import read_notebooks
from resolver.project.programs import program_of
from resolver.project.read import read_project
from resolver.project.reading import Reading
from resolver.project.sources import parse_sources
from tests.project.confined import SECONDS, Ended, confined
from tests.project.hostile import MAKERS

FEW = 6
EXAMPLES = int(os.environ.get("RESOLVER_FUZZ", FEW))
PUMPED = 200_000
"""Bytes of a text that repeats itself: what takes time with their square takes minutes."""

# --- samples


def _archive(members: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return raw.getvalue()


_TORCH = b"\x80\x02}q\x00(X\x06\x00\x00\x00weightq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02u."
_SAVED = b"\x0a\x15\x12\x13\x0a\x0d\x12\x06\x0a\x04\x0a\x02Op\x2a\x031.4\x12\x02\x0a\x00"
_COMMIT = b"commit 9\0tree " + b"2" * 40 + b"\nparent " + b"3" * 40 + b"\nauthor a\ncommitter a <a> 1500000000 +0000\n\nx"

TEXT_SAMPLES: dict[str, str] = {
    "requirements.txt": "flask==1.0 --hash=sha256:aa\n-r more.txt\ntorch @ https://x.org/t.whl\nnumpy>=1.1 ; python_version<'3.8'\n"
    "-e git+https://x.org/a.git#egg=a-1\npip install b\npython>=3.6\nc=1.0=py37\nd^1.2|>=3\n",
    "setup.py": "from setuptools import setup\nR = ['a==1', 'b']\nwith open('requirements.txt') as f:\n    D = f.read()\n"
    "setup(name='x', install_requires=R + ['c>2'] + D, python_requires='>=3.6', classifiers=['Programming Language :: Python :: 3.6'])\n",
    "setup.cfg": "[metadata]\nname = x\nclassifiers =\n  Programming Language :: Python :: 3.7\n[options]\ninstall_requires =\n  a==1\n  b>2\n",
    "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.6"\ndependencies = ["a==1"]\n'
    '[tool.poetry.dependencies]\nb = {version = "^1.2", python = "^3.7"}\n',
    "Pipfile": '[packages]\na = "==1.0"\nb = {version = "*", extras = ["c"]}\n[requires]\npython_version = "3.7"\n',
    "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.7"}}, "default": {"a": {"version": "==1.0"}}}',
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1.0"\n',
    "environment.yml": "name: x\nchannels: [defaults]\ndependencies:\n  - python=3.7\n  - numpy=1.16=py37_0\n  - &a torch>=1\n  - *a\n  - pip:\n    - a==1\n",
    "runtime.txt": "python-3.7.4\n",
    ".python-version": "3.7.4\n",
    ".tool-versions": "python 3.7.4\n",
    "Procfile": "web: gunicorn app:server\n",
    "packages.txt": "libgl1\nffmpeg=4 # x\n",
    "Dockerfile": "FROM tensorflow/tensorflow:1.14.0-py3\nFROM --platform=a python:3.7\nRUN apt-get update && apt-get install -y libgl1 \\\n"
    '  && pip install a==1 -r requirements.txt\nRUN ["pip", "install", "b"]\nRUN conda install -c x python=3.6 c=1\n',
    "README.md": "# x #\n\nRequires Python 3.6 or 3.7 and torch (pytorch) version 1.4, 1.5 or later. <!-- a --> Use `pip install b`.\n\n```\n"
    "pip install torch==1.4 torchvision\n```\n- [a](b) keras==2.2.4 (x)\n**Setup**:\n",
    "tox.ini": "[tox]\nenvlist = py36,py{37,38}\n[testenv]\ndeps = a==1\nbasepython = python3.6\n",
    ".github/workflows/ci.yml": "jobs:\n  t:\n    strategy: {matrix: {python: ['3.7']}}\n    image: python:3.8\n    steps:\n      - run: pip install a==1\n",
    "app.py": "import flask, os.path as p\nfrom torch import nn\nfrom other import *\ntry:\n    import cupy\nexcept ImportError:\n    cupy = None\n"
    "app = flask.Flask(__name__)\n@app.route('/a', methods=['POST'])\ndef predict(image):\n    return nn.Linear(1, 2, bias=f'{p!r}')\n"
    "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=80)\n",
    "other.py": "import numpy as np\ntype A = int\nclass N(nn.Module):\n    def f(self): print 'a'\nraise A, 'b'\n",
    "nb.ipynb": '{"cells": [{"cell_type": "code", "source": ["!pip install a==1\\n", "import flask\\n", "flask?"]}], '
    '"metadata": {"language_info": {"version": "3.7.1"}}, "timestamp": 1500000000000, "start_time": "2020-01-02T"}',
    "config.json": '{"transformers_version": "4.1.0", "architectures": ["A"], "model_type": "a"}',
    "tokenizer.json": '{"model": {"merges": [["a", "b"]]}}',
    "meta.json": '{"lang": "en", "name": "a", "spacy_version": ">=3.0"}',
    "model.json": '{"class_name": "Sequential", "keras_version": "2.2.4", "backend": "tensorflow"}',
    "booster.json": '{"learner": {}, "version": [1, 5, 0]}',
    "MLmodel": "flavors:\n  sklearn: {sklearn_version: 0.22.1}\nutc_time_created: '2020-01-01'\n",
    "conda.yaml": "dependencies:\n- python=3.7\n- scikit-learn=0.22\n- pip:\n  - a==1\n",
    "lightgbm.txt": "tree\nversion=v3\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/packed-refs": f"# pack-refs\n{'1' * 40} refs/heads/main\n",
    ".git/logs/HEAD": f"{'0' * 40} {'1' * 40} a <a> 1500000000 +0000\tcommit: x\n",
}
SAMPLES: dict[str, bytes] = {name: body.encode() for name, body in TEXT_SAMPLES.items()} | {
    "m.h5": (Path(__file__).parent.parent / "examples" / "digits.h5").read_bytes()[:20_000],
    "m.pkl": pickle.dumps({"_sklearn_version": "0.22.1", "a": subprocess.PIPE}, 2),
    "joblib.pkl": zlib.compress(b"\x80\x04\x8c\x0fnumpy_pickle\x94\x8c\x02Ab\x94\x93."),
    "m.pt": _archive({"a/data.pkl": _TORCH, "a/version": b"3\n"}),
    "m.keras": _archive({"metadata.json": b'{"keras_version": "3.0.1"}', "config.json": b'{"class_name": "A"}'}),
    "legacy.pth": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + _TORCH,
    "m.onnx": b"\x08\x07\x12\x07pytorch\x1a\x031.9\x42\x02\x10\x0d",
    "saved_model.pb": b"\x08\x01" + b"\x12" + bytes([len(_SAVED)]) + _SAVED,
    "graph.pb": b"\x0a\x0f\x0a\x05input\x12\x06Placeh" + b"\x22\x02\x08\x18",
    "m.meta": _SAVED,
    "m.index": b"\0\0_CHECKPOINTABLE_OBJECT_GRAPH" + bytes.fromhex("57fb808b247547db"),
    "m.safetensors": struct.pack("<Q", 33) + b'{"__metadata__":{"format": "pt"}}',
    "m.ubj": b"{L\0\0\0\0\0\0\0\x01i\x07learner version[#L\0\0\0\0\0\0\0\x03i\x01i\x06i\0",
    "m.cbm": b"CBM1 tags/v1.0.2 2020-01-02T00:00:00Z",
    f".git/objects/11/{'1' * 38}": zlib.compress(_COMMIT),
    f".git/objects/33/{'3' * 38}": zlib.compress(_COMMIT.replace(b"parent " + b"3" * 40 + b"\n", b"")),
    f".git/objects/22/{'2' * 38}": zlib.compress(b"tree 9\x00100644 a.py\0" + b"\1" * 20),
}

# --- readers


def _each(pattern: str, read: Callable[[Path], object]) -> Callable[[Tree], None]:
    """One reader on every file of the folder that matches."""

    def run(tree: Tree) -> None:
        for path in sorted(tree.root.glob(pattern))[:5]:
            _clear(lambda path=path: read(path))  # type: ignore[misc]

    return run


def _clear(read: Callable[[], object]) -> None:
    """A result, or an error that is meant for people."""
    try:
        read()
    except ResolverError as error:
        assert str(error)


def _head(tree: Tree) -> None:
    for read in (git_objects.head_commit, lambda root: git_objects.last_change(root, lambda name: name.endswith(".py"))):
        try:
            read(tree.root)
        except git_objects.UnreadableRepository:
            pass


def _model(tree: Tree) -> None:
    for path in tree.others:
        artifact, note = read_artifact(tree.root / path, path)
        assert artifact is None or not note


def _run(tree: Tree) -> None:
    sources = parse_sources(tree)
    notebooks = read_notebooks(tree, side=False)
    program_of(sources, procfile="web: gunicorn app:server")
    models_of([*sources, *notebooks.sources], read_artifacts(tree)[0])


READERS: dict[str, Callable[[Tree], object]] = {
    "requirements.read_requirements": _each("*.txt", lambda path: requirements.read_requirements(path, path.parent)),
    "requirements.read_lines": _each("*.txt", lambda path: requirements.read_lines(text.read_text(path), "x")),
    "packaging_files.read_pyproject": _each("*.toml", lambda path: packaging_files.read_pyproject(path, path.parent)),
    "packaging_files.read_pipfile": _each("Pipfile", lambda path: packaging_files.read_pipfile(path, path.parent)),
    "packaging_files.read_setup_cfg": _each("*.cfg", lambda path: packaging_files.read_setup_cfg(path, path.parent)),
    "setup_script.read_setup_script": _each("setup*.py", lambda path: setup_script.read_setup_script(path, path.parent)),
    "conda.read_environment": _each("*.y*ml", lambda path: conda.read_environment(path, path.parent)),
    "locks.read_locks": lambda tree: locks.read_locks(tree.root),
    "interpreter.read_interpreters": lambda tree: interpreter.read_interpreters(tree.root),
    "declared.read_declared": lambda tree: declared.read_declared(tree.root),
    "declared.read_named": _each("*", lambda path: declared.read_named(path, path.parent)),
    "dockerfiles.read_dockerfiles": lambda tree: dockerfiles.read_dockerfiles(tree.root),
    "pipelines.read_pipelines": lambda tree: pipelines.read_pipelines(tree.root),
    "readme.read_readmes": lambda tree: readme.read_readmes(tree.root),
    "readme.read_readme": _each("*.md", lambda path: readme.read_readme(text.read_text(path, readme.MAX_FILE), "x")),
    "spoken.read_spoken": lambda tree: spoken.read_spoken(tree.root, Reading(), declares=False),
    "dates.read_dates": dates.read_dates,
    "artifacts.read_artifacts": read_artifacts,
    "artifacts.read_artifact": _model,
    "notebooks.read_notebooks": _run,
    "git_objects": _head,
}
"""Every public reader of the floor, on what of a folder is its own. Those of single formats of models, and of bytes, are called by
`read_artifact` and by all the others.
"""
INNER = {
    f"{module.__name__.rpartition('.')[2]}.{name}"
    for module in (model_boosters, model_graphs, model_mlflow, model_texts, text)
    for name, value in vars(module).items()
    if name.startswith("read_") and value.__module__ == module.__name__
}


def test_every_reader_is_among_them() -> None:
    found = set()
    for info in pkgutil.iter_modules(resolver.project.__path__):
        if not info.name.startswith("inside_"):
            module = import_module(f"resolver.project.{info.name}")
            own = (name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
            found |= {f"{info.name}.{name}" for name in own if name.startswith("read_")}
    assert found - {"read.read_project"} == (READERS.keys() | INNER) - {"git_objects"}


def owners(root: str) -> list[str]:
    return [root] if root in ("flask", "torch", "numpy") else []


def read(folder: Path) -> Project | None:
    """The project, or None when a clear error told why there is none; everything in it must be fit to be written down."""
    try:
        project = read_project(folder, owners=owners, reporter=Reporter())
    except ResolverError:
        return None
    for need in (*project.needs, *project.evidence.hearsay):
        assert Requirement(need.requirement).specifier.contains("1.0") in (True, False)
    for bound in project.evidence.bounds:
        assert SpecifierSet(bound.specifier).contains("3.8") in (True, False)
    assert not any("\n" in shown for need in project.needs for shown in (need.requirement, need.url, need.origin.path))
    return project


def read_all(folder: Path, names: frozenset[str] | None = None) -> list[str]:
    """Every reader for itself, then the whole project; its notes."""
    tree = walk(folder)
    for name, reader in READERS.items():
        if names is None or name in names:
            _clear(lambda reader=reader: reader(tree))  # type: ignore[misc]
    return notes_of(read(folder))


def notes_of(project: Project | None) -> list[str]:
    return list(project.evidence.notes) if project else []


def fine(ended: Ended) -> None:
    assert not ended.fault, ended.fault


# --- broken files


def _written(folder: Path, name: str, raw: bytes) -> None:
    for other in {"app.py", name} | ({each for each in SAMPLES if each.startswith(".git/")} if name.startswith(".git/") else set()):
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_bytes(SAMPLES[other])
    (folder / name).write_bytes(raw)


_TOKENS = [
    b"(", b"[", b"{", b"'", b'"""', b"\\\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b";", b"==", b"9" * 5_000, b"\xed\xa0\x80", b"*a", b"&a ", b"<<: *a", b"\x7f\xff\xff\xff",
    b"\xff" * 8, b"\n" * 50, b"-r requirements.txt\n", b"../" * 50, b"a" * 300, b"\r", b"\x1b[0m", b"{{", b"}}", b"%s", b"\\u0000", b"\xc2\xa0", b"#", b"@",
]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """A sample of which a part is gone, doubled, or replaced by something else; or bytes of no sense."""
    if draw(st.integers(0, 7)) == 0:
        return draw(st.binary(max_size=300))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        stop = draw(st.integers(start, min(len(whole), start + 30)))
        inserted = draw(st.binary(max_size=9) | st.sampled_from(_TOKENS) | st.just(whole[start:stop] * 3))
        whole = whole[:start] + inserted + whole[stop:]
    return whole


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_spoilt_file_gives_a_project_or_an_error(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=spoilt(SAMPLES[name]))
    def run(raw: bytes) -> None:
        folder = tmp_path_factory.mktemp("spoilt")
        _written(folder, name, raw)
        read_all(folder)

    fine(confined(run, seconds=60 + EXAMPLES))


_UNITS = [
    " ", "\xa0", "\t", "\f", "\n", "\r", "(", "[", "{", "<", "'", '"', "`", "#", "-", "=", ":", ",", ".", "?", "!", "\\", "\\\n", "a", "1", "$", "|", "*", "/", "@", ";", "&", "_", "^",
    "~", "%", "a=", "<!--", "[](", "![", "a ", "1.", "- ", "a,", "a.", "# ", "install ", "`install", "--a ", "://", "(a", "-1", "==1 ", "a\n", "a: ", "[a", "a;", "a==1\n", "\n\n[",
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(TEXT_SAMPLES))
def test_a_file_that_repeats_itself_is_read_in_time(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    whole = TEXT_SAMPLES[name]

    @settings(max_examples=max(2, EXAMPLES // 3), deadline=None, suppress_health_check=list(HealthCheck))
    @given(at=st.integers(0, len(whole)), unit=st.sampled_from(_UNITS), end=st.sampled_from(["", "x", "!", "\n"]))
    def run(at: int, unit: str, end: str) -> None:
        folder = tmp_path_factory.mktemp("pumped")
        most = PUMPED // len(unit.encode())
        _written(folder, name, (whole[:at] + unit * (most - len(whole)) + end + whole[at:]).encode())
        fine(confined(lambda: read(folder)))

    run()


# --- hostile files and trees


@pytest.mark.parametrize("name", MAKERS)
def test_a_hostile_folder_is_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "app.py").write_text("import flask\n")
    MAKERS[name](tmp_path)
    monkeypatch.setattr(files, "MAX_ENTRIES", 8_000)
    ended = confined(
        lambda: notes_of(read(tmp_path)) if EXAMPLES == FEW else read_all(tmp_path), seconds=SECONDS * (1 + EXAMPLES // FEW // 3)
    )
    fine(ended)
    for told in TOLD.get(name, ()):
        assert any(told in note for note in ended.value), ended.value


TOLD: dict[str, tuple[str, ...]] = {
    "numbers": ("requirements.txt:1: 'a==9999", "has a number of more than 50 digits; ignored"),
    "deep TOML": ("pyproject.toml is not valid TOML",),
    "keys of many parts": ("pyproject.toml has a key of more than 100 parts", "Pipfile has a key of more than 100 parts"),
    "deep YAML": ("environment.yml is not valid YAML; left out",),
    "deep JSON": ("nb.ipynb: not a notebook; left out", "Pipfile.lock is no lock file"),
    "deep Python": ("too deeply", "too many nested"),
    "aliases that multiply": ("environment.yml is not valid YAML; left out",),
    "lists of needs": ("only the first 5,000 of 9,000 needs were read", "setup.cfg: only the first 5,000", "Pipfile: only the first 5,000"),
    "a list of conda's": ("environment.yml: only the first 5,000 of 45,000 needs were read",),
    "one line": ("requirements.txt:1: longer than 20,000 characters; left out",),
    "many requirement files": ("only the first 20000 lines were read", "is not read: more than 20000 lines already"),
    "requirement files in a row": ("files nested deeper than 20 are not followed",),
    "many names": ("more notes are left out",),
    "a dense notebook": ("nb.ipynb: only 0 of 1 code cells were read (1 MB)",),
    "many entries": ("more than 8,000 files and folders; the rest was not looked at",),
    "20 GB": (
        "requirements.txt is larger than 5 MB; left out",
        "m.py: ",
        "nb.ipynb is larger than 20 MB; left out",
        "setup.py is larger than 1 MB",
    ),
    "model files": ("not a readable artifact",),
    "bytes that are no text": ("pyproject.toml is not a text file; left out",),
}
"""What the notes must say was not read, and why."""


def test_a_long_line_hides_none_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("a==1," * 980_000 + "\nnumpy==1.19.5\n")
    project = read(tmp_path)
    assert project is not None
    assert "numpy==1.19.5" in [need.requirement for need in project.needs]
    assert any("requirements.txt:1: longer than" in note for note in project.evidence.notes)

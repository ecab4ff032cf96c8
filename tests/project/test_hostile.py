"""Whole projects whose files mean harm or are broken: a value or a clear error, in bounded time."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.core.errors import ResolverError
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.project.read import read_project

SEEDS = {
    "requirements.txt": "flask==1.0 --hash=sha256:aa\n-r more.txt\ntorch @ https://x.org/t.whl\nnumpy>=1.1 ; python_version<'3.8'\n",
    "setup.py": "from setuptools import setup\nR = ['a==1', 'b']\nsetup(name='x', install_requires=R + ['c>2'], python_requires='>=3.6')\n",
    "setup.cfg": "[metadata]\nname = x\n[options]\ninstall_requires =\n  a==1\n  b>2\n",
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["a==1"]\n[tool.poetry.dependencies]\nb = {version = "^1.2"}\n',
    "Pipfile": '[packages]\na = "==1.0"\nb = {version = "*", extras = ["c"]}\n[requires]\npython_version = "3.7"\n',
    "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.7"}}, "default": {"a": {"version": "==1.0"}}}',
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1.0"\n',
    "environment.yml": "name: x\nchannels: [defaults]\ndependencies:\n  - python=3.7\n  - numpy=1.16=py37_0\n  - pip:\n    - a==1\n",
    "runtime.txt": "python-3.7.4\n",
    ".python-version": "3.7.4\n",
    "Dockerfile": "FROM tensorflow/tensorflow:1.14.0-py3\nRUN apt-get update && apt-get install -y libgl1 \\\n  && pip install a==1\n",
    "README.md": "# x\n\nRequires Python 3.6 or 3.7 and torch 1.4.\n\n```\npip install torch==1.4 torchvision\n```\n",
    "tox.ini": "[tox]\nenvlist = py36,py37\n[testenv]\ndeps = a==1\n",
    ".github/workflows/ci.yml": "jobs:\n  t:\n    strategy: {matrix: {python: ['3.7']}}\n    steps:\n      - run: pip install a==1\n",
    "app.py": "import flask, os.path as p\nfrom torch import nn\ntry:\n    import cupy\nexcept ImportError:\n    cupy = None\n"
    "nn.Linear(1, 2, bias=f'{p!r}')\n",
    "nb.ipynb": '{"cells": [{"cell_type": "code", "source": ["!pip install a==1\\n", "import flask"]}], '
    '"metadata": {"language_info": {"version": "3.7.1"}}}',
    "config.json": '{"transformers_version": "4.1.0", "architectures": ["A"]}',
    "MLmodel": "flavors:\n  sklearn: {sklearn_version: 0.22}\n",
}


def owners(root: str) -> list[str]:
    return [root] if root in ("flask", "torch", "numpy") else []


def read(folder: Path) -> Project | None:
    """The project, or None when a clear error told why there is none; everything in it must be fit to be written down."""
    try:
        project = read_project(folder, owners=owners, reporter=Reporter())
    except ResolverError:
        return None
    for need in (*project.needs, *project.evidence.hearsay):
        Requirement(need.requirement)
    assert not any("\n" in text for need in project.needs for text in (need.requirement, need.url, need.origin.path))
    return project


@pytest.mark.parametrize("name", sorted(SEEDS))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_spoilt_file_gives_a_project_or_an_error(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    whole = SEEDS[name].encode()
    at = data.draw(st.integers(0, len(whole)))
    inserted = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"(", b"[", b"{", b"'", b'"""', b"\\\n", b"\0", b"\xff\xfe", b";", b"=="])
    )
    folder = tmp_path_factory.mktemp("spoilt")
    for other in {"app.py", name}:
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_text(SEEDS[other])
    (folder / name).write_bytes(whole[:at] + inserted + whole[at + data.draw(st.integers(0, 10)) :])
    read(folder)


N = 60_000
ABSURD = {
    "blanks": " " * N + "x",
    "tabs": "\t" * N + "=",
    "empty lines": "\n" * N,
    "open brackets": "[" * N,
    "open braces": '{"a":' * (N // 5),
    "open parentheses": "(" * N,
    "continuations": "\\\n" * (N // 2),
    "commas": "a==1," * (N // 5),
    "dots": "a" + ".a" * (N // 2),
    "lists": "- " * (N // 2),
    "quotes": "'" * N,
    "backquotes": "`a" * (N // 2),
    "markers": "a; " + "python_version<'3' and " * (N // 25) + "x",
    "imports": "".join(f"import m{number}\n" for number in range(N // 20)),
}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "app.py", "setup.py", "pyproject.toml", "environment.yml", "README.md", "Dockerfile", "nb.ipynb"]
)
def test_absurd_files_end_in_time(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text("import flask\n")
    for what, text in ABSURD.items():
        (tmp_path / name).write_text(text)
        started = time.process_time()
        read(tmp_path)
        assert time.process_time() - started < 8, what


def test_a_line_as_long_as_the_file_may_be_is_left_out_at_once(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import flask\n")
    (tmp_path / "requirements.txt").write_text("a==1," * 980_000 + "\nnumpy==1.19.5\n")
    tracemalloc.start()
    started = time.process_time()
    project = read(tmp_path)
    spent, most = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert project is not None
    assert "numpy==1.19.5" in [need.requirement for need in project.needs]
    assert any("requirements.txt:1: longer than" in note for note in project.evidence.notes)
    assert spent < 8
    assert most < 200 << 20

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.project import Strength
from resolver.project.dockerfiles import read_dockerfiles
from resolver.project.locks import read_locks
from resolver.project.minors import hull, minors_of
from resolver.project.pipelines import read_pipelines
from resolver.project.reading import Reading
from resolver.project.spoken import read_spoken


def heard(reading: Reading) -> list[str]:
    return [f"{need.origin}: {need.requirement}" for need in reading.hearsay]


def bounds(reading: Reading) -> list[tuple[str, str]]:
    return [(str(bound.origin), bound.specifier) for bound in reading.bounds if bound.weight < 1]


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


DOCKERFILE = """FROM tensorflow/tensorflow:1.15.0-gpu-py3
# RUN pip install no==1
RUN apt-get update && apt-get install -y \\
    ffmpeg libsm6
RUN --mount=type=cache,target=/x pip install keras==2.2.5 -r deep/needs.txt
RUN ["pip", "install", "h5py==2.10.0"]
"""


def test_a_dockerfile(tmp_path: Path) -> None:
    write(tmp_path, "Dockerfile", DOCKERFILE)
    reading, found = read_dockerfiles(tmp_path)
    assert heard(reading) == ["Dockerfile:1: tensorflow==1.15.0", "Dockerfile:5: keras==2.2.5", "Dockerfile:6: h5py==2.10.0"]
    assert [(name, str(origin)) for name, origin in reading.system] == [("ffmpeg", "Dockerfile:3"), ("libsm6", "Dockerfile:3")]
    assert [name for name, _ in found.files] == ["deep/needs.txt"]


def test_what_a_dockerfile_installs_is_needed_when_nothing_is_declared(tmp_path: Path) -> None:
    write(tmp_path, "Dockerfile", DOCKERFILE)
    write(tmp_path, "deep/needs.txt", "flask==1.0\n")
    alone = read_spoken(tmp_path, Reading(), declares=False)
    assert [need.requirement for need in alone.needs] == ["keras==2.2.5", "h5py==2.10.0", "flask==1.0"]
    assert read_spoken(tmp_path, Reading(), declares=True).needs == ()


def test_an_earlier_answer_is_no_evidence(tmp_path: Path) -> None:
    write(tmp_path, "Dockerfile", "# Written by resolver; x\n" + DOCKERFILE)
    assert read_dockerfiles(tmp_path)[0] == Reading()


def test_a_system_image_tells_its_python_when_packages_are_installed(tmp_path: Path) -> None:
    write(tmp_path, "docker/Dockerfile", "FROM nvidia/cuda:10.0-devel-ubuntu18.04\nRUN apt install -y python3-pip\n")
    assert bounds(read_dockerfiles(tmp_path)[0]) == [("docker/Dockerfile:1", "==3.6.*")]


def test_lists_of_system_packages(tmp_path: Path) -> None:
    write(tmp_path, "packages.txt", "ffmpeg\n# git\nlibsndfile1=1.0\n$(rm)\n")
    assert [name for name, _ in read_dockerfiles(tmp_path)[0].system] == ["ffmpeg", "libsndfile1"]


WORKFLOW = """
name: x
jobs:
  a:
    strategy:
      matrix:
        python-version: [3.8, '3.9', "3.10"]
        # python-version: [2.7, 3.13]
    steps:
      - uses: actions/setup-python@v2
        with: {python-version: "${{ matrix.python-version }}"}
      - run: |
          python -m pip install --upgrade pip
          pip install torch==1.8.0 pytest
"""


def test_workflows(tmp_path: Path) -> None:
    write(tmp_path, ".github/workflows/test.yml", WORKFLOW)
    write(tmp_path, ".github/workflows/lint.yml", WORKFLOW.replace("3.8", "3.13"))
    reading = read_pipelines(tmp_path)
    assert bounds(reading) == [(".github/workflows/test.yml:7", ">=3.8,<3.11")]
    assert [need.requirement for need in reading.hearsay] == ["pip", "torch==1.8.0", "pytest"]


@pytest.mark.parametrize(
    ("name", "text", "bound"),
    [
        (".travis.yml", "language: python\npython:\n  - '2.7'\n  - 3.6\n", "==3.6.*"),
        (".circleci/config.yml", "jobs:\n  b:\n    docker:\n      - image: circleci/python:3.6.1\n", "==3.6.*"),
        (".gitlab-ci.yml", "image: python:3.7-slim\n", "==3.7.*"),
        (
            "azure-pipelines.yml",
            "strategy:\n  matrix:\n    P36:\n      python.version: '3.6'\n    P37:\n      python.version: '3.7'\n",
            ">=3.6,<3.8",
        ),
        ("tox.ini", "[tox]\nenvlist = py{36,37}-tf1,lint\n", ">=3.6,<3.8"),
        ("tox.ini", "[tox]\nenvlist = a\n[testenv]\nbasepython = python3.8\n", "==3.8.*"),
    ],
)
def test_each_kind_of_pipeline(tmp_path: Path, name: str, text: str, bound: str) -> None:
    write(tmp_path, name, text)
    assert [specifier for _, specifier in bounds(read_pipelines(tmp_path))] == [bound]


@given(st.binary(max_size=300))
def test_any_bytes_are_read(raw: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("Dockerfile", "packages.txt", ".travis.yml", "tox.ini", "README.md", "poetry.lock", "Pipfile.lock"):
            (Path(folder) / name).write_bytes(raw)
        read_spoken(Path(folder), Reading(), declares=False)
        read_locks(Path(folder))


def test_minors() -> None:
    assert minors_of(["3.7", "py36", "3.10.x", "2.7", "pypy3", "3", "python3.8", "${{ x }}"]) == [6, 7, 8, 10]
    assert (hull([]), hull([6]), hull([8, 6])) == ("", "==3.6.*", ">=3.6,<3.9")


POETRY = """[[package]]
name = "Torch"
version = "1.7.1+cpu"
description = ""

[package.dependencies]
name = "x"

[[package]]
name = "numpy"
version = "1.19.5"

[[package]]
name = "twice"
version = "1.0"

[[package]]
name = "twice"
version = "2.0"
"""


def test_locks(tmp_path: Path) -> None:
    write(tmp_path, "poetry.lock", POETRY)
    write(tmp_path, "Pipfile.lock", '{"default": {"flask": {"version": "==1.0"}, "x": {"git": "y"}}, "develop": {"z": {"version": "==1"}}}')
    found = read_locks(tmp_path).needs
    assert [(need.requirement, str(need.origin)) for need in found] == [
        ("torch==1.7.1", "poetry.lock:2"),
        ("numpy==1.19.5", "poetry.lock:10"),
        ("flask==1.0", "Pipfile.lock"),
    ]
    assert all(need.constraint and need.strength == Strength.LOCKED for need in found)

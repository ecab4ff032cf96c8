from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from resolver.core.errors import ProjectError
from resolver.core.project import OriginKind, Project
from resolver.core.reporter import Reporter
from resolver.project.read import read_project

OWNERS = {
    "cv2": ["opencv-python", "opencv-python-headless"],
    "PIL": ["pillow", "pillow-simd"],
    "keras": ["keras"],
    "tensorflow": ["tensorflow", "tensorflow-cpu"],
    "numpy": ["numpy"],
    "flask": ["flask"],
    "yaml": ["pyyaml"],
    "google.protobuf": ["protobuf"],
}


def read(path: Path) -> Project:
    return read_project(path, owners=lambda root: OWNERS.get(root, []), reporter=Reporter())


def requirements(project: Project) -> list[str]:
    return [need.requirement for need in project.needs]


def test_declared_and_imported_needs(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("keras==2.2.5\ntensorflow\nflask>=1\n")
    (tmp_path / "app.py").write_text(
        "import os, helper\nimport tensorflow as tf\nfrom PIL import Image\nimport cv2\nx = tf.placeholder(1)\nImage.open('x')\n"
    )
    (tmp_path / "helper.py").write_text("")
    project = read(tmp_path)
    assert requirements(project) == ["keras==2.2.5", "tensorflow", "flask>=1", "pillow", "opencv-python"]
    assert [need.strength for need in project.needs] == [3, 2, 2, 1, 1]
    assert [need.origin.kind for need in project.needs][-1] is OriginKind.IMPORTED
    assert str(project.needs[-1].origin) == "app.py:4"
    assert {use.dotted for use in project.evidence.uses} == {"tensorflow", "PIL.Image", "cv2", "tensorflow.placeholder", "PIL.Image.open"}
    assert project.frameworks == ("keras", "tensorflow")


def test_a_declared_twin_covers_the_import(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("opencv-python-headless\ntensorflow-cpu==2.3.0\nPillow-SIMD\n")
    (tmp_path / "app.py").write_text("import cv2, tensorflow\nimport PIL.Image\n")
    assert requirements(read(tmp_path)) == ["opencv-python-headless", "tensorflow-cpu==2.3.0", "pillow-simd"]


def test_an_import_nobody_provides_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import detectron9\n")
    project = read(tmp_path)
    assert project.needs == ()
    assert project.evidence.notes == ("app.py:1: nothing on the index is known to provide 'import detectron9'",)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_nothing_to_read_is_an_error_with_a_hint(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProjectError) as caught:
        read(tmp_path / name)
    assert caught.value.hint


def test_a_web_service_with_its_network(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("Keras==2.2.5\ntensorflow==1.14.0\nflask\npython>=3.6\n")
    (tmp_path / "Dockerfile").write_text("FROM python:3.7-slim\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_app.py").write_text("import pytest\n")
    lines = (
        "from collections import Mapping",
        "from keras.models import load_model",
        "import tensorflow as tf",
        "from flask import Flask, request",
        "try:",
        "    import cupy as np",
        "except ImportError:",
        "    import numpy as np",
        "graph = tf.get_default_graph()",
        "network = load_model('model_file.h5')",
        "request.files['x']",
    )
    (tmp_path / "app.py").write_text("\n".join(lines))
    shutil.copy(Path(__file__).parent / "golden" / "h5py2.h5", tmp_path / "model_file.h5")
    owned = {**OWNERS, "h5py": ["h5py"]}
    project = read_project(tmp_path, owners=lambda root: owned.get(root, []), reporter=Reporter())
    assert requirements(project) == ["keras==2.2.5", "tensorflow==1.14.0", "flask", "h5py", "numpy"]
    assert [(str(need.origin), need.origin.kind) for need in project.needs][3:] == [
        ("model_file.h5", OriginKind.ARTIFACT),
        ("app.py:5", OriginKind.IMPORTED),
    ]
    assert {bound.specifier for bound in project.evidence.bounds} == {">=3.6", "==3.7.*", "<3.10"}
    assert [(artifact.path, artifact.format) for artifact in project.artifacts] == [("model_file.h5", "keras-h5")]
    hard = {use.dotted for use in project.evidence.uses if not use.guarded}
    assert hard == {"keras.models.load_model", "tensorflow", "tensorflow.get_default_graph", "flask.Flask", "flask.request"}
    assert project.frameworks == ("keras", "tensorflow")


@pytest.mark.parametrize("name", ["requirements.txt", "other-reqs.txt"])
def test_a_named_file_brings_its_folder_s_sources(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("flask\n")
    (tmp_path / "setup.py").write_text("setup(install_requires=['torch'])")
    (tmp_path / "app.py").write_text("import yaml\n")
    project = read(tmp_path / name)
    assert requirements(project) == ["flask", "pyyaml"]
    assert project.root == tmp_path.resolve()


def test_an_environment_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "env.yaml").write_text("dependencies:\n  - numpy=1.19.2\n  - flask\n")
    assert [(need.requirement, need.strength) for need in read(tmp_path / "env.yaml").needs] == [("numpy==1.19.2", 3), ("flask", 2)]


def test_the_same_project_reads_the_same_twice(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "c/d.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("import cv2, numpy as np\nfrom PIL import Image\nnp.array\nnp.zeros\n")
    assert read(tmp_path) == read(tmp_path)


def test_every_note_reaches_the_reporter(tmp_path: Path) -> None:
    told: list[str] = []

    class Listener(Reporter):
        def note(self, text: str) -> None:
            told.append(text)

    (tmp_path / "requirements.txt").write_text("sklearn\n-i https://host/simple\n")
    project = read_project(tmp_path, owners=lambda _: [], reporter=Listener())
    assert tuple(told) == project.evidence.notes
    assert len(told) == 2

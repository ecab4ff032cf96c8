from __future__ import annotations

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

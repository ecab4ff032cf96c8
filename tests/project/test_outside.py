"""Nothing outside of the folder that was named is read, whatever a file of the project names or a link leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.project.read import read_project

WHAT_TO_DO = "put a copy into it, or name the folder that holds both"


def project(tmp_path: Path, **files: str) -> Path:
    """A folder beside a requirements file, a conda file and a source that are not its own."""
    root = tmp_path / "project"
    root.mkdir()
    for name, text in {"base.txt": "outsider==1.0\n", "base.yml": "dependencies: [outsider=1.0]\n", "base.py": "import outsider\n"}.items():
        (tmp_path / name).write_text(text)
    for name, text in {"app.py": "import flask\n", **files}.items():
        (root / name).write_text(text)
    return root


def read(path: Path) -> Project:
    return read_project(path, owners=lambda root: [root], reporter=Reporter())


def needs(found: Project) -> set[str]:
    return {need.requirement for need in found.needs}


@pytest.mark.parametrize("option", ["-r ", "-c ", "--requirement=", "--constraint "])
@pytest.mark.parametrize("named", ["../base.txt", "sub/../../base.txt", "{folder}/base.txt", "../missing.txt", "link.txt"])
def test_a_line_that_points_out_of_the_folder_is_told_and_not_read(tmp_path: Path, option: str, named: str) -> None:
    named = named.format(folder=tmp_path)
    root = project(tmp_path, **{"requirements.txt": f"flask\n{option}{named}\n{option}{named}\n"})
    (root / "link.txt").symlink_to("../base.txt")
    found = read(root)
    assert needs(found) == {"flask"}
    told = [note for note in found.evidence.notes if "lies outside" in note]
    assert told == [f"requirements.txt:2: {named} lies outside the project's folder and is not read; {WHAT_TO_DO}"]


def test_lines_and_links_that_stay_in_the_folder_are_followed(tmp_path: Path) -> None:
    root = project(tmp_path, **{"requirements.txt": "-r sub/../base.txt\n"})
    (root / "sub").mkdir()
    (root / "sub" / "real.txt").write_text("scipy==1.4.1\n-r ../more.txt\n")
    (root / "more.txt").write_text("numpy==1.18.0\n")
    (root / "base.txt").symlink_to("sub/real.txt")
    found = read(root)
    # As pip does it: from the folder of the link, not of what it leads to.
    assert needs(found) >= {"scipy==1.4.1"}
    assert any(note.startswith("sub/real.txt:2: ../more.txt lies outside") for note in found.evidence.notes)


def test_the_folder_may_be_reached_over_a_link(tmp_path: Path) -> None:
    root = project(tmp_path, **{"requirements.txt": "-r more.txt\n", "more.txt": "numpy==1.18.0\n"})
    (tmp_path / "way").symlink_to(root)
    assert needs(read(tmp_path / "way")) >= {"numpy==1.18.0"}
    assert needs(read(tmp_path / "way" / "requirements.txt")) >= {"numpy==1.18.0"}


def test_a_file_that_was_named_itself_is_read_where_it_is(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "link.txt").symlink_to("../base.txt")
    found = read(root / "link.txt")
    assert needs(found) >= {"outsider==1.0"}
    assert not any("link" in note for note in found.evidence.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "p"\n[tool.setuptools.dynamic]\ndependencies = {file = ["../base.txt"]}\n'),
        ("setup.cfg", "[options]\n\ninstall_requires = file: ../base.txt\n"),
        ("setup.py", "from setuptools import setup\n\n\nsetup(install_requires=open('../base-requirements.txt').read().split())\n"),
        ("environment.yml", "dependencies:\n- flask\n- pip:\n  - -r ../base.txt\n"),
    ],
)
def test_packaging_files_that_point_out_of_the_folder(tmp_path: Path, name: str, text: str) -> None:
    root = project(tmp_path, **{name: text})
    (tmp_path / "base-requirements.txt").write_text("outsider==1.0\n")
    found = read(root)
    assert "outsider==1.0" not in needs(found)
    (told,) = [note for note in found.evidence.notes if "lies outside" in note]
    assert told.startswith(f"{name}:4: ../base" if name != "setup.cfg" else "setup.cfg:3: ../base")
    assert WHAT_TO_DO in told


LINKED = {
    "requirements.txt": "base.txt",
    "environment.yml": "base.yml",
    "other.py": "base.py",
    "apt.txt": "base.txt",
    "Procfile": "base.txt",
    "README.md": "base.txt",
}


def test_links_out_of_the_folder_are_told_once_and_not_read(tmp_path: Path) -> None:
    root = project(tmp_path)
    for name, target in LINKED.items():
        (root / name).symlink_to(tmp_path / target)
    found = read(root)
    assert needs(found) == {"flask"}
    assert not found.evidence.hearsay
    assert {use.dotted for use in found.evidence.uses} == {"flask"}
    (told,) = [note for note in found.evidence.notes if "links" in note]
    assert told.startswith("Procfile, README.md, apt.txt and 3 more: ")
    assert "put copies in their place" in told


def test_a_folder_of_requirements_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    root = project(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "requirements.txt").write_text("outsider==1.0\n")
    (root / "requirements").symlink_to(tmp_path / "elsewhere")
    (root / "backend").symlink_to(tmp_path / "elsewhere")
    assert needs(read(root)) == {"flask"}


def test_what_lies_beside_a_model_is_read_in_its_folder_only(tmp_path: Path) -> None:
    root = project(tmp_path, MLmodel="flavors:\n  sklearn:\n    sklearn_version: 0.22.1\n")
    (root / "requirements.txt").symlink_to(tmp_path / "base.txt")
    (root / "conda.yaml").symlink_to(tmp_path / "base.yml")
    (model,) = read(root).artifacts
    assert "outsider" not in str(model)

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.core.errors import ProjectError
from resolver.project.conda import read_environment
from resolver.project.declared import environment_file, read_declared, requirement_files
from resolver.project.interpreter import read_interpreters
from resolver.project.packaging_files import read_pipfile, read_pyproject, read_setup_cfg
from resolver.project.reading import Reading
from resolver.project.setup_script import read_setup_script


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def needs(reading: Reading) -> list[tuple[str, int, int]]:
    return [(need.requirement, need.origin.line, need.strength) for need in reading.needs]


def bounds(reading: Reading) -> list[str]:
    return [bound.specifier for bound in reading.bounds]


def test_pep_621(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "pyproject.toml",
        '[project]\nname = "my-net"\nrequires-python = ">=3.8,<3.12"\n'
        'dependencies = [\n  "torch>=1.9",\n  "numpy==1.21.0",\n]\n'
        '[project.optional-dependencies]\ntest = ["pytest"]\n'
        '[dependency-groups]\nprod = ["gunicorn", {include-group = "x"}]\ndev = ["black"]\n',
    )
    described = read_pyproject(path, tmp_path)
    assert described.name == "my-net"
    assert needs(described.reading) == [("torch>=1.9", 5, 1), ("numpy==1.21.0", 6, 2), ("gunicorn", 11, 1)]
    assert bounds(described.reading) == ["<3.12,>=3.8"]
    assert described.reading.notes == ("pyproject.toml: optional dependencies (test) are not needs",)


def test_poetry(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "pyproject.toml",
        '[tool.poetry]\nname = "n"\n[tool.poetry.dependencies]\npython = "^3.7"\ntorch = "^1.9.0"\nnumpy = "1.21.0"\nrequests = "*"\n'
        'scipy = {version = "~1.7", extras = ["x"], markers = "sys_platform == \'linux\'"}\nmlflow = {version = "^2", optional = true}\n'
        'clip = {git = "https://user:pw@host/clip.git"}\n[[tool.poetry.dependencies.pandas]]\nversion = "<1.4"\npython = "<3.8"\n'
        '[tool.poetry.group.dev.dependencies]\nblack = "*"\n',
    )
    reading = read_pyproject(path, tmp_path).reading
    assert needs(reading) == [
        ("torch<2,>=1.9.0", 5, 1),
        ("numpy==1.21.0", 6, 2),
        ("requests", 7, 1),
        ('scipy[x]<1.8,>=1.7 ; sys_platform == "linux"', 8, 1),
        ("clip", 10, 1),
        ('pandas<1.4 ; python_version < "3.8"', 11, 1),
    ]
    assert reading.needs[4].url == "git+https://host/clip.git"
    assert bounds(reading) == ["<4,>=3.7"]


def test_dynamic_dependencies_are_followed(tmp_path: Path) -> None:
    write(tmp_path, "deps.txt", "flask\n")
    path = write(tmp_path, "pyproject.toml", '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.txt", "gone.txt"]}\n')
    reading = read_pyproject(path, tmp_path).reading
    assert needs(reading) == [("flask", 1, 1)]
    assert "gone.txt" in reading.notes[0]


def test_setup_cfg(tmp_path: Path) -> None:
    text = (
        "[metadata]\nname = net\n[options]\npython_requires = >=3.6\ninstall_requires =\n"
        "    numpy>=1.11\n    torch==1.2.0 ; python_version<'3.8'\n"
    )
    described = read_setup_cfg(write(tmp_path, "setup.cfg", text), tmp_path)
    assert described.name == "net"
    assert needs(described.reading) == [("numpy>=1.11", 6, 1), ('torch==1.2.0 ; python_version < "3.8"', 7, 2)]
    assert bounds(described.reading) == [">=3.6"]


def test_pipfile(tmp_path: Path) -> None:
    text = (
        '[packages]\nflask = "*"\ntorch = "==1.4.0"\nkeras = {version = ">=2", extras = ["h5"]}\n'
        '[dev-packages]\nblack = "*"\n[requires]\npython_version = "3.7"\n'
    )
    reading = read_pipfile(write(tmp_path, "Pipfile", text), tmp_path).reading
    assert needs(reading) == [("flask", 2, 1), ("torch==1.4.0", 3, 2), ("keras[h5]>=2", 4, 1)]
    assert bounds(reading) == ["==3.7.*"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("setup(install_requires=['numpy>=1', 'torch==1.0'])", ["numpy>=1", "torch==1.0"]),
        ("import setuptools\nR = ['a>1']\nR += ['b']\nsetuptools.setup(name='n', install_requires=R + ('c',))", ["a>1", "b", "c"]),
        ("kw = dict(install_requires=['a'])\nsetup(**kw)", ["a"]),
        ("setup(**{'install_requires': ['a'], 'name': 'n'})", ["a"]),
        ("setup(install_requires=open('requirements.txt').read().splitlines())", ["flask"]),
        ("with open('requirements.txt') as f:\n  req = f.readlines()\nsetup(install_requires=req)", ["flask"]),
        ("def read(p): return open(p).read().split()\nsetup(install_requires=read('requirements.txt'))", ["flask"]),
        ("def reqs():\n  return [l for l in open('requirements.txt')]\nsetup(install_requires=reqs() + ['x'])", ["flask"]),
        ("setup(install_requires='''\n  a>=1\n  b\n'''.split('\\n'))", ["a>=1", "b"]),
        ("v = '>=2.0'\nif old:\n  v = '<2'\nsetup(install_requires=['Keras' + v, f'numpy{v}'])", ["keras>=2.0", "numpy>=2.0"]),
        ("setup(extras_require={'x': ['y']})", []),
        ("a = b\nb = a\nsetup(install_requires=a)", []),
        ("setup(install_requires=[compute(), 'kept'])", ["kept"]),
        ("print 'old'", []),
        ("setup(", []),
    ],
)
def test_setup_script(tmp_path: Path, text: str, expected: list[str]) -> None:
    write(tmp_path, "requirements.txt", "flask\n")
    described = read_setup_script(write(tmp_path, "setup.py", text), tmp_path)
    assert [need.requirement for need in described.reading.needs] == expected or (
        "x" in [need.requirement for need in described.reading.needs] and expected == ["flask"]
    )


def test_setup_script_bounds_and_lines(tmp_path: Path) -> None:
    text = "VERSION = '>=3.6'\nsetup(\n    name='net',\n    python_requires=VERSION,\n    install_requires=[\n        'numpy'])\n"
    described = read_setup_script(write(tmp_path, "setup.py", text), tmp_path)
    assert described.name == "net"
    assert needs(described.reading) == [("numpy", 6, 1)]
    assert [(bound.specifier, bound.origin.line) for bound in described.reading.bounds] == [(">=3.6", 4)]


def test_names_that_fan_out_stay_bounded(tmp_path: Path) -> None:
    lines = ["a0 = ['x']"] + [f"a{i} = " + "+".join([f"a{i - 1}"] * 30) for i in range(1, 8)]
    path = write(tmp_path, "setup.py", "\n".join([*lines, "setup(install_requires=a7)"]))
    assert read_setup_script(path, tmp_path).reading.notes


def test_conda_environment(tmp_path: Path) -> None:
    write(tmp_path, "requirements.txt", "gunicorn\n")
    text = (
        "name: x\nchannels: [pytorch]\ndependencies:\n  - python=3.7.4\n  - pytorch::pytorch=1.4.0=py3.7_cuda\n  - opencv\n  - numpy=1.19\n"
        "  - scipy>=1.2,<1.5\n  - cudatoolkit=10.1\n  - libgcc-ng=9.1.0\n  - pandas 1.0.*\n"
        "  - pip:\n    - keras==2.3.1\n    - -r requirements.txt\n"
    )
    reading = read_environment(write(tmp_path, "environment.yml", text), tmp_path)
    assert needs(reading) == [
        ("torch==1.4.0", 5, 2),
        ("opencv-python", 6, 1),
        ("numpy==1.19.*", 7, 1),
        ("scipy<1.5,>=1.2", 8, 1),
        ("pandas==1.0.*", 11, 1),
        ("keras==2.3.1", 13, 2),
        ("gunicorn", 1, 1),
    ]
    assert bounds(reading) == ["==3.7.*"]
    assert any("cudatoolkit" in note for note in reading.notes)


def test_an_environment_is_text_whatever_its_form_says(tmp_path: Path) -> None:
    text = (
        "base: &base {dependencies: [a]}\n<<: *base\ndependencies:\n- 3.10\n- ~\n-\n- python=3.10\n- scipy=1.10\n- pip:\n  - 12\n  - b==1\n"
    )
    reading = read_environment(write(tmp_path, "environment.yml", text), tmp_path)
    assert [need.requirement for need in reading.needs] == ["scipy==1.10.*", "b==1"]
    assert [need.origin.line for need in reading.needs] == [8, 11]
    assert [bound.specifier for bound in reading.bounds] == ["==3.10.*"]


def test_files_that_name_an_interpreter(tmp_path: Path) -> None:
    write(tmp_path, "runtime.txt", "python-3.6.8\n")
    write(tmp_path, "Dockerfile", "# x\nFROM --platform=linux/amd64 python:3.7-slim AS a\nFROM tensorflow/tensorflow:1.14.0-py3\n")
    write(tmp_path, ".python-version", "2.7.18\n")
    reading = read_interpreters(tmp_path)
    assert bounds(reading) == ["==3.6.*", "==3.7.*"]
    assert len(reading.notes) == 1


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["requirements.txt", "requirements-dev.txt", "requirements-gpu.txt", "requirements_test.txt"], ["requirements.txt"]),
        (["requirements/base.txt", "requirements/prod.txt", "requirements/dev.txt"], ["requirements/base.txt", "requirements/prod.txt"]),
        (["requirements-gpu.txt", "requirements-cpu.txt"], ["requirements-cpu.txt"]),
        (["requirements-gpu.txt"], ["requirements-gpu.txt"]),
        (["test-requirements.txt"], []),
        (["requirements.in", "requirements.txt"], ["requirements.txt"]),
        (["requirements.in"], ["requirements.in"]),
    ],
)
def test_which_requirements_files_count(tmp_path: Path, names: list[str], chosen: list[str]) -> None:
    for name in names:
        write(tmp_path, name, "x\n")
    found, aside = requirement_files(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == chosen
    assert len(found) + len(aside) == len(names)


def test_a_variant_does_not_count_beside_a_packaging_file(tmp_path: Path) -> None:
    write(tmp_path, "setup.py", "setup(name='My-Net', install_requires=['numpy'])")
    write(tmp_path, "requirements-extra1.txt", "tensorflow\n")
    declared = read_declared(tmp_path)
    assert [need.requirement for need in declared.reading.needs] == ["numpy"]
    assert declared.own == {"my_net"}


def test_files_one_folder_down_count_when_nothing_at_the_top_declares(tmp_path: Path) -> None:
    for folder, line in (("backend", "torch==1.9.0"), ("frontend", "streamlit"), ("docs", "sphinx"), (".cache", "x")):
        write(tmp_path, f"{folder}/requirements.txt", line + "\n")
    needs = read_declared(tmp_path).reading.needs
    assert [need.requirement for need in needs] == ["torch==1.9.0", "streamlit"]
    assert str(needs[0].origin).startswith("backend/requirements.txt")
    write(tmp_path, "requirements.txt", "numpy\n")
    assert [need.requirement for need in read_declared(tmp_path).reading.needs] == ["numpy"]


READERS = {
    "pyproject.toml": read_pyproject,
    "Pipfile": read_pipfile,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_script,
    "environment.yml": read_environment,
}
PIECES = [
    "[project]",
    "dependencies",
    "=",
    "[",
    "]",
    '"torch>=1"',
    "'a'",
    "[tool.poetry.dependencies]",
    "python",
    "^3.7",
    "{",
    "}",
    ":",
    "-",
    "&a",
    "*a",
    "dependencies:",
    "pip:",
    "setup(",
    "install_requires=",
    ")",
    "[options]",
    "install_requires",
    "[packages]",
    ",",
    "1",
    "\\",
    "%(x)s",
    "%",
]
pieces = st.lists(st.sampled_from([*PIECES, "\n", "  "]), max_size=25).map(lambda parts: "".join(parts).encode())


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=200) | pieces)
def test_any_bytes_give_a_reading_or_a_project_error(tmp_path_factory: pytest.TempPathFactory, name: str, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = write(folder, name, raw)
    try:
        found = READERS[name](path, folder)
    except ProjectError:
        return
    reading = found if isinstance(found, Reading) else found.reading
    for need in reading.needs:
        Requirement(need.requirement)


def test_a_dockerfile_that_we_wrote_is_no_evidence(tmp_path: Path) -> None:
    write(tmp_path, "Dockerfile", "# Written by resolver; and so on\nFROM python:3.6-slim\n")
    assert read_interpreters(tmp_path) == Reading()


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["environment.yml", "environment-gpu.yml"], "environment.yml"),
        (["environment-gpu.yml", "environment-cpu.yml", "environment-dev.yml"], "environment-cpu.yml"),
        (["environment-gpu.yml"], "environment-gpu.yml"),
        (["conda/main.yaml"], "conda/main.yaml"),
        (["docker-compose.yml", "environment.txt"], None),
    ],
)
def test_which_environment_file_is_read(tmp_path: Path, names: list[str], chosen: str | None) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("dependencies: [numpy]\n")
    found = environment_file(tmp_path)
    assert (found.relative_to(tmp_path).as_posix() if found else None) == chosen


def test_an_environment_file_of_another_name_counts_only_where_nothing_else_declares(tmp_path: Path) -> None:
    (tmp_path / "environment-cpu.yml").write_text("dependencies: [numpy]\n")
    assert environment_file(tmp_path, sole=False) is None
    assert [need.requirement for need in read_declared(tmp_path).reading.needs] == ["numpy"]

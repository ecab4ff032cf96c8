"""What a cell's build is made of; no engine needed."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.build.cell import build_constraints, built_text, cell_dockerfile, pins_text, tools_of_set
from resolver.build.docker import DockerExecutor
from resolver.core.outcome import BuildSpec, Probe
from resolver.core.package import Pin, normalize
from resolver.core.target import PYTHONS, Target


def spec(**fields) -> BuildSpec:
    return BuildSpec(**{"target": Target(python="3.7"), "pins": (Pin("flask", "1.1.1"), Pin("click", "7.0")), **fields})


def test_system_packages_come_before_the_pins_sorted_and_once():
    text = cell_dockerfile(spec(system_packages=("libsm6", "libgl1", "libsm6")), tools="tools:1", cache_id="wheels")
    packages, cell = text.index("libgl1 libsm6 &&"), text.index("cell.sh")
    assert packages < cell
    assert "flask" not in text  # pins are read from a file, so cells share their layers
    assert "# syntax" not in text
    assert text.splitlines()[-2:] == ["FROM scratch", "COPY --from=cell /out /"]


def test_without_system_packages_nothing_is_installed_by_apt():
    assert "apt-get" not in cell_dockerfile(spec(), tools="tools:1", cache_id="wheels")


@pytest.mark.parametrize("name", ["libgl1; rm -rf /", "$(id)", "a b", "-o=x", "lib\nRUN id", ""])
def test_a_system_package_that_is_no_name_never_reaches_a_command(name):
    with pytest.raises(ValueError, match="Debian"):
        cell_dockerfile(spec(system_packages=(name,)), tools="tools:1", cache_id="wheels")


@pytest.mark.parametrize("python", ["3.7-slim\nRUN id", "latest", "../3.7", "3"])
def test_a_python_that_is_no_version_never_reaches_a_command(python):
    with pytest.raises(ValueError, match="Python"):
        cell_dockerfile(spec(target=Target(python=python)), tools="tools:1", cache_id="wheels")


@given(st.text(max_size=12), st.text(max_size=12))
def test_pins_are_plain_or_refused(name, version):
    try:
        text = pins_text(spec(pins=(Pin(name, version),)))
    except ValueError:
        return
    assert text == f"{name}=={version}\n"
    assert len(text.splitlines()) == 1
    assert not set(text) & set(" \t;@$`'\"\\#/&|<>")
    assert not text.startswith("-")


@pytest.mark.parametrize("python", PYTHONS)
def test_old_build_tools_for_old_interpreters(python):
    spec = BuildSpec(target=Target(python=python), pins=(Pin(normalize("numpy"), "1.12.1"), Pin(normalize("x"), "1")))
    lines = build_constraints(spec).splitlines()
    assert "cython<3" in lines
    assert "numpy==1.12.1" in lines  # what is compiled against a newer one does not import beside it
    assert any(line.startswith("setuptools<") for line in lines)


def test_the_cell_holds_exactly_what_the_build_reads(tmp_path):
    uv = tmp_path / "uv"
    uv.write_bytes(b"")
    executor = DockerExecutor(
        uv=uv, harvest=(("walk.py", "import part"), ("part.py", "print('walk')")), known=frozenset({"flask==1.1.1", "other==2"})
    )
    executor._write_cell(tmp_path, spec(probe=Probe(imports=("import flask",))), "tools:1", ())
    assert json.loads((tmp_path / "known.json").read_text()) == ["flask==1.1.1"]
    assert (tmp_path / "pins.txt").read_text() == "click==7.0\nflask==1.1.1\n"
    assert json.loads((tmp_path / "spec.json").read_text())["imports"] == ["import flask"]
    assert (tmp_path / "inside_harvest.py").read_text() == "import part"
    assert (tmp_path / "part.py").read_text() == "print('walk')"
    script = (tmp_path / "cell.sh").read_text()
    for name in ("inside_probe.py", "inside_harvest.py", "inside_bytecode.py", "build-constraints.txt", "seconds"):
        assert (tmp_path / name).exists()
        assert name in script
    for name in ("build-constraints.txt", "seconds", "tools.txt", "tools-of-set.txt", "built.txt"):
        assert (tmp_path / name).exists()
        assert name in (tmp_path / "compile.sh").read_text()


def test_a_compiler_is_in_a_stage_of_its_own_and_never_in_the_cell():
    text = cell_dockerfile(spec(), tools="tools:1", cache_id="wheels", built=("flask", "dlib"))
    stage, _, cell = text.partition(" AS cell\n")
    assert "build-essential cmake &&" in stage
    assert "compile.sh" in stage
    assert "build-essential" not in cell
    assert "from=compiler" in cell
    assert "compiler" not in cell_dockerfile(spec(), tools="tools:1", cache_id="wheels")


def test_the_sets_own_build_tools_are_laid_ready(tmp_path):
    uv = tmp_path / "uv"
    uv.write_bytes(b"")
    pins = (Pin("numpy", "1.16.4"), Pin("Cython", "0.29.1"), Pin("flask", "1.1.1"))
    DockerExecutor(uv=uv)._write_cell(tmp_path, spec(pins=pins), "tools:1", ("flask",))
    assert (tmp_path / "tools-of-set.txt").read_text() == "wheel<0.40\nCython==0.29.1\nnumpy==1.16.4\n"


def test_what_compiles_against_torch_finds_the_sets_own():
    pins = spec(pins=(Pin("torch", "1.4.0"), Pin("torch-scatter", "2.0.4"), Pin("flask", "1.1.1")))
    assert "torch==1.4.0\n" in tools_of_set(pins, ("torch-scatter",))
    assert "torch" not in tools_of_set(pins, ("flask",))


def test_the_executor_travels(tmp_path):
    executor = DockerExecutor(uv=tmp_path / "uv", known=frozenset({"a==1"}))
    assert pickle.loads(pickle.dumps(executor)) == executor


def test_only_what_failed_to_build_is_compiled_and_each_alone():
    asked = spec(pins=(Pin("mpi4py", "3.0.3"), Pin("box2d-py", "2.3.8"), Pin("numpy", "1.19.5")))
    assert built_text(asked, ["mpi4py", "box2d-py"]).splitlines() == ["box2d-py==2.3.8", "mpi4py==3.0.3"]
    assert built_text(asked, []) == ""

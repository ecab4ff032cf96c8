"""Rendered files, really built: what is written is what works."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.compose import House
from resolver.compose.mirroring import mirror
from resolver.core.program import Program, Start
from resolver.core.project import Project
from resolver.core.resolution import Resolution
from resolver.render.dockerfile import DockerfileRenderer
from resolver.render.dockerignore import DockerignoreRenderer
from resolver.render.files import write_files
from resolver.render.lock import LockRenderer
from resolver.render.report import ReportRenderer
from resolver.settings import load
from tests.render.recorded import FLASK_37, FLASK_312, resolution, weighing

pytestmark = [pytest.mark.docker, pytest.mark.network, pytest.mark.slow]

TAG = f"resolver-test-render-{os.getpid()}"


def docker() -> str:
    """A docker command that can do BuildKit; without one the tests are skipped, under CI they fail."""
    for command in ("/usr/bin/docker", shutil.which("docker")):
        if command and Path(command).exists():
            asked = subprocess.run([command, "info"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    if os.environ.get("CI"):
        pytest.fail("CI has no container engine")
    pytest.skip("no container engine answers")


def build(folder: Path, asked: Resolution, *options: str) -> str:
    write(folder, asked, DockerfileRenderer())
    return built(folder, *options)


def write(folder: Path, asked: Resolution, dockerfile: DockerfileRenderer) -> None:
    write_files(
        folder,
        {
            "Dockerfile": dockerfile.render(asked),
            "requirements.lock": LockRenderer().render(asked),
            "resolution.json": ReportRenderer().render(asked),
            ".dockerignore": DockerignoreRenderer().render(asked),
        },
    )


def built(folder: Path, *options: str) -> str:
    command = [docker(), "build", "--progress=plain", "-t", TAG, *options, str(folder)]
    done = subprocess.run(command, env={**os.environ, "DOCKER_BUILDKIT": "1"}, capture_output=True, text=True, check=False, timeout=540)
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stderr


def inside(*command: str) -> str:
    return subprocess.run([docker(), "run", "--rm", "--network=none", TAG, *command], capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def _image_removed() -> Iterator[None]:
    yield
    subprocess.run([docker(), "rmi", "-f", TAG], capture_output=True, check=False)


def freeze() -> dict[str, str]:
    listed = json.loads(inside("python", "-m", "pip", "list", "--format=json"))
    return {one["name"].lower().replace("_", "-"): one["version"] for one in listed}


def assert_pins(pins: tuple[str, ...]) -> None:
    found = freeze()
    assert {name: found.get(name) for name, _, _ in (pin.partition("==") for pin in pins)} == dict(pin.split("==") for pin in pins)


@pytest.mark.parametrize(("python", "pins"), [("3.7", FLASK_37), ("3.12", FLASK_312)])
def test_flask_runs_as_nobody_in_particular(tmp_path: Path, python: str, pins: tuple[str, ...]) -> None:
    folder = tmp_path / 'a "quoted" $name'
    folder.mkdir()
    (folder / "app.py").write_text("import flask\napp = flask.Flask('x')\nif __name__ == '__main__':\n    app.run(host='0.0.0.0')\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("x")
    build(
        folder,
        resolution(
            pins,
            python=python,
            project=Project(
                root=folder, program=Program(kind="flask", path="app.py", start=Start(server="flask", port=5000, host="0.0.0.0"))
            ),
            system_packages=("libgl1",) if python == "3.7" else (),
        ),
    )
    assert_pins(pins)
    assert inside("sh", "-c", "id -un; pwd; touch here && ls -A").split() == ["app", "/app", "app.py", "here", "requirements.lock"]
    told = json.loads(subprocess.run([docker(), "inspect", TAG], capture_output=True, check=True).stdout)[0]["Config"]
    assert told["Labels"]["org.opencontainers.image.title"] == 'a "quoted" $name'
    assert told["Cmd"] == ["python", "app.py"]
    check = told["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    wait = f"for i in $(seq 20); do sleep 0.5; {shlex.join(check[1:])} 2>/dev/null && exit 0; done; exit 1"
    inside("sh", "-c", f"python app.py >/dev/null 2>&1 & {wait}")
    with pytest.raises(subprocess.CalledProcessError):
        inside(*check[1:])


SDISTS = ("gym==0.17.3", "fire==0.4.0", "termcolor==1.1.0", "six==1.16.0", "theano==1.0.5", "numpy==1.21.6", "scipy==1.7.3",
          "pyglet==1.5.0", "cloudpickle==1.6.0", "future==0.18.2")  # fmt: skip


def test_pure_sdists_of_old_beside_large_wheels(tmp_path: Path) -> None:
    told = build(tmp_path, weighing(resolution(SDISTS, root=tmp_path), numpy=15 << 20, scipy=40 << 20))
    assert "/tmp/large.txt" in told
    assert_pins(SDISTS)
    inside("sh", "-c", "! ls /tmp/large.txt 2>/dev/null")
    inside("python", "-c", "import fire, termcolor, theano, gym; gym.make('CartPole-v0').reset()")


@pytest.mark.parametrize("python", ["3.6", "3.12"])
def test_pure_sdists_where_pip_is_oldest_and_where_it_has_no_setuptools(tmp_path: Path, python: str) -> None:
    pins = ("fire==0.4.0", "termcolor==1.1.0", "six==1.16.0")
    build(tmp_path, resolution(pins, python=python, root=tmp_path))
    assert_pins(pins)
    inside("python", "-c", "import fire, termcolor")


def test_a_sdist_with_c_code(tmp_path: Path) -> None:
    pins = ("pycocotools==2.0.0", "numpy==1.16.4")
    build(tmp_path, resolution(pins, root=tmp_path))
    assert_pins(pins)
    inside("python", "-c", "import pycocotools._mask as m; assert m.frPyObjects")
    with pytest.raises(subprocess.CalledProcessError):
        inside("sh", "-c", "command -v gcc")


def test_a_sdist_with_c_code_and_debian_packages_without_any_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = ("pycocotools==2.0.0", "numpy==1.16.4")
    asked = resolution(pins, root=tmp_path, system_packages=("libgomp1",))
    write(tmp_path, asked, DockerfileRenderer(wheelhouse="wheels"))
    monkeypatch.setenv("RESOLVER_HOME", str(tmp_path / "home"))
    mirror(House(load()[0]), tmp_path, tmp_path / "wheels")
    assert list((tmp_path / "wheels" / "debian").glob("libgomp1_*.deb"))
    assert list((tmp_path / "wheels" / "debian-build").glob("gcc_*.deb"))
    built(tmp_path, "--network=none", "--no-cache")
    assert_pins(pins)
    inside("python", "-c", "import pycocotools._mask as m; assert m.frPyObjects")
    inside("sh", "-c", "dpkg-query -W libgomp1 && ! command -v gcc && ! ls wheels /mnt/wheelhouse/*")


def test_a_secret_pip_configuration_is_used_and_leaves_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    secret = tmp_path / "pip.conf"
    secret.write_text("[global]\nindex-url = http://user:hush@127.0.0.1:9/simple\nretries = 0\ntimeout = 2\n")
    asked = resolution(("six==1.16.0",), root=folder)
    with pytest.raises(AssertionError, match=r"six==1\.16\.0"):
        build(folder, asked, "--no-cache", f"--secret=id=pipconf,src={secret}")
    build(folder, asked)
    inside("sh", "-c", "! grep -q hush /etc/pip.conf 2>/dev/null")

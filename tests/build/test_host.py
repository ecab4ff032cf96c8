import gc
import os
from pathlib import Path

import pytest

from resolver.build import host
from resolver.core.errors import EngineUnavailable


def program(path: Path, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_interpreters_from_folders_variable_and_path(tmp_path, monkeypatch):
    given = program(tmp_path / "given" / "3.6.15" / "bin" / "python3.6")
    named = program(tmp_path / "named" / "bin" / "python3.7")
    program(tmp_path / "named" / "bin" / "python3.6")  # the given folder comes first
    program(tmp_path / "named" / "bin" / "python3.7-config")
    found = program(tmp_path / "path" / "python3.8")
    program(tmp_path / "path" / "python3.9", "#!/bin/sh\nexit 127\n")  # a shim for nothing
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("RESOLVER_PYTHONS", f"{tmp_path / 'named'}{os.pathsep}{tmp_path / 'nowhere'}")
    assert host.interpreters([tmp_path / "given"]) == {"3.6": given, "3.7": named, "3.8": found}


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A machine whose docker commands are only the given ones."""
    host.buildkit_command.cache_clear()
    real = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda self: real(self) and (self.name != "docker" or str(self).startswith(str(tmp_path))))
    monkeypatch.setenv("PATH", str(tmp_path))
    yield tmp_path
    host.buildkit_command.cache_clear()


def test_a_docker_with_buildx(only):
    path = program(only / "docker", '#!/bin/sh\n[ "$1" = buildx ] && exit 0\necho "Docker version 28.2.2"\n')
    assert host.buildkit_command() == path


def test_an_old_docker_has_buildkit_built_in(only):
    path = program(only / "docker", '#!/bin/sh\n[ "$1" = buildx ] && exit 1\necho "Docker version 20.10.24+dfsg1, build 1"\n')
    assert host.buildkit_command() == path


def test_a_new_docker_without_buildx_is_told(only):
    program(only / "docker", '#!/bin/sh\n[ "$1" = buildx ] && exit 1\necho "Docker version 28.2.2, build 1"\n')
    with pytest.raises(EngineUnavailable, match="BuildKit") as caught:
        host.buildkit_command()
    assert "buildx" in caught.value.hint


def test_no_docker_is_told(only):
    with pytest.raises(EngineUnavailable, match="no docker"):
        host.buildkit_command()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the SDK leaves its socket open when the first question fails
def test_no_daemon_is_told(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    with pytest.raises(EngineUnavailable) as caught:
        host.engine_version()
    assert "venv" in caught.value.hint
    del caught
    gc.collect()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_looking_never_raises(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    monkeypatch.setenv("PATH", str(tmp_path))
    seen = host.look()
    assert seen.engine == ""
    assert seen.driver == ""
    assert seen.disk_free > 0
    gc.collect()


def test_driver_branch(tmp_path, monkeypatch):
    program(tmp_path / "nvidia-smi", "#!/bin/sh\necho 535.183.01\n")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    assert host.nvidia_driver() == "535"

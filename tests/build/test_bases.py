"""Base images from this machine: what goes in, what is refused; the engine is a recorded command here, a real one by hand (docs)."""

import tarfile
from pathlib import Path

import pytest

from resolver.build import bases
from resolver.core.errors import ResolverError


@pytest.fixture
def interpreter(tmp_path):
    """A folder like one of pyenv's, whose python tells where it lies."""
    prefix = tmp_path / "3.9.18"
    for name in ("bin/python3.9", "lib/python3.9/os.py", "lib/python3.9/test/test_os.py", "lib/python3.9/site-packages/numpy/x.py",
                 "lib/python3.9/__pycache__/os.pyc", "lib/libpython3.9.a", "lib/libpython3.9.so"):  # fmt: skip
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text("")
    path = prefix / "bin/python3.9"
    path.write_text(f"#!/bin/sh\necho {prefix}\necho 3.9.18\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A docker command that keeps what it is asked to build; it has Debian already."""
    log = tmp_path / "log"
    log.mkdir()
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\nif [ "$1" = image ]; then case "$3" in debian:*|python:3.8*) exit 0;; *) exit 1;; esac; fi\n'
        f'for last; do :; done\ncp -r "$last" {log}/context\necho "$@" > {log}/command\n'
    )
    docker.chmod(0o755)
    monkeypatch.setattr(bases.host, "buildkit_command", lambda: docker)
    return log


def test_an_image_holds_the_interpreter_alone(interpreter, engine):
    wish = bases.Wish(pythons={"3.9": interpreter}, packages=("libgl1",))
    assert list(bases.make(wish)) == ["python:3.9-slim-bookworm"]
    assert "-t python:3.9-slim-bookworm" in (engine / "command").read_text()
    text = (engine / "context/Dockerfile").read_text()
    assert text.startswith("FROM debian:bookworm-slim\n")
    assert " libgl1 " in text
    assert "PYTHON_VERSION=3.9.18" in text
    with tarfile.open(engine / "context/python.tar") as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
        assert {entry.uid for entry in archive} == {0}
    assert {"bin/python3.9", "lib/python3.9/os.py", "lib/libpython3.9.so"} <= names
    assert not [name for name in names if name.endswith((".a", ".pyc")) or "/test" in name or "numpy" in name]


def test_an_image_that_is_there_is_kept(interpreter, engine):
    assert list(bases.make(bases.Wish(pythons={"3.8": interpreter}))) == ["python:3.8-slim-bookworm"]
    assert not (engine / "command").exists()


@pytest.mark.parametrize("wish", [{"packages": ("libgl1; evil",)}, {"suite": "$(evil)"}, {"name": "Evil name"}])
def test_a_word_that_would_reach_a_shell_is_refused(interpreter, engine, wish):
    with pytest.raises(ResolverError):
        list(bases.make(bases.Wish(pythons={"3.9": interpreter}, **wish)))


def test_an_interpreter_that_shares_its_folder_is_refused(interpreter, engine):
    interpreter.write_text("#!/bin/sh\necho /usr\necho 3.9.18\n")
    with pytest.raises(ResolverError, match="shares /usr"):
        list(bases.make(bases.Wish(pythons={"3.9": interpreter})))


def test_asked_for_interpreters_must_be_there():
    found = {"3.8": Path("/a"), "3.9": Path("/b")}
    assert bases.wanted(["3.9"], found) == {"3.9": Path("/b")}
    assert bases.wanted([], found) == found
    with pytest.raises(ResolverError, match=r"no CPython 3\.7"):
        bases.wanted(["3.7"], found)
    with pytest.raises(ResolverError, match="no interpreter"):
        bases.wanted([], {})

"""Debian packages as files: what is refused before any engine is asked, and what an engine that fails means."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.build import debian, host, process
from resolver.build.process import Finished
from resolver.core.errors import ResolverError


@pytest.mark.parametrize(("image", "package"), [("python:3.9-slim", "libgl1; evil"), ("python:3.9 AS x\nRUN evil", "libgl1"), ("", "a b")])
def test_strange_words_reach_no_dockerfile(image: str, package: str, tmp_path: Path) -> None:
    with pytest.raises(ResolverError):
        debian.download(image, [package], tmp_path / "debian")


def test_nothing_wanted_leaves_nothing_of_before_and_asks_nobody(tmp_path: Path) -> None:
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian" / "old_1_amd64.deb").write_bytes(b"")
    assert debian.download("python:3.9-slim", [], tmp_path / "debian") == []
    assert not (tmp_path / "debian").exists()


def test_a_build_that_fails_is_told_with_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "buildkit_command", lambda: Path("docker"))
    monkeypatch.setattr(host, "engine_version", lambda: "20")
    monkeypatch.setattr(process, "run", lambda *_, **__: Finished(code=1, log="E: Unable to locate package libnone", seconds=1.0))
    with pytest.raises(ResolverError, match="libnone"):
        debian.download("python:3.9-slim", ["libnone"], tmp_path / "debian")
    assert not (tmp_path / "debian").exists()

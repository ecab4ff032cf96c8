from __future__ import annotations

import fnmatch

import pytest

from resolver.render.dockerignore import DockerignoreRenderer
from resolver.render.files import MARKER
from tests.render.recorded import FLASK_37, resolution

LINES = DockerignoreRenderer().render(resolution(FLASK_37)).splitlines()


def ignored(path: str) -> bool:
    rules = [line for line in LINES if not line.startswith(("#", "!"))]
    parts = path.split("/")
    heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(head, rule.removeprefix("**/")) or fnmatch.fnmatchcase(head.rpartition("/")[2], rule.removeprefix("**/"))
        for rule in rules
        for head in heads
        if rule.startswith("**/") or "/" not in head
    )


@pytest.mark.parametrize("path", [".git/config", "sub/__pycache__/a.pyc", ".env", "venv/bin/python", "Dockerfile", "deep/.env.local"])
def test_left_out(path: str) -> None:
    assert ignored(path)


@pytest.mark.parametrize(
    "path",
    ["model_file.h5", "weights/a.pt", "a.onnx", "ckpt/model.ckpt.index", "saved_model/saved_model.pb", "requirements.lock", "app.py",
     "environment.py", "data/labels.txt", "mlruns/0/model.pkl", "lightning_logs/v0/last.ckpt"],
)  # fmt: skip
def test_kept(path: str) -> None:
    assert not ignored(path)


def test_marked_as_ours() -> None:
    assert LINES[0] == f"# {MARKER}"

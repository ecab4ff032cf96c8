"""What is done to a chosen set before it is written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from resolver.build import registry
from resolver.compose.finishing import finished
from resolver.core.cuda_builds import CudaBuilds
from resolver.render.dockerfile import DockerfileRenderer
from tests.render.recorded import FLASK_37, resolution

BASE = "python:3.7-slim-bookworm"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def rooms(**settings: object) -> SimpleNamespace:
    return SimpleNamespace(
        settings=SimpleNamespace(**{"lean": False, "pin_base": True, "offline": False, **settings}), cuda_builds=CudaBuilds()
    )


def test_the_digest_that_a_registry_tells_is_in_every_stage_and_in_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(registry, "digest", lambda image: asked.append(image) or DIGEST)
    found = finished(rooms(), resolution(FLASK_37, base_image=BASE))
    assert asked == [BASE]
    assert found.base_image == f"{BASE}@{DIGEST}"
    text = DockerfileRenderer().render(found)
    stages = [line for line in text.splitlines() if line.startswith("FROM ")]
    assert stages
    assert all(f" {BASE}@{DIGEST}" in line for line in stages)
    assert f'org.opencontainers.image.base.name="{BASE}@{DIGEST}"' in text


def test_a_registry_that_tells_nothing_is_told_and_the_tag_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "digest", lambda _: "")
    found = finished(rooms(), resolution(FLASK_37, base_image=BASE))
    assert found.base_image == BASE
    assert f"no registry told the digest of {BASE}: it is named by its tag alone" in found.warnings


@pytest.mark.parametrize("settings", [{"pin_base": False}, {"offline": True}])
def test_nobody_is_asked_unless_the_person_wants_it_and_the_network_is_allowed(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    monkeypatch.setattr(registry, "digest", lambda _: pytest.fail("a registry was asked"))
    assert finished(rooms(**settings), resolution(FLASK_37, base_image=BASE)).base_image == BASE

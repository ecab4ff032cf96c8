"""What every renderer promises: a pure function from a resolution to one whole text that we recognise as ours."""

from __future__ import annotations

import pickle

import pytest

from resolver.core.resolution import Resolution
from resolver.core.target import Accelerator
from resolver.interfaces import Renderer
from resolver.render.dockerfile import DockerfileRenderer
from resolver.render.dockerignore import DockerignoreRenderer
from resolver.render.files import MARKER
from resolver.render.lock import LockRenderer
from resolver.render.report import ReportRenderer
from tests.render.recorded import FLASK_37, FLASK_312, resolution

RESOLUTIONS = {
    "wheels": resolution(FLASK_37),
    "newer": resolution(FLASK_312, python="3.12", accelerator=Accelerator(kind="cuda", runtime="12.4", driver="550")),
    "sdists": resolution(("fire==0.4.0", "termcolor==1.1.0", "six==1.16.0", "pycocotools==2.0.0", "numpy==1.16.4")),
}


@pytest.fixture(params=[DockerfileRenderer, LockRenderer, ReportRenderer, DockerignoreRenderer])
def renderer(request: pytest.FixtureRequest) -> Renderer:
    made = request.param()
    assert isinstance(made, Renderer)
    return made


@pytest.fixture(params=RESOLUTIONS)
def asked(request: pytest.FixtureRequest) -> Resolution:
    return RESOLUTIONS[request.param]


def test_same_resolution_same_text(renderer: Renderer, asked: Resolution) -> None:
    again = pickle.loads(pickle.dumps(asked))
    assert renderer.render(resolution=asked) == type(renderer)().render(resolution=again)


def test_whole_text_with_our_mark(renderer: Renderer, asked: Resolution) -> None:
    text = renderer.render(asked)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\r" not in text
    assert MARKER in "\n".join(text.splitlines()[:3])


def test_order_of_what_is_a_set_does_not_matter(renderer: Renderer, asked: Resolution) -> None:
    import dataclasses

    turned = dataclasses.replace(asked, system_packages=("libgl1", "libglib2.0-0"))
    back = dataclasses.replace(asked, system_packages=("libglib2.0-0", "libgl1"))
    assert renderer.render(turned) == renderer.render(back)

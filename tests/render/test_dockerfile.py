from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.errors import ResolverError
from resolver.core.package import Pin, normalize
from resolver.core.program import Program, Start
from resolver.core.project import Project
from resolver.core.resolution import RankerInfo, Resolution
from resolver.core.target import Accelerator, Target
from resolver.render.base import base_image
from resolver.render.dockerfile import DockerfileRenderer
from resolver.render.files import MARKER
from resolver.render.sdist import sources
from tests.render.recorded import FLASK_37, resolution, weighing

GOLDEN = f"""\
# {MARKER}
# For Python 3.7, linux_x86_64, cpu. Build it in this folder with BuildKit: DOCKER_BUILDKIT=1 docker build .
# A private package index: add --secret id=pipconf,src=PATH-OF-YOUR-pip.conf
# The locked wheels are those of one platform (DL3029); Debian keeps only the newest version of a package, so none is pinned (DL3008).
# hadolint ignore=DL3029
FROM --platform=linux/amd64 python:3.7-slim-bookworm
ENV LANG=C.UTF-8 \\
    PYTHONUNBUFFERED=1 \\
    PYTHONDONTWRITEBYTECODE=1 \\
    PIP_DISABLE_PIP_VERSION_CHECK=1 \\
    PIP_ROOT_USER_ACTION=ignore
# hadolint ignore=DL3008
RUN apt-get update \\
 && apt-get install -y --no-install-recommends \\
    libgl1 \\
    libglib2.0-0 \\
 && apt-get clean \\
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --no-log-init --uid 10001 app \\
 && install -d -o app -g app /app
WORKDIR /app

COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \\
    --mount=type=secret,id=pipconf,target=/etc/pip.conf \\
    pip install --no-deps --require-hashes -r requirements.lock

COPY --chown=10001:10001 . ./
USER 10001:10001
LABEL org.opencontainers.image.title="demo" \\
      org.opencontainers.image.base.name="python:3.7-slim-bookworm" \\
      resolver.version="VERSION" \\
      resolver.ranker="7" \\
      resolver.probability="0.931" \\
      resolver.lock.sha256="LOCK"
CMD ["python"]
"""


def render(asked: Resolution) -> str:
    return DockerfileRenderer().render(asked)


def instructions(text: str) -> list[str]:
    """The instruction keywords as the Dockerfile parser finds them: comments dropped, continuation lines joined."""
    found, continued = [], False
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if not continued:
            found.append(stripped.split()[0])
        continued = stripped.endswith("\\")
    return found


def test_golden() -> None:
    text = render(resolution(FLASK_37, system_packages=("libglib2.0-0", "libgl1")))
    text = re.sub(r'(resolver\.version)="[^"]*"', r'\1="VERSION"', text)
    assert re.sub(r'="[0-9a-f]{64}"', '="LOCK"', text) == GOLDEN


def test_a_sdist_that_needs_a_compiler_is_built_in_a_stage_of_its_own() -> None:
    text = render(resolution(("pycocotools==2.0.0", "numpy==1.16.4")))
    build, _, final = text.partition("FROM --platform=linux/amd64 python:3.7-slim-bookworm\n")
    assert "AS wheels" in build
    assert "build-essential" in build
    assert "build-essential" not in final
    assert "'cython<3' 'numpy==1.16.4' 'setuptools<46' 'wheel<0.40'" in build
    assert "'pycocotools==2.0.0 --hash=sha256:" in build
    assert "from=wheels,source=/wheels" in final


def test_a_sdist_of_which_nobody_knows_gets_a_compiler_only_when_it_fails_without() -> None:
    text = render(resolution(("termcolor==1.1.0",)))
    assert instructions(text).count("FROM") == 2
    assert "'cython<3' 'setuptools<46' 'wheel<0.40'" in text
    assert "{ build || { apt-get update && apt-get install -y --no-install-recommends build-essential && build; }; }" in text
    assert "'setuptools>=66.1,<72'" in render(resolution(("termcolor==1.1.0",), python="3.12"))


def test_a_wheel_for_another_interpreter_tells_that_a_compiler_is_needed() -> None:
    text = render(resolution(("numpy==1.16.4",), python="3.8"))
    assert " && build\n" in text
    assert "'cython<3' 'setuptools<46' 'wheel<0.40'" in text


def test_sdists_of_different_times_get_different_build_tools() -> None:
    text = render(resolution(("termcolor==1.1.0", "antlr4-python3-runtime==4.9.3", "fire==0.4.0"), python="3.11"))
    builds = [part for part in text.split("RUN ") if "pip wheel" in part]
    assert ["termcolor" in part for part in builds] == ["fire" in part for part in builds] == [True, False]
    assert "'setuptools<58'" in builds[0]
    assert "antlr4-python3-runtime==4.9.3" in builds[1]
    assert "'setuptools<66'" in builds[1]


def test_the_sets_own_numpy_is_there_for_the_build() -> None:
    assert "'cython<3' 'numpy==1.21.6' 'scipy==1.7.3' 'setuptools<58'" in render(
        resolution(("gym==0.17.3", "numpy==1.21.6", "scipy==1.7.3"))
    )
    assert "'scipy" not in render(resolution(("termcolor==1.1.0", "numpy==1.21.6", "scipy==1.7.3")))


def test_what_compiles_against_torch_finds_the_sets_own() -> None:
    made = resolution(("termcolor==1.1.0", "click==8.1.7"))
    called = {"termcolor": Pin(normalize("torch-scatter"), "1.1.0"), "click": Pin(normalize("torch"), "8.1.7")}

    def tools(names: Mapping[str, Pin]) -> tuple[str, ...]:
        releases = tuple(dataclasses.replace(r, pin=names.get(r.name, r.pin)) for r in made.chosen.candidate.releases)
        candidate = dataclasses.replace(made.chosen.candidate, releases=releases, edges=())
        return sources(dataclasses.replace(made, chosen=dataclasses.replace(made.chosen, candidate=candidate))).builds[0].tools

    assert "torch==8.1.7" in tools(called)
    assert "torch==8.1.7" not in tools({"click": called["click"]})


def test_what_a_source_build_runs_with_is_there_for_its_setup_unless_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    text = render(resolution(("fire==0.4.0", "six==1.16.0"), python="3.11"))
    assert "'cython<3' 'setuptools<58' 'six==1.16.0' 'wheel<0.40'" in text
    monkeypatch.setattr("resolver.render.sdist._TOO_HEAVY", frozenset({"six"}))
    assert "'six==1.16.0' 'wheel" not in render(resolution(("fire==0.4.0", "six==1.16.0"), python="3.11"))


def test_large_wheels_come_before_the_lock_and_stay_when_it_changes() -> None:
    asked = weighing(resolution((*FLASK_37, "numpy==1.21.6", "scipy==1.7.3")), numpy=15 << 20, scipy=10 << 20, flask=9 << 20)
    before, _, after = render(asked).partition("COPY requirements.lock ./\n")
    large = re.findall(r"'([a-z]+)==[^' ]+ --hash=sha256:[0-9a-f]{64}[^']*'", before)
    assert large == ["numpy", "scipy"]
    assert "pip install --no-deps --require-hashes -r /tmp/large.txt" in before
    assert "pip install --no-deps --require-hashes -r requirements.lock" in after
    more = weighing(resolution((*FLASK_37, "six==1.16.0", "numpy==1.21.6", "scipy==1.7.3")), numpy=15 << 20, scipy=10 << 20)
    assert render(more).partition("COPY requirements.lock ./\n")[0] == before


@pytest.mark.parametrize("sizes", [{}, {"numpy": 20 << 20, "scipy": 20 << 20}, {"numpy": 9 << 20}])
def test_without_both_large_and_small_wheels_there_is_one_layer(sizes: dict[str, int]) -> None:
    assert "large" not in render(weighing(resolution(("numpy==1.21.6", "scipy==1.7.3")), **sizes))


def test_large_wheels_from_a_second_index_name_it() -> None:
    asked = weighing(resolution(("numpy==1.21.6", "six==1.16.0")), numpy=20 << 20)
    asked = dataclasses.replace(asked, extra_index="https://user:hush@example.org/cpu")
    assert "printf '%s\\n' '--extra-index-url https://example.org/cpu' \\\n        'numpy==1.21.6 --hash" in render(asked)


def test_cuda_asks_for_the_devices() -> None:
    text = render(resolution(FLASK_37, accelerator=Accelerator(kind="cuda", runtime="12")))
    assert "NVIDIA_VISIBLE_DEVICES=all" in text
    assert "NVIDIA" not in render(resolution(FLASK_37))


def test_pyglet_opens_no_window_at_import() -> None:
    line = "ENV PYGLET_SHADOW_WINDOW=0\n"
    assert line in render(with_pin(resolution(("termcolor==1.1.0",), python="3.12"), "pyglet", "1.5.0"))
    assert line not in render(resolution(FLASK_37))


def web(**changed: Any) -> Resolution:
    start = Start(server="flask", port=8080, host="0.0.0.0")
    program = Program(**{"kind": "flask", "path": "predict.py", "start": start, **changed})
    return resolution(FLASK_37, project=Project(root=Path("/nowhere/demo"), program=program))


def test_an_entry_with_a_port_gets_a_health_check() -> None:
    text = render(web(health="/ping"))
    assert "EXPOSE 8080\n" in text
    assert "127.0.0.1', 8080" in text
    assert "c.request('GET', '/ping')" in text
    assert text.endswith('STOPSIGNAL SIGINT\nCMD ["python", "predict.py"]\n')


def test_a_program_in_a_folder_is_started_there() -> None:
    text = render(web(path="src/web/predict.py"))
    assert "\nUSER 10001:10001\nWORKDIR /app/src/web\n" in text
    assert text.endswith('CMD ["python", "predict.py"]\n')
    with pytest.raises(ResolverError):
        render(web(path="a$b/predict.py"))


def test_no_frontend_line_and_no_library_path() -> None:
    text = render(resolution(FLASK_37))
    assert "syntax=" not in text
    assert "LD_LIBRARY_PATH" not in text


@pytest.mark.parametrize(("python", "image"), [("3.6", "python:3.6-slim"), ("3.7", "python:3.7-slim-bookworm")])
def test_base_image(python: str, image: str) -> None:
    assert base_image(Target(python=python)) == image
    assert f" {image}\n" in render(resolution(("six==1.16.0",), python=python))


def test_the_lock_digest_is_that_of_the_lock() -> None:
    import hashlib

    from resolver.render.lock import LockRenderer

    asked = resolution(FLASK_37)
    assert hashlib.sha256(LockRenderer().render(asked).encode()).hexdigest() in render(asked)


BREAKOUTS = (
    '"\nRUN evil', "\\", "$(evil)", "`evil`", "x\r\nRUN evil", "x\u2028RUN evil", "'; evil; '", "<<EOF", "x \\\nRUN evil", "#\nRUN evil",
)  # fmt: skip
HOSTILE = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.sampled_from(BREAKOUTS))


def with_pin(asked: Resolution, name: str, version: str) -> Resolution:
    first, *rest = asked.chosen.candidate.releases
    releases = (dataclasses.replace(first, pin=Pin(normalize(name), version)), *rest)
    candidate = dataclasses.replace(asked.chosen.candidate, releases=releases, edges=())
    return dataclasses.replace(asked, chosen=dataclasses.replace(asked.chosen, candidate=candidate))


def hostile(where: str, text: str) -> Resolution:
    asked = resolution(("termcolor==1.1.0",), python="3.12", system_packages=("libgl1",))
    changes: dict[str, Any] = {
        "title": {"project": Project(root=Path("/nowhere") / text.replace("\0", "").replace("/", "_"))},
        "ranker": {"ranker": RankerInfo(version=text)},
        "system": {"system_packages": (f"libgl1{text}",)},
        "image": {"base_image": f"python:3.12-slim{text}"},
        "target": {"target": Target(python="3.12", accelerator=Accelerator(kind="cpu", runtime=text))},
    }
    if where in changes:
        return dataclasses.replace(asked, **changes[where])
    return with_pin(asked, f"termcolor{text}", "1.1.0") if where == "name" else with_pin(asked, "termcolor", f"1.1.0{text}")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["title", "ranker", "system", "image", "target", "name", "version"]), HOSTILE)
def test_nothing_from_outside_breaks_out_of_its_instruction(where: str, text: str) -> None:
    benign = instructions(render(hostile("title", "demo")))
    try:
        told = render(hostile(where, text))
    except ResolverError:
        return
    assert instructions(told) == benign
    assert not [line for line in told.splitlines() if line.startswith(("RUN evil", "evil"))]


@pytest.mark.parametrize("where", ["system", "image", "name", "version"])
def test_a_shell_word_is_refused_where_it_would_reach_a_shell(where: str) -> None:
    for text in ("; evil", "$(evil)", "'evil", "`evil`", " evil", "\nevil"):
        with pytest.raises(ResolverError):
            render(hostile(where, text))


@pytest.mark.parametrize("folder", ["app", "/app; evil", "/a b", "/", "/app/../x", "/$HOME"])
def test_a_strange_working_folder_is_refused(folder: str) -> None:
    with pytest.raises(ResolverError):
        DockerfileRenderer(workdir=folder)

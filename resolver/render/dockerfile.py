"""`Dockerfile`: the chosen set as an image that needs nothing but the lock beside it."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING

from resolver import __version__
from resolver.core.cuda import is_nvidia
from resolver.core.errors import ResolverError
from resolver.core.package import Release
from resolver.core.resolution import Resolution
from resolver.render.base import CODENAME, base_image, docker_platform
from resolver.render.entry import Entry, entry_of
from resolver.render.files import MARKER
from resolver.render.layers import large
from resolver.render.lock import LockRenderer, hashes
from resolver.render.sdist import Wheelhouse, sources
from resolver.render.words import (
    comment,
    debian_word,
    docker_list,
    docker_word,
    folder_word,
    image_word,
    index_word,
    plain_word,
)

if TYPE_CHECKING:
    from jinja2 import Template


RUN_DEBIAN, BUILD_DEBIAN = "debian", "debian-build"
"""Folders below the wheelhouse: the Debian packages of the image, and those of the stage that compiles."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FOLDER = re.compile(r"(/[A-Za-z0-9_-]+)+")


class DockerfileRenderer:
    """Writes `Dockerfile`; it expects `requirements.lock` of the same resolution in the same folder.

    With `classic` it uses nothing that only BuildKit has: without cache mounts every change of the lock downloads everything again.
    With `wheelhouse`, a folder beside it, every distribution comes from there and no index is asked.
    """

    def __init__(self, base_codename: str = CODENAME, workdir: str = "/app", *, classic: bool = False, wheelhouse: str = "") -> None:
        if not _FOLDER.fullmatch(workdir):
            raise ResolverError(f"{workdir!r} is no working folder", hint="give an absolute path of letters, digits, - and _")
        if wheelhouse and not _NAME.fullmatch(wheelhouse):
            raise ResolverError(f"{wheelhouse!r} is no folder beside a Dockerfile", hint="give a name of letters, digits, ., - and _")
        self._classic = classic
        self._wheelhouse = wheelhouse
        self._codename = base_codename
        self._workdir = workdir

    def render(self, resolution: Resolution) -> str:
        """The Dockerfile's text; raises ResolverError for a name or version that no index would give."""
        entry = entry_of(resolution.project.program, resolution.chosen.candidate.pins)
        source = sources(resolution)
        return _template().render(
            marker=MARKER,
            target=comment(str(resolution.target)),
            image=image_word(resolution.base_image or base_image(resolution.target, self._codename)),
            platform=docker_platform(resolution.target),
            workdir=self._workdir,
            system_packages=[debian_word(name) for name in sorted(set(resolution.system_packages))],
            builds=[_build(house, resolution) for house in source.builds],
            compiler=source.compiler,
            build_packages=[debian_word(name) for name in source.debian],
            run_debian=RUN_DEBIAN,
            build_debian=BUILD_DEBIAN,
            classic=self._classic,
            wheelhouse=self._wheelhouse,
            large=[*_index(resolution), *(_pin(release, resolution) for release in large(resolution))] if large(resolution) else [],
            cuda=resolution.target.accelerator.kind == "cuda",
            pyglet=any(release.name == "pyglet" for release in resolution.chosen.candidate.packages),
            **_cuda(resolution),
            labels=[(name, docker_word(value)) for name, value in _labels(resolution)],
            folder=folder_word(entry.folder),
            stop=entry.stop,
            port=entry.port,
            healthcheck=docker_list(_healthcheck(entry)),
            command=docker_list(entry.command),
        )


def _cuda(resolution: Resolution) -> dict[str, str]:
    """Where NVIDIA's wheels unpack their libraries, and where XLA finds its compiler; "" without such wheels."""
    names = {str(release.name) for release in resolution.chosen.candidate.packages}
    folder = f"/usr/local/lib/python{resolution.target.python}/site-packages/nvidia"
    compiler = any(name.startswith("nvidia-cuda-nvcc-cu") for name in names) and any(name.startswith("tensorflow") for name in names)
    return {
        "cuda_folder": folder if any(is_nvidia(name) for name in names) else "",
        "xla_folder": f"{folder}/cuda_nvcc" if compiler else "",
    }


def _build(house: Wheelhouse, resolution: Resolution) -> dict[str, list[str]]:
    """Words of one `pip wheel`, every one made of checked parts, so single quotes are all the shell quoting they need."""
    return {
        "tools": [f"'{tool}'" for tool in house.tools],
        "pins": [_pin(release, resolution) for release in house.releases],
    }


def _pin(release: Release, resolution: Resolution) -> str:
    """A line of a requirements file as one quoted word."""
    digests = " ".join(f"--hash=sha256:{digest}" for digest in hashes(release, resolution))
    return f"'{plain_word(release.name, 'package name')}=={plain_word(release.version, 'version')} {digests}'"


def _index(resolution: Resolution) -> list[str]:
    """The line that names a second index, as one quoted word, when there is one."""
    return [f"'--extra-index-url {index_word(resolution.extra_index)}'"] if resolution.extra_index else []


def _labels(resolution: Resolution) -> list[tuple[str, str]]:
    lock = LockRenderer().render(resolution)
    return [
        ("org.opencontainers.image.title", resolution.project.root.name or "project"),
        ("org.opencontainers.image.base.name", resolution.base_image or base_image(resolution.target)),
        ("resolver.version", __version__),
        ("resolver.ranker", resolution.ranker.version or "none"),
        ("resolver.probability", f"{resolution.chosen.probability:.3f}"),
        ("resolver.lock.sha256", hashlib.sha256(lock.encode()).hexdigest()),
    ]


def _healthcheck(entry: Entry) -> tuple[str, ...]:
    # Any HTTP answer will do: a model server often has no page at "/".
    connect = f"c = http.client.HTTPConnection('127.0.0.1', {entry.port}, timeout=5)"
    return ("python", "-c", f"import http.client; {connect}; c.request('GET', {entry.health!r}); c.getresponse()")


@functools.lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Not HTML: every word is escaped for its instruction before it gets here (words.py).
    environment = Environment(
        loader=PackageLoader("resolver.render"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,  # noqa: S701
    )  # fmt: skip
    return environment.get_template("Dockerfile.j2")

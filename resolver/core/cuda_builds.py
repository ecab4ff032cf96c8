"""What releases of frameworks were built for: their CUDA, the libraries that they expect beside them, the cards that they have code for."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from resolver.core import cuda
from resolver.core.package import Release
from resolver.core.target import Accelerator

_EXTRAS = {
    "tensorflow": ("and-cuda",),
    "onnxruntime-gpu": ("cuda", "cudnn"),
    "cupy-cuda12x": ("ctk",),
    "cupy-cuda13x": ("ctk",),
}
"""Extras by which releases ask for NVIDIA's wheels themselves, where they do."""
_SPARED = ("tensorrt",)
"""TensorRT is optional everywhere and weighs more than a gigabyte; that some extras ask for it is no reason."""
_OLDEST_CUDA13_DRIVER = 580


class Grade(enum.IntEnum):
    """`PROCESSOR`: it installs and would run without the card: no CUDA in it, or none to be had for it."""

    FINE = 0
    PROCESSOR = 1
    OUT = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """`cuda` is () for a build without; `needs` the libraries it expects beside it; `cudnn` the least version; `capabilities` as listed."""

    cuda: cuda.Runtime = ()
    needs: tuple[str, ...] = ()
    cudnn: str = ""
    capabilities: tuple[str, ...] = ()


class CudaBuilds:
    """The table of builds, {distribution: {version: {"cuda", "needs", "cudnn", "capabilities"}}}, one release of each minor version.

    An empty table still knows what names say (nvidia-cudnn-cu11, mxnet-cu102).
    """

    def __init__(self, rows: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None) -> None:
        self._rows = {
            name: sorted(((Version(version).release[:2], _build(name, row)) for version, row in found.items()), key=lambda pair: pair[0])
            for name, found in (rows or {}).items()
        }

    def build(self, name: str, version: str) -> Build | None:
        """What is known of a release: its minor version's row, else the nearest older one's; None for what the table does not know."""
        try:
            minor = Version(version).release[:2]
        except InvalidVersion:
            return None
        return next((build for first, build in reversed(self._rows.get(name, ())) if first <= minor), None)

    def runtime(self, name: str, version: str) -> cuda.Runtime:
        """The CUDA of a release, from the table or its name; () for none."""
        build = self.build(name, version)
        return build.cuda if build else cuda.named(name, version)

    def grade(self, name: str, version: str, accelerator: Accelerator) -> Grade:
        """Whether a release is of use beside that driver and card."""
        build, needed = self.build(name, version), self.runtime(name, version)
        if not cuda.runs(accelerator, needed):
            return Grade.OUT
        if accelerator.gpu and needed:
            stated = build.capabilities if build else ()
            if not (cuda.covers(stated, accelerator.gpu) if stated else cuda.compiles_for(needed, accelerator.gpu)):
                return Grade.OUT
        if build and (not needed or cuda.wheels_for(build.needs, build.cudnn)[1]):
            return Grade.PROCESSOR
        return Grade.FINE

    def extras(self, release: Release, accelerator: Accelerator) -> tuple[str, ...]:
        """The extras of a release that bring its CUDA."""
        wanted: Sequence[str] = _EXTRAS.get(release.name, ())
        if release.name == "jax":
            wanted = ("cuda13", "cuda12") if _takes_13(accelerator) else ("cuda12",)
            wanted = [extra for extra in wanted if _has(release, extra)][:1]
        return tuple(extra for extra in wanted if _has(release, extra))

    def spared(self, name: str) -> bool:
        """Whether such an extra asks for more than CUDA needs."""
        return name.startswith(_SPARED)

    def companions(self, release: Release, accelerator: Accelerator) -> Iterator[str]:
        """Requirements on NVIDIA's wheels for the libraries that a release expects from the system and none of its extras brings."""
        build = self.build(release.name, release.version)
        if build is None or not build.needs or self.extras(release, accelerator):
            return
        wheels, without = cuda.wheels_for(build.needs, build.cudnn)
        if without:
            return
        yield from wheels
        if release.name.startswith("tensorflow"):
            yield f"nvidia-cuda-nvcc-cu{build.cuda[0]}"  # XLA's libdevice and ptxas


def _build(name: str, row: Mapping[str, Any]) -> Build:
    text = str(row.get("cuda", ""))
    needs = tuple(row.get("needs", ()))
    if name.startswith("tensorflow") and text:
        needs = cuda.opened_by_tensorflow(text)
    return Build(
        cuda=cuda.runtime(text),
        needs=needs,
        cudnn=str(row.get("cudnn", "")),
        capabilities=tuple(row.get("capabilities", ())),
    )


def _has(release: Release, extra: str) -> bool:
    return any(f'extra == "{extra}"' in text for text in release.requires)


def _takes_13(accelerator: Accelerator) -> bool:
    if accelerator.runtime:
        return cuda.runtime(accelerator.runtime)[:1] >= (13,)
    driver = accelerator.driver.partition(".")[0]
    return driver.isdigit() and int(driver) >= _OLDEST_CUDA13_DRIVER

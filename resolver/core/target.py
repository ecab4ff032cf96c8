"""Where a set is to run: interpreter, platform, accelerator."""

from __future__ import annotations

import dataclasses

PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
"""The interpreters that are considered, oldest first."""

PLATFORMS = {"linux/amd64": "linux_x86_64", "linux/arm64": "linux_aarch64"}
"""A container's platform -> the platform of wheels."""

PYTHON_RELEASED = {
    "3.6": "2016-12-23", "3.7": "2018-06-27", "3.8": "2019-10-14", "3.9": "2020-10-05",
    "3.10": "2021-10-04", "3.11": "2022-10-24", "3.12": "2023-10-02", "3.13": "2024-10-07",
}  # fmt: skip
"""First final release of each interpreter (PEPs 494, 537, 569, 596, 619, 664, 693, 719)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """`kind` is cpu, cuda or rocm; `runtime` a CUDA version or major ("12", "12.4"), "" for any; `driver` the newest
    driver branch on the host ("535"), `gpu` the card ("h100", or a compute capability, "9.0"), both "" when unknown.
    """

    kind: str = "cpu"
    runtime: str = ""
    driver: str = ""
    gpu: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.runtime}".strip()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to run: `python` is "3.7", `platform` "linux_x86_64" or "linux_aarch64"."""

    python: str
    platform: str = "linux_x86_64"
    accelerator: Accelerator = Accelerator()

    def __str__(self) -> str:
        return f"Python {self.python}, {self.platform}, {self.accelerator}"


def minor(python: str) -> int:
    """The minor version of "3.N" as a number, for ordering and arithmetic."""
    return int(python.split(".")[1])

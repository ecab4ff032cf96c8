"""Which wheels a target takes."""

from __future__ import annotations

import functools
import re

from resolver.core.package import DistFile
from resolver.core.target import Target, minor

_GLIBC_MINOR = 36
"""Debian bookworm's glibc 2.36: the oldest base image that is used."""

_LEGACY = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}
_PLATFORM = re.compile(r"^(manylinux1|manylinux2010|manylinux2014|manylinux_2_(\d+)|linux)_(x86_64|aarch64)$")
_PYTHON = re.compile(r"^(cp|py)(\d)(\d*)$")


def takes(file: DistFile, target: Target) -> bool:
    """Whether a wheel's tags fit the target's interpreter and platform."""
    number = minor(target.python)
    machine = target.platform.removeprefix("linux_")
    return any(fits(tag, number, machine) for tag in file.tags)


@functools.lru_cache(maxsize=1 << 14)
def fits(tag: str, number: int, machine: str) -> bool:
    """Whether one tag ("cp37-cp37m-manylinux1_x86_64") fits CPython 3.`number` on a glibc `machine`. Memoised."""
    interpreter, _, rest = tag.partition("-")
    abi, _, platform = rest.partition("-")
    return _fits_platform(platform, machine) and _fits_interpreter(interpreter, abi, number)


def _fits_platform(platform: str, machine: str) -> bool:
    if platform == "any":
        return True
    match = _PLATFORM.match(platform)
    if match is None or match[3] != machine:
        return False
    return int(match[2] or _LEGACY.get(match[1], 0)) <= _GLIBC_MINOR


def _fits_interpreter(interpreter: str, abi: str, number: int) -> bool:
    match = _PYTHON.match(interpreter)
    if match is None or match[2] != "3":
        return False
    other = int(match[3]) if match[3] else None
    if match[1] == "py":
        return abi == "none" and (other is None or other <= number)
    if abi == "abi3":
        return other is not None and other <= number
    if other is None:
        return abi == "none"
    return other == number and abi in {"none", interpreter, interpreter + "m" if number <= 7 else interpreter}


def is_binary(file: DistFile) -> bool:
    """Whether a file is a wheel bound to a platform: a sign that building the release takes a compiler."""
    return file.kind == "wheel" and any(not tag.endswith("-any") for tag in file.tags)

"""From the shared libraries that binaries ask for to the Debian packages that bring them."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from resolver.core.errors import ResolverError
from resolver.core.outcome import LibraryNeed

_LIMIT = 64 << 20

# The driver's own libraries come with the container runtime, CUDA's and the frameworks' with wheels; no Debian package may shadow them.
_NEVER = (
    "libpython3.",  # the image's own interpreter, outside Debian's packages
    "libcuda.so",
    "libnvidia-",
    "libcudart",
    "libcublas",
    "libcudnn",
    "libcufft",
    "libcurand",
    "libcusolver",
    "libcusparse",
    "libnccl",
    # What frameworks bring to the packages that extend them (torchvision, torchaudio, TensorFlow Text).
    "libtorch",
    "libc10",
    "libtensorflow_",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LibraryTable:
    """`sonames` to the package of the Debian `suite` that brings them; `base` are those the slim base image has."""

    suite: str
    base: frozenset[str]
    sonames: Mapping[str, str]


def load(path: Path) -> LibraryTable:
    """Read the bundled table (made by scripts/debian_sonames.py). Raises ResolverError when it is missing or damaged."""
    try:
        with gzip.open(path) as stream:
            read = json.loads(stream.read(_LIMIT))
        return LibraryTable(suite=str(read["suite"]), base=frozenset(read["base"]), sonames=dict(read["sonames"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as problem:
        raise ResolverError(f"{path}: cannot read the table of Debian libraries: {problem}", hint="reinstall the program") from problem


def system_packages(needs: Iterable[str], table: LibraryTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The packages that bring the sonames `needs`, and the sonames that no package brings; both sorted, without repeats.

    What the base image has, and what belongs to the graphics driver or to CUDA's wheels, is in neither.
    """
    packages, unknown = set(), set()
    for soname in set(needs):
        if soname in table.base or soname.startswith(_NEVER):
            continue
        if package := table.sonames.get(soname):
            packages.add(package)
        else:
            unknown.add(soname)
    return tuple(sorted(packages)), tuple(sorted(unknown))


def missing(needs: Iterable[LibraryNeed]) -> tuple[str, ...]:
    """The sonames among `needs` that were not found where they were looked for."""
    return tuple(sorted({need.soname for need in needs if not need.found}))

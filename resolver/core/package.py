"""What the index tells about packages: pins, files, releases."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from typing import NamedTuple, NewType

NormalizedName = NewType("NormalizedName", str)
"""A distribution name in the canonical form of PEP 503 (lower case, runs of `-_.` as one dash)."""

_SEPARATORS = re.compile(r"[-_.]+")

PYTHON = NormalizedName("python")
"""Name under which the interpreter appears as a package in a candidate and as an end of edges."""

CUDA = NormalizedName("cuda")
"""Name under which the CUDA runtime appears as a package in a candidate."""


def normalize(name: str) -> NormalizedName:
    """The canonical form of a distribution name (PEP 503)."""
    return NormalizedName(_SEPARATORS.sub("-", name).lower())


def oldest_minor(interpreters: str) -> int | None:
    """The lowest 3.x minor among a wheel's interpreter tags ("cp35.cp36" is 5), which a stable ABI is good from; None without any."""
    minors = [int(tag[3:] or 0) for tag in interpreters.split(".") if tag.startswith("cp3") and (tag[3:] or "0").isdecimal()]
    return min(minors, default=None)


class Pin(NamedTuple):
    """One distribution at one version; `version` is the PEP 440 text as the index spells it."""

    name: NormalizedName
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DistFile:
    """One downloadable file of a release that a Linux machine could install.

    `kind` is "wheel" or "sdist"; `tags` are the wheel's compatibility tags, expanded ("cp37-cp37m-manylinux1_x86_64"),
    empty for an sdist; `size` is in bytes, 0 when unknown; `sha256` is lower-case hex, empty when the index has none.
    """

    filename: str
    kind: str
    tags: tuple[str, ...] = ()
    sha256: str = ""
    size: int = 0
    requires_python: str = ""
    yanked: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of one distribution with everything that a resolution needs to know of it.

    `requires` are requirement strings (PEP 508, read leniently and rewritten canonically); `requires_python` is the
    specifier text or ""; `modules` are the top-level import names it provides, empty when unknown; `compiled` says that a
    Linux wheel carries extension modules; `uploaded` is the first upload of any of its files (UTC).
    """

    pin: Pin
    uploaded: datetime | None = None
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    files: tuple[DistFile, ...] = ()
    yanked: bool = False
    modules: tuple[str, ...] = ()
    compiled: bool = False
    extras: tuple[str, ...] = ()

    @property
    def name(self) -> NormalizedName:
        """The distribution's canonical name."""
        return self.pin.name

    @property
    def version(self) -> str:
        """The version text."""
        return self.pin.version

"""What file names tell: version, kind, and the tags under which a Linux machine could install the file."""

from __future__ import annotations

import dataclasses
import functools
import re

from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from resolver.core.package import normalize

SDIST_ENDINGS = (".tar.gz", ".zip", ".tar.bz2")
_OLDEST_MINOR, _NEWEST_MINOR, _OLDEST_STABLE_ABI = 6, 13, 2
_INTERPRETER = re.compile(r"(?:py3|(?:py|cp)3(\d+))\Z")
_ABI = re.compile(r"none\Z|abi3\Z|cp3(\d+)m?\Z")
_PLATFORM = {
    machine: re.compile(rf"any\Z|linux_{machine}\Z|manylinux(?:1|2010|2014|_2_\d+)_{machine}\Z") for machine in ("x86_64", "aarch64")
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file name understood: `tags` are expanded and limited to Linux and CPython 3.6 to 3.13; empty for an sdist."""

    version: str
    kind: str
    tags: tuple[str, ...] = ()


def read_filename(filename: str, project: str, machine: str = "x86_64") -> Named | None:
    """What the file is, or None when no such machine could install it (other platform, legacy version, unknown form).

    `project` is the name under which the index lists the file. Never raises.
    """
    if filename.endswith(".whl"):
        return _wheel(filename.removesuffix(".whl"), project, machine)
    ending = next((ending for ending in SDIST_ENDINGS if filename.endswith(ending)), None)
    return _sdist(filename.removesuffix(ending), project) if ending else None


def canonical_version(text: str) -> str:
    """The version as PEP 440 writes it, or "" when it is a legacy version."""
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""


def version_key(text: str) -> str:
    """A text that is equal for equal versions ("1.0" and "1"), whatever their spelling."""
    return canonicalize_version(text)


def _wheel(stem: str, project: str, machine: str) -> Named | None:
    parts = stem.split("-")
    if len(parts) not in {5, 6} or normalize(parts[0]) != normalize(project):
        return None
    if len(parts) == 6 and not parts[2][:1].isdigit():
        return None
    version = canonical_version(parts[1].replace("_", "-"))
    tags = linux_tags("-".join(parts[-3:]), machine) if version else ()
    return Named(version=version, kind="wheel", tags=tags) if tags else None


def _sdist(stem: str, project: str) -> Named | None:
    wanted = normalize(project)
    for place in (found.start() for found in re.finditer("-", stem)):
        if normalize(stem[:place]) == wanted:
            version = canonical_version(stem[place + 1 :])
            if version:
                return Named(version=version, kind="sdist")
    return None


@functools.lru_cache(maxsize=8192)
def linux_tags(compressed: str, machine: str = "x86_64") -> tuple[str, ...]:
    """Those of a compressed tag set that fit CPython 3.6 to 3.13 on Linux on such a machine, sorted."""
    try:
        return tuple(sorted(str(tag) for tag in parse_tag(compressed) if _fits(tag, machine)))
    except ValueError:
        return ()


def _fits(tag: Tag, machine: str) -> bool:
    interpreter, abi = _INTERPRETER.match(tag.interpreter), _ABI.match(tag.abi)
    if not (interpreter and abi and _PLATFORM[machine].match(tag.platform)):
        return False
    oldest = _OLDEST_STABLE_ABI if tag.abi == "abi3" or tag.interpreter.startswith("py") or tag.abi == "none" else _OLDEST_MINOR
    return all(oldest <= int(found[1]) <= _NEWEST_MINOR for found in (interpreter, abi) if found.lastindex)


def preference(named: Named, filename: str) -> tuple[int, int, str]:
    """Orders the files of a release by how well they stand for its metadata: Linux wheels of middle age, any wheel, sdists."""
    if named.kind == "sdist":
        return (2, SDIST_ENDINGS.index(next(ending for ending in SDIST_ENDINGS if filename.endswith(ending))), filename)
    middle = any(tag.startswith(("cp37", "cp38", "cp39", "cp310", "py3")) for tag in named.tags)
    return (0 if middle else 1, 0, filename)

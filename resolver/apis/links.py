"""Which shared library asks for which: the dynamic sections of the binaries of one distribution, and what of them is reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Links = Mapping[str, Sequence[str]]
"""File name of each shared library -> the sonames that it needs."""

_SHARED = re.compile(r"\.so(\.[0-9.]+)?\Z")
_LIBC = re.compile(r"\A(linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|util|resolv|nsl|crypt|anl|mvec)\.so)")


def read_links(folder: Path) -> dict[str, list[str]]:
    """The needed sonames of every ELF file below `folder`, the C library's own left out; damaged files are passed over."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.so*")):
        if not _SHARED.search(path.name) or not path.is_file():
            continue
        try:
            with path.open("rb") as stream:
                segments = ELFFile(stream).iter_segments()
                tags = [tag for part in segments if isinstance(part, DynamicSegment) for tag in part.iter_tags("DT_NEEDED")]
                needed = [str(tag.needed) for tag in tags]  # type: ignore[attr-defined]
        except (ELFError, OSError, ValueError, KeyError, AttributeError, IndexError, UnicodeDecodeError, OverflowError, AssertionError):
            continue
        found[path.name] = sorted({soname for soname in needed if not _LIBC.match(soname)})
    return found


def is_extension(filename: str) -> bool:
    """Whether Python imports this library as a module: libraries that others load are called lib*."""
    return filename.endswith(".so") and (".cpython-" in filename or ".abi3." in filename or not filename.startswith("lib"))


def reached(every: Iterable[Links]) -> frozenset[str]:
    """The sonames that the extension modules of a whole set ask for, directly or through libraries that the set brings, and that
    no distribution of the set brings.

    A plugin that nothing links to asks for nothing; neither does a module for a part of a library that its wheels left out (PyQt5
    has one for each part of Qt, its wheels bring most of them): nobody can import that one.
    """
    needs: dict[str, Sequence[str]] = {}
    for links in every:
        needs.update(links)
    families = {_family(name) for name in needs if not is_extension(name)}
    left_out = {name for name in needs if any(s not in needs and _family(s) in families for s in needs[name])}
    queue = [name for name in needs if is_extension(name) and name not in left_out]
    seen: set[str] = set()
    while queue:
        for soname in needs.get(queue.pop(), ()):
            if soname not in seen:
                seen.add(soname)
                queue.append(soname)
    return frozenset(seen - needs.keys())


def _family(soname: str) -> str:
    """What the libraries of one project are called alike: `libQt5` of `libQt5Core.so.5`; "" for a name without a number inside."""
    found = re.match(r"lib[A-Za-z]+[0-9]+(?=[A-Z])", soname)
    return found.group() if found else soname

"""What a release that nobody walked says of itself: read from one of its files, when a resolution is about to choose it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from resolver.apis.links import read_links
from resolver.apis.unpack import unpack
from resolver.apis.walk import WALKER

PATIENCE = 60
"""Seconds that reading the source of one release may take."""
MOST_LOADED, LONGEST = 400, 1 << 20
"""So many sources of a release are asked what interpreter they want; no longer ones, in bytes."""

LONGEST_HEAD = 16 << 10
_RUNTIME = re.compile(rb"ValidateProtobufRuntimeVersion\(\s*[\w.]+,\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3}),")

Asking = Callable[[bytes, str], Sequence[tuple[str, str]]]
"""A source and its path -> specifiers on Python that loading it needs, each with its reason."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A walk of a release by its source alone (None when it has none that can be read), the links of its shared libraries, what
    importing it asks of the interpreter, as (specifier, reason), and requirements that its files state and its metadata may not.
    """

    walk: Mapping[str, Any] | None
    links: Mapping[str, Sequence[str]]
    asks: Sequence[tuple[str, str]] = ()
    needs: Sequence[str] = ()


def study(body: bytes, filename: str, name: str, version: str, asking: Asking = lambda *_: ()) -> Studied:
    """Unpack a wheel or source archive into a scratch folder and read it. Nothing of it runs. Costs a fifth of a second and more.

    `asking` tells what interpreter the sources want that importing the release runs.
    """
    with tempfile.TemporaryDirectory(prefix="study-") as scratch:
        site, out = Path(scratch) / "site", Path(scratch) / "out.jsonl"
        site.mkdir()
        if not unpack(body, filename, name, version, site):
            return Studied(walk=None, links={})
        command = [sys.executable, "-I", "-S", str(WALKER), "--static", str(site), str(out)]
        try:
            subprocess.run(command, cwd=scratch, check=False, capture_output=True, timeout=PATIENCE)
            lines = out.read_text(encoding="utf-8").splitlines()
        except (OSError, subprocess.SubprocessError):
            lines = []
        walk = _walk(lines)
        return Studied(walk=walk, links=read_links(site), asks=_asked(site, walk, asking), needs=_generated(site))


def _asked(site: Path, walk: Mapping[str, Any] | None, asking: Asking) -> tuple[tuple[str, str], ...]:
    """One reason for each specifier, the first that is met."""
    found: dict[str, str] = {}
    for path in (walk or {}).get("loaded", ())[:MOST_LOADED]:
        try:
            with (site / path).open("rb") as stream:
                raw = stream.read(LONGEST + 1)
        except OSError:
            continue
        for specifier, reason in asking(raw, path) if len(raw) <= LONGEST else ():
            found.setdefault(specifier, reason)
    return tuple(found.items())


def _generated(site: Path) -> tuple[str, ...]:
    """The runtime that generated protobuf code asks for when it is imported (since protoc 5.26): at least that of its generator."""
    newest: tuple[int, ...] = ()
    for path in itertools.islice(site.rglob("*_pb2.py"), MOST_LOADED):
        try:
            with path.open("rb") as stream:
                found = _RUNTIME.search(stream.read(LONGEST_HEAD))
        except OSError:
            continue
        newest = max(newest, tuple(map(int, found.groups())) if found else ())
    return (f"protobuf>={'.'.join(map(str, newest))}",) if newest else ()


def _walk(lines: Sequence[str]) -> Mapping[str, Any] | None:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            return row
    return None

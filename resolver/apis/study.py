"""What a release that nobody walked says of itself: read from one of its files, when a resolution is about to choose it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resolver.apis.links import read_links
from resolver.apis.unpack import unpack
from resolver.apis.walk import WALKER

PATIENCE = 60
"""Seconds that reading the source of one release may take."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A walk of a release by its source alone (None when it has none that can be read), and the links of its shared libraries."""

    walk: Mapping[str, Any] | None
    links: Mapping[str, Sequence[str]]


def study(body: bytes, filename: str, name: str, version: str) -> Studied:
    """Unpack a wheel or source archive into a scratch folder and read it. Nothing of it runs. Costs a fifth of a second and more."""
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
        return Studied(walk=_walk(lines), links=read_links(site))


def _walk(lines: Sequence[str]) -> Mapping[str, Any] | None:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            return row
    return None

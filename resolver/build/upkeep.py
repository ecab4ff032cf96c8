"""Keeping the engine's disk in bounds: build layers, and the volume of unpacked wheels that all cells share."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from pathlib import Path

from resolver.build import host, probe, process
from resolver.build.process import Limits
from resolver.core.errors import EngineUnavailable

BUILDKIT = {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "NO_COLOR": "1"}
IN_USE_SECONDS = 1200.0
"""A wheel that was used this recently may still be in use by a running cell."""

_ROOM = threading.Lock()
_last_look: list[float] = [0.0]


def prune(limit_gb: float, *, cache_id: str = "resolver-uv", python: str = "3.11", command: Path | None = None) -> str:
    """Shrink the wheels that cells share to about `limit_gb` gigabytes and drop build layers beyond a fifth of that; tells what went.

    Least recently used first; what may be in use stays. Raises EngineUnavailable. Some seconds, more on a slow disk.
    """
    command = command or host.buildkit_command()
    freed = trim(command, keep_gb=limit_gb, cache_id=cache_id, python=python)
    keep = f"{max(1, int(limit_gb * 200))}MB"
    # Cache volumes are left alone here: the engine would drop the wheels all at once.
    done = process.run(
        [str(command), "builder", "prune", "-f", "--filter", "type=regular", "--keep-storage", keep],
        environment=BUILDKIT,
        limits=Limits(seconds=600),
    )
    if not done.ok:
        host.engine_version()
        raise EngineUnavailable(f"cannot prune the build cache: {done.log[-200:]}", hint=host.START_HINT)
    layers = done.log.splitlines()[-1] if done.log else ""
    return f"wheels: {freed}; layers: {layers}"


def trim(command: Path, *, keep_gb: float, cache_id: str, python: str = "3.11", in_use_seconds: float = IN_USE_SECONDS) -> str:
    """Remove the least recently used unpacked wheels until the shared volume holds at most `keep_gb` gigabytes."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", cache_id) or not re.fullmatch(r"3\.\d{1,2}", python):
        raise ValueError(f"not a cache name or a Python version: {cache_id!r}, {python!r}")
    with tempfile.TemporaryDirectory(prefix="resolver-trim-") as scratch:
        folder, result = Path(scratch) / "in", Path(scratch) / "out"
        folder.mkdir()
        (folder / "inside_trim.py").write_text(probe.source("inside_trim.py"), encoding="utf-8")
        (folder / "nonce").write_text(f"{time.time_ns()}\n")
        mounts = f"--mount=type=cache,id={cache_id},target=/uvcache --mount=type=bind,source=.,target=/in"
        run = f"python /in/inside_trim.py /uvcache {int(keep_gb * 1000)} {int(in_use_seconds)} >/trimmed.json"
        (folder / "Dockerfile").write_text(
            f"FROM python:{python}-slim AS trim\nRUN {mounts} {run}\nFROM scratch\nCOPY --from=trim /trimmed.json /\n"
        )
        done = process.run(
            [str(command), "build", "--progress=plain", "--output", f"type=local,dest={result}", str(folder)],
            environment=BUILDKIT,
            limits=Limits(seconds=900),
        )
        if not done.ok:
            host.engine_version()
            return f"not trimmed: {done.log[-200:]}"
        told = json.loads((result / "trimmed.json").read_text())
        return f"{told['before_mb']} MB before, {told['after_mb']} MB now, {told['removed']} removed"


def make_room(command: Path, *, reserve_gb: float, cache_id: str, python: str) -> None:
    """Trim the shared wheels when less than `reserve_gb` is free where images lie; looks at most every ten seconds."""
    with _ROOM:
        if time.monotonic() - _last_look[0] < 10:
            return
        _last_look[0] = time.monotonic()
        short = reserve_gb - host.disk_free() / 1e9
        if short <= 0:
            return
        before = trim(command, keep_gb=1e6, cache_id=cache_id, python=python)
        held = int(before.split()[0]) / 1000 if before[:1].isdigit() else 0.0
        trim(command, keep_gb=max(1.0, held - short - reserve_gb), cache_id=cache_id, python=python)

"""Keeping the engine's disk in bounds: build layers, and the volume of unpacked wheels that all cells share."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from resolver.build import host, probe, process
from resolver.build.process import Limits
from resolver.core.errors import EngineUnavailable

BUILDKIT = {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "NO_COLOR": "1"}
_ROOM = threading.Lock()
_last_look: list[float] = [0.0]


def prune(limit_gb: float, *, cache_id: str = "resolver-uv", python: str = "3.11", command: Path | None = None) -> str:
    """Shrink the wheels that cells share to about `limit_gb` gigabytes and drop build layers beyond a fifth of that; tells what went.

    Least recently used first; waits for running cells to end. Raises EngineUnavailable. Some seconds, more on a slow disk.
    """
    command = command or host.buildkit_command()
    freed = trim(command, keep_gb=limit_gb, cache_id=cache_id, python=python)
    keep = f"{max(1, int(limit_gb * 200))}MB"
    # Cache volumes are left alone here: the engine would drop the wheels all at once. Every cell leaves a record of its own folder,
    # which no other cell has a use for; thousands of them slow the engine down.
    _dropped(command, "source.local", "0")
    layers = _dropped(command, "regular", keep)
    return f"wheels: {freed}; layers: {layers}"


def _dropped(command: Path, kind: str, keep: str) -> str:
    """What the engine tells of a prune of its records of one kind."""
    words = ["builder", "prune", "-f", "--filter", f"type={kind}", "--keep-storage", keep]
    done = process.run([str(command), *words], environment=BUILDKIT, limits=Limits(seconds=600))
    if not done.ok:
        host.engine_version()
        raise EngineUnavailable(f"cannot prune the build cache: {done.log[-200:]}", hint=host.START_HINT)
    return done.log.splitlines()[-1] if done.log else ""


def trim(command: Path, *, keep_gb: float, cache_id: str, python: str = "3.11", young_seconds: float = 0.0) -> str:
    """Remove the least recently used unpacked wheels until the shared volume holds at most `keep_gb` gigabytes.

    Waits until no cell of this machine runs, and lets none start meanwhile. What was used in the last `young_seconds` stays.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]+", cache_id) or not re.fullmatch(r"3\.\d{1,2}", python):
        raise ValueError(f"not a cache name or a Python version: {cache_id!r}, {python!r}")
    with tempfile.TemporaryDirectory(prefix="resolver-trim-") as scratch:
        folder, result = Path(scratch) / "in", Path(scratch) / "out"
        folder.mkdir()
        (folder / "inside_trim.py").write_text(probe.source("inside_trim.py"), encoding="utf-8")
        (folder / "nonce").write_text(f"{time.time_ns()}\n")
        mounts = f"--mount=type=cache,id={cache_id},target=/uvcache --mount=type=bind,source=.,target=/in"
        run = f"python /in/inside_trim.py /uvcache {int(keep_gb * 1000)} {int(young_seconds)} >/trimmed.json"
        (folder / "Dockerfile").write_text(
            f"FROM python:{python}-slim AS trim\nRUN {mounts} {run}\nFROM scratch\nCOPY --from=trim /trimmed.json /\n"
        )
        with _sole_user(cache_id):
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
    """Trim the shared wheels when less than `reserve_gb` is free where images lie, until twice that is; looks every ten seconds."""
    with _ROOM:
        if time.monotonic() - _last_look[0] < 10:
            return
        _last_look[0] = time.monotonic()
        free = host.disk_free() / 1e9
        if free >= reserve_gb:
            return
        held = held_gb(command, cache_id=cache_id, python=python)
        trim(command, keep_gb=max(1.0, held + free - 2 * reserve_gb), cache_id=cache_id, python=python)


def held_gb(command: Path, *, cache_id: str, python: str = "3.11") -> float:
    """Gigabytes of unpacked wheels in the shared volume; 0 when the engine does not tell."""
    told = trim(command, keep_gb=1e6, cache_id=cache_id, python=python)
    return int(told.split()[0]) / 1000 if told[:1].isdigit() else 0.0


@contextlib.contextmanager
def cell_user(cache_id: str) -> Iterator[None]:
    """Held while a cell runs from the shared wheels; any number of cells of this machine at once."""
    with _locked(cache_id, "gate", fcntl.LOCK_EX):
        cells = _locked(cache_id, "cells", fcntl.LOCK_SH)
        cells.__enter__()
    try:
        yield
    finally:
        cells.__exit__(None, None, None)


@contextlib.contextmanager
def _sole_user(cache_id: str) -> Iterator[None]:
    # The gate keeps new cells out while the running ones end; without it a busy crawl would never let go.
    with _locked(cache_id, "gate", fcntl.LOCK_EX), _locked(cache_id, "cells", fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def _locked(cache_id: str, what: str, kind: int) -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / f"resolver-{os.getuid()}-{cache_id}.{what}"
    with path.open("a") as stream:
        fcntl.flock(stream, kind)
        yield

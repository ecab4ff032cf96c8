"""Runs one reading in a process of its own that the kernel stops: at so much processor time, so much memory, or when it only waits."""

from __future__ import annotations

import dataclasses
import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 20
"""Processor seconds of one reading: some ten times what the slowest takes, so that a busy machine changes nothing."""
MEMORY = 1_500_000_000
"""Bytes of address space that one reading may take beside what the tests' own process has."""
WAITING = 200
"""Seconds by the clock after which a reading that does nothing (it waits for a pipe) is stopped."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a reading ended: `fault` is "" or what went wrong; `value` what it gave; its processor seconds and the bytes it came to hold."""

    fault: str
    value: Any
    seconds: float
    grown: int


def confined(work: Callable[[], Any], *, seconds: int = SECONDS, memory: int = MEMORY) -> Ended:
    """What `work` gives when a child of this process does it under limits; its value must be fit to be pickled. Never raises for it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            _limit(seconds, memory)
            before = resource.getrusage(resource.RUSAGE_SELF)
            try:
                told = ("", work())
            except MemoryError:
                told = (f"more than {memory // 1_000_000} MB", None)
            except BaseException:  # noqa: BLE001 - whatever it is, the parent tells it
                told = (traceback.format_exc(limit=-12), None)
            after = resource.getrusage(resource.RUSAGE_SELF)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            with os.fdopen(writing, "wb") as stream:
                pickle.dump((*told, spent, (after.ru_maxrss - before.ru_maxrss) * 1024), stream)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        raw = stream.read()
    _, status = os.waitpid(child, 0)
    if raw:
        fault, value, spent, grown = pickle.loads(raw)
        return Ended(fault=fault, value=value, seconds=spent, grown=grown)
    name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit status {status}"
    told_by = {"SIGXCPU": f"more than {seconds} seconds of processor time", "SIGALRM": f"waited for {WAITING} seconds"}
    return Ended(fault=told_by.get(name, name), value=None, seconds=float(seconds), grown=0)


def _limit(seconds: int, memory: int) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WAITING)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, resource.RLIM_INFINITY))

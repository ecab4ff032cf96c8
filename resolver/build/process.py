"""One child process with limits: its own session, its whole tree ended on timeout, on too much memory and on Ctrl-C.

It ends when this process is killed, too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`seconds` of wall time and `memory_mb` of resident memory that one build or probe may take."""

    seconds: float = 900.0
    memory_mb: int = 8000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a process ended: its exit code (negative for a signal), the tail of its output, and which limit ended it."""

    code: int
    log: str
    seconds: float
    timed_out: bool = False
    out_of_memory: bool = False

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with code 0."""
        return self.code == 0 and not self.timed_out and not self.out_of_memory


def _session_members(leader: int) -> list[tuple[int, int]]:
    """(pid, resident bytes) of each process in the session that `leader` opened."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader:
                members.append((int(entry.name), int(fields[21]) * _PAGE))
        except (OSError, IndexError, ValueError):
            continue
    return members


def end_tree(process: subprocess.Popen[bytes], grace: float = 2.0) -> None:
    """End a process that leads its own session and everything in that session, politely first; waits until it is gone."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid, _ in _session_members(process.pid) or [(process.pid, 0)]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        if process.poll() is not None and not _session_members(process.pid):
            return


def leashed(command: Sequence[str]) -> list[str]:
    """The command such that it ends when this process is killed, where setpriv (util-linux) is there: no build outlives its driver."""
    leash = shutil.which("setpriv")
    return [leash, "--pdeathsig", "KILL", "--", *command] if leash and shutil.which(command[0]) else list(command)


def run(
    command: Sequence[str],
    *,
    limits: Limits | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    inherit: bool = True,
    output: Callable[[str], None] | None = None,
    given: bytes = b"",
    tail_lines: int = 400,
) -> Finished:
    """Run `command` without a shell, stdout and stderr together, and keep the last `tail_lines` lines.

    `environment` is added to this process's own, or replaces it when not `inherit`; `output` gets
    every line as it comes. Raises FileNotFoundError when the
    program does not exist; KeyboardInterrupt passes through after the tree is ended.
    """
    limits = limits or Limits()
    start = time.monotonic()
    process = subprocess.Popen(
        leashed(command),
        stdin=subprocess.PIPE if given else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**(os.environ if inherit else {}), **(environment or {})},
        start_new_session=True,
    )
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threads = [threading.Thread(target=_read, args=(process, lines), daemon=True)]
    if given:
        threads.append(threading.Thread(target=_write, args=(process, given), daemon=True))
    for thread in threads:
        thread.start()
    kept: deque[str] = deque(maxlen=tail_lines)
    timed_out = out_of_memory = False
    next_look = start + 0.5
    try:
        while True:
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                line = b""
            if line is None:
                break
            if line:
                text = line.decode("utf-8", "replace").rstrip("\r\n")[:2000]
                kept.append(text)
                if output:
                    output(text)
            now = time.monotonic()
            timed_out = now - start > limits.seconds
            if now > next_look:
                next_look = now + 0.5
                out_of_memory = sum(m for _, m in _session_members(process.pid)) > limits.memory_mb << 20
                if process.poll() is not None and not line:
                    break  # a stray grandchild still holds the pipe
            if timed_out or out_of_memory:
                break
        if not (timed_out or out_of_memory):
            try:
                process.wait(max(0.1, limits.seconds - (time.monotonic() - start)))
            except subprocess.TimeoutExpired:
                timed_out = True
    finally:
        end_tree(process)
        for thread in threads:
            thread.join(2.0)
        for stream in (process.stdin, process.stdout):
            if stream and not any(t.is_alive() for t in threads):
                with contextlib.suppress(OSError):
                    stream.close()
    return Finished(
        code=process.returncode if process.returncode is not None else -9,
        log="\n".join(kept),
        seconds=time.monotonic() - start,
        timed_out=timed_out,
        out_of_memory=out_of_memory,
    )


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError):
        while chunk := process.stdout.readline(65536):
            lines.put(chunk)
    lines.put(None)


def _write(process: subprocess.Popen[bytes], given: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, ValueError):
        process.stdin.write(given)
        process.stdin.close()

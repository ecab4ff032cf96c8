"""Progress and messages: a live line on a terminal, plain lines otherwise; results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import NoReturn, TextIO

from resolver.core.conflict import Conflict
from resolver.core.errors import ResolverError
from resolver.core.reporter import Reporter


class ConsoleReporter(Reporter):
    """Steps, progress, notes and warnings on stderr.

    On a terminal one line is rewritten, at most ten times a second; elsewhere steps and every tenth of progress are plain lines.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._verbose = verbose
        self._live = self._stream.isatty()
        self._drawn = 0.0
        self._started = time.monotonic()
        self._step = ""
        self._tenth = -1
        self._told: set[str] = set()

    def step(self, what: str) -> None:
        """A new step begins."""
        self._step, self._tenth = what, -1
        if not self._quiet:
            self._say(f"{what} ...", transient=self._live)

    def progress(self, done: int, total: int, what: str = "") -> None:
        """So much of the step is done."""
        if self._quiet:
            return
        if self._live:
            now = time.monotonic()
            if now - self._drawn > 0.1 or done == total:
                self._drawn = now
                of = f"{done}/{total}" if total else str(done)
                self._say(f"{self._step}: {of} {what}"[:120], transient=True)
        elif self._verbose and total:
            self._say(f"{self._step}: {done}/{total} {what}")
        elif total and (tenth := done * 10 // total) > self._tenth and total >= 1000:
            self._tenth = tenth
            self._say(f"{self._step}: {done}/{total}")

    def note(self, text: str) -> None:
        """Told once, and only when verbose."""
        if self._verbose and text not in self._told:
            self._told.add(text)
            self._say(f"note: {text}")

    def warning(self, text: str) -> None:
        """Told once."""
        if text not in self._told:
            self._told.add(text)
            self._say(f"warning: {text}")

    def output(self, line: str) -> None:
        """A raw line, only when verbose."""
        if self._verbose:
            self._say(f"  | {line}")

    def clear(self) -> None:
        """Take the live line away before results are printed."""
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _say(self, text: str, *, transient: bool = False) -> None:
        # Text from a project may carry control characters; none reaches the terminal.
        clean = "".join(c if c.isprintable() else "?" for c in text)
        if self._live:
            self._stream.write(f"\r\x1b[K{clean}" + ("" if transient else "\n"))
        else:
            self._stream.write(clean + "\n")
        self._stream.flush()


def tell_conflict(conflict: Conflict, depth: int = 0) -> list[str]:
    """The tree as indented sentences, one a line."""
    where = f" ({conflict.where})" if conflict.where and conflict.where not in conflict.sentence else ""
    lines = ["  " * depth + conflict.sentence + where]
    for reason in conflict.because:
        lines += tell_conflict(reason, depth + 1)
    return lines


def fail(problem: ResolverError, *, as_json: bool = False) -> NoReturn:
    """Print one error line and its hint, then exit with the error's code."""
    conflict = getattr(problem, "conflict", None)
    if as_json:
        told = {"error": problem.message, "hint": problem.hint, "exit_code": problem.exit_code}
        if conflict:
            told["because"] = tell_conflict(conflict)
        print(json.dumps(told))  # noqa: T201
    print(f"error: {problem.message}", file=sys.stderr)  # noqa: T201
    for line in tell_conflict(conflict)[1:] if conflict else []:
        print(f"  {line}", file=sys.stderr)  # noqa: T201
    if problem.hint:
        print(f"hint: {problem.hint}", file=sys.stderr)  # noqa: T201
    sys.exit(problem.exit_code)


@contextlib.contextmanager
def guarded(*, as_json: bool = False) -> Iterator[None]:
    """Turns the root exception, Ctrl-C, a full disk and a closed pipe into one line and an exit code."""
    try:
        yield
    except ResolverError as problem:
        fail(problem, as_json=as_json)
    except KeyboardInterrupt:
        print("\nstopped; nothing was half-written", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        fail(
            ResolverError(f"{where}{problem.strerror or problem}", hint="is the disk full, or the folder not yours?"),
            as_json=as_json,
        )


def out(text: str) -> None:
    """One line of the result, on stdout."""
    print("".join(c if c.isprintable() or c == "\n" else "?" for c in text))  # noqa: T201

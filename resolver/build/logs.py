"""What an installer's log says: did the machine fail, or the set, and why."""

from __future__ import annotations

import dataclasses
import re

from resolver.core.candidate import Edge
from resolver.core.outcome import FailureClass
from resolver.core.package import normalize

F = FailureClass

_MACHINE = re.compile(
    "|".join(  # noqa: FLY002 - one alternative a line
        (
            r"no space left on device|ENOSPC|disk quota exceeded|input/output error|read-only file system",
            r"temporary failure (in name resolution|resolving)|could not resolve (host|')|name or service not known|dns error|no such host",
            r"network is unreachable|no route to host|connection (refused|reset|timed out|aborted)|operation timed out",
            r"connection closed before|error sending request|request or response body error|error decoding response body",
            r"failed to (download|extract)[^\n]*(timed? ?out|http|stream|body)",
            r"tls handshake|certificate verify failed|invalid peer certificate",
            r"status (code|server error) ?:?.{0,12}(429|50[0234])|HTTP status (client|server) error \((429|50[0-9])|too many requests",
            r"(429|502|503|504) (too many|bad gateway|service unavailable|gateway)",
            r"cannot connect to the docker daemon|error during connect|error reading from server: EOF|transport is closing",
            r"rpc error: code = (unavailable|canceled)|failed to resolve source metadata|failed to load cache key|pull access denied",
            r"failed to (solve|fetch|do request)[^\n]*(manifest unknown|not found: manifest|i/o timeout)",
            r"failed to fetch [^\n]*(timed? ?out|temporary|connection)|hash sum mismatch|failed to initialize cache",
            r"failed to create (temporary|cache)|too many open files|cannot fork|resource temporarily unavailable",
        )
    ),
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why one thing failed."""

    failure: FailureClass
    message: str
    culprits: tuple[Edge, ...] = ()


def machine_trouble(log: str) -> str:
    """The line of a log that says the machine failed (network, disk, registry, daemon), not the environment; "" when none does."""
    for line in log.splitlines():
        if _MACHINE.search(line) and "404" not in line:
            return shortened(line)
    return ""


_INSTALL_RULES: tuple[tuple[re.Pattern[str], FailureClass], ...] = (
    (re.compile(r"SyntaxError|IndentationError|TabError|Missing parentheses in call to 'print'"), F.SYNTAX),
    (re.compile(r"\bKilled\b|MemoryError|Cannot allocate memory|exit status: 137|signal: 9"), F.MEMORY),
    (
        re.compile(
            r"Failed to (download and )?build|build backend returned an error|Failed building wheel|Failed to prepare distributions"
            r"|setup\.py.{0,20}(failed|did not run)|subprocess-exited-with-error"
            r"|command '?\S*(gcc|cc|g\+\+|clang)'? failed|unable to execute"
            r"|Failed to resolve requirements from `(setup\.py|build-system)|error: metadata-generation-failed",
        ),
        F.SDIST_BUILD,
    ),
    (
        re.compile(
            r"No matching distribution|has no wheels with a matching|there (is|are) no (versions?|wheels)|no version of"
            r"|only has wheels with|does not satisfy Python|requires a different Python|Could not find a version|has no usable wheels"
            r"|was not found in the package registry|no (source distribution|wheels?) (is )?available",
        ),
        F.NO_WHEEL,
    ),
    (re.compile(r"requirements? (are|is) unsatisfiable|ResolutionImpossible|conflicting dependencies", re.IGNORECASE), F.CONFLICT),
    (re.compile(r"Unable to locate package|has no installation candidate"), F.MISSING_LIBRARY),
)
_TELLING = re.compile(
    r"error:|Error|No module named|unsatisfiable|Because|has no wheels|Failed to build|does not satisfy|No matching|Unable to locate",
    re.IGNORECASE,
)


def install_failure(log: str) -> Diagnosis:
    """Class and message of a failed installation, from the installer's own words."""
    failure = next((kind for pattern, kind in _INSTALL_RULES if pattern.search(log)), F.UNKNOWN)
    lines = [line.strip(" ×╰─▶├│") for line in log.splitlines() if line.strip(" ×╰─▶├│")]
    subject = next(
        (m[0] for line in lines if (m := re.search(r"Failed to (?:download and )?build .{0,80}|Unable to locate package \S+", line))), ""
    )
    errors = [line for line in lines if re.match(r"\w*(Error|Exception)\b.{3,}|error: .{3,}", line)]
    telling = [line for line in lines if _TELLING.search(line)]
    if failure in (F.SDIST_BUILD, F.SYNTAX, F.MEMORY):
        message = ": ".join(part for part in (subject, errors[-1] if errors else "") if part)
    else:
        message = _because(log)
    return Diagnosis(failure=failure, message=shortened(message or (telling or lines or ["the installer said nothing"])[-1]))


def _because(log: str) -> str:
    """Uv's explanation: the sentences from the first "Because" on, up to an empty line or a hint."""
    found = re.search(r"\bBecause .*?(?=\n\s*\n|\n\s*hint:|\Z)", log, re.DOTALL)
    return found[0] if found else ""


def shortened(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def failed_source(message: str) -> str:
    """The distribution whose build the installer says failed, by its canonical name; "" when it does not say."""
    told = re.search(r"[Ff]ailed to (?:download and )?build `?([A-Za-z0-9][A-Za-z0-9._-]*)==", message)
    return normalize(told[1]) if told else ""

"""Bounded reading of foreign text files: size limits, byte-order marks, old encodings, and credentials taken out of addresses."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path

from resolver.core.errors import ProjectError

MAX_BYTES = 5_000_000
"""Requirement and build files larger than this (bytes) are refused."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_DIGITS = 50
"""No version has a number of more digits; turning some thousand into an integer is refused by Python itself."""

_BLANKS = re.compile(r"[^\S\n]{40,}")
_NUMBER = re.compile(rf"[0-9]{{{MAX_DIGITS + 1}}}")
_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY = re.compile(r"\?[^#\s]*")


def lies_in(path: Path, root: Path) -> bool:
    """Whether a path lies in the project's folder, `..` and links followed; what leads nowhere does not."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a ring of links, a name that is too long or none
        return False


def is_own(path: Path, root: Path) -> bool:
    """Whether a path is a regular file that lies in the project's folder."""
    return path.is_file() and lies_in(path, root)


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; raises ProjectError when it is none, larger, or unreadable."""
    try:
        if not path.is_file():
            raise ProjectError(f"{path} is not a regular file", hint="Name a requirements file or a project folder.")
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ProjectError(f"cannot read {path}: {error}", hint="Check that the file exists and can be read.") from error
    if len(raw) > limit:
        raise ProjectError(f"{path} is larger than {limit // 1_000_000} MB", hint="Is this really a text file of this project?")
    return raw


def read_head(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file; raises OSError for anything else: a pipe would never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is not a regular file")
    with path.open("rb") as stream:
        return stream.read(limit)


def decode(raw: bytes, path: Path) -> str:
    """Text of `raw`: by byte-order mark, else UTF-8, else Latin-1; line ends made uniform; raises ProjectError for binary."""
    text = _decoded(raw)
    if text is None or "\0" in text:
        raise ProjectError(f"{path} is not a text file", hint="Name a requirements file (text) or a project folder.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                return None
    if raw and not raw.startswith(b"\0") and _looks_wide(raw):
        # PowerShell's `pip freeze > requirements.txt`, byte-order mark lost on the way through an editor.
        try:
            return raw.decode("utf-16-le")
        except UnicodeDecodeError:
            return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None if b"\0" in raw or _control_share(raw) > 0.05 else raw.decode("latin-1")


def _looks_wide(raw: bytes) -> bool:
    head = raw[:2000]
    return len(raw) % 2 == 0 and len(head) > 3 and head[1::2].count(0) == len(head) // 2 and 0 not in head[::2]


def _control_share(raw: bytes) -> float:
    head = raw[:8000]
    return sum(byte < 9 or 13 < byte < 32 or byte == 127 for byte in head) / max(1, len(head))


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The decoded text of a file (see `read_bytes` and `decode` for limits and errors)."""
    return decode(read_bytes(path, limit), path)


def squeezed(text: str) -> str:
    """The text with each long run of blanks as one, lines kept: by the thousand they make many a pattern slow."""
    return _BLANKS.sub(" ", text)


def is_absurd(text: str) -> bool:
    """Whether a number in it is longer than any version's."""
    return bool(_NUMBER.search(text))


def redacted(address: str) -> str:
    """An address without user name, password and query, fit to be shown."""
    return _QUERY.sub("", _USERINFO.sub("", address))


def relative(path: Path, root: Path) -> str:
    """How `path` is shown: relative to the project's folder where it lies inside, with forward slashes."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()

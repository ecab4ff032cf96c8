"""What pickles say of their writers, opcode by opcode; nothing is ever unpickled."""

from __future__ import annotations

import bz2
import lzma
import pickletools
import re
import zlib

MAX_OPCODES = 300_000
MAX_INFLATED = 16_000_000
"""Compressed pickles are looked at up to this many bytes."""

_STRINGS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING"})
_VERSION = re.compile(r"^\d+\.\d+[\w.+]*$")
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION_KEYS = {
    "_sklearn_version": "sklearn_version",
    "pytorch-lightning_version": "lightning_version",
    "transformers_version": "transformers_version",
}


def opened(raw: bytes) -> bytes:
    """The beginning of a pickle, decompressed if it is zlib, gzip, bzip2 or xz; the bytes as they are otherwise."""
    try:
        if raw[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x78\x5e"):
            return zlib.decompressobj().decompress(raw, MAX_INFLATED)
        if raw[:2] == b"\x1f\x8b":
            return zlib.decompressobj(wbits=31).decompress(raw, MAX_INFLATED)
        if raw[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(raw, MAX_INFLATED)
        if raw[:6] == b"\xfd7zXZ\0":
            return lzma.LZMADecompressor(memlimit=200_000_000).decompress(raw, MAX_INFLATED)
    except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
        return b""
    return raw


def looks_pickled(raw: bytes) -> bool:
    """Whether bytes begin like a pickle of protocol 2 to 5, or of protocol 0 with a module name."""
    return (len(raw) > 2 and raw[0] == 0x80 and raw[1] in (2, 3, 4, 5)) or bool(re.match(rb"^c?\(?[ci][\w.]+\n\w+\n", raw))


def marks_of(raw: bytes) -> dict[str, str]:
    """The import roots a pickle refers to ("modules"), and versions of writers it carries; `torch_legacy` for torch's old format.

    Reads the pickles that follow each other at the beginning, up to the first byte that is none.
    """
    marks: dict[str, str] = {}
    roots: set[str] = set()
    start = 0
    for _ in range(6):
        start = _one(raw, start, roots, marks)
        if not start or start >= len(raw):
            break
    # joblib writes array bytes between opcodes; versions after the first array are found by their key.
    for key, mark in _VERSION_KEYS.items():
        found = re.search(re.escape(key.encode()) + rb"[^0-9]{1,12}?(\d+\.\d+(?:\.\d+)?(?:\.?(?:post|dev|rc|a|b)\d+)?)", raw)
        if found and mark not in marks:
            marks[mark] = found[1].decode("ascii")
    roots -= {"builtins", "__builtin__", "__main__", "copyreg", "copy_reg", "collections", "_codecs", ""}
    if roots:
        marks["modules"] = ",".join(sorted(roots)[:50])
    return marks


def _one(raw: bytes, start: int, roots: set[str], marks: dict[str, str]) -> int:
    """Read one pickle from `start`; the position after it, 0 when it ends early."""
    recent: list[str] = []
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(raw[start:])):
            name = opcode.name
            if name == "STOP" and position is not None:
                return start + position + 1
            if count > MAX_OPCODES:
                return 0
            if name in ("GLOBAL", "INST"):
                roots.add(_root(str(argument)))
            elif name == "STACK_GLOBAL" and len(recent) >= 2:
                roots.add(_root(recent[-2]))
            elif name in ("LONG1", "LONG") and argument == _TORCH_MAGIC:
                marks["torch_legacy"] = "yes"
            elif name in _STRINGS:
                text = str(argument)
                if recent and recent[-1] in _VERSION_KEYS and _VERSION.match(text):
                    marks.setdefault(_VERSION_KEYS[recent[-1]], text)
                recent = [*recent[-3:], text[:200]]
    except Exception:  # noqa: BLE001 (pickletools raises whatever it likes on bytes that are no pickle)
        return 0
    return 0


def _root(written: str) -> str:
    root = written.split(" ", maxsplit=1)[0].split(".", maxsplit=1)[0]
    return root if root.isidentifier() and len(root) < 60 else ""

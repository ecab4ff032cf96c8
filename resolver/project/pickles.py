"""What pickles say of their writers, opcode by opcode; nothing is ever unpickled."""

from __future__ import annotations

import bz2
import io
import itertools
import lzma
import pickletools
import re
import zlib

from resolver.project.model_boosters import xgboost_version

MAX_OPCODES = 300_000
MAX_INFLATED = 16_000_000
"""Compressed pickles are looked at up to this many bytes."""

MAX_CLASSES = 60
_CLASS = re.compile(rb"\x8c.([a-zA-Z_][\w.]{1,100})\x94\x8c.([a-zA-Z_]\w{0,60})\x94\x93", re.DOTALL)
"""A class in the bytes of protocol 4: what joblib's arrays between the opcodes leave unread."""

_OWN = {"builtins", "__builtin__", "__main__", "copyreg", "copy_reg", "collections", "_codecs", ""}
_STRINGS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING"})
_VERSION = re.compile(r"^\d+\.\d+[\w.+]*$")
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION_KEYS = {
    "_sklearn_version": "sklearn_version",
    "pytorch-lightning_version": "lightning_version",
    "transformers_version": "transformers_version",
}


def opened(raw: bytes) -> bytes:
    """The beginning of a pickle, decompressed if it is zlib, gzip, bzip2, xz or lzma; the bytes as they are otherwise."""
    try:
        if raw[:2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"):
            return zlib.decompressobj().decompress(raw, MAX_INFLATED)
        if raw[:2] == b"\x1f\x8b":
            return zlib.decompressobj(wbits=31).decompress(raw, MAX_INFLATED)
        if raw[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(raw, MAX_INFLATED)
        if raw[:6] == b"\xfd7zXZ\0" or raw[:3] == b"\x5d\0\0":
            return lzma.LZMADecompressor(memlimit=200_000_000).decompress(raw, MAX_INFLATED)
    except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError):
        return b""
    return raw


LZ4 = b"\x04\x22\x4d\x18"
"""How files begin that joblib compressed with lz4; the standard library cannot open them."""


def looks_pickled(raw: bytes) -> bool:
    """Whether bytes begin like a pickle of protocol 2 to 5, or of protocol 0 with a module name."""
    return (len(raw) > 2 and raw[0] == 0x80 and raw[1] in (2, 3, 4, 5)) or bool(re.match(rb"^c?\(?[ci][\w.]+\n\w+\n", raw))


def marks_of(raw: bytes) -> dict[str, str]:
    """What a pickle says: the import roots and classes it refers to ("modules", "classes"), its protocol, and versions of writers it
    carries; `torch_legacy` for torch's old format.

    Reads the pickles that follow each other at the beginning, up to the first byte that is none.
    """
    reading = _Reading()
    start = 0
    for _ in range(6):
        start = reading.one(raw, start)
        if not start or start >= len(raw):
            break
    marks = reading.marks
    if b"numpy_pickle" in raw[:4_000]:
        for module, name in itertools.islice((match.groups() for match in _CLASS.finditer(raw)), MAX_OPCODES):
            reading.note(module.decode("ascii"), name.decode("ascii"))
    # joblib writes array bytes between opcodes; versions after the first array are found by their key.
    for key, mark in _VERSION_KEYS.items():
        found = re.search(re.escape(key.encode()) + rb"[^0-9]{1,12}?(\d+\.\d+(?:\.\d+)?(?:\.?(?:post|dev|rc|a|b)\d+)?)", raw)
        if found and mark not in marks:
            marks[mark] = found[1].decode("ascii")
    roots = {name.partition(".")[0] for name in reading.classes} - _OWN
    if "xgboost" in roots:
        marks["xgboost_version"] = xgboost_version(raw)
    if roots:
        marks["modules"] = ",".join(sorted(roots)[:50])
        marks["classes"] = ",".join(sorted(name for name in reading.classes if name.partition(".")[0] in roots)[:MAX_CLASSES])
    if reading.protocol:
        marks["protocol"] = str(reading.protocol)
    return {key: value for key, value in marks.items() if value}


class _Reading:
    """What the opcodes of pickles that follow each other have shown so far."""

    def __init__(self) -> None:
        self.classes: set[str] = set()
        self.marks: dict[str, str] = {}
        self.protocol = 0
        self._recent: list[str] = []

    def one(self, raw: bytes, start: int) -> int:
        """Read one pickle from `start`; the position after it, 0 when it ends early or is no pickle."""
        memo: dict[int, str] = {}
        last, memoized = "", 0
        stream = io.BytesIO(raw)
        stream.seek(start)
        try:
            for count, (opcode, argument, position) in enumerate(pickletools.genops(stream)):
                name = opcode.name
                if name == "STOP" and position is not None:
                    return int(position) + 1
                if count > MAX_OPCODES:
                    return 0
                if name == "MEMOIZE" or "PUT" in name:
                    place = memoized if name == "MEMOIZE" else int(str(argument))
                    memoized += 1
                    if last:
                        memo[place] = last
                elif "GET" in name and isinstance(argument, int) and argument in memo:
                    last = memo[argument]
                    self._recent = [*self._recent[-3:], last]
                else:
                    last = self._seen(name, argument)
        except Exception:  # noqa: BLE001 (pickletools raises whatever it likes on bytes that are no pickle)
            return 0
        return 0

    def _seen(self, name: str, argument: object) -> str:
        """Note one opcode; the text that it pushes, "" for any other value."""
        if name in _STRINGS:
            text = str(argument)[:200]
            if self._recent and self._recent[-1] in _VERSION_KEYS and _VERSION.match(text):
                self.marks.setdefault(_VERSION_KEYS[self._recent[-1]], text)
            self._recent = [*self._recent[-3:], text]
            return text
        if name in ("GLOBAL", "INST"):
            self.note(*str(argument).partition(" ")[::2])
        elif name == "STACK_GLOBAL" and len(self._recent) >= 2:
            self.note(*self._recent[-2:])
        elif name == "PROTO" and isinstance(argument, int):
            self.protocol = max(self.protocol, argument)
        elif name in ("LONG1", "LONG") and argument == _TORCH_MAGIC:
            self.marks["torch_legacy"] = "yes"
        return ""

    def note(self, module: str, name: str) -> None:
        """Keep a class that the pickle refers to."""
        dotted = f"{module}.{name}"
        if len(self.classes) < 1_000 and len(dotted) < 150 and all(part.isidentifier() for part in dotted.split(".")):
            self.classes.add(dotted)

"""String attributes in the first megabytes of an HDF5 file, as Keras writes them; no HDF5 library involved."""

from __future__ import annotations

import re
import struct

SIGNATURE = b"\x89HDF\r\n\x1a\n"

MAX_TRIED = 50
"""So many places where an attribute's name stands are looked at."""
MAX_OBJECTS = 10_000
"""So many objects of a heap are passed over."""

_VERSION = re.compile(rb"\d+\.\d+\.\d+[\w.+-]{0,12}")
_WORD = re.compile(rb"[a-z_]{3,20}")


def string_attribute(raw: bytes, name: str) -> str:
    """The value of the first attribute message called `name` in `raw`, "" when there is none or its value lies beyond `raw`.

    Fixed-length strings stand in the message itself; variable-length ones (h5py 3) in a global heap that the message refers to.
    """
    key = name.encode("ascii") + b"\0"
    at = raw.find(key)
    for _ in range(MAX_TRIED):
        if at < 0:
            break
        value = _value(raw, at, len(key))
        if value:
            return value
        at = raw.find(key, at + 1)
    return ""


def _value(raw: bytes, at: int, length: int) -> str:
    """The value of the attribute message whose name begins at `at` (versions 1 and 3 of the message)."""
    for version, prefix in ((1, 8), (3, 9), (2, 8)):
        start = at - prefix
        if start < 0 or raw[start] != version:
            continue
        name_size, type_size, space_size = struct.unpack_from("<3H", raw, start + 2)
        if name_size != length:
            continue
        if version == 1:
            name_size, type_size, space_size = (size + 7 & ~7 for size in (name_size, type_size, space_size))
        kind = raw[at + name_size : at + name_size + 8]
        body = at + name_size + type_size + space_size
        if len(kind) < 8 or type_size > 200 or space_size > 200:
            continue
        (size,) = struct.unpack_from("<I", kind, 4)
        if kind[0] & 0x0F == 3 and 0 < size < 100:
            return _text(raw[body : body + size])
        if kind[0] & 0x0F == 9 and len(raw) >= body + 16:
            count, address, index = struct.unpack_from("<IQI", raw, body)
            return _text(_heap_object(raw, address, index)[:count])
    return ""


def _heap_object(raw: bytes, address: int, index: int) -> bytes:
    """One object of the global heap collection at `address`."""
    if raw[address : address + 4] != b"GCOL":
        return b""
    (size,) = struct.unpack_from("<Q", raw, address + 8)
    at, end = address + 16, min(address + size, len(raw) - 16)
    for _ in range(MAX_OBJECTS):
        if at >= end:
            break
        number, _, _, length = struct.unpack_from("<HHIQ", raw, at)
        if number == 0:
            return b""
        if number == index:
            return raw[at + 16 : at + 16 + min(length, 1000)]
        at += 16 + (length + 7 & ~7)
    return b""


def _text(raw: bytes) -> str:
    text = raw.split(b"\0")[0].strip()
    return text.decode("ascii") if _VERSION.fullmatch(text) or _WORD.fullmatch(text) else ""

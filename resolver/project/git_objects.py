"""The commit that a git repository's HEAD names, read from its files: no git process, so nothing its configuration names can run."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

MAX_OBJECT = 4_000_000
"""Objects that unpack to more than this many bytes are not read."""
MAX_CHAIN = 60
"""Deltas upon deltas deeper than this are not followed (git itself makes at most 50)."""

_COMMIT, _OFS_DELTA, _REF_DELTA = 1, 6, 7
_HASH = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")


class UnreadableRepository(Exception):
    """Some file of the repository is missing or not as git writes it."""


def head_commit(work_tree: Path) -> bytes:
    """The text of the commit that HEAD names. Raises UnreadableRepository, and nothing else, whatever the files hold."""
    try:
        folder = _repository(work_tree / ".git")
        common = _common(folder)
        return _object(common / "objects", _resolve(folder, common))
    except (OSError, ValueError, struct.error, zlib.error, IndexError, MemoryError) as error:
        raise UnreadableRepository(str(error)) from error


def _repository(path: Path) -> Path:
    if path.is_dir():
        return path
    with path.open("rb") as stream:
        pointer = stream.read(4096).decode("utf-8", "replace")
    if not pointer.startswith("gitdir:"):
        raise UnreadableRepository(f"{path} names no repository")
    return path.parent / pointer.removeprefix("gitdir:").strip()


def _common(folder: Path) -> Path:
    shared = folder / "commondir"
    return folder / shared.read_text("utf-8").strip() if shared.is_file() else folder


def _resolve(folder: Path, common: Path) -> str:
    """The hash HEAD stands for, through at most five symbolic references."""
    name = "HEAD"
    for _ in range(5):
        text = _reference(folder, common, name)
        if _HASH.match(text):
            return text
        if not text.startswith("ref:") or ".." in text:
            break
        name = text.removeprefix("ref:").strip().lstrip("/")
    raise UnreadableRepository("HEAD names no commit")


def _reference(folder: Path, common: Path, name: str) -> str:
    for base in (folder, common):
        loose = base / name
        if loose.is_file():
            with loose.open("rb") as stream:
                return stream.read(4096).decode("utf-8", "replace").strip()
    packed = common / "packed-refs"
    if packed.is_file():
        with packed.open("rb") as stream:
            for line in stream.read(20_000_000).decode("utf-8", "replace").splitlines():
                found, _, ref = line.partition(" ")
                if ref == name:
                    return found
    raise UnreadableRepository(f"{name} is not there")


def _object(objects: Path, name: str) -> bytes:
    loose = objects / name[:2] / name[2:]
    if loose.is_file():
        with loose.open("rb") as stream:
            header, _, body = _inflated(stream.read(MAX_OBJECT)).partition(b"\0")
        if not header.startswith(b"commit "):
            raise UnreadableRepository(f"{name} is no commit")
        return body
    kind, body = _packed(objects, bytes.fromhex(name), MAX_CHAIN)
    if kind != _COMMIT:
        raise UnreadableRepository(f"{name} is no commit")
    return body


def _packed(objects: Path, name: bytes, chain: int) -> tuple[int, bytes]:
    for index in sorted((objects / "pack").glob("*.idx")):
        offset = _offset(index, name)
        if offset is not None:
            return _entry(objects, index.with_suffix(".pack"), offset, len(name), chain)
    raise UnreadableRepository(f"{name.hex()} is in no pack")


def _offset(index: Path, name: bytes) -> int | None:
    """Where the pack beside a version 2 index holds an object; two reads and a search in the bucket of its first byte."""
    with index.open("rb") as stream:
        if stream.read(8) != b"\377tOc\0\0\0\2":
            return None
        fanout = struct.unpack(">256I", stream.read(1024))
        low, high, total = fanout[name[0] - 1] if name[0] else 0, fanout[name[0]], fanout[255]
        if not low <= high <= total:
            return None
        stream.seek(1032 + low * len(name))
        bucket = stream.read(min((high - low) * len(name), 50_000_000))
        found = next((at for at in range(0, len(bucket), len(name)) if bucket[at : at + len(name)] == name), None)
        if found is None:
            return None
        position = low + found // len(name)
        stream.seek(1032 + total * (len(name) + 4) + position * 4)
        (offset,) = struct.unpack(">I", stream.read(4))
        if offset < 0x80000000:
            return int(offset)
        stream.seek(1032 + total * (len(name) + 8) + (offset & 0x7FFFFFFF) * 8)
        return int(struct.unpack(">Q", stream.read(8))[0])


def _entry(objects: Path, pack: Path, offset: int, width: int, chain: int) -> tuple[int, bytes]:
    if chain <= 0:
        raise UnreadableRepository("deltas nested too deeply")
    with pack.open("rb") as stream:
        stream.seek(offset)
        raw = stream.read(MAX_OBJECT)
    kind = raw[0] >> 4 & 7
    at = 1
    while raw[at - 1] & 0x80:
        at += 1
    if kind == _OFS_DELTA:
        distance = raw[at] & 0x7F
        while raw[at] & 0x80:
            at += 1
            distance = (distance + 1) << 7 | raw[at] & 0x7F
        if not 0 < distance <= offset:
            raise UnreadableRepository("a delta's base lies outside the pack")
        base_kind, base = _entry(objects, pack, offset - distance, width, chain - 1)
        return base_kind, _patched(base, _inflated(raw[at + 1 :]))
    if kind == _REF_DELTA:
        base_kind, base = _packed(objects, raw[at : at + width], chain - 1)
        return base_kind, _patched(base, _inflated(raw[at + width :]))
    return kind, _inflated(raw[at:])


def _inflated(raw: bytes) -> bytes:
    body = zlib.decompressobj().decompress(raw, MAX_OBJECT)
    if len(body) >= MAX_OBJECT:
        raise UnreadableRepository("the object is too large")
    return body


def _patched(base: bytes, delta: bytes) -> bytes:
    """`base` with a git delta applied: copies out of the base and inserted bytes."""
    at = _skip_size(delta, _skip_size(delta, 0))
    made = bytearray()
    while at < len(delta) and len(made) < MAX_OBJECT:
        code = delta[at]
        at += 1
        if not code & 0x80:
            made += delta[at : at + code]
            at += code
            continue
        values = [0, 0]
        for bit in range(7):
            if code >> bit & 1:
                values[bit // 4] |= delta[at] << 8 * (bit % 4)
                at += 1
        start, length = values
        made += base[start : start + (length or 0x10000)]
    return bytes(made)


def _skip_size(delta: bytes, at: int) -> int:
    while delta[at] & 0x80:
        at += 1
    return at + 1

"""Commits and trees of a git repository, read from its files: no git process, so nothing its configuration names can run."""

from __future__ import annotations

import bisect
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from resolver.project.text import read_head

MAX_OBJECT = 4_000_000
"""Objects that unpack to more than this many bytes are not read."""
MAX_DELTA = 200_000
"""Nor deltas of more bytes: they are put together byte by byte."""
MAX_CHAIN = 60
"""Deltas upon deltas deeper than this are not followed (git itself makes at most 50)."""
MAX_READS = 4_000
"""So many objects and bases of deltas are read of one repository at most (some fifty microseconds each)."""
MAX_UNPACKED = 64_000_000
"""Bytes that are unpacked or put together of one repository at most, in all."""
MAX_PACKS = 200
"""So many packs are looked into (git itself joins them at fifty)."""
_CHUNK = 16_384

_COMMIT, _TREE, _OFS_DELTA, _REF_DELTA = 1, 2, 6, 7
_HASH = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_PARENT = re.compile(rb"^parent ([0-9a-f]{40}|[0-9a-f]{64})$", re.MULTILINE)
_TREE_LINE = re.compile(rb"^tree ([0-9a-f]{40}|[0-9a-f]{64})$", re.MULTILINE)
_FOLDER = b"40000"
_LOOKED_INTO = frozenset({_FOLDER, b"100644", b"100755"})
_NOTHING = (False, b"")
_ROWS = {width: re.compile(rb"([0-9]+) ([^\0]+)\0([\0-\xff]{%d})" % width) for width in (20, 32)}
"""A line of a tree, by the length of its hashes."""
_FAULTS = (OSError, ValueError, struct.error, zlib.error, IndexError, MemoryError)


class UnreadableRepository(Exception):
    """Some file of the repository is missing or not as git writes it."""


def head_commit(work_tree: Path) -> bytes:
    """The text of the commit that HEAD names. Raises UnreadableRepository, and nothing else, whatever the files hold."""
    try:
        folder = _repository(work_tree / ".git")
        common = _common(folder)
        return _Objects(common / "objects").read(_resolve(folder, common), _COMMIT)
    except _FAULTS as error:
        raise UnreadableRepository(str(error)) from error


def last_change(work_tree: Path, wanted: Callable[[str], bool]) -> bytes:
    """The text of the newest commit on the first parents' line that changed a file of a `wanted` name.

    Raises UnreadableRepository, and nothing else; also where that cannot be told within `MAX_READS` (a shallow clone, a long history).
    """
    try:
        folder = _repository(work_tree / ".git")
        common = _common(folder)
        objects = _Objects(common / "objects")
        commit = objects.read(_resolve(folder, common), _COMMIT)
        while True:
            header = commit.split(b"\n\n", 1)[0]
            parent = _PARENT.search(header)
            if not parent:
                return commit
            before = objects.read(parent[1].decode("ascii"), _COMMIT)
            if _differs(objects, _tree_of(before), _tree_of(commit), wanted, depth=0):
                return commit
            commit = before
    except _FAULTS as error:
        raise UnreadableRepository(str(error)) from error


def _tree_of(commit: bytes) -> str:
    found = _TREE_LINE.search(commit.split(b"\n\n", 1)[0])
    if not found:
        raise UnreadableRepository("a commit without a tree")
    return found[1].decode("ascii")


def _differs(objects: _Objects, old: str, new: str, wanted: Callable[[str], bool], depth: int) -> bool:
    """Whether two trees ("" is an empty one) differ in a file of a wanted name."""
    if old == new or depth > 40:
        return False
    before, after = _entries(objects, old), _entries(objects, new)
    for name in {name for name, _ in before.items() ^ after.items()}:
        (was_folder, was), (is_folder, is_) = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if ((was and not was_folder) or (is_ and not is_folder)) and wanted(name.decode("utf-8", "replace")):
            return True
        if _differs(objects, was.hex() if was_folder else "", is_.hex() if is_folder else "", wanted, depth + 1):
            return True
    return False


def _entries(objects: _Objects, tree: str) -> dict[bytes, tuple[bool, bytes]]:
    """Name -> (is a folder, hash) of each file and folder of a tree; links and submodules are left out."""
    if not tree:
        return {}
    body, width = objects.read(tree, _TREE), len(tree) // 2
    rows = _ROWS[width].findall(body)
    if sum(len(mode) + len(name) for mode, name, _ in rows) + len(rows) * (2 + width) != len(body):
        raise UnreadableRepository(f"{tree} is no tree")
    return {name: (mode == _FOLDER, digest) for mode, name, digest in rows if mode in _LOOKED_INTO}


def _repository(path: Path) -> Path:
    if path.is_dir():
        return path
    pointer = read_head(path, 4096).decode("utf-8", "replace")
    if not pointer.startswith("gitdir:"):
        raise UnreadableRepository(f"{path} names no repository")
    return path.parent / pointer.removeprefix("gitdir:").strip()


def _common(folder: Path) -> Path:
    shared = folder / "commondir"
    return folder / read_head(shared, 4096).decode("utf-8", "replace").strip() if shared.is_file() else folder


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
            return read_head(loose, 4096).decode("utf-8", "replace").strip()
    packed = common / "packed-refs"
    if packed.is_file():
        wanted = re.compile(rb"^(\S{40,64}) " + re.escape(name.encode("utf-8", "replace")) + rb"\r?$", re.MULTILINE)
        if found := wanted.search(read_head(packed, 20_000_000)):
            return found[1].decode("ascii", "replace")
    raise UnreadableRepository(f"{name} is not there")


class _Objects:
    """The objects of one repository; counts what it reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._indexes = [path for path in sorted((folder / "pack").glob("*.idx"))[:MAX_PACKS] if path.is_file()]
        self._left = MAX_READS
        self._bytes_left = MAX_UNPACKED

    def read(self, name: str, kind: int) -> bytes:
        """One object of the kind that is asked for; raises UnreadableRepository when it is not there or is another."""
        loose = self._folder / name[:2] / name[2:]
        if loose.is_file():
            with loose.open("rb") as stream:
                self._spend()
                header, _, body = self._inflated(stream).partition(b"\0")
            found = {b"commit": _COMMIT, b"tree": _TREE}.get(header.partition(b" ")[0], 0)
        else:
            found, body = self._packed(bytes.fromhex(name), MAX_CHAIN)
        if found != kind:
            raise UnreadableRepository(f"{name} is another kind of object")
        return body

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise UnreadableRepository(f"more than {MAX_READS} objects")

    def _made(self, raw: bytes) -> bytes:
        self._bytes_left -= len(raw)
        if self._bytes_left < 0:
            raise UnreadableRepository(f"more than {MAX_UNPACKED} bytes")
        return raw

    def _inflated(self, stream: BinaryIO) -> bytes:
        return self._made(_inflated(stream))

    def _packed(self, name: bytes, chain: int) -> tuple[int, bytes]:
        for index in self._indexes:
            offset = _offset(index, name)
            if offset is not None:
                return self._entry(index.with_suffix(".pack"), offset, len(name), chain)
        raise UnreadableRepository(f"{name.hex()} is in no pack")

    def _entry(self, pack: Path, offset: int, width: int, chain: int) -> tuple[int, bytes]:
        self._spend()
        if chain <= 0:
            raise UnreadableRepository("deltas nested too deeply")
        with pack.open("rb") as stream:
            stream.seek(offset)
            raw = stream.read(100)
            kind = raw[0] >> 4 & 7
            at = 1
            while raw[at - 1] & 0x80:
                at += 1
            if kind not in (_OFS_DELTA, _REF_DELTA):
                stream.seek(offset + at)
                return kind, self._inflated(stream)
            distance = 0
            if kind == _OFS_DELTA:
                distance = raw[at] & 0x7F
                while raw[at] & 0x80:
                    at += 1
                    distance = (distance + 1) << 7 | raw[at] & 0x7F
                if not 0 < distance <= offset:
                    raise UnreadableRepository("a delta's base lies outside the pack")
            stream.seek(offset + at + (1 if distance else width))
            delta = self._made(_inflated(stream, MAX_DELTA))
        if distance:
            base_kind, base = self._entry(pack, offset - distance, width, chain - 1)
        else:
            base_kind, base = self._packed(raw[at : at + width], chain - 1)
        return base_kind, self._made(_patched(base, delta))


def _offset(index: Path, name: bytes) -> int | None:
    """Where the pack beside a version 2 index holds an object; some twenty small reads."""
    with index.open("rb", buffering=0) as stream:
        if stream.read(8) != b"\377tOc\0\0\0\2":
            return None
        fanout = struct.unpack(">256I", stream.read(1024))
        low, high, total = fanout[name[0] - 1] if name[0] else 0, fanout[name[0]], fanout[255]
        if not low <= high <= total:
            return None

        def at(position: int) -> bytes:
            stream.seek(1032 + position * len(name))
            return stream.read(len(name))

        position = bisect.bisect_left(range(total), name, low, high, key=at)
        if position >= high or at(position) != name:
            return None
        stream.seek(1032 + total * (len(name) + 4) + position * 4)
        (offset,) = struct.unpack(">I", stream.read(4))
        if offset < 0x80000000:
            return int(offset)
        stream.seek(1032 + total * (len(name) + 8) + (offset & 0x7FFFFFFF) * 8)
        return int(struct.unpack(">Q", stream.read(8))[0])


def _inflated(stream: BinaryIO, most: int = MAX_OBJECT) -> bytes:
    """What the zlib data at the stream's position unpacks to; raises UnreadableRepository where that is too much."""
    unpacker = zlib.decompressobj()
    made = bytearray()
    while not unpacker.eof and (raw := unpacker.unconsumed_tail or stream.read(_CHUNK)):
        made += unpacker.decompress(raw, most - len(made) + 1)
        if len(made) >= most:
            raise UnreadableRepository("the object is too large")
    return bytes(made)


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

"""Just enough of the protocol-buffer wire format to read the headers of ONNX, SavedModel and MetaGraph files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

MAX_FIELDS = 2_000
MAX_HEADER = 4_000_000
"""Length-delimited fields larger than this (bytes) are skipped, not read."""


class NotProtobuf(Exception):
    """The bytes do not follow the wire format."""


def fields(stream: BinaryIO, end: int, wanted: frozenset[int], *, most: int = MAX_FIELDS) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of each wanted field from the stream's position to `end`, of the first `most`; others are skipped."""
    for _ in range(most):
        if stream.tell() >= end:
            return
        key = _varint(stream)
        number, kind = key >> 3, key & 7
        if not number:
            raise NotProtobuf("field number 0")
        if kind == 0:
            value = _varint(stream)
            if number in wanted:
                yield number, value
        elif kind == 2:
            length = _varint(stream)
            start = stream.tell()
            if start + length > end:
                raise NotProtobuf("a field longer than the file")
            if number in wanted and length <= MAX_HEADER:
                yield number, stream.read(length)
            stream.seek(start + length)
        elif kind in (1, 5):
            stream.seek(8 if kind == 1 else 4, 1)
        else:
            raise NotProtobuf(f"wire type {kind}")


def descend(stream: BinaryIO, end: int, number: int) -> int | None:
    """Move to the beginning of the first length-delimited field `number`; its end, or None when there is none."""
    for _ in range(MAX_FIELDS):
        if stream.tell() >= end:
            return None
        key = _varint(stream)
        kind = key & 7
        if kind == 0:
            _varint(stream)
        elif kind == 2:
            length = _varint(stream)
            start = stream.tell()
            if start + length > end:
                raise NotProtobuf("a field longer than the file")
            if key >> 3 == number:
                return start + length
            stream.seek(start + length)
        elif kind in (1, 5):
            stream.seek(8 if kind == 1 else 4, 1)
        else:
            raise NotProtobuf(f"wire type {kind}")
    return None


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise NotProtobuf("the file ends inside a number")
        value |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return value
    raise NotProtobuf("a number of more than ten bytes")

"""Graphs in protocol buffers, read by header: ONNX, and TensorFlow's SavedModel, MetaGraph, frozen graph and checkpoint index."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import BinaryIO

from resolver.project import protobuf

Marks = dict[str, str]
Found = tuple[str, Marks] | None

_TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
"""The last eight bytes of the tables that TensorFlow indexes its checkpoints with."""
_OPERATION = re.compile(r"[A-Za-z][\w>]{1,80}")
MAX_OPERATIONS = 1_000


def read_onnx(path: Path) -> Found:
    """An ONNX model: version of the representation, operator sets, producer. Raises NotProtobuf for other bytes."""
    marks: Marks = {}
    opsets: list[str] = []
    size = path.stat().st_size
    with path.open("rb") as stream:
        for number, value in protobuf.fields(stream, size, frozenset({1, 2, 3, 8})):
            if number == 8 and isinstance(value, bytes):
                opsets.append(_opset(value))
            elif isinstance(value, int):
                marks["ir_version"] = str(value)
            else:
                marks[{2: "producer", 3: "producer_version"}.get(number, "")] = value.decode("utf-8", "replace")
    if "ir_version" not in marks or not opsets:
        return None
    return "onnx", marks | {"opset": ",".join(sorted(opsets))}


def _opset(raw: bytes) -> str:
    domain, version = "", ""
    for number, value in protobuf.fields(io.BytesIO(raw), len(raw), frozenset({1, 2})):
        if number == 1 and isinstance(value, bytes):
            domain = value.decode("utf-8", "replace")
        elif number == 2:
            version = str(value)
    return f"{domain}:{version}" if domain and domain != "ai.onnx" else version


def read_saved_model(path: Path) -> Found:
    """A SavedModel: its writer's version and operations; `keras` says that Keras' own description lies beside it."""
    found = _meta_info(path, (2, 1))
    if found is None:
        return None
    beside = (path.with_name("keras_metadata.pb")).is_file()
    return "tensorflow-savedmodel", found | {"keras": "yes" if beside else ""}


def read_meta_graph(path: Path) -> Found:
    """The .meta file of a checkpoint of TensorFlow 1."""
    found = _meta_info(path, (1,))
    return None if found is None else ("tensorflow-metagraph", found)


def _meta_info(path: Path, steps: tuple[int, ...]) -> Marks | None:
    """The version text (field 5) and the operations (field 2) of the meta information that the steps lead to."""
    end: int | None = path.stat().st_size
    with path.open("rb") as stream:
        for step in steps:
            end = protobuf.descend(stream, end, step) if end is not None else None
        if end is None:
            return None
        texts = {number: value for number, value in protobuf.fields(stream, end, frozenset({2, 5})) if isinstance(value, bytes)}
    version = texts.get(5, b"").decode("utf-8", "replace")
    if not re.match(r"^\d+\.\d+", version):
        return None
    return {"tensorflow_version": version, "operations": ",".join(sorted(_operations(texts.get(2, b""))))}


def _operations(raw: bytes) -> set[str]:
    """The names of the operations of a list of them; those of a library other than TensorFlow too."""
    found: set[str] = set()
    for number, value in protobuf.fields(io.BytesIO(raw), len(raw), frozenset({1})):
        if number == 1 and isinstance(value, bytes) and len(found) < MAX_OPERATIONS:
            name = next((v for n, v in protobuf.fields(io.BytesIO(value), len(value), frozenset({1})) if isinstance(v, bytes)), b"")
            text = name.decode("ascii", "replace")
            if _OPERATION.fullmatch(text):
                found.add(text)
    return found


def read_frozen_graph(path: Path) -> Found:
    """A GraphDef: nodes (field 1) whose names and operations (fields 1 and 2) are texts; its producer's number where it stands."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        end = protobuf.descend(stream, size, 1)
        if end is None or stream.tell() > 12:
            return None
        names = [value for _, value in protobuf.fields(stream, end, frozenset({1, 2})) if isinstance(value, bytes)]
        if len(names) < 2 or not _OPERATION.fullmatch(names[1].decode("ascii", "replace")):
            return None
        return "tensorflow-graph", {"producer": _producer(stream, end, size)}


def _producer(stream: BinaryIO, start: int, size: int) -> str:
    stream.seek(start)
    for _, value in protobuf.fields(stream, size, frozenset({4}), most=20_000):
        if isinstance(value, bytes):
            numbers = protobuf.fields(io.BytesIO(value), len(value), frozenset({1}))
            return next((str(number) for _, number in numbers if isinstance(number, int)), "")
    return ""


def read_checkpoint_index(path: Path) -> Found:
    """The .index of a TensorFlow checkpoint; `style` says whether it holds variables by name or an object graph (TensorFlow 2)."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 8))
        if stream.read(8) != _TABLE_MAGIC:
            return None
        stream.seek(0)
        raw = stream.read(4_000_000)
    return "tensorflow-checkpoint", {"style": "objects" if b"_CHECKPOINTABLE_OBJECT_GRAPH" in raw else "names"}

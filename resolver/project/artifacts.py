"""Saved networks and estimators of a project: format and writer, by header, opcode or archive listing; nothing is ever loaded."""

from __future__ import annotations

import io
import json
import lzma
import os
import re
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from resolver.core.project import Artifact
from resolver.project import hdf5, pickles, protobuf
from resolver.project.files import Tree
from resolver.project.model_boosters import read_catboost, read_xgboost_binary
from resolver.project.model_graphs import read_checkpoint_index, read_frozen_graph, read_meta_graph, read_onnx, read_saved_model
from resolver.project.model_mlflow import read_mlmodel
from resolver.project.model_texts import keras_classes, read_json, read_lightgbm

MAX_ARTIFACTS = 200
MAX_PEEKED = 3_000
"""So many text files that might be models (.json, .txt) are opened at most."""
LONG_SECONDS = 15.0
"""No further artifact is opened after this time."""
MAX_HEAD = 16_000_000
"""Bytes read from the beginning of an artifact."""
MAX_MEMBER = 16_000_000
"""Bytes read of one member of an archive."""
MAX_HEADER = 8_000_000
"""Headers in JSON longer than this (bytes) are not parsed."""
MAX_DIRECTORY = 10_000_000
"""Archives whose own listing is larger than this (bytes) are refused."""

Marks = dict[str, str]
Found = tuple[str, Marks] | None

_DAMAGED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError, EOFError, OverflowError,
    RuntimeError,  # zipfile's for encrypted members and (as NotImplementedError) unknown compression; RecursionError of deep JSON
    struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, protobuf.NotProtobuf,
)  # fmt: skip
_PEEKED = frozenset({".json", ".txt"})
_SUFFIXES = frozenset({
    ".h5", ".hdf5", ".keras", ".onnx", ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".sav", ".p", ".model", ".safetensors",
    ".pb", ".meta", ".tflite", ".dat", ".weights", ".mar", ".index", ".ubj", ".xgb", ".bst", ".cbm", ".lgb", ".skops", *_PEEKED,
})  # fmt: skip
_PACKED = frozenset({".gz", ".bz2", ".xz", ".lzma", ".lz4", ".z"})
_NEVER_PICKLED = frozenset({".pb", ".keras", ".json", ".txt", ".h5", ".hdf5", ".index", ".skops"})
_LONGEST = {"classes": 4_000, "layers": 2_000, "operations": 8_000, "requires": 8_000, "modules": 2_000}
"""Characters kept of long marks; 200 of all others."""


def read_artifacts(tree: Tree) -> tuple[tuple[Artifact, ...], tuple[str, ...]]:
    """The artifacts among a tree's files and notes on damaged ones. Never raises.

    At most 200, each read for at most some 48 MB, and none after 15 seconds.
    """
    found: list[Artifact] = []
    notes: list[str] = []
    started, peeked = time.monotonic(), 0
    for path in tree.others:
        if not _may_be_model(path):
            continue
        peeked += path.suffix in _PEEKED
        if path.suffix in _PEEKED and peeked > MAX_PEEKED:
            continue
        if len(found) >= MAX_ARTIFACTS or time.monotonic() - started > LONG_SECONDS:
            notes.append(f"{len(found)} model files were read; the rest was not looked at")
            break
        artifact, note = read_artifact(tree.root / path, path)
        found += [artifact] if artifact else []
        notes += [note] if note else []
    return tuple(found), tuple(notes)


def _may_be_model(path: PurePosixPath) -> bool:
    suffix = path.suffix.lower()
    packed = suffix in _PACKED and PurePosixPath(path.stem).suffix.lower() in (".pkl", ".pickle", ".joblib", ".sav")
    return suffix in _SUFFIXES or packed or path.name == "MLmodel"


def read_artifact(path: Path, shown: PurePosixPath) -> tuple[Artifact | None, str]:
    """One file as an artifact, or None and perhaps a note why it looks like one and is not. Never raises for what the file holds."""
    try:
        answer = _examined(path)
    except _DAMAGED as error:
        return None, "" if path.suffix in _PEEKED else f"{shown}: not a readable artifact ({_short(error)})"
    if answer is None:
        return None, ""
    kind, marks = answer
    kept = {key: _clean(value)[: _LONGEST.get(key, 200)] for key, value in marks.items()}
    return Artifact(path=shown.as_posix(), format=kind, marks=tuple(sorted((key, value) for key, value in kept.items() if value))), ""


def _clean(value: str) -> str:
    return "".join(character for character in value if character.isprintable())


def _examined(path: Path) -> Found:
    if not stat.S_ISREG(path.stat().st_mode):
        return None  # a pipe or device would never end
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"version https://git-lfs"):
        return "git-lfs-pointer", {}
    for test, reader in _READERS:
        if test(path, head):
            return reader(path)
    return None


def _head(path: Path, limit: int = MAX_HEAD) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limit)


def _hdf5(path: Path) -> Found:
    raw = _head(path)
    marks = {name: hdf5.string_attribute(raw, name) for name in ("keras_version", "backend")}
    at = raw.find(b"model_config\0")
    keras = bool(marks["keras_version"]) or at >= 0 or b"layer_names\0" in raw
    marks["holds"] = "network" if at >= 0 else "weights" if keras else ""
    marks["layers"] = keras_classes(raw) if at >= 0 else ""
    return ("keras-h5" if keras else "hdf5"), marks


class _Guarded(io.FileIO):
    """A file of which no single read may ask for more than `MAX_DIRECTORY` bytes: archives say themselves how long their listing is."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As `io.FileIO.read`; raises ValueError where that may be more than the bound."""
        wanted = os.fstat(self.fileno()).st_size - self.tell() if size is None or size < 0 else size
        if wanted > MAX_DIRECTORY:
            raise ValueError("the archive's listing is too large")
        return super().read(wanted) or b""


def _zip(path: Path) -> Found:
    with _Guarded(path) as stream, zipfile.ZipFile(stream) as archive:
        names = archive.namelist()[:20_000]
        if "metadata.json" in names and "config.json" in names:
            return _keras_zip(archive)
        if "schema.json" in names and (found := re.search(rb'"_skops_version":\s*"(\d[\w.]{0,20})"', _member(archive, "schema.json"))):
            return "skops", {"skops_version": found[1].decode("ascii"), "modules": "skops"}
        pickled = next((name for name in names if name.endswith("/data.pkl")), None)
        if pickled is None:
            return None
        folder = pickled.removesuffix("data.pkl")
        marks = pickles.marks_of(_member(archive, pickled))
        if folder + "version" in names:
            marks["format_version"] = _member(archive, folder + "version")[:20].decode("ascii", "replace").strip()
        if folder + "byteorder" in names or folder + ".format_version" in names:
            marks["writer"] = ">=2.1"
        script = any(name.startswith(folder + "code/") for name in names)
        return ("torch-script" if script else "torch-zip"), marks


def _keras_zip(archive: zipfile.ZipFile) -> Found:
    metadata = json.loads(_member(archive, "metadata.json")[:MAX_HEADER])
    marks = {key: str(metadata[key]) for key in ("keras_version", "date_saved") if key in metadata}
    return "keras-zip", marks | {"holds": "network", "layers": keras_classes(_member(archive, "config.json"))}


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        return stream.read(MAX_MEMBER)


def _pickle(path: Path) -> Found:
    raw = _head(path)
    if raw.startswith(pickles.LZ4):
        return "joblib", {"modules": "joblib,lz4"}
    raw = pickles.opened(raw)
    if not pickles.looks_pickled(raw):
        return None
    marks = pickles.marks_of(raw)
    if marks.pop("torch_legacy", ""):
        return "torch-pickle", marks
    return ("joblib" if "joblib" in marks.get("modules", "").split(",") else "pickle"), marks


def _safetensors(path: Path) -> Found:
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > MAX_HEADER:
            return "safetensors", {}
        header: Any = json.loads(stream.read(length))
    metadata = header.get("__metadata__") or {}
    return "safetensors", {str(key)[:50]: str(value) for key, value in metadata.items()}


_READERS: tuple[tuple[Callable[[Path, bytes], bool], Callable[[Path], Found]], ...] = (
    (lambda path, _: path.suffix == ".json", read_json),
    (lambda path, _: path.name == "MLmodel", read_mlmodel),
    (lambda _, head: head.startswith(b"tree"), read_lightgbm),
    (lambda _, head: head.startswith(b"CBM1"), read_catboost),
    (lambda _, head: head.startswith((b"{L", b"binf")), read_xgboost_binary),
    (lambda _, head: head.startswith(hdf5.SIGNATURE), _hdf5),
    (lambda _, head: head.startswith(b"PK\x03\x04"), _zip),
    (lambda _, head: head[4:8] == b"TFL3", lambda _: ("tflite", {})),
    (lambda path, _: path.suffix == ".safetensors", _safetensors),
    (lambda path, _: path.suffix == ".onnx", read_onnx),
    (lambda path, _: path.name == "saved_model.pb", read_saved_model),
    (lambda path, _: path.suffix == ".meta", read_meta_graph),
    (lambda path, _: path.suffix == ".pb", read_frozen_graph),
    (lambda path, _: path.suffix == ".index", read_checkpoint_index),
    (lambda path, _: path.suffix not in _NEVER_PICKLED, _pickle),
)


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__

"""Saved networks and estimators of a project: format and writer, by header, opcode or archive listing; nothing is ever loaded."""

from __future__ import annotations

import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from resolver.core.project import Artifact
from resolver.project import hdf5, pickles, protobuf
from resolver.project.files import Tree

MAX_ARTIFACTS = 200
MAX_HEAD = 16_000_000
"""Bytes read from the beginning of an artifact."""
MAX_MEMBER = 16_000_000
"""Bytes read of one member of an archive."""

Marks = dict[str, str]
Found = tuple[str, Marks] | None

_DAMAGED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError, EOFError,
    RuntimeError,  # zipfile's for encrypted members and (as NotImplementedError) unknown compression; RecursionError of deep JSON
    struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, protobuf.NotProtobuf,
)  # fmt: skip
_SUFFIXES = frozenset({
    ".h5", ".hdf5", ".keras", ".onnx", ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".sav", ".p", ".model", ".safetensors",
    ".pb", ".meta", ".tflite", ".dat", ".weights", ".mar", ".json",
})  # fmt: skip


def read_artifacts(tree: Tree) -> tuple[tuple[Artifact, ...], tuple[str, ...]]:
    """The artifacts among a tree's files and notes on damaged ones; at most 200, each read for at most some 32 MB. Never raises."""
    found: list[Artifact] = []
    notes: list[str] = []
    for path in tree.others:
        if path.suffix.lower() not in _SUFFIXES or (path.suffix == ".json" and path.name != "config.json"):
            continue
        if len(found) >= MAX_ARTIFACTS:
            notes.append(f"more than {MAX_ARTIFACTS} artifacts; the rest was not looked at")
            break
        artifact, note = read_artifact(tree.root / path, path)
        found += [artifact] if artifact else []
        notes += [note] if note else []
    return tuple(found), tuple(notes)


def read_artifact(path: Path, shown: PurePosixPath) -> tuple[Artifact | None, str]:
    """One file as an artifact, or None and perhaps a note why it looks like one and is not. Never raises for what the file holds."""
    try:
        answer = _examined(path)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        struct.error,
        zlib.error,
        zipfile.BadZipFile,
        protobuf.NotProtobuf,
    ) as error:
        return None, f"{shown}: not a readable artifact ({_short(error)})"
    except (RecursionError, MemoryError, NotImplementedError, RuntimeError) as error:
        # zipfile raises the last two for encrypted members and unknown compression.
        return None, f"{shown}: not a readable artifact ({_short(error)})"
    if answer is None:
        return None, ""
    kind, marks = answer
    return Artifact(
        path=shown.as_posix(), format=kind, marks=tuple(sorted((key, value[:200]) for key, value in marks.items() if value))
    ), ""


def _examined(path: Path) -> Found:
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
    has_architecture = b"model_config\0" in raw
    keras = bool(marks["keras_version"]) or has_architecture or b"layer_names\0" in raw
    marks["holds"] = "network" if has_architecture else "weights" if keras else ""
    return ("keras-h5" if keras else "hdf5"), marks


def _zip(path: Path) -> Found:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()[:20_000]
        if "metadata.json" in names and "config.json" in names:
            metadata = json.loads(_member(archive, "metadata.json"))
            return "keras-zip", {key: str(metadata[key]) for key in ("keras_version", "date_saved") if key in metadata}
        pickled = next((name for name in names if name.endswith("/data.pkl")), None)
        if pickled is None:
            return None
        folder = pickled.removesuffix("data.pkl")
        marks = pickles.marks_of(_member(archive, pickled))
        if folder + "version" in names:
            marks["format_version"] = _member(archive, folder + "version")[:20].decode("ascii", "replace").strip()
        script = any(name.startswith(folder + "code/") for name in names)
        return ("torch-script" if script else "torch-zip"), marks


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        return stream.read(MAX_MEMBER)


def _pickle(path: Path) -> Found:
    raw = pickles.opened(_head(path))
    if not pickles.looks_pickled(raw):
        return None
    marks = pickles.marks_of(raw)
    if marks.pop("torch_legacy", ""):
        return "torch-pickle", marks
    return ("joblib" if "joblib" in marks.get("modules", "").split(",") else "pickle"), marks


def _onnx(path: Path) -> Found:
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
    import io

    domain, version = "", ""
    for number, value in protobuf.fields(io.BytesIO(raw), len(raw), frozenset({1, 2})):
        if number == 1 and isinstance(value, bytes):
            domain = value.decode("utf-8", "replace")
        elif number == 2:
            version = str(value)
    return f"{domain}:{version}" if domain and domain != "ai.onnx" else version


def _tensorflow(path: Path) -> Found:
    """SavedModel (meta graphs in field 2) and MetaGraph (the graph itself): meta_info in field 1, its version text in field 5."""
    end: int | None = path.stat().st_size
    with path.open("rb") as stream:
        for step in (2, 1) if path.suffix == ".pb" else (1,):
            end = protobuf.descend(stream, end, step) if end is not None else None
        if end is None:
            return None
        texts = {number: value for number, value in protobuf.fields(stream, end, frozenset({5, 6})) if isinstance(value, bytes)}
    version = texts.get(5, b"").decode("utf-8", "replace")
    if not re.match(r"^\d+\.\d+", version):
        return None
    return ("tensorflow-savedmodel" if path.suffix == ".pb" else "tensorflow-metagraph"), {"tensorflow_version": version}


def _safetensors(path: Path) -> Found:
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > MAX_MEMBER:
            return "safetensors", {}
        header: Any = json.loads(stream.read(length))
    metadata = header.get("__metadata__", {})
    return "safetensors", {str(key)[:50]: str(value) for key, value in metadata.items()}


def _config(path: Path) -> Found:
    loaded = json.loads(_head(path, 2_000_000))
    if not isinstance(loaded, dict) or not isinstance(loaded.get("transformers_version"), str):
        return None
    marks = {key: str(loaded[key]) for key in ("transformers_version", "model_type") if key in loaded}
    return "transformers-config", marks


_READERS: tuple[tuple[Callable[[Path, bytes], bool], Callable[[Path], Found]], ...] = (
    (lambda path, _: path.name == "config.json", _config),
    (lambda _, head: head.startswith(hdf5.SIGNATURE), _hdf5),
    (lambda _, head: head.startswith(b"PK\x03\x04"), _zip),
    (lambda _, head: head[4:8] == b"TFL3", lambda _: ("tflite", {})),
    (lambda path, _: path.suffix == ".safetensors", _safetensors),
    (lambda path, _: path.suffix == ".onnx", _onnx),
    (lambda path, _: path.name == "saved_model.pb" or path.suffix == ".meta", _tensorflow),
    (lambda path, _: path.suffix not in (".pb", ".keras", ".json", ".h5", ".hdf5"), _pickle),
)


def modules_of(artifacts: Iterable[Artifact]) -> list[tuple[str, str]]:
    """(import root, artifact's path) of everything that loading the artifacts will import."""
    found = []
    for artifact in artifacts:
        marks = dict(artifact.marks)
        found += [(root, artifact.path) for root in marks.get("modules", "").split(",") if root]
        if artifact.format == "keras-h5":
            found.append(("h5py", artifact.path))
        elif artifact.format == "safetensors" and marks.get("format"):
            found.append(("safetensors", artifact.path))
    return found


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__

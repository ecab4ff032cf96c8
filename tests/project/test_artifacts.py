from __future__ import annotations

import gzip
import json
import pickle
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.project import Artifact
from resolver.project.artifacts import modules_of, read_artifact, read_artifacts
from resolver.project.files import walk

GOLDEN = Path(__file__).parent / "golden"


def read(path: Path) -> tuple[str, dict[str, str]]:
    artifact, note = read_artifact(path, PurePosixPath(path.name))
    assert artifact is not None, note
    return artifact.format, dict(artifact.marks)


@pytest.mark.parametrize(
    ("name", "kind", "marks"),
    [
        ("h5py2.h5", "keras-h5", {"backend": "tensorflow", "holds": "network", "keras_version": "2.2.5"}),
        ("h5py3-text.h5", "keras-h5", {"backend": "tensorflow", "holds": "weights", "keras_version": "2.13.1"}),
        ("sklearn-0.21.pkl", "pickle", {"modules": "numpy,sklearn", "sklearn_version": "0.21.3"}),
        ("sklearn-0.21.joblib", "joblib", {"modules": "joblib,numpy,sklearn", "sklearn_version": "0.21.3"}),
        ("relu.onnx", "onnx", {"ir_version": "6", "opset": "11,ai.onnx.ml:2", "producer": "pytorch", "producer_version": "1.4"}),
        ("one.safetensors", "safetensors", {"format": "pt"}),
    ],
)
def test_files_that_the_libraries_wrote(name: str, kind: str, marks: dict[str, str]) -> None:
    assert read(GOLDEN / name) == (kind, marks)


def test_keras_archive(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.5", "date_saved": "2024-01-01"}))
        archive.writestr("config.json", "{}")
    assert read(path) == ("keras-zip", {"keras_version": "3.0.5", "date_saved": "2024-01-01"})


def test_torch_archive(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00cmynet.parts\nBlock\n.")
        archive.writestr("archive/version", "3\n")
    assert read(path) == ("torch-zip", {"modules": "mynet,torch", "format_version": "3"})


def test_old_torch_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    parts = [pickle.dumps(0x1950A86A20F9469CFC6C, 2), pickle.dumps(1001, 2), pickle.dumps({"little_endian": True}, 2)]
    path.write_bytes(b"".join(parts) + b"\x80\x02ctorch._utils\n_rebuild_tensor\n.")
    assert read(path) == ("torch-pickle", {"modules": "torch"})


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


@pytest.mark.parametrize(("name", "kind"), [("saved_model.pb", "tensorflow-savedmodel"), ("a.ckpt.meta", "tensorflow-metagraph")])
def test_tensorflow_graphs(tmp_path: Path, name: str, kind: str) -> None:
    info = field(1, field(2, b"x" * 300) + field(4, b"serve") + field(5, b"1.14.0") + field(6, b"v1.14.0-0-g87"))
    path = tmp_path / name
    path.write_bytes(field(1, 1) + field(2, info + field(2, b"graph")) if name.endswith("pb") else info + field(2, b"graph"))
    assert read(path) == (kind, {"tensorflow_version": "1.14.0"})


def test_transformers_config_and_other_config(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"transformers_version": "4.28.1", "model_type": "bert"}))
    assert read(path) == ("transformers-config", {"transformers_version": "4.28.1", "model_type": "bert"})
    path.write_text('{"other": 1}')
    assert read_artifact(path, PurePosixPath("config.json")) == (None, "")


def test_compressed_pickle_and_pointer(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(gzip.compress((GOLDEN / "sklearn-0.21.pkl").read_bytes()))
    assert read(path)[1]["sklearn_version"] == "0.21.3"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    assert read(path) == ("git-lfs-pointer", {})


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    assert read(path) == ("pickle", {})


def test_modules_that_loading_imports() -> None:
    artifacts = [
        Artifact(path="a.h5", format="keras-h5"),
        Artifact(path="b.pkl", format="pickle", marks=(("modules", "numpy,sklearn"),)),
        Artifact(path="c.onnx", format="onnx"),
    ]
    assert modules_of(artifacts) == [("h5py", "a.h5"), ("numpy", "b.pkl"), ("sklearn", "b.pkl")]


def test_a_damaged_artifact_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"PK\x03\x04broken")
    (tmp_path / "a.onnx").write_bytes(b"\xff" * 40)
    (tmp_path / "readme.md").write_text("x")
    found, notes = read_artifacts(walk(tmp_path))
    assert found == ()
    assert [note.split(":")[0] for note in notes] == ["a.onnx", "net.pt"]


MAGIC = [b"\x80\x02", b"\x80\x04", b"\x78\x9c", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"]
HEADS = [*MAGIC, b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x08\x06", b"    TFL3"]
NAMES = ["a.h5", "a.onnx", "a.pt", "a.pkl", "a.joblib", "a.safetensors", "saved_model.pb", "a.meta", "config.json", "a.keras", "a.bin"]
GOLDENS = st.sampled_from(sorted(path.name for path in GOLDEN.iterdir()))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_give_an_artifact_or_a_note(tmp_path_factory: pytest.TempPathFactory, name: str, head: bytes, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(head + raw)
    artifact, note = read_artifact(path, PurePosixPath(name))
    assert artifact is None or not note


@settings(max_examples=150, deadline=None)
@given(GOLDENS, st.floats(0, 1), st.binary(min_size=1, max_size=8))
def test_spoilt_files_give_an_artifact_or_a_note(tmp_path_factory: pytest.TempPathFactory, name: str, where: float, raw: bytes) -> None:
    whole = (GOLDEN / name).read_bytes()
    at = int(where * len(whole))
    path = tmp_path_factory.mktemp("spoilt") / name
    path.write_bytes(whole[:at] + raw + whole[at + len(raw) :])
    artifact, note = read_artifact(path, PurePosixPath(name))
    assert artifact is None or not note

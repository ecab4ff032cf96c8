from __future__ import annotations

import gzip
import json
import os
import pickle
import resource
import struct
import time
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.project import Artifact
from resolver.project.artifacts import read_artifact, read_artifacts
from resolver.project.files import walk
from resolver.project.saved import modules_of

GOLDEN = Path(__file__).parent / "golden"


def read(path: Path) -> tuple[str, dict[str, str]]:
    artifact, note = read_artifact(path, PurePosixPath(path.name))
    assert artifact is not None, note
    return artifact.format, dict(artifact.marks)


@pytest.mark.parametrize(
    ("name", "kind", "marks"),
    [
        ("h5py2.h5", "keras-h5", {"backend": "tensorflow", "holds": "network", "keras_version": "2.2.5", "layers": "Sequential"}),
        ("h5py3-text.h5", "keras-h5", {"backend": "tensorflow", "holds": "weights", "keras_version": "2.13.1"}),
        ("sklearn-0.21.pkl", "pickle", {"modules": "numpy,sklearn", "sklearn_version": "0.21.3", "protocol": "3"}),
        ("sklearn-0.21.joblib", "joblib", {"modules": "joblib,numpy,sklearn", "sklearn_version": "0.21.3", "protocol": "3"}),
        ("sklearn-1.9.pkl", "pickle", {"modules": "numpy,sklearn", "sklearn_version": "1.9.1", "protocol": "5"}),
        ("sklearn-1.9-lzma.joblib", "joblib", {"modules": "joblib,numpy,sklearn", "sklearn_version": "1.9.1", "protocol": "4"}),
        ("xgboost-3.2.json", "xgboost-json", {"xgboost_version": "3.2.0"}),
        ("xgboost-3.2.ubj", "xgboost-ubj", {"xgboost_version": "3.2.0"}),
        ("xgboost-3.2.pkl", "pickle", {"modules": "xgboost", "xgboost_version": "3.2.0", "protocol": "4"}),
        ("lightgbm-4.7.txt", "lightgbm-text", {"format_version": "v4"}),
        ("catboost-1.2.cbm", "catboost", {"catboost_version": "1.2.10", "date": "2026-11-25"}),
        ("relu.onnx", "onnx", {"ir_version": "6", "opset": "11,ai.onnx.ml:2", "producer": "pytorch", "producer_version": "1.4"}),
        ("one.safetensors", "safetensors", {"format": "pt"}),
    ],
)
def test_files_that_the_libraries_wrote(name: str, kind: str, marks: dict[str, str]) -> None:
    found, told = read(GOLDEN / name)
    told.pop("classes", None)
    assert (found, told) == (kind, marks)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("sklearn-0.21.joblib", {"sklearn.ensemble.forest.RandomForestRegressor", "sklearn.tree.tree.DecisionTreeRegressor"}),
        ("sklearn-1.9-lzma.joblib", {"sklearn.pipeline.Pipeline", "sklearn.linear_model._logistic.LogisticRegression"}),
        ("sklearn-1.9.pkl", {"numpy._core.multiarray.scalar", "sklearn.preprocessing._data.StandardScaler"}),
        ("xgboost-3.2.pkl", {"xgboost.core.Booster", "xgboost.sklearn.XGBClassifier"}),
    ],
)
def test_classes_that_loading_looks_up(name: str, classes: set[str]) -> None:
    assert classes <= set(read(GOLDEN / name)[1]["classes"].split(","))


def test_a_module_named_once_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "two.pkl"
    path.write_bytes(pickle.dumps([zipfile.ZipInfo, zipfile.ZipFile, zipfile.BadZipFile], 4))
    assert read(path)[1]["classes"] == "zipfile.BadZipFile,zipfile.ZipFile,zipfile.ZipInfo"


def test_keras_archive(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.5", "date_saved": "2024-01-01"}))
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": [{"class_name": "Dense"}]}}))
    marks = {"keras_version": "3.0.5", "date_saved": "2024-01-01", "holds": "network", "layers": "Dense,Functional"}
    assert read(path) == ("keras-zip", marks)


def test_skops_archive(tmp_path: Path) -> None:
    path = tmp_path / "net.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", json.dumps({"__class__": "Pipeline", "_skops_version": "0.16.0"}, indent=2))
    assert read(path) == ("skops", {"modules": "skops", "skops_version": "0.16.0"})


def test_torch_archive(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00cmynet.parts\nBlock\n.")
        archive.writestr("archive/version", "3\n")
    kind, marks = read(path)
    assert (kind, marks["modules"], marks["format_version"]) == ("torch-zip", "mynet,torch", "3")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/code/__torch__.py", "x")
    assert read(path)[0] == "torch-script"
    assert read(path)[1]["writer"] == ">=2.1"


def test_old_torch_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    parts = [pickle.dumps(0x1950A86A20F9469CFC6C, 2), pickle.dumps(1001, 2), pickle.dumps({"little_endian": True}, 2)]
    path.write_bytes(b"".join(parts) + b"\x80\x02ctorch._utils\n_rebuild_tensor\n.")
    assert read(path) == ("torch-pickle", {"modules": "torch", "classes": "torch._utils._rebuild_tensor", "protocol": "2"})


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
    info = field(
        1,
        field(4, b"serve")
        + field(2, field(1, field(1, b"Addons>Resampler")) + field(1, field(1, b"MatMul")))
        + field(5, b"1.14.0")
        + field(6, b"v1.14.0-0-g87"),
    )
    path = tmp_path / name
    path.write_bytes(field(1, 1) + field(2, info + field(2, b"graph")) if name.endswith("pb") else info + field(2, b"graph"))
    assert read(path) == (kind, {"tensorflow_version": "1.14.0", "operations": "Addons>Resampler,MatMul"})


def test_frozen_graph_and_checkpoint(tmp_path: Path) -> None:
    node = field(1, field(1, b"input") + field(2, b"Placeholder"))
    path = tmp_path / "frozen.pb"
    path.write_bytes(node * 3 + field(4, field(1, 27) + field(2, 12)))
    assert read(path) == ("tensorflow-graph", {"producer": "27"})
    path.write_bytes(field(1, 1) + field(2, b"other"))
    assert read_artifact(path, PurePosixPath("x.pb")) == (None, "")
    path = tmp_path / "model.ckpt-5.index"
    path.write_bytes(b"\0\0dense/kernel" + bytes.fromhex("57fb808b247547db"))
    assert read(path) == ("tensorflow-checkpoint", {"style": "names"})
    path.write_bytes(b"\0\0_CHECKPOINTABLE_OBJECT_GRAPH" + bytes.fromhex("57fb808b247547db"))
    assert read(path) == ("tensorflow-checkpoint", {"style": "objects"})


BERT = {"transformers_version": "4.28.1", "model_type": "bert", "architectures": ["BertModel"]}


@pytest.mark.parametrize(
    ("name", "written", "kind", "marks"),
    [
        ("config.json", BERT, "transformers-config",
         {"transformers_version": "4.28.1", "model_type": "bert", "classes": "transformers.BertModel"}),
        ("config.json", BERT | {"auto_map": {"AutoModel": "x"}}, "transformers-config",
         {"transformers_version": "4.28.1", "model_type": "bert"}),
        ("config.json", {"_diffusers_version": "0.2.2", "_class_name": "UNet2DModel"}, "diffusers-config",
         {"diffusers_version": "0.2.2", "classes": "diffusers.UNet2DModel"}),
        ("model_index.json", {"_diffusers_version": "0.6.0", "_class_name": "DDPMPipeline", "text": ["transformers", "CLIPTextModel"]},
         "diffusers-pipeline", {"diffusers_version": "0.6.0", "classes": "diffusers.DDPMPipeline,transformers.CLIPTextModel"}),
        ("config_sentence_transformers.json",
         {"__version__": {"sentence_transformers": "2.0.0", "transformers": "4.6.1", "pytorch": "1.8.1"}},
         "sentence-transformers",
         {"sentence_transformers_version": "2.0.0", "transformers_version": "4.6.1", "torch_version": "1.8.1"}),
        ("adapter_config.json", {"peft_type": "LORA"}, "peft-adapter", {}),
        ("tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer"}, "tokenizer-config", {"classes": "transformers.LlamaTokenizer"}),
        ("tokenizer.json", {"version": "1.0", "model": {"type": "BPE", "merges": [["a", "b"]]}}, "tokenizers", {"merges": "pairs"}),
        ("tokenizer.json", {"version": "1.0", "model": {"type": "BPE", "merges": ["a b"]}}, "tokenizers", {}),
        ("meta.json", {"lang": "en", "name": "core_web_sm", "spacy_version": ">=3.5.0,<3.6.0"}, "spacy-model",
         {"spacy_version": ">=3.5.0,<3.6.0", "name": "en_core_web_sm"}),
        ("architecture.json", {"class_name": "Sequential", "config": [], "keras_version": "2.0.8", "backend": "theano"}, "keras-json",
         {"keras_version": "2.0.8", "backend": "theano", "holds": "network", "layers": "Sequential"}),
    ],
)  # fmt: skip
def test_models_and_companions_in_json(tmp_path: Path, name: str, written: object, kind: str, marks: dict[str, str]) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(written))
    assert read(path) == (kind, marks)


def test_other_json_is_nothing(tmp_path: Path) -> None:
    for name in ("config.json", "meta.json", "data.json", "tokenizer_config.json", "model_index.json"):
        (tmp_path / name).write_text('{"other": 1}')
        assert read_artifact(tmp_path / name, PurePosixPath(name)) == (None, "")


def test_mlflow_model(tmp_path: Path) -> None:
    text = """flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.7.6}
  sklearn: {pickled_model: model.pkl, sklearn_version: 0.22.1}
mlflow_version: 1.9.1
utc_time_created: '2020-07-01 10:00:00.1'
"""
    (tmp_path / "MLmodel").write_text(text)
    (tmp_path / "requirements.txt").write_text("mlflow\nscikit-learn==0.22.1\n-e git+x\n")
    expected = {
        "date": "2020-07-01", "mlflow_version": "1.9.1", "python_version": "3.7.6", "sklearn_version": "0.22.1",
        "requires": "scikit-learn==0.22.1",
    }  # fmt: skip
    assert read(tmp_path / "MLmodel") == ("mlflow-model", expected)


def test_what_mlflow_writes_beside_its_model(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  python_function: {env: conda.yaml}\nmlflow_version: 1.20.2\n")
    conda = "dependencies:\n- python=3.8.5\n- numpy=1.19.2=py38h1\n- pip\n- pip:\n  - mlflow\n  - Scikit-Learn==0.23.2\n  - numpy==1.19.5\n"
    (tmp_path / "conda.yaml").write_text(conda)
    kind, marks = read(tmp_path / "MLmodel")
    assert kind == "mlflow-model"
    assert marks["requires"] == "numpy==1.19.5;scikit-learn==0.23.2"  # what pip installs comes last, and stays
    assert marks["python_version"] == "3.8.5"
    (tmp_path / "python_env.yaml").write_text("python: 3.9.7\nbuild_dependencies: [pip==21]\ndependencies: [-r requirements.txt]\n")
    (tmp_path / "requirements.txt").write_text("scikit-learn==0.24.2\n")
    assert read(tmp_path / "MLmodel")[1]["python_version"] == "3.9.7"
    assert "scikit-learn==0.24.2" in read(tmp_path / "MLmodel")[1]["requires"]
    for damaged in ("a: [", "- 1", "dependencies: 3", "dependencies:\n- pip: {a: b}\n- 7"):
        (tmp_path / "conda.yaml").write_text(damaged)
        assert read(tmp_path / "MLmodel")[1]["requires"] == "scikit-learn==0.24.2"


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
    assert read(path) == ("pickle", {"protocol": str(pickle.DEFAULT_PROTOCOL)})


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


def test_hostile_files_end_in_a_note_within_bounds(tmp_path: Path) -> None:
    """A bomb, a sparse 10 GB file, an archive that says its listing is huge, deep nesting, truncated files, and a pipe."""
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a/data.pkl", "w") as member:
        for _ in range(64):
            member.write(bytes(4_000_000))
    (tmp_path / "bomb.pkl.gz").write_bytes(gzip.compress(b"\x80\x04" + b"]" * 100_000_000, 1))
    for name, head in {
        "s.h5": b"\x89HDF\r\n\x1a\n",
        "s.pkl": b"\x80\x04",
        "s.onnx": b"\x08\x06",
        "s.pt": b"PK\x03\x04",
        "s.cbm": b"CBM1",
    }.items():
        with (tmp_path / name).open("wb") as stream:
            stream.write(head)
            stream.truncate(10_000_000_000)
    with (tmp_path / "listing.pt").open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(2_000_000_000)
        stream.seek(0, os.SEEK_END)
        stream.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 1_900_000_000, 90_000_000, 0))
    (tmp_path / "config.json").write_text('{"a":' * 300_000)
    (tmp_path / "deep.safetensors").write_bytes(struct.pack("<Q", 400_000) + b"[" * 400_000)
    (tmp_path / "long.safetensors").write_bytes(struct.pack("<Q", 1 << 62))
    (tmp_path / "deep.pkl").write_bytes(b"\x80\x04" + b"(" * 5_000_000)
    (tmp_path / "MLmodel").write_text("a: " + "[" * 100_000)
    (tmp_path / "cut.onnx").write_bytes((GOLDEN / "relu.onnx").read_bytes()[:30])
    os.mkfifo(tmp_path / "pipe.pkl")
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found, notes = read_artifacts(walk(tmp_path))
    assert time.process_time() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes
    told = {note.split(":")[0] for note in notes}
    assert {"listing.pt", "s.pt", "cut.onnx", "deep.safetensors", "MLmodel"} <= told
    assert {"s.cbm", "bomb.pkl.gz", "deep.pkl"} <= {artifact.path for artifact in found}


MAGIC = [b"\x80\x02", b"\x80\x04", b"\x78\x9c", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"]
HEADS = [
    *MAGIC,
    b"",
    b"\x89HDF\r\n\x1a\n",
    b"PK\x03\x04",
    b"\x08\x06",
    b"    TFL3",
    b"{L",
    b"binf",
    b"CBM1",
    b"tree\nversion=v",
    b'{"learner":',
    b'{"class_name":',
    b"flavors: ",
]
NAMES = [
    "a.h5",
    "a.onnx",
    "a.pt",
    "a.pkl",
    "a.joblib",
    "a.safetensors",
    "saved_model.pb",
    "a.meta",
    "config.json",
    "a.keras",
    "a.bin",
    "a.pb",
    "a.index",
    "a.txt",
    "MLmodel",
]
NAMES += ["tokenizer.json", "model_index.json", "meta.json", "x.json"]
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

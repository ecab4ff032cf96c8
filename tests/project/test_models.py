from __future__ import annotations

from pathlib import Path

import pytest

from resolver.core.program import Model
from resolver.core.project import Artifact
from resolver.project.files import walk
from resolver.project.models import models_of
from resolver.project.sources import parse_sources

NET = "import torch\nclass Net(torch.nn.Module):\n    def __init__(self{}):\n        pass\n"


def models(folder: Path, files: dict[str, str], *artifacts: Artifact) -> tuple[Model, ...]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return models_of(parse_sources(walk(folder)), artifacts)


def artifact(path: str, kind: str, **marks: str) -> Artifact:
    return Artifact(path=path, format=kind, marks=tuple(marks.items()))


@pytest.mark.parametrize(
    ("signature", "takes"),
    [
        ("data", "json"), ("image", "image"), ("img, size=3", "image"), ("image_path", "path"), ("x: Path", "path"),
        ("x: Image.Image", "image"),
        ("filename", "path"), ("", None), ("a, b", None), ("x, *, y", None), ("x, *, y=1", "json"),
    ],
)  # fmt: skip
def test_a_function_and_what_it_takes(tmp_path: Path, signature: str, takes: str | None) -> None:
    found = models(tmp_path, {"infer.py": f"def predict({signature}):\n    return 1\n"})
    assert [one.takes for one in found] == ([takes] if takes else [])


def test_functions_that_cannot_be_reached_are_passed_over(tmp_path: Path) -> None:
    files = {
        "a.py": "import argparse\nargs = argparse.ArgumentParser().parse_args()\ndef predict(x): pass",
        "deep/b.py": "def predict(x): pass",
        "test_c.py": "def predict(x): pass",
        "d.py": "class A:\n    def predict(self, x): pass",
    }
    assert models(tmp_path, files) == ()


def test_functions_go_before_files_and_telling_names_first(tmp_path: Path) -> None:
    found = models(
        tmp_path, {"z.py": "def classify(image): pass", "y.py": "def predict(rows): pass"},
        artifact("out/a.onnx", "onnx"), artifact("zoo.onnx", "onnx"), artifact("best.onnx", "onnx"), artifact("tests/t.onnx", "onnx"),
    )  # fmt: skip
    assert [one.path or one.module for one in found] == ["y", "z", "best.onnx", "zoo.onnx", "out/a.onnx"]


@pytest.mark.parametrize(
    ("one", "model"),
    [
        (artifact("m.h5", "keras-h5", holds="network"), Model(framework="keras", path="m.h5")),
        (artifact("m.h5", "keras-h5", holds="weights"), None),
        (artifact("m.keras", "keras-zip"), Model(framework="keras", path="m.keras")),
        (artifact("export/1/saved_model.pb", "tensorflow-savedmodel"), Model(framework="tensorflow", path="export/1")),
        (artifact("m.pt", "torch-script"), Model(framework="pytorch", path="m.pt")),
        (artifact("m.pkl", "pickle", modules="sklearn,numpy"), Model(framework="sklearn", path="m.pkl")),
        (artifact("words.pkl", "pickle", modules="collections"), None),
        (artifact("m.json", "xgboost-json"), Model(framework="xgboost", path="m.json")),
        (artifact("m.txt", "lightgbm-text"), Model(framework="lightgbm", path="m.txt")),
        (artifact("m.bin", "hdf5"), None),
    ],
)  # fmt: skip
def test_what_loads_by_itself(tmp_path: Path, one: Artifact, model: Model | None) -> None:
    assert models(tmp_path, {}, one) == ((model,) if model else ())


def test_weights_of_a_network_need_the_one_class_that_asks_nothing(tmp_path: Path) -> None:
    weights = artifact("m.pth", "torch-zip")
    assert models(tmp_path, {"nets/small.py": NET.format(", n=3")}, weights) == (
        Model(framework="pytorch", path="m.pth", module="nets.small", function="Net"),
    )
    assert models(tmp_path, {"nets/large.py": NET.format("")}, weights) == ()
    assert models(tmp_path, {"nets/small.py": NET.format(", n"), "nets/large.py": ""}, weights) == ()


def test_of_several_networks_the_one_that_weights_are_loaded_into(tmp_path: Path) -> None:
    main = "import torch\nfrom nets import *\nnet = Net()\nnet.load_state_dict(torch.load('m.pth'))\nother = Block()\n"
    found = models(
        tmp_path, {"nets.py": NET.format("") + NET.format("").replace("Net", "Block"), "run.py": main}, artifact("m.pth", "torch-zip")
    )
    assert found == (Model(framework="pytorch", path="m.pth", module="nets", function="Net"),)


def test_a_folder_of_transformers_needs_its_weights(tmp_path: Path) -> None:
    config = artifact("bert/config.json", "transformers-config")
    assert models(tmp_path, {}, config) == ()
    assert models(tmp_path, {}, config, artifact("bert/model.safetensors", "safetensors")) == (
        Model(framework="transformers", path="bert"),
    )

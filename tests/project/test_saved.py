from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.core.project import Artifact, Need, Origin, OriginKind
from resolver.core.reporter import Reporter
from resolver.project.asks import asks
from resolver.project.read import read_project
from resolver.project.saved import Asked, asked, modules_of

GOLDEN = Path(__file__).parent / "golden"


def saved(format_: str, path: str = "model", **marks: str) -> Artifact:
    return Artifact(path=path, format=format_, marks=tuple(sorted(marks.items())))


def need(text: str, line: int = 1, strength: int = 2) -> Need:
    return Need(requirement=text, origin=Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=line), strength=strength)


def ask(artifacts: list[Artifact], *needs: str) -> Asked:
    return asked(artifacts, [need(text) for text in needs], lambda _, __: True)


def constraints(artifacts: list[Artifact], *needs: str) -> list[tuple[str, int]]:
    found = ask(artifacts, *needs).needs
    assert all(each.constraint and each.origin.kind is OriginKind.ARTIFACT for each in found)
    return [(each.requirement, each.strength) for each in found]


@pytest.mark.parametrize(
    ("artifact", "need_", "expected"),
    [
        (saved("onnx", ir_version="8", opset="17,ai.onnx.ml:2"), "onnxruntime", [("onnxruntime>=1.12", 1)]),
        (saved("onnx", ir_version="10", opset="9"), "onnxruntime-gpu", [("onnxruntime-gpu>=1.18", 1)]),
        (saved("onnx", ir_version="8", opset="17"), "onnx", [("onnx>=1.12", 1)]),
        (saved("onnx", ir_version="4", opset="9"), "onnxruntime", []),
        (saved("pickle", sklearn_version="0.21.3"), "scikit-learn", [("scikit-learn>=0.21,<0.22", 0)]),
        (saved("pickle", classes="numpy._core.multiarray.scalar"), "numpy", [("numpy>=1.26.1", 1)]),
        (saved("keras-h5", holds="network", keras_version="2.2.4", backend="tensorflow"), "keras", [("keras>=2.2,<3", 0)]),
        (saved("keras-h5", holds="network", keras_version="2.2.4", backend="tensorflow"), "tensorflow", [("tensorflow<2.16", 0)]),
        (saved("keras-h5", holds="network", keras_version="2.2.4-tf"), "tensorflow-cpu", [("tensorflow-cpu>=1.13,<2.16", 0)]),
        (saved("keras-h5", holds="network", keras_version="2.4.0"), "tensorflow", [("tensorflow>=2.3,<2.16", 0)]),
        (saved("keras-h5", holds="network", keras_version="2.11.0"), "tensorflow", [("tensorflow>=2.11,<2.16", 0)]),
        (saved("keras-zip", holds="network", keras_version="3.4.1"), "tensorflow", [("tensorflow>=2.16", 0)]),
        (saved("keras-zip", holds="network", keras_version="3.4.1"), "keras", [("keras>=3.4", 0)]),
        (saved("keras-h5", holds="weights", keras_version="2.2.4"), "keras", []),
        (saved("torch-zip", format_version="3", modules="torch"), "torch", [("torch>=1.6", 0)]),
        (saved("torch-zip", format_version="3", modules="models,torch"), "torch", [("torch>=1.6,<2.6", 0)]),
        (saved("torch-script", format_version="4", modules="models,torch"), "torch", [("torch>=1.6", 0)]),
        (saved("torch-pickle", modules="torch"), "torch", []),
        (saved("tensorflow-savedmodel", tensorflow_version="2.6.0", keras="yes"), "tensorflow", [("tensorflow>=2.6,<2.16", 0)]),
        (saved("transformers-config", transformers_version="4.28.1"), "transformers", [("transformers>=4.28", 0)]),
        (saved("tokenizers", merges="pairs"), "transformers", [("transformers>=4.45", 1)]),
        (saved("spacy-model", spacy_version=">=3.5.0,<3.6.0"), "spacy", [("spacy>=3.5.0,<3.6.0", 1)]),
        (saved("spacy-model", spacy_version=">=2.1.3"), "spacy", [("spacy>=2.1.3,<2.2", 1)]),
        (saved("xgboost-ubj", xgboost_version="2.0.3"), "xgboost", [("xgboost>=1.6", 1), ("xgboost>=2.0", 0)]),
        (saved("xgboost-binary"), "xgboost", [("xgboost<3.1", 1)]),
        (saved("lightgbm-text", format_version="v4"), "lightgbm", [("lightgbm>=4.0", 0)]),
        (saved("catboost", catboost_version="1.2.10"), "catboost", [("catboost>=1.2", 0)]),
        (saved("mlflow-model", requires="pandas==1.0.3;cloudpickle==1.4.1"), "pandas", [("pandas>=1.0,<1.1", 0)]),
        (saved("hdf5"), "h5py", []),
    ],
)
def test_what_each_format_asks_for(artifact: Artifact, need_: str, expected: list[tuple[str, int]]) -> None:
    assert constraints([artifact], need_) == expected


def test_only_what_is_needed_is_bounded_and_side_files_ask_for_nothing() -> None:
    artifact = saved("pickle", sklearn_version="0.21.3")
    assert constraints([artifact], "torch") == []
    assert constraints([saved("pickle", "tests/model.pkl", sklearn_version="0.21.3")], "scikit-learn") == []


def test_a_written_pin_stands_and_the_contradiction_is_told() -> None:
    artifact = saved("pickle", "model.pkl", sklearn_version="0.21.3")
    found = ask([artifact], "scikit-learn==1.0.2")
    assert found.needs == ()
    assert found.notes == ("model.pkl: saved with scikit-learn 0.21.3, but requirements.txt:1 pins scikit-learn==1.0.2",)
    assert ask([artifact], "scikit-learn==0.21.2") == Asked()


def test_files_of_several_versions_meet_or_the_newest_counts() -> None:
    models = [saved("onnx", "a.onnx", ir_version="7", opset="12"), saved("onnx", "b.onnx", ir_version="8", opset="16")]
    assert constraints(models, "onnxruntime") == [("onnxruntime>=1.11", 1)]
    pickles = [saved("pickle", "new.pkl", sklearn_version="1.1.0"), saved("pickle", "old.pkl", sklearn_version="0.21.3")]
    found = ask(pickles, "scikit-learn")
    assert [each.requirement for each in found.needs] == ["scikit-learn>=1.1,<1.2"]
    assert found.notes == (
        "new.pkl: saved with scikit-learn 1.1.0; old.pkl was saved by another version of scikit-learn",
        "new.pkl: saved with scikit-learn 1.1.0; so scikit-learn>=1.1,<1.2",
    )


def test_classes_are_uses_interpreters_are_bounds_and_days_are_dates() -> None:
    artifact = saved("pickle", classes="sklearn.svm.classes.SVC,numpy.dtype", protocol="5")
    model = saved("mlflow-model", "m/MLmodel", python_version="3.7.6", date="2020-07-01")
    found = ask([artifact, model])
    assert [use.dotted for use in found.uses] == ["sklearn.svm.classes.SVC"]
    assert [bound.specifier for bound in found.bounds] == [">=3.8", "==3.7.*"]
    assert [(sign.day.isoformat(), sign.reason) for sign in found.dates] == [("2020-07-01", "m/MLmodel was saved")]
    assert asked([artifact], [], lambda _, __: False).uses == ()


def test_operations_of_other_libraries_must_be_imported() -> None:
    model = saved("tensorflow-savedmodel", "m/saved_model.pb", operations="Addons>Resampler,CaseFoldUTF8,MatMul")
    assert [root for root, _ in modules_of([model])] == ["tensorflow_text", "tensorflow_addons"]


MARKS = [
    "keras_version",
    "ir_version",
    "opset",
    "sklearn_version",
    "requires",
    "spacy_version",
    "format_version",
    "modules",
    "holds",
    "classes",
]
FORMATS = ["onnx", "keras-h5", "pickle", "spacy-model", "mlflow-model", "torch-zip", "lightgbm-text", "tokenizers"]
TEXTS = st.one_of(st.text(max_size=20), st.from_regex(r"\d{1,6}(\.\d{1,6}){0,3}(-tf)?", fullmatch=True))


@given(st.sampled_from(FORMATS), st.dictionaries(st.sampled_from(MARKS), TEXTS))
def test_any_marks_give_sound_requirements(format_: str, marks: dict[str, str]) -> None:
    artifact = Artifact(path="x", format=format_, marks=tuple(sorted(marks.items())))
    names = [each.name for each in asks(artifact)]
    for each in ask([artifact], *(name for name in names if name.isidentifier())).needs:
        assert Requirement(each.requirement).specifier


KNOWN = {"sklearn": ["scikit-learn"], "flask": ["flask"], "numpy": ["numpy"], "joblib": ["joblib"], "transformers": ["transformers"]}


def owners(root: str) -> list[str]:
    return KNOWN.get(root, [])


def test_a_project_with_saved_models(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "sklearn-0.21.joblib", tmp_path / "model.joblib")
    (tmp_path / "config.json").write_text(
        json.dumps({"transformers_version": "4.28.1", "model_type": "x", "architectures": ["LlamaModel"]})
    )
    (tmp_path / "app.py").write_text("import flask\nimport joblib\njoblib.load('model.joblib')\n")
    project = read_project(tmp_path, owners=owners, reporter=Reporter())
    wanted = {each.requirement for each in project.needs if not each.constraint}
    assert wanted == {"flask", "joblib", "numpy", "scikit-learn"}
    assert [each.requirement for each in project.needs if each.constraint] == ["scikit-learn>=0.21,<0.22"]
    dotted = {use.dotted for use in project.evidence.uses if use.origin.kind is OriginKind.ARTIFACT}
    assert "sklearn.ensemble.forest.RandomForestRegressor" in dotted
    assert not any(name.startswith(("numpy.", "transformers.")) for name in dotted)
    (tmp_path / "app.py").write_text("import transformers\n")
    project = read_project(tmp_path, owners=owners, reporter=Reporter())
    assert "transformers.LlamaModel" in {use.dotted for use in project.evidence.uses}
    assert PurePosixPath("config.json").name in {use.origin.path for use in project.evidence.uses}

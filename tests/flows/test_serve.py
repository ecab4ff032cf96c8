from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from resolver.core.errors import UsageError
from resolver.core.package import Pin, normalize
from resolver.core.program import Model, Program, Start
from resolver.core.project import Artifact, Need, Origin, OriginKind, Project
from resolver.flows.serve import hints, served

FLASK = Program(kind="flask", path="app.py", variable="app")


def project(program: Program | None = None, *needs: str, models: tuple[Model, ...] = ()) -> Project:
    asked = tuple(Need(requirement=need, origin=Origin(kind=OriginKind.DECLARED, path="requirements.txt")) for need in needs)
    return Project(root=Path("/nowhere"), needs=asked, program=program, models=models)


def added(before: Project) -> list[str]:
    return [need.requirement for need in served(before).needs[len(before.needs) :]]


@pytest.mark.parametrize(("kind", "server"), [("flask", "gunicorn"), ("fastapi", "uvicorn")])
def test_an_application_gets_its_server_once(kind: str, server: str) -> None:
    app = dataclasses.replace(FLASK, kind=kind)
    after = served(project(app, "flask"))
    assert after.program == dataclasses.replace(app, server=server)
    assert added(project(app, "flask")) == [server]
    assert added(project(app, f"{server}[extra]==20")) == []


@pytest.mark.parametrize(
    "program",
    [
        Program(kind="gradio", path="a.py"),
        Program(kind="streamlit", path="a.py"),
        dataclasses.replace(FLASK, start=Start(server="own", port=1)),
    ],
)
def test_what_brings_its_own_server_stays(program: Program) -> None:
    asked = project(program, models=(Model(framework="onnx", path="m.onnx"),))
    assert served(asked) == asked


def test_what_the_written_server_imports_chooses_versions_and_is_probed() -> None:
    (use,) = served(project(models=(Model(framework="transformers", path="model"),))).evidence.uses
    assert (use.dotted, use.statement, use.imported) == ("transformers.pipeline", "from transformers import pipeline", True)
    assert served(project(models=(Model(framework="onnx", path="m.onnx"),))).evidence.uses == ()


@pytest.mark.parametrize(
    ("model", "needs", "added_needs"),
    [
        (Model(framework="onnx", path="m.onnx"), (), ["flask", "gunicorn", "onnxruntime", "pillow", "numpy"]),
        (Model(framework="onnx", path="m.onnx"), ("onnxruntime-gpu", "numpy<2"), ["flask", "gunicorn", "pillow"]),
        (Model(framework="keras", path="m.h5"), ("tensorflow-cpu==2.4",), ["flask", "gunicorn", "pillow", "numpy"]),
        (Model(framework="sklearn", path="m.pkl"), ("scikit-learn",), ["flask", "gunicorn", "joblib", "numpy"]),
        (Model(framework="function", module="m", function="predict", takes="image"), (), ["flask", "gunicorn", "pillow"]),
        (Model(framework="function", module="m", function="predict"), (), ["flask", "gunicorn"]),
    ],
)  # fmt: skip
def test_a_model_gets_a_written_server_and_what_it_imports(model: Model, needs: tuple[str, ...], added_needs: list[str]) -> None:
    script = Program(kind="script", path="main.py")
    after = served(project(script, *needs, models=(model,)))
    assert added(project(script, *needs, models=(model,))) == added_needs
    assert after.program
    assert (after.program.model, after.program.written, after.program.predict) == (model, True, "/predict")


def test_a_saved_model_bounds_what_is_added_for_it() -> None:
    marks = (("backend", "tensorflow"), ("holds", "network"), ("keras_version", "2.2.5"))
    saved = (Artifact(path="m.h5", format="keras-h5", marks=marks),)
    after = served(dataclasses.replace(project(models=(Model(framework="keras", path="m.h5"),)), artifacts=saved))
    bounds = {need.requirement for need in after.needs if need.constraint}
    assert bounds == {"keras>=2.2,<3", "tensorflow<2.16"}


def test_other_models_are_told() -> None:
    models = (Model(framework="onnx", path="a.onnx"), Model(framework="onnx", path="b.onnx"))
    assert served(project(models=models)).evidence.notes == ("--serve takes a.onnx; there are also b.onnx",)


def test_nothing_to_serve_is_an_error_with_a_hint() -> None:
    with pytest.raises(UsageError) as problem:
        served(project(Program(kind="script", path="main.py")))
    assert "def predict" in problem.value.hint


@pytest.mark.parametrize(
    ("program", "pins", "words"),
    [
        (dataclasses.replace(FLASK, start=Start(server="flask", port=1)), (), "--serve"),
        (dataclasses.replace(FLASK, start=Start(server="flask", port=1), server="gunicorn"), (), ""),
        (dataclasses.replace(FLASK, start=Start(server="flask", port=1, alone=True)), (), ""),
        (dataclasses.replace(FLASK, start=Start(server="flask", port=1, host="0.0.0.0")), (), ""),
        (dataclasses.replace(FLASK, start=Start(server="own", port=1)), (), ""),
        (dataclasses.replace(FLASK, kind="fastapi"), ("fastapi",), "uvicorn"),
        (dataclasses.replace(FLASK, kind="fastapi"), ("fastapi", "uvicorn"), ""),
        (None, (), ""),
    ],
)
def test_what_cannot_be_asked_from_outside_is_told(program: Program | None, pins: tuple[str, ...], words: str) -> None:
    told = list(hints(program, [Pin(normalize(name), "1") for name in pins]))
    assert len(told) == bool(words)
    assert words in "".join(told)

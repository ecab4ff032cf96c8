"""The written server, run in-process over fake frameworks: what it answers is its own, what it asks of them is theirs."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import types
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolver.core.program import Model, Program, Start
from resolver.core.project import Project
from resolver.render.files import MARKER
from resolver.render.wrapper import WrapperRenderer
from tests.render.recorded import FLASK_37, resolution

FRAMEWORKS = ("keras", "tensorflow", "pytorch", "onnx", "sklearn", "xgboost", "lightgbm", "transformers", "function")


def text(program: Program) -> str:
    return WrapperRenderer().render(resolution(FLASK_37, project=Project(root=Path("/nowhere/demo"), program=program)))


def around(framework: str, **changed: str) -> str:
    model = Model(framework=framework, **{"path": "m.bin", **changed})
    return text(Program(kind="model", path="resolver_serve.py", server="gunicorn", model=model))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_server_is_python_3_6_and_ours(framework: str) -> None:
    told = around(framework)
    ast.parse(told, feature_version=(3, 6))
    assert told.startswith(f"# {MARKER}\n")


SHIM_HEAD = f"""\
# {MARKER}
# The application of 'app.py' for a production server.

PATH = 'web/app.py'
FOLDER = 'web'
PACKAGE = ''
KIND = 'flask'
NAME = 'create_app'
IS_FACTORY = True

import os
import sys
import types
"""
SERVER_HEAD = f"""\
# {MARKER}
# GET /health; POST /predict with JSON ({{"instances": [...]}}) or a picture (image/*, or one file of a form).

MODEL = 'best \\u2028.onnx'
MODULE = ''
CLASS = ''
FUNCTION = ''
TAKES = 'json'

def pixels(image, height, width, channels, first):
"""


def test_golden_heads() -> None:
    assert text(Program(kind="flask", path="web/app.py", factory="create_app", start=Start(server="flask"), server="gunicorn")).startswith(
        SHIM_HEAD
    )
    assert around("onnx", path="best \u2028.onnx").startswith(SERVER_HEAD)


def test_a_program_that_needs_none_gets_none() -> None:
    assert text(Program(kind="flask", path="app.py", variable="app", server="gunicorn")) == ""
    assert text(Program(kind="script", path="main.py")) == ""


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
    | st.sampled_from(["'\nimport evil #", '"""', "\\", "\u2028x", "😀"])
)
def test_nothing_from_outside_leaves_its_string(word: str) -> None:
    tree = ast.parse(around("sklearn", path=word))
    plain = ast.parse(around("sklearn"))
    assert len(tree.body) == len(plain.body)
    (assigned,) = [node.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "MODEL"]
    assert ast.literal_eval(assigned) == word
    shim = ast.parse(text(Program(kind="flask", path=f"{word}.py", server="gunicorn")))
    assert not [node for node in ast.walk(shim) if isinstance(node, ast.alias) and node.name == "evil"]


def client(monkeypatch: pytest.MonkeyPatch, told: str, **modules: Any) -> Any:
    for name, members in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    names: dict[str, Any] = {"__name__": "resolver_serve", "__file__": "/nowhere/resolver_serve.py"}
    exec(compile(told, "resolver_serve.py", "exec"), names)
    return names["app"].test_client()


class Estimator:
    feature_names_in_ = ("a", "b")

    def predict(self, given: Any) -> Any:
        rows = np.asarray(given, dtype=float)
        if rows.ndim != 2 or rows.shape[1] != 2:
            raise ValueError("X has other features")
        if (rows > 1e6).any():
            raise MemoryError
        return rows.sum(axis=1)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Any:
    return client(monkeypatch, around("sklearn"), joblib={"load": lambda path: Estimator()})


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ('{"instances": [[1, 2], [3, 4]]}', 200, [3, 7]),
        ("[[1, 2]]", 200, [3]),
        ("[1, 2]", 200, [3]),
        ('{"instances": [{"b": 2, "a": 1}]}', 200, [3]),
        ('{"data": {"b": 2, "a": 1}}', 200, [3]),
        ('{"instances": [{"b": 2}]}', 400, None),
        ("[[1, 2], [3]]", 400, None),
        ("[[1, 2, 3]]", 400, None),
        ("[[1, NaN]]", 400, None),
        ("[", 400, None),
        ("", 411, None),
        ("null", 400, None),
        ('{"instances": null}', 400, None),
        ("[" * 100_000, 400, None),
        ("[[1, 2000000]]", 500, None),
    ],
)
def test_rows_as_json(table: Any, body: str, status: int, answer: list[float] | None) -> None:
    done = table.post("/predict", data=body, content_type="application/json")
    assert done.status_code == status, done.data
    told = json.loads(done.data)
    assert told == {"predictions": answer} if status == 200 else set(told) == {"error"}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["instances", "inputs", "a", "b"]), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_whatever_is_the_servers_fault(table: Any, body: bytes) -> None:
    done = table.post("/predict", data=body, content_type="application/json")
    assert done.status_code in ({200, 400} if b"e+" not in body and not re.search(rb"[0-9]{7}", body) else {200, 400, 500})
    json.loads(done.data)


def test_what_is_no_request_for_a_table(table: Any) -> None:
    assert json.loads(table.get("/health").data) == {"status": "ok", "model": "m.bin"}
    assert table.post("/predict", data="a=b", content_type="text/plain").status_code == 415
    assert table.post("/predict", data=png(2, 2), content_type="image/png").status_code == 415
    assert table.get("/predict").status_code == 405
    assert table.post("/predict", data=b"\xff\xfe", content_type="application/json").status_code == 400
    assert table.post("/predict", data=b"x" * (16 << 20) + b"x", content_type="application/json").status_code == 413


class Network:
    input_shape = (None, 4, 6, 3)

    def predict(self, rows: Any) -> Any:
        return [rows.shape, float(rows.max())]


@pytest.fixture
def vision(monkeypatch: pytest.MonkeyPatch) -> Any:
    models = types.SimpleNamespace(load_model=lambda path, **_: Network())
    return client(monkeypatch, around("keras"), keras={"models": models}, tensorflow={})


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(min(height, 64)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_pictures_come_in_the_shape_that_the_network_wants(vision: Any) -> None:
    raw = vision.post("/predict", data=png(9, 9), content_type="image/png")
    assert json.loads(raw.data) == {"predictions": [[1, 4, 6, 3], 1.0]}
    form = vision.post("/predict", data={"image": (io.BytesIO(png(9, 9)), "a.png")}, content_type="multipart/form-data")
    assert json.loads(form.data) == {"predictions": [[1, 4, 6, 3], 1.0]}


def test_what_is_no_picture(vision: Any) -> None:
    for body, status in ((b"no picture", 400), (png(9, 9)[:-31], 400), (png(20_000, 20_000), 413), (b"", 411)):
        assert vision.post("/predict", data=body, content_type="image/png").status_code == status, status
    assert vision.post("/predict", data={"a": "b"}, content_type="multipart/form-data").status_code == 400
    assert vision.post("/predict", json=[[1, 2]]).status_code == 400
    assert vision.post("/predict", json=np.zeros((4, 6, 3)).tolist()).status_code == 200


def test_onnx_names_types_and_old_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self, path: str) -> None:  # as before 1.4: no providers
            self.path = path

        def get_inputs(self) -> list[Any]:
            return [types.SimpleNamespace(name=name, type="tensor(int64)", shape=[1, 2]) for name in ("ids", "mask")]

        def get_outputs(self) -> list[Any]:
            return [types.SimpleNamespace(name="logits"), types.SimpleNamespace(name="kind")]

        def run(self, names: None, feed: dict[str, Any]) -> list[Any]:
            assert {str(value.dtype) for value in feed.values()} == {"int64"}
            if len(feed) < 2:
                raise OSError("Missing Input: mask")
            return [feed["ids"] + 1, [{1: float("nan")}]]

    web = client(monkeypatch, around("onnx"), onnxruntime={"InferenceSession": Session})
    done = web.post("/predict", json={"inputs": {"ids": [1, 2], "mask": [1, 1]}})
    assert json.loads(done.data) == {"predictions": {"logits": [2, 3], "kind": [{"1": None}]}}
    assert web.post("/predict", json={"inputs": {"ids": [1, 2]}}).status_code == 400
    assert web.post("/predict", json=[[1]]).status_code == 400


@pytest.mark.parametrize(("takes", "answer"), [("image", [9, 9]), ("path", "PNG")])
def test_a_function_gets_what_it_takes(monkeypatch: pytest.MonkeyPatch, takes: str, answer: object) -> None:
    def predict(one: Any) -> object:
        return one.size if takes == "image" else Path(one).read_bytes()[1:4]

    web = client(monkeypatch, around("function", path="", module="own", function="predict", takes=takes), own={"predict": predict})
    assert json.loads(web.post("/predict", data=png(9, 9), content_type="image/png").data) == {"predictions": answer}
    if takes == "path":
        assert web.post("/predict", json=[1]).status_code == 400


def test_a_pipeline_is_asked_for_by_the_name_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')

    def pipeline(task: str, **_: object) -> Any:
        if task != "sentiment-analysis":
            raise KeyError(f"Unknown task {task}, available tasks are ['sentiment-analysis']")
        return lambda texts: [{"label": one, "score": np.float32(0.5)} for one in texts]

    web = client(monkeypatch, around("transformers", path=str(tmp_path)), transformers={"pipeline": pipeline})
    done = web.post("/predict", json={"instances": ["good"]})
    assert json.loads(done.data) == {"predictions": [{"label": "good", "score": 0.5}]}
    assert web.post("/predict", data=png(9, 9), content_type="image/png").status_code == 415


def test_the_application_that_a_main_block_prepares_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web").mkdir()
    source = (
        "import sys, flask, own\nfrom pathlib import Path\napp = flask.Flask(__name__)\n"
        "@app.route('/')\ndef root(): return model\n"
        "if __name__ == '__main__':\n    model = Path('m').read_text() + str(len(sys.argv)) + own.x\n"
        "    app.run(debug=True)\n    raise SystemExit('no')\n"
    )
    (tmp_path / "web" / "my app.py").write_text(source)
    (tmp_path / "web" / "own.py").write_text("x = '!'")
    (tmp_path / "web" / "m").write_text("loaded")
    import flask

    monkeypatch.setattr(flask.Flask, "run", flask.Flask.run)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gunicorn", "x"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    told = text(Program(kind="flask", path="web/my app.py", server="gunicorn"))
    names: dict[str, Any] = {"__file__": str(tmp_path / "resolver_serve.py"), "__name__": "resolver_serve"}
    exec(compile(told, "resolver_serve.py", "exec"), names)
    assert names["application"].test_client().get("/").data == b"loaded1!"


def test_real_boosters_and_pipelines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import joblib
    import lightgbm
    from sklearn.linear_model import LinearRegression

    rows, sums = np.arange(40.0).reshape(20, 2), np.arange(40.0).reshape(20, 2).sum(axis=1)
    joblib.dump(LinearRegression().fit(rows, sums), tmp_path / "linear.joblib")
    web = client(monkeypatch, around("sklearn", path=str(tmp_path / "linear.joblib")))
    assert json.loads(web.post("/predict", json=[[1, 2]]).data)["predictions"] == [pytest.approx(3)]
    assert web.post("/predict", json=[["a", "b"]]).status_code == 400
    trained = lightgbm.train({"verbose": -1, "min_data_in_leaf": 1}, lightgbm.Dataset(rows, sums), 3)
    trained.save_model(tmp_path / "booster.txt")
    web = client(monkeypatch, around("lightgbm", path=str(tmp_path / "booster.txt")))
    told = json.loads(web.post("/predict", json=[{"Column_0": 1, "Column_1": 2}]).data)
    assert told["predictions"] == pytest.approx(trained.predict(np.array([[1.0, 2.0]])).tolist())
    assert web.post("/predict", json=[[1, 2, 3]]).status_code == 400

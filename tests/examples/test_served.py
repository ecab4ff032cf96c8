"""The small examples, from the command to a real answer over HTTP, and what their servers do with bad requests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.settings import bundled
from tests.build.engine import needs_engine
from tests.render.test_wrapper import png

HERE = Path(__file__).resolve().parents[2]
RESOLVE = [sys.executable, "-c", "from resolver.cli.resolve import main; main()"]

pytestmark = [
    pytest.mark.docker,
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(not bundled("snapshot.sqlite").exists(), reason="no bundled snapshot in this checkout"),
]


def served(example: str, tmp_path: Path, sample: str, model: Path | None = None, **files: str) -> dict[str, Any]:
    """The resolution of an example (or of a `model` alone, with `files` beside it) that was resolved, built, started, asked and stopped;
    its image stays as `resolver-test-...`.
    """
    folder = tmp_path / example
    copied(example, folder)
    if model:
        folder.mkdir(exist_ok=True)
        (shutil.copytree if model.is_dir() else shutil.copy)(model, folder / f"model_file{model.suffix}")
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "picture.png").write_bytes(png(8, 8))
    if not (folder / "rows.json").exists():
        (folder / "rows.json").write_text("[[1], [3]]")
    told = built(folder, "--serve", "--sample", str(folder / sample))
    assert "--- the started image" in (folder / "resolver-build.log").read_text()
    return told


def copied(example: str, folder: Path) -> None:
    if (HERE / "examples" / example).exists():
        written = shutil.ignore_patterns("Dockerfile", "requirements.lock", "resolution.json", "model_file.h5", "model")
        shutil.copytree(HERE / "examples" / example, folder, ignore=written, dirs_exist_ok=True)


def built(folder: Path, *options: str) -> dict[str, Any]:
    """The resolution of a folder whose image was built, under the name of the folder's example; from the snapshot alone, but for
    transformers, of whose releases it has borrowed metadata (4.7 wants yaml, the ones before do not), and TensorFlow 2, whose light
    builds it lacks.
    """
    needs_engine()
    offline = not folder.name.startswith(("transformers", "tensorflow-2"))
    command = [*RESOLVE, str(folder), "--build", *options, "--tag", tag(folder.name), "--json", "--force"]
    env = {**os.environ, "RESOLVER_HOME": str(folder.parent), "RESOLVER_OFFLINE": str(int(offline))}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def tag(example: str) -> str:
    return f"resolver-test-{example}-{os.getpid()}"


@pytest.fixture(autouse=True)
def _images_removed() -> Iterator[None]:
    yield
    listed = subprocess.run(["docker", "images", "-q", tag("*")], capture_output=True, text=True, check=False).stdout.split()
    if listed:
        subprocess.run(["docker", "rmi", "-f", *listed], capture_output=True, check=False)


@pytest.fixture
def run() -> Iterator[Any]:
    """Starts an image and gives the address of its port."""
    started: list[str] = []

    def start(example: str, port: int) -> str:
        command = ["docker", "run", "-d", "-p", f"127.0.0.1::{port}", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", tag(example)]
        name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        started.append(name)
        shown = subprocess.run(["docker", "port", name, f"{port}/tcp"], capture_output=True, text=True, check=True).stdout.split()[0]
        address = f"http://{shown}"
        deadline = time.monotonic() + 60
        while ask(f"{address}/health")[0] == 0:
            assert time.monotonic() < deadline, subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=False)
            time.sleep(0.2)
        return address

    yield start
    for name in started:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


def ask(url: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind} if body is not None else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.read()
    except OSError:
        return 0, b""


def assert_proven(told: dict[str, Any]) -> None:
    assert told["proof"]["verdict"] == "pass"
    assert told["proof"]["digest"].startswith("sha256:")
    service = told["proof"]["service"]
    told = (service["answered"], service["user"], service["sample"]["status"], service["killed"])
    assert told == (True, 10001, 200, False), "killed: it did not stop within the ten seconds that docker grants"


def test_a_lone_onnx_file_predicts_and_survives_bad_requests(tmp_path: Path, run: Any) -> None:
    told = served("onnx-service", tmp_path, "picture.png")
    assert_proven(told)
    (scores,) = json.loads(told["proof"]["service"]["sample"]["body"])["predictions"]
    assert len(scores) == 3
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert {"flask", "gunicorn", "onnxruntime"} <= set(told["pins"])
    address = run("onnx-service", 8080)
    rows = json.dumps({"instances": [[[[0.5] * 8] * 8]] * 2}).encode()
    status, body = ask(f"{address}/predict", rows)
    assert (status, len(json.loads(body)["predictions"])) == (200, 2)
    for sent, kind, expected in (
        (b"x" * (17 << 20), "application/json", 413), (b"no picture", "image/png", 400), (b"{", "application/json", 400),
        (b"[[1]]", "application/json", 400), (b"a", "text/plain", 415), (png(30_000, 30_000), "image/png", 413),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)
    assert ask(f"{address}/predict")[0] == 405
    assert ask(f"{address}/predict", rows)[0] == 200, "it still answers"


def test_an_old_estimator_behind_flask_comes_up_under_gunicorn(tmp_path: Path) -> None:
    told = served("sklearn-flask", tmp_path, "flowers.json")
    assert_proven(told)
    assert json.loads(told["proof"]["service"]["sample"]["body"]) == {"species": ["setosa", "virginica"]}
    assert told["pins"]["scikit-learn"].startswith("0.24."), "the file says which"
    assert "gunicorn" in told["pins"]


def test_a_lone_booster_predicts_and_refuses_what_is_no_table(tmp_path: Path, run: Any) -> None:
    told = served("xgboost", tmp_path, "rows.json", HERE / "tests" / "project" / "golden" / "xgboost-3.2.json")
    assert_proven(told)
    assert json.loads(told["proof"]["service"]["sample"]["body"]) == {"predictions": [0.5, 0.5]}
    address = run("xgboost", 8080)
    for sent, kind, expected in (
        (b"[[1]]", "application/json", 200), (b'[["a"]]', "application/json", 400), (b"[[1, 2]]", "application/json", 400),
        (png(8, 8), "image/png", 415), (b"x" * (17 << 20), "application/json", 413),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)


def test_a_lone_lightgbm_text_predicts_and_refuses_what_is_no_table(tmp_path: Path, run: Any) -> None:
    told = served("lightgbm", tmp_path, "rows.json", HERE / "tests" / "project" / "golden" / "lightgbm-4.7.txt")
    assert_proven(told)
    scores = json.loads(told["proof"]["service"]["sample"]["body"])["predictions"]
    assert scores == pytest.approx([0.450166, 0.549834], abs=1e-6)
    address = run("lightgbm", 8080)
    for sent, kind, expected in (
        (b"[[1]]", "application/json", 200), (b'[["a"]]', "application/json", 400), (b"{", "application/json", 400),
        (png(8, 8), "image/png", 415), (b"a", "text/plain", 415), (b"x" * (17 << 20), "application/json", 413),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)


def test_a_lone_keras_file_takes_pictures_and_refuses_what_is_none(tmp_path: Path, run: Any) -> None:
    """`digits.h5` was saved by Keras 2.2.5 with all weights zero: ten equal scores."""
    told = served("tensorflow-2-keras", tmp_path, "picture.png", HERE / "tests" / "examples" / "digits.h5")
    assert_proven(told)
    (scores,) = json.loads(told["proof"]["service"]["sample"]["body"])["predictions"]
    assert scores == [pytest.approx(0.1)] * 10
    address = run("tensorflow-2-keras", 8080)
    for sent, kind, expected in (
        (b"no picture", "image/png", 400), (b"[[1]]", "application/json", 400), (b"{", "application/json", 400), (b"a", "text/plain", 415),
        (b"x" * (17 << 20), "image/png", 413), (png(30_000, 30_000), "image/png", 413), (png(8, 8), "image/png", 200),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)


def test_a_graph_of_tensorflow_1_predicts_in_a_session_and_refuses_what_is_no_row(tmp_path: Path, run: Any) -> None:
    """`tf1_model` was saved by TensorFlow 1.15.0's `simple_save` on Python 3.7: rows of four numbers, two variables."""
    model = HERE / "tests" / "examples" / "tf1_model"
    told = served("tensorflow-1", tmp_path, "row.json", model, **{"requirements.txt": "tensorflow==1.15.*\n", "row.json": "[[1, 2, 3, 4]]"})
    assert_proven(told)
    assert json.loads(told["proof"]["service"]["sample"]["body"]) == {"predictions": [[4.5, 5.5]]}
    assert told["pins"]["tensorflow"].startswith("1.15.")
    address = run("tensorflow-1", 8080)
    for sent, kind, expected in (
        (b'{"instances": {"x": [[1, 2, 3, 4], [0, 0, 0, 0]]}}', "application/json", 200), (b"[[1, 2]]", "application/json", 400),
        (b'[["a", "b", "c", "d"]]', "application/json", 400), (b"{", "application/json", 400), (png(8, 8), "image/png", 400),
        (b"a", "text/plain", 415), (b"x" * (17 << 20), "application/json", 413), (b"[[1, 2, 3, 4]]", "application/json", 200),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)


def test_a_saved_model_of_tensorflow_2_predicts_by_its_signature(tmp_path: Path, run: Any) -> None:
    """`tf2_model` was saved by TensorFlow 2.10.0 on Python 3.10: y = 2 a + 3 b + 1 for rows of two numbers."""
    model = HERE / "tests" / "examples" / "tf2_model"
    told = served("tensorflow-2", tmp_path, "row.json", model, **{"requirements.txt": "tensorflow==2.10.*\n", "row.json": "[[1, 2]]"})
    assert_proven(told)
    assert json.loads(told["proof"]["service"]["sample"]["body"]) == {"predictions": [[9]]}
    assert told["pins"]["tensorflow-cpu"].startswith("2.10.")
    assert_answers(f"{run('tensorflow-2', 8080)}/predict")


def test_torch_weights_with_the_class_beside_them_and_a_script_alone_predict(tmp_path: Path, run: Any) -> None:
    """Both hold y = 2 a + 3 b + 1; the two images share the layer of torch."""
    torch = HERE / "tests" / "examples" / "torch"
    for example, model, files in (
        ("torch-weights", torch / "weights.pth", {"net.py": (torch / "net.py").read_text()}),
        ("torch-script", torch / "script.pt", {}),
    ):
        told = served(example, tmp_path, "row.json", model, **{"row.json": "[[1, 2]]"}, **files)
        assert_proven(told)
        assert json.loads(told["proof"]["service"]["sample"]["body"]) == {"predictions": [[9]]}, example
        assert_answers(f"{run(example, 8080)}/predict")


def assert_answers(address: str) -> None:
    """A server of rows of two numbers takes them, refuses everything else by the right code, and still answers after."""
    for sent, kind, expected in (
        (b'{"instances": [[1, 2], [0, 0]]}', "application/json", 200), (b"[[1]]", "application/json", 400),
        (b"[[1", "application/json", 400),
        (b'[["a", "b"]]', "application/json", 400), (png(8, 8), "image/png", 400), (b"a", "text/plain", 415),
        (b"x" * (17 << 20), "application/json", 413), (png(30_000, 30_000), "image/png", 413), (b"[[1, 2]]", "application/json", 200),
    ):  # fmt: skip
        assert ask(address, sent, kind)[0] == expected, (sent[:20], kind)


def test_the_classic_that_plain_pip_breaks_answers_under_gunicorn_and_refuses_what_is_no_picture(tmp_path: Path, run: Any) -> None:
    told = served("keras-flask", tmp_path, "picture.png", HERE / "tests" / "examples" / "digits.h5")
    assert_proven(told)
    assert told["pins"]["keras"] == "2.2.5"
    answer = json.loads(told["proof"]["service"]["sample"]["body"])
    assert answer == {"digit": 0, "scores": [pytest.approx(0.1)] * 10}, "its weights are zero"
    address = run("keras-flask", 5000)
    for sent, kind, expected in (
        (b"no picture", "image/png", 400), (png(8, 8)[:44], "image/png", 400), (b"", "image/png", 400), (b"[[1]]", "application/json", 415),
        (b"x" * (17 << 20), "image/png", 413), (png(30_000, 30_000), "image/png", 413), (png(8, 8), "image/png", 200),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)


def test_a_small_torch_answers_under_uvicorn(tmp_path: Path) -> None:
    told = served("pytorch-fastapi", tmp_path, "rows.json")
    assert_proven(told)
    (row,) = json.loads(told["proof"]["service"]["sample"]["body"])["probabilities"]
    assert sum(row) == pytest.approx(1)
    assert {"uvicorn", "torch"} <= set(told["pins"])


def test_a_pipeline_made_in_a_first_image_is_served_by_a_second_that_keeps_its_versions(tmp_path: Path, run: Any) -> None:
    folder = tmp_path / "transformers-pipeline"
    copied("transformers-pipeline", folder)
    first = built(folder)
    made = ["docker", "run", "-d", "-w", "/tmp", tag("transformers-pipeline"), "python", "/app/make_model.py"]
    name = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    try:
        subprocess.run(["docker", "wait", name], capture_output=True, check=True, timeout=120)
        subprocess.run(["docker", "cp", f"{name}:/tmp/model", str(folder / "model")], capture_output=True, check=True)
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
    told = served("transformers-pipeline", tmp_path, "texts.json")
    assert_proven(told)
    assert first["pins"].items() <= told["pins"].items(), "the gigabytes of torch are not installed a second time"
    answers = json.loads(told["proof"]["service"]["sample"]["body"])["predictions"]
    assert [one["label"] in {"LABEL_0", "LABEL_1"} for one in answers] == [True, True]
    address = run("transformers-pipeline", 8080)
    for sent, kind, expected in (
        (b'["good film"]', "application/json", 200), (b"[5]", "application/json", 400), (b"{", "application/json", 400),
        (png(8, 8), "image/png", 415), (b"a", "text/plain", 415), (b"x" * (17 << 20), "application/json", 413),
    ):  # fmt: skip
        assert ask(f"{address}/predict", sent, kind)[0] == expected, (sent[:20], kind)

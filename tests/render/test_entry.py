from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.render.entry import Entry, guess_entry

LIB = "from flask import Flask\napp = Flask('x')\nif 1:\n  app.run()"
FLASK_RUN = ("env", "FLASK_APP=app:web", "python", "-m", "flask", "run", "--host=0.0.0.0", "--port=5000")
UVICORN = ("python", "-m", "uvicorn", "main:api", "--host=0.0.0.0", "--port=8000")
STREAMLIT = ("streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501")


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({}, Entry()),
        ({"train.py": "import torch"}, Entry()),
        ({"main.py": "import torch"}, Entry(command=("python", "main.py"))),
        ({"predict.py": LIB}, Entry(command=("python", "predict.py"), port=5000)),
        ({"app.py": "import flask\na = flask.Flask('x')\na.run(port=81)"}, Entry(command=("python", "app.py"), port=81)),
        ({"app.py": "import flask, os\na = flask.Flask('x')\na.run(port=int(os.environ['P']))"}, Entry(command=("python", "app.py"))),
        ({"app.py": "import flask\na = flask.Flask('x')\na.run(**{'port': 3})"}, Entry(command=("python", "app.py"))),
        ({"app.py": "from flask import Flask\nweb = Flask('x')"}, Entry(command=FLASK_RUN, port=5000)),
        ({"main.py": "from fastapi import FastAPI\napi = FastAPI()"}, Entry(command=UVICORN, port=8000)),
        ({"app.py": "import streamlit as st\nst.write(1)"}, Entry(command=STREAMLIT, port=8501)),
        ({"demo.py": "import gradio as gr\ngr.Blocks().launch(server_port=9)"}, Entry(command=("python", "demo.py"), port=9)),
        ({"demo.py": "import gradio as gr\ngr.Blocks().launch()"}, Entry(command=("python", "demo.py"), port=7860)),
        ({"main.py": "import torch", "server.py": LIB}, Entry(command=("python", "server.py"), port=5000)),
        ({"app.py": "print 'python 2'", "main.py": "pass"}, Entry(command=("python", "main.py"))),
        ({"main.py": "import flask\nimport subprocess\nsubprocess.run('x')"}, Entry(command=("python", "main.py"))),
        ({"app.py": "import flask\nflask.Flask('x').run(port=True)"}, Entry(command=("python", "app.py"))),
        ({"app.py": "import flask\nflask.Flask('x').run(port=99999)"}, Entry(command=("python", "app.py"))),
    ],
)  # fmt: skip
def test_guess(tmp_path: Path, files: dict[str, str], entry: Entry) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert guess_entry(tmp_path) == entry


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "app.py").mkdir()
    (tmp_path / "main.py").write_bytes(b"\0\xff\xfe")
    (tmp_path / "server.py").write_text("(" * 100_000)
    (tmp_path / "serve.py").write_text("x = 1\n" * 400_000)
    assert guess_entry(tmp_path) == Entry()
    assert guess_entry(tmp_path / "missing") == Entry()


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_never_raises(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "app.py").write_bytes(text)
    assert guess_entry(folder).command

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.project.files import walk
from resolver.project.programs import program_of
from resolver.project.sources import parse_sources
from resolver.render.entry import Entry, entry_of

MAIN = "\nif __name__ == '__main__':\n    "
FLASK = "from flask import Flask\napp = Flask('x')\n"
FAST = "from fastapi import FastAPI\nimport uvicorn\napi = FastAPI()\n"


def itself(name: str, port: int = 0, **more: str) -> Entry:
    command = ("python", "-m", *name.split()[1:]) if name.startswith("-m") else ("python", name)
    return Entry(command=command, port=port, stop="SIGINT", **more)


def flask_run(target: str, port: int = 5000, **more: str) -> Entry:
    command = ("env", f"FLASK_APP={target}", "python", "-m", "flask", "run", "--host=0.0.0.0", f"--port={port}")
    return Entry(command=command, port=port, stop="SIGINT", **more)


def uvicorn(*words: str, port: int = 8000, **more: str) -> Entry:
    return Entry(command=("python", "-m", "uvicorn", *words, "--host=0.0.0.0", f"--port={port}"), port=port, **more)


STREAMLIT = ("streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501")


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({}, Entry()),
        ({"train.py": "import torch"}, Entry()),
        ({"main.py": "import torch"}, itself("main.py")),
        ({"predict.py": FLASK + "if 1:\n  app.run()"}, itself("predict.py", 5000)),
        ({"app.py": "import flask\na = flask.Flask('x')\na.run(port=81)"}, itself("app.py", 81)),
        ({"app.py": "import flask, os\na = flask.Flask('x')\na.run(port=int(os.environ['P']))"}, itself("app.py")),
        ({"app.py": "import flask\na = flask.Flask('x')\na.run(**{'port': 3})"}, itself("app.py")),
        ({"app.py": "from flask import Flask\nweb = Flask('x')"}, flask_run("app:web")),
        ({"main.py": "from fastapi import FastAPI\napi = FastAPI()"}, uvicorn("main:api")),
        ({"app.py": "import streamlit as st\nst.write(1)"}, Entry(command=STREAMLIT, port=8501)),
        ({"demo.py": "import gradio as gr\ngr.Blocks().launch(server_name='0.0.0.0', server_port=9)"}, itself("demo.py", 9)),
        ({"main.py": "import torch", "server.py": FLASK + "app.run(host='0.0.0.0')"}, itself("server.py", 5000)),
        ({"app.py": "print 'python 2'", "main.py": "pass"}, itself("main.py")),
        ({"main.py": "import flask\nimport subprocess\nsubprocess.run('x')"}, itself("main.py")),
        ({"app.py": "import flask\nflask.Flask('x').run(port=True)"}, itself("app.py")),
        ({"app.py": "import flask\nflask.Flask('x').run(port=99999)"}, itself("app.py")),
    ],
)  # fmt: skip
def test_the_usual(tmp_path: Path, files: dict[str, str], entry: Entry) -> None:
    assert entry_at(tmp_path, files) == entry


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"app.py": FLASK + MAIN + "app.run(debug=True)"}, flask_run("app:app")),
        ({"app.py": FLASK + MAIN + "print('up')\n    app.run('127.0.0.1', 81)"}, flask_run("app:app", 81)),
        ({"app.py": FLASK + MAIN + "app.run('0.0.0.0', 81)"}, itself("app.py", 81)),
        ({"app.py": FLASK + "import os" + MAIN + "app.run(port=int(os.environ.get('PORT', 8080)))"}, flask_run("app:app", 8080)),
        ({"app.py": FLASK + MAIN + "port = 9\n    app.run(port=port)"}, flask_run("app:app", 9)),
        ({"app.py": FLASK + MAIN + "app.run(host='', port='70')"}, itself("app.py", 70)),
        (
            {"app.py": FLASK + "import argparse" + MAIN + "p = argparse.ArgumentParser()\n    p.add_argument('--port', default=7)\n"
                "    a = p.parse_args()\n    app.run(host='0.0.0.0', port=a.port)"}, itself("app.py", 7),
        ),
        # What the guard does besides starting would be lost: the file itself is run.
        ({"app.py": FLASK + "def load(): pass" + MAIN + "load()\n    app.run()"}, itself("app.py", 5000)),
        ({"app.py": FLASK + "def f(): return model" + MAIN + "model = 1\n    app.run()"}, itself("app.py", 5000)),
        ({"app.py": FLASK + MAIN + "app.config['X'] = 1\n    app.run()"}, itself("app.py", 5000)),
        ({"app.py": FLASK + "def main():\n    app.run()" + MAIN + "main()"}, itself("app.py", 5000)),
        ({"app.py": FAST + MAIN + "uvicorn.run(api)"}, uvicorn("app:api")),
        ({"app.py": FAST + MAIN + "uvicorn.run('app:api', host='0.0.0.0', port=80, reload=True)"}, itself("app.py", 80)),
        ({"app.py": FLASK + "from waitress import serve\nserve(app, port=99)"}, itself("app.py", 99)),
        (
            {"app.py": FLASK + "from gevent.pywsgi import WSGIServer" + MAIN + "s = WSGIServer(('', 6), app)\n"
                "    s.serve_forever()"}, itself("app.py", 6),
        ),
    ],
)  # fmt: skip
def test_where_it_listens_and_what_prepares_it(tmp_path: Path, files: dict[str, str], entry: Entry) -> None:
    assert entry_at(tmp_path, files) == entry


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"app.py": "from flask import Flask\ndef create_app(x=1):\n    return Flask('x')"}, flask_run("app:create_app")),
        ({"app.py": "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()"}, uvicorn("app:create_app", "--factory")),
        ({"app.py": "from flask import Flask\ndef create_app(config):\n    return Flask('x')"}, itself("app.py")),
        ({"run.py": "from web import create_app\napp=create_app()" + MAIN + "app.run()", "web/x.py": "import flask"}, flask_run("run:app")),
        ({"wsgi.py": "from web import app", "web/__init__.py": "import flask"}, flask_run("wsgi:app")),
        ({"run.py": "from web import app\napp.run(debug=True)", "web/__init__.py": "import flask"}, itself("run.py", 5000)),
        ({"backend/app.py": FLASK}, flask_run("app:app", folder="backend")),
        ({"backend/app.py": FLASK + "import backend.x", "backend/x.py": ""}, flask_run("backend.app:app")),
        ({"api/main.py": FAST + "from . import x", "api/x.py": ""}, uvicorn("api.main:api")),
        ({"api/main.py": FAST + "from . import x" + MAIN + "uvicorn.run(api, host='0.0.0.0')"}, itself("-m api.main", 8000)),
        ({"a/b/c/app.py": FLASK}, Entry()),
        ({"tests/app.py": FLASK, "examples/app.py": FLASK}, Entry()),
        ({"a$b/app.py": FLASK}, Entry()),
        ({"__init__.py": FLASK}, Entry()),
        ({"web/__init__.py": FLASK}, flask_run("web:app")),
        ({"my web.py": FLASK + "app.run('0.0.0.0')"}, itself("my web.py", 5000)),
        ({"zoo.py": FLASK, "main.py": "import torch"}, flask_run("zoo:app")),
        ({"zoo.py": "import streamlit\ndef f(): streamlit.cache()", "main.py": "import torch"}, itself("main.py")),
    ],
)  # fmt: skip
def test_which_program_and_how_it_is_imported(tmp_path: Path, files: dict[str, str], entry: Entry) -> None:
    assert entry_at(tmp_path, files) == entry


GUNICORN = ("--workers=1", "--threads=4", "--timeout=300", "--graceful-timeout=8", "--worker-tmp-dir=/dev/shm")


@pytest.mark.parametrize(
    ("files", "procfile", "target", "folder"),
    [
        ({"app.py": FLASK}, "", "app:app", ""),
        ({"app.py": FLASK, "zoo.py": FLASK}, "release: x:y\nweb: gunicorn -w 4 --log-file - zoo:app\n", "zoo:app", ""),
        ({"app.py": FLASK, "web/__init__.py": FLASK + "server = app"}, "web: gunicorn web:server --bind 0.0.0.0:$PORT", "web:server", ""),
        ({"app.py": FLASK, "src/zoo.py": FLASK}, "web: gunicorn src.zoo:app", "src.zoo:app", ""),
        ({"app.py": FLASK, "zoo.py": FLASK}, "web: gunicorn gone:app", "app:app", ""),
        ({"app.py": FLASK, "zoo.py": FLASK}, "web: python zoo:app\nworker: gunicorn zoo:app", "app:app", ""),
    ],
)
def test_a_declared_gunicorn_and_a_procfile(tmp_path: Path, files: dict[str, str], procfile: str, target: str, folder: str) -> None:
    entry = entry_at(tmp_path, files, declared=("flask", "gunicorn"), procfile=procfile)
    assert entry == Entry(command=("gunicorn", "--bind=0.0.0.0:5000", *GUNICORN, target), port=5000, folder=folder)


def test_a_declared_gunicorn_does_not_lose_what_a_main_block_prepares(tmp_path: Path) -> None:
    files = {"app.py": FLASK + "def load(): pass" + MAIN + "load()\n    app.run()"}
    assert entry_at(tmp_path, files, declared=("gunicorn",)) == itself("app.py", 5000)


def test_a_gradio_demo_is_told_to_listen_outside(tmp_path: Path) -> None:
    entry = entry_at(tmp_path, {"demo.py": "import gradio as gr\ngr.Blocks().launch()"})
    assert entry == Entry(command=("env", "GRADIO_SERVER_NAME=0.0.0.0", "python", "demo.py"), port=7860, stop="SIGINT")


def test_the_routes_for_health_and_prediction(tmp_path: Path) -> None:
    routes = "@app.route('/healthz')\ndef h(): pass\n@app.route('/api/predict', methods=['POST'])\ndef p(): pass\n"
    routes += "@app.post('/up')\ndef u(): pass\n"
    (tmp_path / "app.py").write_text(FLASK + routes)
    program = program_of(parse_sources(walk(tmp_path)))
    assert program
    assert (program.health, program.predict) == ("/healthz", "/api/predict")
    assert entry_of(program).health == "/healthz"


def entry_at(folder: Path, files: dict[str, str], **more: Any) -> Entry:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return entry_of(program_of(parse_sources(walk(folder)), **more))


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "app.py").mkdir()
    (tmp_path / "main.py").write_bytes(b"\0\xff\xfe")
    (tmp_path / "server.py").write_text("(" * 100_000)
    assert entry_at(tmp_path, {}) == Entry()


WORDS = (
    "import flask", "from flask import Flask", "app = Flask('x')", "app.run(", ")", "port=", "81", "if __name__ == '__main__':", "\n",
    "    ", "WSGIServer(", "import gevent", "def create_app(", "return", "*", "**", "x", "'0.0.0.0'", ",", ":", "=", "@app.route('/p')",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=30).map(lambda words: " ".join(words).encode())))
def test_never_raises(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "app.py").write_bytes(text)
    assert entry_at(folder, {}).command

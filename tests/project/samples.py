"""One whole file of each kind that some reader reads, for tests to spoil."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path


def _archive(members: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return raw.getvalue()


_TORCH = b"\x80\x02}q\x00(X\x06\x00\x00\x00weightq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02u."
_SAVED = b"\x0a\x15\x12\x13\x0a\x0d\x12\x06\x0a\x04\x0a\x02Op\x2a\x031.4\x12\x02\x0a\x00"
_COMMIT = b"commit 9\0tree " + b"2" * 40 + b"\nparent " + b"3" * 40 + b"\nauthor a\ncommitter a <a> 1500000000 +0000\n\nx"

TEXT_SAMPLES: dict[str, str] = {
    "requirements.txt": "flask==1.0 --hash=sha256:aa\n-r more.txt\ntorch @ https://x.org/t.whl\nnumpy>=1.1 ; python_version<'3.8'\n"
    "-e git+https://x.org/a.git#egg=a-1\npip install b\npython>=3.6\nc=1.0=py37\nd^1.2|>=3\n",
    "setup.py": "from setuptools import setup\nR = ['a==1', 'b']\nwith open('requirements.txt') as f:\n    D = f.read()\n"
    "setup(name='x', install_requires=R + ['c>2'] + D, python_requires='>=3.6', classifiers=['Programming Language :: Python :: 3.6'])\n",
    "setup.cfg": "[metadata]\nname = x\nclassifiers =\n  Programming Language :: Python :: 3.7\n"
    "[options]\ninstall_requires =\n  a==1\n  b>2\n",
    "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.6"\ndependencies = ["a==1"]\n'
    '[tool.poetry.dependencies]\nb = {version = "^1.2", python = "^3.7"}\n',
    "Pipfile": '[packages]\na = "==1.0"\nb = {version = "*", extras = ["c"]}\n[requires]\npython_version = "3.7"\n',
    "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.7"}}, "default": {"a": {"version": "==1.0"}}}',
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1.0"\n',
    "environment.yml": "name: x\nchannels: [defaults]\ndependencies:\n"
    "  - python=3.7\n  - numpy=1.16=py37_0\n  - &a torch>=1\n  - *a\n  - pip:\n    - a==1\n",
    "runtime.txt": "python-3.7.4\n",
    ".python-version": "3.7.4\n",
    ".tool-versions": "python 3.7.4\n",
    "Procfile": "web: gunicorn app:server\n",
    "packages.txt": "libgl1\nffmpeg=4 # x\n",
    "Dockerfile": "FROM tensorflow/tensorflow:1.14.0-py3\nFROM --platform=a python:3.7\n"
    "RUN apt-get update && apt-get install -y libgl1 \\\n"
    '  && pip install a==1 -r requirements.txt\nRUN ["pip", "install", "b"]\nRUN conda install -c x python=3.6 c=1\n',
    "README.md": "# x #\n\nRequires Python 3.6 or 3.7 and torch (pytorch) version 1.4, 1.5 or later. <!-- a --> Use `pip install b`.\n\n"
    "```\n"
    "pip install torch==1.4 torchvision\n```\n- [a](b) keras==2.2.4 (x)\n**Setup**:\n",
    "tox.ini": "[tox]\nenvlist = py36,py{37,38}\n[testenv]\ndeps = a==1\nbasepython = python3.6\n",
    ".github/workflows/ci.yml": "jobs:\n  t:\n    strategy: {matrix: {python: ['3.7']}}\n    image: python:3.8\n"
    "    steps:\n      - run: pip install a==1\n",
    "app.py": "import flask, os.path as p\nfrom torch import nn\nfrom other import *\ntry:\n    import cupy\n"
    "except ImportError:\n    cupy = None\n"
    "app = flask.Flask(__name__)\n@app.route('/a', methods=['POST'])\ndef predict(image):\n    return nn.Linear(1, 2, bias=f'{p!r}')\n"
    "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=80)\n",
    "other.py": "import numpy as np\ntype A = int\nclass N(nn.Module):\n    def f(self): print 'a'\nraise A, 'b'\n",
    "nb.ipynb": '{"cells": [{"cell_type": "code", "source": ["!pip install a==1\\n", "import flask\\n", "flask?"]}], '
    '"metadata": {"language_info": {"version": "3.7.1"}}, "timestamp": 1500000000000, "start_time": "2020-01-02T"}',
    "config.json": '{"transformers_version": "4.1.0", "architectures": ["A"], "model_type": "a"}',
    "tokenizer.json": '{"model": {"merges": [["a", "b"]]}}',
    "meta.json": '{"lang": "en", "name": "a", "spacy_version": ">=3.0"}',
    "model.json": '{"class_name": "Sequential", "keras_version": "2.2.4", "backend": "tensorflow"}',
    "booster.json": '{"learner": {}, "version": [1, 5, 0]}',
    "MLmodel": "flavors:\n  sklearn: {sklearn_version: 0.22.1}\nutc_time_created: '2020-01-01'\n",
    "conda.yaml": "dependencies:\n- python=3.7\n- scikit-learn=0.22\n- pip:\n  - a==1\n",
    "lightgbm.txt": "tree\nversion=v3\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/packed-refs": f"# pack-refs\n{'1' * 40} refs/heads/main\n",
    ".git/logs/HEAD": f"{'0' * 40} {'1' * 40} a <a> 1500000000 +0000\tcommit: x\n",
}
SAMPLES: dict[str, bytes] = {name: body.encode() for name, body in TEXT_SAMPLES.items()} | {
    "m.h5": (Path(__file__).parent.parent / "examples" / "digits.h5").read_bytes()[:20_000],
    "m.pkl": pickle.dumps({"_sklearn_version": "0.22.1", "a": subprocess.PIPE}, 2),
    "joblib.pkl": zlib.compress(b"\x80\x04\x8c\x0fnumpy_pickle\x94\x8c\x02Ab\x94\x93."),
    "m.pt": _archive({"a/data.pkl": _TORCH, "a/version": b"3\n"}),
    "m.keras": _archive({"metadata.json": b'{"keras_version": "3.0.1"}', "config.json": b'{"class_name": "A"}'}),
    "legacy.pth": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + _TORCH,
    "m.onnx": b"\x08\x07\x12\x07pytorch\x1a\x031.9\x42\x02\x10\x0d",
    "saved_model.pb": b"\x08\x01" + b"\x12" + bytes([len(_SAVED)]) + _SAVED,
    "graph.pb": b"\x0a\x0f\x0a\x05input\x12\x06Placeh" + b"\x22\x02\x08\x18",
    "m.meta": _SAVED,
    "m.index": b"\0\0_CHECKPOINTABLE_OBJECT_GRAPH" + bytes.fromhex("57fb808b247547db"),
    "m.safetensors": struct.pack("<Q", 33) + b'{"__metadata__":{"format": "pt"}}',
    "m.ubj": b"{L\0\0\0\0\0\0\0\x01i\x07learner version[#L\0\0\0\0\0\0\0\x03i\x01i\x06i\0",
    "m.cbm": b"CBM1 tags/v1.0.2 2020-01-02T00:00:00Z",
    f".git/objects/11/{'1' * 38}": zlib.compress(_COMMIT),
    f".git/objects/33/{'3' * 38}": zlib.compress(_COMMIT.replace(b"parent " + b"3" * 40 + b"\n", b"")),
    f".git/objects/22/{'2' * 38}": zlib.compress(b"tree 9\x00100644 a.py\0" + b"\1" * 20),
}

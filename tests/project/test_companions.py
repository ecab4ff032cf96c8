from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from resolver.core.native import PROGRAMS
from resolver.core.package import Pin, normalize
from resolver.core.project import Origin, OriginKind, Project, RunsWith
from resolver.core.reporter import Reporter
from resolver.project.calls import Calls
from resolver.project.companions import accompany, companions
from resolver.project.read import read_project

HERE = Origin(kind=OriginKind.IMPORTED, path="app.py", line=1)


TENSORBOARD = [
    ("torch<1.5", "future"),
    ("torch<1.14", "six"),
    ("torch>=1.9,<1.11", "setuptools<59.6"),
    ("torch<1.6", "tensorboard>=1.14"),
    ("torch>=1.6", "tensorboard>=1.15"),
]


def read(folder: Path, source: str) -> Project:
    (folder / "app.py").write_text(source)
    names = {"sklearn": "scikit-learn", "bs4": "beautifulsoup4", "PIL": "pillow"}
    return read_project(folder, owners=lambda root: [names.get(root, root)], reporter=Reporter())


def added(folder: Path, source: str) -> list[str]:
    project = read(folder, source)
    noted = " ".join(project.evidence.notes)
    return [need.requirement for need in project.needs if f"'{need.requirement}' is added" in noted]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import pandas as pd\npd.DataFrame().to_markdown()", ["tabulate"]),
        ("import docs\ndocs.x().to_markdown()", []),
        ("import pandas as pd\npd.read_excel('a.xls')", ["xlrd"]),
        ("import pandas as pd\npd.read_html('a')", ["lxml"]),
        ("from labelme import utils", ["pyqt5"]),
        ("import pafy\npafy.new(url)", ["youtube-dl"]),
        ("from labelme import utils\nimport PySide2", []),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(x, 'lxml')", ["lxml"]),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(x, features='lxml')", ["lxml"]),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(x, 'html.parser')", []),
        ("import tensorflow as tf\nm = tf.keras.models.Model()\nm.save('out/m.h5')", ["h5py"]),
        ("import numpy as np\nnp.save('m.h5')", []),
        ("from keras.preprocessing.image import ImageDataGenerator\nImageDataGenerator()", ["tensorflow", "pillow", "scipy"]),
        ("from transformers import BertModel", ["torch"]),
        ("import torch\nfrom transformers import BertModel", []),
        ("from transformers import TFBertModel", ["tensorflow"]),
        ("from transformers import BertTokenizer", []),
        ("import tensorflow\nfrom transformers import ViTForImageClassification as V\nV.from_pretrained('x')", ["torch"]),
        ("import tensorflow\nfrom transformers import TFViTModel\nTFViTModel.from_pretrained('x')", []),
        ("import torch\nfrom transformers import AutoModel\nAutoModel.from_pretrained('x', device_map='auto')", ["accelerate"]),
        ("import torch\nfrom transformers import AutoModel\nAutoModel.from_pretrained('x', device_map=None)", []),
        ("import jax", ["jaxlib"]),
        ("from fastapi import UploadFile", ["python-multipart"]),
        ("from xgboost import XGBClassifier", ["scikit-learn"]),
        ("try:\n    import jax\nexcept ImportError:\n    jax = None", []),
        ("from sqlalchemy import create_engine\ncreate_engine('mysql+pymysql://u@h/d')", ["pymysql"]),
        ("import evaluate\nevaluate.load('rouge')", ["rouge-score"]),
    ],
)
def test_what_comes_along(tmp_path: Path, source: str, names: list[str]) -> None:
    assert added(tmp_path, source) == names


@pytest.mark.parametrize(
    ("source", "declared", "along"),
    [
        ("import pandas as pd\npd.read_excel(x)", "", [("pandas>=1.2", "openpyxl"), ("pandas<1.2", "xlrd<2")]),
        ("import pandas as pd\npd.read_excel(x)", "pandas\nxlrd", [("pandas>=1.2", "openpyxl"), ("pandas<1.2", "xlrd<2")]),
        ("import pandas as pd\npd.read_excel(x)", "pandas\nxlrd==2.0.1\nopenpyxl", []),
        ("import plotly.io as p\np.write_image(f, 'a.png')", "", [("plotly<6.1.1", "kaleido<1"), ("plotly>=7", "kaleido>=1")]),
        ("import torchaudio\ntorchaudio.load('a.wav')", "", [("torchaudio<2.9", "soundfile"), ("torchaudio>=2.9", "torchcodec")]),
        ("import librosa\nlibrosa.load('a', res_type='kaiser_fast')", "", [("librosa>=0.10", "resampy")]),
        ("import librosa\nlibrosa.load('a', sr=16000)", "", []),
        ("from gym.envs.classic_control.rendering import Viewer", "", [("gym>=0.19", "pyglet<2")]),
        (
            "from mmseg.registry import MODELS",
            "ftfy\nregex",
            [("mmsegmentation>=1", "mmcv-lite>=2,<2.2"), ("mmsegmentation<1", "mmcv<1.8")],
        ),
        ("from mmseg.apis import init_model", "mmcv-full==1.7.1\nftfy\nregex", []),
        ("from fastapi.staticfiles import StaticFiles", "", [("starlette<0.15", "aiofiles")]),
        ("from torch.utils.tensorboard import SummaryWriter", "", TENSORBOARD),
        ("import retinaface", "", [("tensorflow>=2.16", "tf-keras")]),
    ],
)
def test_what_comes_along_with_some_releases_only(tmp_path: Path, source: str, declared: str, along: list[tuple[str, str]]) -> None:
    (tmp_path / "requirements.txt").write_text(declared)
    project = read(tmp_path, source)
    assert [(one.releases, one.needs) for one in project.evidence.runs_with] == along
    for one in project.evidence.runs_with:
        assert f"{one.origin}: '{one.needs}' is added beside {one.releases}: " in " ".join(project.evidence.notes)
        assert one.needs not in [need.requirement for need in project.needs if need.origin.kind is OriginKind.IMPORTED]


def test_a_release_asks_for_it_under_any_of_its_names() -> None:
    wanted = RunsWith(releases="tensorflow>=2.16", needs="tf-keras", origin=HERE)
    names = ("tensorflow", "tensorflow-cpu", "keras")
    assert [wanted.asked_by(Pin(normalize(name), "2.17.0")) for name in names] == [True, True, False]
    assert not wanted.asked_by(Pin(normalize("tensorflow"), "2.15.1"))


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        ("import tkinter\n", ["libtk8.6"]),
        ("import os\nos.system('ffmpeg -i %s' % x)\n", ["ffmpeg"]),
        ("import subprocess as sp\nsp.run(['/usr/bin/git', 'log'])\n", ["git"]),
        ("from subprocess import check_output\ncheck_output(f'sox {x}', shell=True)\n", ["sox"]),
        ("import os\nos.system('nvidia-smi')\n", []),
        ("import os\nos.system(x)\nos.system('')\nos.system('un\"closed')\n", []),
        ("import librosa\nlibrosa.load('a.mp3')\n", ["ffmpeg"]),
        ("from gym.envs.classic_control import rendering\nrendering.Viewer(1, 2)\n", ["libgl1", "libglu1-mesa"]),
        ("import pyglet.gl\n", ["libgl1", "libglu1-mesa"]),
        ("import gym\ngym.make('CartPole-v0')\n", []),
    ],
)
def test_system_packages_of_programs_and_modules(tmp_path: Path, source: str, packages: list[str]) -> None:
    assert [name for name, _ in read(tmp_path, source).evidence.system] == packages


def test_the_table_is_sound() -> None:
    for each in companions():
        assert each.reason, each.root
        assert each.add or each.system, each.root
        assert not each.add or Requirement(each.add).name == normalize(Requirement(each.add).name), each.root
        assert not each.bounded or each.of, each.root
        assert not each.system or each.system in PROGRAMS, each.root
        assert not each.add or each.any or each.of, each.root
        assert not each.of or (Requirement(each.of).specifier and each.add), each.root


def test_a_sign_alone_brings_nothing_beside_what_is_there() -> None:
    assert accompany({"openpyxl", "pandas"}, {"*.to_excel": HERE}).needs == ()
    assert accompany({"numpy"}, {"*.to_excel": HERE}).needs == ()


@given(st.text(max_size=60))
def test_any_argument_is_looked_at(text: str) -> None:
    call = ast.parse(f"f({text!r}, a={text!r})").body[0].value  # type: ignore[attr-defined]
    for name in ("evaluate.load", "os.system", "", "bs4.BeautifulSoup"):
        calls = Calls()
        calls.look(call, name, HERE)
        accompany({"keras"}, calls.signs)

"""Facts of a repository, taken from a small one that is made here."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "facts_of_repository.py"

APP = """\
import json, os
import numpy as np
import keras.backend as K
import scipy.misc, scipy.io as sio
import six.moves
import tensorflow as tf
from flask import Flask, request
from PIL import Image as Pil
from helpers import rescale
from datasets.faces import load
from datasets import load_dataset
try:
    import cupy as cp
except ImportError:
    import numpy as cp
if tf.__version__ < "2":
    init = tf.initialize_all_variables
try:
    merge = tf.merge_all_summaries
except:
    merge = tf.summary.merge_all
app = Flask(__name__)


def answer(np_array, sio):
    np.random.seed(0)
    cp.asarray(np_array)
    sio.loadmat("x")
    tf.keras.preprocessing.image.ImageDataGenerator.flow(1).reset()
    scipy.misc.imread(request.files.get("f"))
    K.learning_phase.x = 1
    os.path.join("a")
    from nltk.corpus import stopwords
    return Pil.open("x"), stopwords.words("english"), tf.flags.FLAGS.batch
"""

FILES = {
    "app.py": APP,
    "helpers.py": "import RPi.GPIO\nimport serial\n",
    "datasets/faces.py": "import cv2\nfrom keras.models import *\n",
    "old.py": "import urllib2\nimport requests\n",
    "python2.py": "print 'no'\n",
    "tests/test_app.py": "import pytest\n",
    "train.py": "import app\nimport pickle\n",
    "serve.py": "from app import answer\n",
    "paths.py": "import pathlib\n",
    "setup.py": (
        "from setuptools import setup\nNEEDS = ['six', 'scipy<1.2']\n"
        "setup(install_requires=NEEDS + ['tqdm'], extras_require={'tf': ['tensorflow']})\n"
    ),
    "requirements.txt": "# all\n-r dev.txt\nnumpy==1.16.4  # old\nflask \\\n  --hash=sha256:00\ngit+https://example.org/x.git\nh5py @ file:///build/h5py\n",
    "environment.yml": "dependencies:\n- python=3.7\n- pip:\n  - 'keras>=2'\n",
    "pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.8'\npandas = '^1.3.1'\njoblib = '~1.2'\nrich = '*'\n",
    "Pipfile": "[packages]\nredis = '==3.5.3'\nown = {path = '.'}\n",
}

HELD = {
    "id": "someone-some-thing",
    "repo": "someone/some-thing",
    "commit_date": "2019-05-04",
    "task": "faces",
    "framework": "tensorflow",
    "requirements": {
        "Pipfile": ["redis==3.5.3"],
        "environment.yml": ["name: project", "dependencies:", "  - python=3.7", "  - pip:", '    - "keras>=2"'],
        "pyproject.toml": ["pandas>=1.3.1,<2", "joblib>=1.2,<1.3", "rich"],
        "requirements.txt": ["numpy==1.16.4", "flask", "h5py @ file:///tmp/build/h5py"],
        "setup.py": ["six", "scipy<1.2", "tqdm"],
        "setup.py[tf]": ["tensorflow"],
    },
    "imports": [
        "from PIL import Image as Pil",
        "from datasets import load_dataset",
        "from flask import Flask",
        "from flask import request",
        "from keras.models import *",
        "from nltk.corpus import stopwords",
        "import cv2",
        "import keras.backend as K",
        "import numpy as np",
        "import scipy.io as sio",
        "import scipy.misc",
        "import six.moves",
        "import tensorflow as tf",
    ],
    "attributes": [
        "PIL.Image.open",
        "flask.request",
        "nltk.corpus.stopwords",
        "numpy.random.seed",
        "scipy.misc.imread",
        "tensorflow.flags.FLAGS",
        "tensorflow.keras.preprocessing.image.ImageDataGenerator",
    ],
}


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    env = {
        "PATH": "/usr/bin:/bin",
        "GIT_AUTHOR_DATE": "2019-05-04T12:00:00Z",
        "GIT_COMMITTER_DATE": "2020-01-01T12:00:00Z",
        "HOME": str(folder),
    }
    return subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True, env=env).stdout.strip()


def commit(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "source")
    return folder / ".git"


def run(git_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(git_dir), "someone/some-thing", *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return commit(folder, FILES)


def test_the_facts(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    ran = run(repository, "--task", "faces", "--out", str(out))
    assert ran.returncode == 0, ran.stderr
    facts = json.loads((out / "someone-some-thing.json").read_text())
    assert facts.pop("commit") == git(repository.parent, "rev-parse", "HEAD")
    assert facts == HELD
    assert "1 does not parse" in ran.stderr
    assert "1 needs RPi" in ran.stderr
    assert "1 needs urllib2" in ran.stderr
    assert "left out: git+https://example.org/x.git" in ran.stderr
    assert [p.name for p in out.iterdir()] == ["someone-some-thing.json"]


def test_a_file_that_needs_something_absent_is_left_out(repository: Path) -> None:
    facts = json.loads(run(repository, "--absent", "cv2").stdout)
    assert "import cv2" not in facts["imports"]
    assert "import numpy as np" in facts["imports"]


def test_a_held_out_repository_is_refused(repository: Path, tmp_path: Path) -> None:
    barred = tmp_path / "holdout.sha256"
    barred.write_text(hashlib.sha256(b"someone/some-thing").hexdigest() + "\n")
    ran = run(repository, "--holdout", str(barred))
    assert ran.returncode == 2
    assert "held out" in ran.stderr
    assert not ran.stdout


def test_mostly_python_2_is_refused(tmp_path: Path) -> None:
    ran = run(commit(tmp_path, {"a.py": "print 'no'\n", "b.py": "exec 'no'\n", "c.py": "import numpy\n"}))
    assert ran.returncode == 2
    assert "left out" in ran.stderr


def test_no_repository_is_one_line(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.returncode == 2
    assert "no HEAD can be read" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_package_at_the_root_is_named_as_the_repository(tmp_path: Path) -> None:
    facts = json.loads(run(commit(tmp_path, {"__init__.py": "", "core.py": "import some_thing.extra\nimport numpy\n"})).stdout)
    assert facts["imports"] == ["import numpy"]

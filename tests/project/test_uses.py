from __future__ import annotations

import ast
import textwrap
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.project import Use
from resolver.project.legacy import imports_of, is_python2
from resolver.project.uses import FileUses, uses_of


def uses(source: str) -> tuple[Use, ...]:
    return read(source).uses


def read(source: str) -> FileUses:
    return uses_of(ast.parse(textwrap.dedent(source)), "app.py", lambda root: root not in {"os", "sys", "helper"})


def dotted(source: str) -> set[str]:
    return {use.dotted for use in uses(source) if not use.imported}


def hard(source: str) -> set[str]:
    return {use.dotted for use in uses(source) if not use.guarded}


def test_imports_one_per_alias_as_written() -> None:
    found = uses(
        "import numpy as np, os, tornado.web\nfrom PIL import Image, ImageDraw as D\nfrom keras.layers import *\nfrom . import x\n"
    )
    assert [(use.dotted, use.statement, use.origin.line) for use in found] == [
        ("numpy", "import numpy as np", 1),
        ("tornado.web", "import tornado.web", 1),
        ("PIL.Image", "from PIL import Image", 2),
        ("PIL.ImageDraw", "from PIL import ImageDraw as D", 2),
        ("keras.layers", "from keras.layers import *", 3),
    ]
    assert all(use.imported and not use.guarded for use in found)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import tensorflow as tf\nx = tf.placeholder(tf.float32)", {"tensorflow.placeholder", "tensorflow.float32"}),
        ("from keras import backend as K\nK.relu(1).shape", {"keras.backend.relu"}),
        ("import a.b.c\na.b.c.d()\na.x", {"a.b.c.d", "a.x"}),
        ("import tensorflow as tf\nL = tf.keras.layers\nL.Dense()", {"tensorflow.keras.layers", "tensorflow.keras.layers.Dense"}),
        ("import numpy as np\ndef f(np): return np.array", set()),
        ("import numpy as np\ndef f():\n  np = 1\n  return np.array", set()),
        ("import numpy as np\nnp = 3\nnp.array", set()),
        ("import numpy as np\nfor np in x: pass\ndef f(): return np.array", set()),
        ("import numpy as np\n[np.x for np in y]\nnp.z", {"numpy.z"}),
        ("import numpy as np\nlambda np: np.x", set()),
        ("def f():\n  import numpy as np\n  return np.array\nnp.zeros", {"numpy.array"}),
        ("import numpy as np\nclass A:\n  np = 1\n  x = np.y\n  def f(self): return np.z", {"numpy.z"}),
        ("import torch\ntorch.foo = 1\ntorch.foo.bar()\ntorch.nn.x = 2", {"torch.foo.bar", "torch.nn"}),
        ("import tensorflow as tf\ntf.flags.FLAGS.batch_size", {"tensorflow.flags.FLAGS"}),
        ("from flask import request\nrequest.files['x']", set()),
        ("import cv2\ncv2.ml.SVM_LINEAR.real", {"cv2.ml.SVM_LINEAR"}),
        ("import a\na.b.c.d.e.f.g.h", {"a.b.c.d.e.f"}),
        ("from tqdm import tqdm\nimport tqdm\ndef f(): return tqdm.tqdm", {"tqdm.tqdm"}),
        ("import helper\nhelper.x\nimport os\nos.path", set()),
        ("try:\n  import x\nexcept ImportError:\n  x = None\nx.y", {"x.y"}),
        # Asked of TensorFlow itself, which the import of a submodule does not do.
        ("import tensorflow as tf\ntf.python.ops.add(1)", {"tensorflow.python", "tensorflow.python.ops.add"}),
        ("from tensorflow.python import ops\nops.add(1)", {"tensorflow.python.ops.add"}),
        ("import tensorflow.compat.v1 as tf\ntf.python.add", {"tensorflow.compat.v1.python.add"}),
    ],
)
def test_dotted_names(source: str, names: set[str]) -> None:
    assert dotted(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("try:\n  import a\nexcept ImportError:\n  import b\na.x", set()),
        ("try:\n  import a\nexcept ImportError:\n  raise", {"a"}),
        ("try:\n  import a\nexcept ImportError:\n  print('install a')\n  sys.exit(1)\na.x", {"a", "a.x"}),
        ("try:\n  import a\nexcept KeyError:\n  pass", {"a"}),
        ("import sys\nif sys.version_info[0] < 3:\n  import urllib9\nelse:\n  import other", set()),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import a", {"typing.TYPE_CHECKING"}),
        ("import a\nif hasattr(a, 'b'):\n  a.b\nelse:\n  a.c\na.d", {"a", "a.d"}),
        ("import a\ntry:\n  a.old\nexcept AttributeError:\n  a.new", {"a"}),
        ("import a\ny = a.old if hasattr(a, 'old') else a.new", {"a"}),
        ("def main():\n  import a\n  a.x", {"a", "a.x"}),
        ("def main():\n  try:\n    import a\n  except ImportError as e:\n    raise ValueError('install a') from e\n  a.x", set()),
        ("if __name__ == '__main__':\n  import a", {"a"}),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n  import a", {"contextlib", "contextlib.suppress"}),
        ("import a\ntry:\n  a.b\n  a.c\n  a.d\nexcept Exception as e:\n  print(e)", {"a", "a.b", "a.c", "a.d"}),
        ("import importlib\nm = importlib.import_module('a.b')", {"importlib", "importlib.import_module", "a.b"}),
    ],
)
def test_guards(source: str, names: set[str]) -> None:
    assert hard("import sys\n" + source) == names


def test_an_unguarded_repetition_wins() -> None:
    assert hard("try:\n  import a\nexcept ImportError: pass\nimport a") == {"a"}


def test_python_2_lines() -> None:
    text = "import numpy as np, cv2\nfrom keras.models import load_model, \\\n  Sequential\nprint 'x'\n"
    assert is_python2(text)
    assert [statement for _, statement, _ in imports_of(text)] == [
        "import numpy as np",
        "import cv2",
        "from keras.models import load_model",
        "from keras.models import Sequential",
    ]


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("print 'x'", True),
        ("print >>f, x", True),
        ("try:\n  x\nexcept E, e:\n  pass", True),
        ("raise E, 'x'", True),
        ("print('x')", False),
        ("print = 3", False),
        ("x = (", False),
        ("except (A, B):", False),
    ],
)
def test_python_2_is_recognised(text: str, old: bool) -> None:
    assert is_python2(text) is old


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["np", "np.a", "x", "1"]), lambda inner: st.builds("{}.b({})[{}]".format, inner, inner, inner), max_leaves=6
    )
)
def test_any_expression_is_walked(expression: str) -> None:
    source = f"import numpy as np\ny = {expression}\n"
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for use in uses_of(tree, str(PurePosixPath("x.py")), lambda root: root == "numpy").uses:
        assert use.dotted.split(".")[0] == "numpy"
        assert use.origin.line in (1, 2)


def test_one_of_two_imports_is_a_choice() -> None:
    source = "try:\n  import a.v1 as x\n  import y\nexcept ImportError:\n  import b as x\n"
    assert [(choice.dotted, choice.origin.line) for choice in read(source).choices] == [(("a.v1", "b"), 1)]
    assert read("try:\n  import a\nexcept ImportError:\n  a = None").choices == ()


def test_keywords_of_calls_are_told_with_the_name_that_is_called() -> None:
    source = """
import gensim.models as gm
from sklearn.preprocessing import OneHotEncoder as Enc
def f(own):
    own(a=1)
    gm.Word2Vec(x, size=3, **more)
    Enc(sparse=False)
    gm.word2vec.Word2Vec(x)
try:
    Enc(other=1)
except Exception:
    pass
"""
    tree = ast.parse(source)
    found = uses_of(tree, "x.py", lambda _: True)
    assert [(use.dotted, use.origin.line) for use in found.keywords] == [
        ("gensim.models.Word2Vec(size)", 6),
        ("gensim.models.Word2Vec(#1)", 6),
        ("sklearn.preprocessing.OneHotEncoder(sparse)", 7),
        ("gensim.models.word2vec.Word2Vec(#1)", 8),
    ]

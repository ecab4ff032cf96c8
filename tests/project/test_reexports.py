from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.reporter import Reporter
from resolver.project.read import read_project
from resolver.project.reexports import OwnModules

OWN = {"utils", "compat", "deep", "app"}


def names(tmp_path: Path, **files: str) -> set[str]:
    for name, text in files.items():
        path = tmp_path / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = read_project(tmp_path, owners=lambda root: [root], reporter=Reporter())
    return {use.dotted for use in project.evidence.uses if not use.imported and not use.guarded}


@pytest.mark.parametrize(
    "handed",
    [
        "from utils import *",
        "from utils import tf",
        "from utils import tf as tf",
        "from .utils import tf",
        "if True:\n    from utils import tf",
    ],
)
def test_what_an_own_module_imports_keeps_its_meaning(tmp_path: Path, handed: str) -> None:
    found = names(tmp_path, utils="import tensorflow as tf\n", app=f"{handed}\ntf.placeholder(1)\n")
    assert found == {"tensorflow.placeholder"}


def test_over_several_modules_and_folders(tmp_path: Path) -> None:
    compat = "from keras import backend as K\n"
    found = names(
        tmp_path, deep__compat=compat, deep__utils="from .compat import *\n", app="from deep.utils import K\nK.learning_phase()\n"
    )
    assert found == {"keras.backend.learning_phase"}


@pytest.mark.parametrize(
    "utils",
    [
        "import tensorflow as tf\ntf = None or other()\n",
        "import tensorflow as tf\nimport torch as tf\n",
        "tf = object()\n",
        "from app import *\n",
        "from utils import *\n",
    ],
)
def test_what_is_unsure_means_nothing(tmp_path: Path, utils: str) -> None:
    assert names(tmp_path, utils=utils, app="from utils import *\ntf.placeholder(1)\n") == set()


def test_private_names_are_not_handed_on_by_a_star(tmp_path: Path) -> None:
    assert names(tmp_path, utils="import tensorflow as _tf\n", app="from utils import *\n_tf.placeholder(1)\n") == set()


@given(
    st.lists(
        st.sampled_from(["import a as x", "from .m1 import *", "from m2 import x", "from m0 import x as y", "x = 1", "from .. import m1"]),
        max_size=6,
    )
)
def test_modules_that_import_each_other_end(lines: list[str]) -> None:
    trees = {PurePosixPath(f"m{at}.py"): ast.parse("\n".join(lines[at:])) for at in range(3)}
    own = OwnModules(trees, lambda root, importer: root == "a")
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                assert set(own.given(node, path).values()) <= {"a"}

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


@pytest.mark.parametrize(
    ("listed", "handed"),
    [
        ("__all__ = ['tf', 'helper']", True),
        ("__all__ = ['helper']", False),
        ("__all__ = []", False),
        ("__all__ = ['helper']\n__all__ += ['tf']", True),
        ("from . import compat\n__all__ = ['helper'] + compat.__all__", True),
        ("from .deep import compat as c\n__all__ = c.__all__ + ['helper']", False),
        ("__all__ = ['helper'] + elsewhere.__all__", True),
        ("__all__ = [name for name in dir() if name != 'tf']", True),
        ("__all__ = ['helper']\ndef export():\n    __all__.append('tf')\nexport()", True),
    ],
)
def test_a_star_hands_on_what_all_lists(tmp_path: Path, listed: str, handed: bool) -> None:
    """What `__all__` lists; where that cannot be read, what is public."""
    found = names(
        tmp_path,
        compat="__all__ = ['tf']\n",
        deep__compat="__all__ = ['other']\n",
        utils=f"import tensorflow as tf\n{listed}\ndef helper(): pass\n",
        app="from .utils import *\ntf.placeholder(1)\n",
    )
    assert found == ({"tensorflow.placeholder"} if handed else set())


def test_all_hands_on_private_names_and_holds_for_no_other_import(tmp_path: Path) -> None:
    utils = "import tensorflow as _tf\nimport torch\n__all__ = ['_tf']\n"
    assert names(tmp_path, utils=utils, app="from utils import *\n_tf.placeholder(1)\n") == {"tensorflow.placeholder"}
    assert names(tmp_path, utils=utils, app="from utils import torch\ntorch.zeros(1)\n") == {"torch.zeros"}


def test_all_holds_at_each_of_several_stars(tmp_path: Path) -> None:
    low = "import tensorflow as tf\nimport torch\n__all__ = ['tf', 'torch']\n"
    deep = "from .compat import *\n__all__ = ['torch']\n"
    found = names(tmp_path, deep__compat=low, deep__utils=deep, app="from deep.utils import *\ntf.placeholder(1)\ntorch.zeros(1)\n")
    assert found == {"torch.zeros"}


def test_a_list_that_is_nested_too_deeply_is_unknown(tmp_path: Path) -> None:
    utils = f"import tensorflow as tf\n__all__ = {'+'.join(['[]'] * 2000)}\n"
    assert names(tmp_path, utils=utils, app="from utils import *\ntf.placeholder(1)\n") == {"tensorflow.placeholder"}


def test_lists_that_are_made_of_each_other_are_unknown(tmp_path: Path) -> None:
    utils = "import tensorflow as tf\nimport compat\n__all__ = ['helper'] + compat.__all__\n"
    found = names(tmp_path, utils=utils, compat="import utils\n__all__ = utils.__all__\n", app="from utils import *\ntf.placeholder(1)\n")
    assert found == {"tensorflow.placeholder"}


@given(
    st.lists(
        st.sampled_from(
            [
                "import a as x",
                "from .m1 import *",
                "from m2 import x",
                "from m0 import x as y",
                "x = 1",
                "from .. import m1",
                "__all__ = m1.__all__",
            ]
        ),
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

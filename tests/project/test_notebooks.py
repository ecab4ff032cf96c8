from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.errors import ProjectError
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.project.files import walk
from resolver.project.notebooks import read_notebooks
from resolver.project.read import read_project


def notebook(folder: Path, *cells: str, name: str = "n.ipynb") -> None:
    made = [{"cell_type": "code", "source": [line + "\n" for line in cell.split("\n")], "outputs": []} for cell in cells]
    loaded = {"cells": [{"cell_type": "markdown", "source": "import no"}, *made], "metadata": {"language_info": {"version": "3.7.6"}}}
    (folder / name).write_text(json.dumps(loaded))


def read(folder: Path) -> Project:
    return read_project(folder, owners=lambda root: [] if root == "google" else [root.lower()], reporter=Reporter())


def test_cells_are_the_source_when_there_is_no_other(tmp_path: Path) -> None:
    notebook(
        tmp_path,
        "%matplotlib inline\n!pip install -q keras==2.2.4 'h5py<3' --upgrade",
        "import numpy as np\nnp.array?\nfrom google.colab import drive",
        "%%time\nimport torch\ntorch.zeros(3)",
        "%%bash\npip install seaborn\n# pip install nothing",
        "print 'old'",
        "if True:\n    !ls\nnp.int(3)",
    )
    project = read(tmp_path)
    assert [(need.requirement, need.strength) for need in project.needs] == [
        ("keras==2.2.4", 0),
        ("h5py<3", 0),
        ("seaborn", 0),
        ("numpy", 1),
        ("torch", 1),
        ("tensorflow", 1),
    ]
    hard = {use.dotted for use in project.evidence.uses if not use.guarded}
    assert hard == {"numpy", "torch", "torch.zeros", "numpy.int"}
    assert [str(bound.origin) for bound in project.evidence.bounds if bound.specifier == "==3.7.*"] == ["n.ipynb"]
    assert any("1 cells do not parse" in note for note in project.evidence.notes)


def test_beside_sources_a_notebook_is_only_a_hint(tmp_path: Path) -> None:
    notebook(tmp_path, "!pip install keras\nimport seaborn\nseaborn.set()")
    (tmp_path / "app.py").write_text("import numpy\n")
    (tmp_path / "requirements.txt").write_text("numpy\n")
    project = read(tmp_path)
    assert [need.requirement for need in project.needs] == ["numpy"]
    assert {use.dotted: use.guarded for use in project.evidence.uses} == {"numpy": False, "seaborn": True, "seaborn.set": True}


LEAVES = st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(["code", "import a", "cells", "%x", "!pip install a"])
KEYS = st.sampled_from(["cells", "source", "cell_type", "metadata", "worksheets"])
TREES = st.recursive(LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS, part), max_leaves=15)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80) | TREES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_told(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "n.ipynb").write_bytes(raw)
    found = read_notebooks(walk(folder), side=False)
    assert len(found.sources) + bool(found.reading.notes) >= 1
    try:
        read(folder)
    except ProjectError:
        assert not found.sources

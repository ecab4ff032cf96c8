from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from resolver.project.readme import read_readme, read_readmes

TEXT = """# A network
Based on a paper of TensorFlow 0.1 fame.

Requirements
------------
- Python 3.6
- [TensorFlow](https://x.example/tensorflow-2.0) 1.14
* Keras 2.2.4 or later
- `pandas == 0.25.1`
- OpenCV (cv2) 3.4
<!-- - PyTorch 0.3 -->

```
# pip install torch==9
$ pip install h5py==2.10.0
```
## Training
The code was tested with **PyTorch 1.0.1**, torchvision 0.2.2 and CUDA 9.0.
It does not work with scipy 1.3.
## News
- tested on numpy 1.99
"""


def said(text: str) -> dict[str, str]:
    reading = read_readme(text, "README.md")
    found = {need.requirement: need.origin.line for need in reading.hearsay}
    return {name: str(line) for name, line in found.items()}


def test_a_readme() -> None:
    assert said(TEXT) == {
        "h5py==2.10.0": "15",
        "pandas==0.25.1": "9",
        "tensorflow==1.14.*": "7",
        "keras>=2.2.4": "8",
        "opencv-python==3.4.*": "10",
        "torch==1.0.1": "18",
        "torchvision==0.2.2": "18",
    }
    bounds = read_readme(TEXT, "README.md").bounds
    assert [(bound.specifier, bound.origin.line) for bound in bounds] == [("==3.6.*", 6)]
    assert all(bound.weight < 1 for bound in bounds)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Requires TensorFlow >= 1.4", ["tensorflow>=1.4"]),
        ("requires TF1.12", ["tensorflow==1.12.*"]),
        ("Tested on PyTorch v0.4.1/1.0", ["torch<1.1,>=0.4.1"]),
        ("tested with TensorFlow 1.x", ["tensorflow==1.*"]),
        ("tested with tensorflow version 1.15.0 and keras (2.3.1)", ["tensorflow==1.15.0", "keras==2.3.1"]),
        ("needs numpy 1.16+", ["numpy>=1.16"]),
        ("requires scikit-learn < 0.22", ["scikit-learn<0.22"]),
        ("requires Pytorch 0.4.0 (**now it does not support 0.4.1 or higher**)", ["torch==0.4.0"]),
        ("We upgraded to TensorFlow 2.0", []),
        ("the TensorFlow 2.0 branch is elsewhere, requirements differ", []),
        ("TensorFlow 1.14 is great", []),
        ("requires torch 95.4% accuracy", []),
        ("see tensorflow/models 1.13 for what is needed", []),
        ("requires my-torch 1.0", []),
        ("Tested with Python 2.7", []),
    ],
)
def test_prose(sentence: str, found: list[str]) -> None:
    assert [need.requirement for need in read_readme(sentence, "README.md").hearsay] == found


@pytest.mark.parametrize(
    ("sentence", "bound"),
    [
        ("Requires Python 3.6+", [">=3.6"]),
        ("tested on Python 3.5-3.7", [">=3.5,<3.8"]),
        ("tested on Python 3.6, 3.7 and 3.8.", [">=3.6,<3.9"]),
        ("Written in Python 3", []),
        ("tested on python 2.7 and 3.6", [">=2.7,<3.7"]),
        ("Python 3.7 or later is required", [">=3.7"]),
    ],
)
def test_interpreters_in_prose(sentence: str, bound: list[str]) -> None:
    assert [each.specifier for each in read_readme(sentence, "README.md").bounds] == bound


def test_which_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Requires keras 2.2.4")
    (tmp_path / "README.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "INSTALL.txt").write_text("pip install torch==1.0.0")
    (tmp_path / "readme_images").mkdir()
    assert [need.requirement for need in read_readmes(tmp_path).hearsay] == ["keras==2.2.4", "torch==1.0.0"]


@given(
    st.lists(
        st.sampled_from(["Python ", "TF ", "torch", ">=", "3.6", "1.x", ", ", "-", "+", "```\n", "# Requirements\n", "\n- ", "<!--", "`"])
    )
)
def test_any_text_gives_specifiers_that_can_be_read(parts: list[str]) -> None:
    reading = read_readme("requires " + "".join(parts), "README.md")
    for bound in reading.bounds:
        SpecifierSet(bound.specifier)
    lines = "".join(parts).count("\n") + 1
    assert all(1 <= need.origin.line <= lines for need in reading.hearsay)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.project import Strength
from resolver.project.shell import heard, installs


def pip(text: str) -> list[str]:
    return [word for word, _ in installs(text).pip]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pip install keras==2.2.4 'h5py<3' --upgrade", ["keras==2.2.4", "h5py<3"]),
        ("RUN python3.7 -m pip --no-cache-dir install keras", []),
        ("sudo pip3 install -U torch==1.4.0 -f https://x.example/whl.html torchvision", ["torch==1.4.0", "torchvision"]),
        ("$ pip install numpy<1.20 scipy>=1.2,<1.5", ["numpy<1.20", "scipy>=1.2,<1.5"]),
        ("cd x && pip install a-b ; pip install c[d]==1", ["a-b", "c[d]==1"]),
        ("pip install git+https://h.example/x.git .", []),
        ("# pip install old==1", []),
        ("pip install new==1  # old==0", ["new==1"]),
        ("pip install -r requirements.txt", []),
        ("pip uninstall x", []),
        ("pip install 'unclosed", ["unclosed"]),
        ("/opt/conda/bin/pip install x==1", ["x==1"]),
        ("pip install", []),
    ],
)
def test_what_pip_was_told(text: str, words: list[str]) -> None:
    assert pip(text) == words


def test_continued_commands_keep_the_line_they_begin_on() -> None:
    text = (
        "x\nRUN apt-get update && apt-get install -y --no-install-recommends \\\n  # a remark\n  ffmpeg libgl1=1.2 \\\n  && pip install a\n"
    )
    found = installs(text)
    assert found.apt == (("ffmpeg", 2), ("libgl1", 2))
    assert found.pip == (("a", 2),)


def test_requirements_files_and_conda() -> None:
    found = installs(
        "pip install -r a.txt -rb.txt\nconda install -c pytorch -y pytorch=1.1 python=3.6 cudatoolkit=9.0 tensorflow-gpu==1.14"
    )
    assert [name for name, _ in found.files] == ["a.txt", "b.txt"]
    reading = heard(found, "README.md", weight=0.5)
    assert [need.requirement for need in reading.hearsay] == ["torch==1.1.*", "tensorflow-gpu==1.14"]
    assert all(need.constraint and need.strength == Strength.HEARSAY for need in reading.hearsay)
    assert [(bound.specifier, bound.weight) for bound in reading.bounds] == [("==3.6.*", 0.5)]


@given(st.text(alphabet=st.sampled_from("pip install=<>'\"\\\n;&|#$!-rc[]conda.1x "), max_size=200))
def test_any_text_is_read(text: str) -> None:
    found = installs("pip install " + text)
    heard(found, "x", weight=0.5)
    assert all(1 <= line <= text.count("\n") + 1 for _, line in (*found.pip, *found.apt, *found.conda))

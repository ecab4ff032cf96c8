from __future__ import annotations

import subprocess
import sys

import pytest

from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.target import Target
from resolver.render.tags import sdists, target_tags, wheels
from tests.render.recorded import release


def names(text: str, python: str, platform: str = "linux_x86_64") -> list[str]:
    return [f.filename for f in wheels(release(text), Target(python=python, platform=platform))]


def test_only_wheels_of_the_interpreter_and_platform_fit() -> None:
    assert names("numpy==1.16.4", "3.7") == ["numpy-1.16.4-cp37-cp37m-manylinux1_x86_64.whl"]
    assert names("numpy==1.16.4", "3.8") == []
    assert names("numpy==1.26.4", "3.12") == ["numpy-1.26.4-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"]
    assert names("numpy==1.26.4", "3.12", "linux_aarch64") == ["numpy-1.26.4-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"]
    assert names("flask==3.0.3", "3.12") == ["flask-3.0.3-py3-none-any.whl"]
    assert names("six==1.16.0", "3.6") == ["six-1.16.0-py2.py3-none-any.whl"]
    assert [f.filename for f in sdists(release("numpy==1.16.4"))] == ["numpy-1.16.4.zip"]


@pytest.mark.parametrize(
    ("tag", "python", "fits"),
    [
        ("cp36-abi3-manylinux2014_x86_64", "3.11", True),
        ("cp311-abi3-manylinux2014_x86_64", "3.8", False),
        ("cp37-cp37m-manylinux_2_36_x86_64", "3.7", True),
        ("cp37-cp37m-manylinux_2_38_x86_64", "3.7", False),
        ("cp313-cp313t-manylinux_2_17_x86_64", "3.13", False),
        ("py2-none-any", "3.7", False),
        ("py3-none-manylinux_2_5_x86_64", "3.10", True),
        ("cp37-none-any", "3.7", True),
        ("cp38-cp38-linux_x86_64", "3.8", True),
        ("cp38-cp38m-linux_x86_64", "3.8", False),
    ],
)
def test_tag_rules(tag: str, python: str, *, fits: bool) -> None:
    assert (tag in target_tags(python, "linux_x86_64")) is fits


def test_a_file_that_excludes_the_interpreter_does_not_fit() -> None:
    file = DistFile(filename="a-1-py3-none-any.whl", kind="wheel", tags=("py3-none-any",), requires_python=">=3.8")
    one = Release(pin=Pin(normalize("a"), "1"), files=(file,))
    assert wheels(one, Target(python="3.7")) == ()
    assert wheels(one, Target(python="3.8")) == (file,)


def test_our_own_interpreter_agrees() -> None:
    """pip's own answer for this interpreter is the reference (its platform list depends on this machine's glibc)."""
    told = subprocess.run([sys.executable, "-m", "pip", "debug", "--verbose"], capture_output=True, text=True, check=False).stdout
    ours = target_tags(f"3.{sys.version_info.minor}", "linux_x86_64")
    theirs = {line.strip() for line in told.partition("Compatible tags:")[2].splitlines() if line.count("-") == 2}
    if not any("x86_64" in tag for tag in theirs):
        pytest.skip("this pip does not tell its tags, or this is no x86-64 Linux")
    assert {tag for tag in theirs if "2_3" not in tag and "2_4" not in tag} <= ours

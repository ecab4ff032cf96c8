"""Which wheels an interpreter takes, against `packaging`'s own list."""

from __future__ import annotations

import pytest
from packaging.tags import compatible_tags, cpython_tags

from resolver.solve.tags import fits

PLATFORMS = [
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
]
STRANGERS = [
    "cp27-cp27mu-manylinux1_x86_64",
    "py2-none-any",
    "cp37-cp37m-win_amd64",
    "cp37-cp37m-macosx_10_9_x86_64",
    "cp38-cp38-manylinux2014_aarch64",
    "cp39-cp39-manylinux_2_37_x86_64",
    "cp310-cp310-musllinux_1_1_x86_64",
    "pp37-pypy37_pp73-manylinux2010_x86_64",
    "cp313-cp313t-manylinux2014_x86_64",
    "py2.py3-none-any",
    "nonsense",
]


def reference(minor: int) -> set[str]:
    abis = [f"cp3{minor}m" if minor <= 7 else f"cp3{minor}"]
    mine = cpython_tags((3, minor), abis, PLATFORMS)
    return {str(t) for t in (*mine, *compatible_tags((3, minor), f"cp3{minor}", PLATFORMS))}


@pytest.mark.parametrize("minor", range(6, 14))
def test_agrees_with_packaging(minor):
    known = {tag for other in range(6, 14) for tag in reference(other)}
    mine = reference(minor)
    wrong = [tag for tag in {*known, *STRANGERS} if fits(tag, minor, "x86_64") != (tag in mine)]
    assert not wrong


def test_architectures_are_told_apart():
    assert fits("cp38-cp38-manylinux2014_aarch64", 8, "aarch64")
    assert not fits("cp38-cp38-manylinux2014_x86_64", 8, "aarch64")

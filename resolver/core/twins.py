"""Distributions that put the same modules into an environment under the same version numbers: installed side by side, the last one wins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from resolver.core.package import NormalizedName, Pin

_FAMILIES = (
    ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless"),
    ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos", "tensorflow-rocm"),
    ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"),
    ("faiss-cpu", "faiss-gpu"),
    ("psycopg2", "psycopg2-binary"),
    ("paddlepaddle", "paddlepaddle-gpu"),
)

TWINS: Mapping[NormalizedName, tuple[NormalizedName, ...]] = {
    NormalizedName(name): tuple(NormalizedName(other) for other in family if other != name) for family in _FAMILIES for name in family
}
"""Distribution -> the others of its family: what holds of one version holds of the others' same version."""

BROUGHT_IN: Mapping[NormalizedName, tuple[NormalizedName, ...]] = {name: TWINS[name] for name in map(NormalizedName, _FAMILIES[0])}
"""Those of them that other distributions ask for, each for another one, so that they meet in one set without anybody's wish."""

_LINKED = {
    NormalizedName(wanted.name): wanted.specifier
    for wanted in map(Requirement, ("tensorflow-gpu<1.14", "tf-nightly-gpu<1.14", "faiss-gpu", "paddlepaddle-gpu"))
}
_LINKED_TO = re.compile(r"(mxnet|dgl|cupy)-cu(da)?\d+\w*")
_OPENED = SpecifierSet(">=13")
"""Releases of CuPy that open the driver when they run: 12.3.0 for CUDA 12 does not import without one, 13.0.0 and 14.2.0 do."""


def wants_graphics(pin: Pin) -> bool:
    """Whether a release is linked to CUDA's libraries and brings none of them: it does not import without a graphics card's driver.

    TensorFlow opens them when it runs since 1.14.
    """
    bound = _LINKED.get(pin.name)
    if bound is not None:
        return bound.contains(pin.version, prereleases=True)
    if pin.name.startswith("cupy-") and _OPENED.contains(pin.version, prereleases=True):
        return False
    return bool(_LINKED_TO.fullmatch(pin.name))

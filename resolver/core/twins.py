"""Distributions that put the same modules into an environment under the same version numbers: installed side by side, the last one wins."""

from __future__ import annotations

from collections.abc import Mapping

from resolver.core.package import NormalizedName

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

"""What each format of saved models asks of the library that will load it: ranges of versions, with the reason."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping

from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.core.project import Artifact

HARD, SOFT = 1, 0
"""Strength of a bound without which the file cannot be read, and of one without which it may be read wrongly."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """A half-open range of versions of one distribution that a saved model asks for ("" is open), and why in words."""

    name: str
    at_least: str
    below: str
    strength: int
    why: str


def asks(artifact: Artifact) -> Iterator[Ask]:
    """The ranges that one artifact asks for, whoever needs the distributions."""
    marks = dict(artifact.marks)
    for mark, name, strength in _AT_LEAST:
        if series := _series(marks.get(mark, "")):
            yield Ask(name, series, "", strength, f"saved with {name} {marks[mark]}")
    for mark, name in _NEAR:
        if series := _series(marks.get(mark, "")):
            yield Ask(name, series, _next(series), SOFT, f"saved with {name} {marks[mark]}")
    for clause in marks.get("requires", "").split(";"):
        name, _, version = clause.partition("==")
        if series := _series(version):
            yield Ask(canonicalize_name(name), series, _next(series), SOFT, f"saved beside {clause}")
    special = _SPECIAL.get(artifact.format)
    if special:
        yield from special(marks)
    if "numpy._core." in marks.get("classes", ""):
        yield Ask("numpy", "1.26.1", "", HARD, "pickled under numpy 2")


_AT_LEAST = (
    ("transformers_version", "transformers", SOFT),
    ("diffusers_version", "diffusers", SOFT),
    ("peft_version", "peft", SOFT),
    ("sentence_transformers_version", "sentence-transformers", SOFT),
    ("skops_version", "skops", SOFT),
    ("catboost_version", "catboost", SOFT),
    ("xgboost_version", "xgboost", SOFT),
    ("lightning_version", "pytorch-lightning", SOFT),
    ("tensorflow_version", "tensorflow", SOFT),
)
"""Mark, distribution and strength where a writer's series or a later one will do."""
_NEAR = (("sklearn_version", "scikit-learn"),)
"""Marks whose library promises nothing between its series."""


def _series(version: str) -> str:
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    return f"{int(found[1])}.{int(found[2])}" if found else ""


def _next(series: str) -> str:
    major, _, minor = series.partition(".")
    return f"{major}.{int(minor) + 1}"


_RUNTIMES = (
    (6, 11, "1.2"), (7, 12, "1.3"), (7, 13, "1.6"), (7, 14, "1.8"), (8, 15, "1.9"), (8, 16, "1.11"), (8, 17, "1.12"), (8, 18, "1.14"),
    (9, 19, "1.15"), (9, 20, "1.17"), (10, 21, "1.18"), (10, 22, "1.21"), (11, 23, "1.23"), (13, 25, "1.24"), (13, 26, "1.25"),
)  # fmt: skip
"""(newest IR version, newest operator set, since which onnxruntime): what 26 releases, 1.0 to 1.25, accept when asked (2026-11-25)."""
_ONNX = (
    (3, 7, "1.2"), (3, 8, "1.3"), (4, 9, "1.4"), (5, 10, "1.5"), (6, 11, "1.6"), (7, 12, "1.7"), (7, 13, "1.8"), (7, 14, "1.9"),
    (8, 15, "1.10"), (8, 16, "1.11"), (8, 17, "1.12"), (8, 18, "1.13"), (9, 19, "1.14"), (9, 20, "1.15"), (10, 21, "1.16"),
    (10, 22, "1.17"), (11, 23, "1.18"), (12, 24, "1.19"), (13, 25, "1.20"), (13, 26, "1.21"), (13, 27, "1.22"), (14, 28, "1.23"),
)  # fmt: skip
"""The same for onnx itself, from its own table (`onnx.helper.VERSION_TABLE`)."""


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if re.fullmatch("[0-9]{1,6}", part)]


def _onnx(marks: Mapping[str, str]) -> Iterator[Ask]:
    ir = max(_numbers(marks.get("ir_version", "")), default=0)
    opset = max(_numbers(marks.get("opset", "")), default=0)
    for name, table in (("onnxruntime", _RUNTIMES), ("onnx", _ONNX)):
        since = next((version for most_ir, most_opset, version in table if ir <= most_ir and opset <= most_opset), "")
        if since and since != table[0][2]:
            yield Ask(name, since, "", HARD, f"IR version {ir} and operator set {opset} need {name} {since}")


def _keras(marks: Mapping[str, str]) -> Iterator[Ask]:
    """Networks are read by their writer's series and later ones of the same generation; bare weights by all."""
    version = marks.get("keras_version", "")
    series = _series(version)
    if not series or marks.get("holds") != "network":
        return
    why = f"saved by Keras {version}"
    old = series.startswith(("1.", "2."))
    inside = version.endswith("-tf") or Version(series) >= Version("2.4")
    if not version.endswith("-tf"):
        yield Ask("keras", series, "3" if old else "", SOFT, why)
    if inside:
        yield Ask("tensorflow", _tensorflow_of(series), "2.16" if old else "", SOFT, why)
    elif old and marks.get("backend", "tensorflow") == "tensorflow":
        yield Ask("tensorflow", "", "2.16", SOFT, why)


_INSIDE = {"2.0": "1.4", "2.1": "1.5", "2.2": "1.13", "2.3": "2.2", "2.4": "2.3"}
"""Series of the Keras in TensorFlow -> the first TensorFlow with it; equal numbers from 2.5 on, and Keras 3 since 2.16."""


def _tensorflow_of(series: str) -> str:
    return "2.16" if series.startswith("3.") else _INSIDE.get(series, series)


def _torch(marks: Mapping[str, str]) -> Iterator[Ask]:
    """The archive format came with 1.6; since 2.6 classes other than torch's own are refused unless the caller says otherwise."""
    yield from _torch_script(marks)
    foreign = [root for root in marks.get("modules", "").split(",") if root and root not in ("torch", "collections")]
    if foreign:
        yield Ask("torch", "", "2.6", SOFT, f"holds objects of {foreign[0]}, which torch.load refuses since 2.6")


def _torch_script(marks: Mapping[str, str]) -> Iterator[Ask]:
    if "format_version" in marks:
        yield Ask("torch", "1.6", "", SOFT, "torch's archive format of 1.6")


def _saved_model(marks: Mapping[str, str]) -> Iterator[Ask]:
    if marks.get("keras"):
        yield Ask("tensorflow", "", "2.16", SOFT, "saved by the Keras of TensorFlow before 2.16")


def _spacy(marks: Mapping[str, str]) -> Iterator[Ask]:
    """SpaCy's own bounds; an exact one of spaCy 2 means its series."""
    low = re.search(r"(?:>=|==|~=|^)\s*([0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?)(?![\w.])", marks.get("spacy_version", ""))
    high = re.search(r"<\s*([0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?)(?![\w.])", marks.get("spacy_version", ""))
    if low:
        series = _series(low[1])
        yield Ask("spacy", low[1], high[1] if high else _next(series), HARD, f"made for spaCy {marks['spacy_version']}")


def _lightgbm(marks: Mapping[str, str]) -> Iterator[Ask]:
    since = {"v3": "2.3", "v4": "4.0"}.get(marks.get("format_version", ""))
    if since:
        yield Ask("lightgbm", since, "", SOFT, f"LightGBM's format {marks['format_version']}")


def _tokenizers(marks: Mapping[str, str]) -> Iterator[Ask]:
    if marks.get("merges") == "pairs":
        yield Ask("tokenizers", "0.20", "", HARD, "merges written as pairs")
        yield Ask("transformers", "4.45", "", HARD, "merges written as pairs")


def _ubj(_: Mapping[str, str]) -> Iterator[Ask]:
    yield Ask("xgboost", "1.6", "", HARD, "XGBoost's UBJSON")


def _old_xgboost(_: Mapping[str, str]) -> Iterator[Ask]:
    yield Ask("xgboost", "", "3.1", HARD, "XGBoost's old binary format, refused since 3.1")


_SPECIAL: Mapping[str, Callable[[Mapping[str, str]], Iterator[Ask]]] = {
    "onnx": _onnx,
    "keras-h5": _keras,
    "keras-json": _keras,
    "keras-zip": _keras,
    "torch-zip": _torch,
    "torch-script": _torch_script,
    "torch-pickle": _torch,
    "tensorflow-savedmodel": _saved_model,
    "spacy-model": _spacy,
    "lightgbm-text": _lightgbm,
    "tokenizers": _tokenizers,
    "xgboost-ubj": _ubj,
    "xgboost-binary": _old_xgboost,
}

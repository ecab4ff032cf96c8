"""Saved models and their companions that are text (JSON, YAML, LightGBM's own): which library wrote them, for which classes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MAX_JSON = 4_000_000
"""JSON files larger than this (bytes) are searched for a few marks, not parsed."""
MAX_SEARCHED = 32_000_000

Marks = dict[str, str]
Found = tuple[str, Marks] | None

_KERAS_CLASS = re.compile(rb'"class_name":\s*"(\w{1,60})"')
_TUPLE_MERGES = re.compile(rb'"merges":\s*\[\s*\[')
_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,30}")
_NAME = re.compile(r"[A-Za-z_]\w{0,99}")
_LIGHTGBM = re.compile(rb"tree\r?\nversion=(v\d+)\r?\n")


def read_json(path: Path) -> Found:
    """A JSON file that some library of the field writes beside or instead of a model, by its name or its first bytes; None for any other.

    Raises ValueError, RecursionError or OSError for what cannot be read.
    """
    named = _NAMED.get(path.name)
    head = _head(path, 512)
    if named:
        return named(path)
    if b'"learner"' in head[:60] and head.lstrip().startswith(b"{"):
        return _xgboost(path)
    if b'"class_name"' in head and head.lstrip().startswith(b"{"):
        return _keras_architecture(path)
    return None


def _head(path: Path, limit: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(limit)


def _loaded(path: Path) -> dict[str, Any]:
    raw = _head(path, MAX_JSON + 1)
    if len(raw) > MAX_JSON:
        raise ValueError(f"larger than {MAX_JSON // 1_000_000} MB")
    loaded = json.loads(raw)
    return loaded if isinstance(loaded, dict) else {}


def _version(value: object) -> str:
    return value if isinstance(value, str) and len(value) < 40 and _VERSION.fullmatch(value) else ""


def _names(root: str, values: Iterable[object]) -> str:
    """Dotted names of the classes among values, as a mark."""
    return ",".join(f"{root}.{value}" for value in values if isinstance(value, str) and _NAME.fullmatch(value))


def _config(path: Path) -> Found:
    """The config.json of transformers, diffusers (`_diffusers_version`) or Keras."""
    loaded = _loaded(path)
    if version := _version(loaded.get("_diffusers_version")):
        return "diffusers-config", {"diffusers_version": version, "classes": _names("diffusers", [loaded.get("_class_name")])}
    version = _version(loaded.get("transformers_version"))
    if not version and not (loaded.get("model_type") and loaded.get("architectures")):
        return None
    listed = loaded.get("architectures")
    architectures = listed[:20] if isinstance(listed, list) and "auto_map" not in loaded else []
    marks = {"transformers_version": version, "model_type": str(loaded.get("model_type") or "")[:60]}
    return "transformers-config", marks | {"classes": _names("transformers", architectures)}


def _pipeline(path: Path) -> Found:
    """The model_index.json of diffusers: each part names its library and class."""
    loaded = _loaded(path)
    version = _version(loaded.get("_diffusers_version"))
    if not version:
        return None
    parts = [part for part in loaded.values() if isinstance(part, list) and len(part) == 2 and part[0] in ("diffusers", "transformers")]
    classes = [_names("diffusers", [loaded.get("_class_name")]), *(_names(root, [name]) for root, name in parts)]
    return "diffusers-pipeline", {"diffusers_version": version, "classes": ",".join(filter(None, classes))}


def _sentences(path: Path) -> Found:
    versions = _loaded(path).get("__version__")
    if not isinstance(versions, dict):
        return None
    known = {"sentence_transformers": "sentence_transformers_version", "transformers": "transformers_version", "pytorch": "torch_version"}
    return "sentence-transformers", {mark: _version(versions.get(key)) for key, mark in known.items()}


def _adapter(path: Path) -> Found:
    loaded = _loaded(path)
    return ("peft-adapter", {"peft_version": _version(loaded.get("peft_version"))}) if "peft_type" in loaded else None


def _tokenizer_config(path: Path) -> Found:
    loaded = _loaded(path)
    name = loaded.get("tokenizer_class")
    if not isinstance(name, str):
        return None
    return "tokenizer-config", {"classes": "" if "auto_map" in loaded else _names("transformers", [name])}


def _tokenizer(path: Path) -> Found:
    """The file of the `tokenizers` library; since its 0.20 merges are pairs, which earlier ones refuse."""
    raw = _head(path, MAX_SEARCHED)
    if b'"model"' not in raw:
        return None
    return "tokenizers", {"merges": "pairs" if _TUPLE_MERGES.search(raw) else ""}


def _spacy(path: Path) -> Found:
    loaded = _loaded(path)
    wanted = loaded.get("spacy_version")
    if not isinstance(wanted, str) or not loaded.get("lang"):
        return None
    return "spacy-model", {"spacy_version": wanted, "name": f"{loaded['lang']}_{loaded.get('name', '')}"[:80]}


def _keras_architecture(path: Path) -> Found:
    """What `model.to_json()` wrote."""
    raw = _head(path, MAX_JSON)
    version = re.search(rb'"keras_version":\s*"([\w.+-]{1,30})"', raw)
    if not version:
        return None
    backend = re.search(rb'"backend":\s*"(\w{1,20})"', raw)
    marks = {"keras_version": version[1].decode("ascii"), "holds": "network", "layers": keras_classes(raw)}
    return "keras-json", marks | ({"backend": backend[1].decode("ascii")} if backend else {})


def keras_classes(raw: bytes) -> str:
    """The class names in the configuration of a Keras network, sorted, as a mark."""
    found = {match[1].decode("ascii") for match, _ in zip(_KERAS_CLASS.finditer(raw), range(20_000), strict=False)}
    return ",".join(sorted(found)[:100])


def _xgboost(path: Path) -> Found:
    """A booster in JSON: its writer's version stands at the end, or near it."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(100_000)
        stream.seek(max(0, size - 100_000))
        found = re.search(rb'"version":\s*\[(\d{1,4}),\s*(\d{1,4}),\s*(\d{1,4})\]', head + stream.read(100_000))
    version = ".".join(part.decode("ascii") for part in found.groups()) if found else ""
    return "xgboost-json", {"xgboost_version": version}


def read_lightgbm(path: Path) -> Found:
    """LightGBM's text format, by its first two lines."""
    found = _LIGHTGBM.match(_head(path, 64))
    return ("lightgbm-text", {"format_version": found[1].decode("ascii")}) if found else None


_NAMED = {
    "config.json": _config,
    "model_index.json": _pipeline,
    "config_sentence_transformers.json": _sentences,
    "adapter_config.json": _adapter,
    "tokenizer_config.json": _tokenizer_config,
    "tokenizer.json": _tokenizer,
    "meta.json": _spacy,
}
"""Reader by file name."""

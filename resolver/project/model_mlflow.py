"""MLflow's MLmodel with the files that MLflow writes beside it: versions of libraries, of the interpreter, the day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from resolver.project.text import is_own, read_head
from resolver.project.yaml_texts import load_texts

MAX_YAML = 200_000
"""Bytes that are read of an MLmodel and of each file beside it."""

_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,30}")
_EXACT = re.compile(r"([A-Za-z0-9][\w.-]{0,99})(?:\[[\w, -]*\])?={1,2}(\d[\w.+!-]{0,30})(?:=\w+)?")
"""An exact version, as pip or as conda writes it."""


def read_mlmodel(path: Path) -> tuple[str, dict[str, str]] | None:
    """The versions of the flavours' libraries, and the interpreter and exact requirements of requirements.txt, conda.yaml and
    python_env.yaml beside it; None when the file has no flavours. Raises ValueError, RecursionError or OSError for what cannot be read.
    """
    loaded = _loaded(path)
    flavors = loaded.get("flavors")
    if not isinstance(flavors, Mapping):
        return None
    marks = {"date": str(loaded.get("utc_time_created", ""))[:10], "mlflow_version": _version(loaded.get("mlflow_version"))}
    for flavor in flavors.values():
        for key, value in flavor.items() if isinstance(flavor, Mapping) else ():
            if isinstance(key, str) and (key.endswith("_version") or key == "python_version"):
                marks.setdefault(key[:40], _version(value))
    lines = [*_lines(path.with_name("requirements.txt")), *_conda(path.with_name("conda.yaml"))]
    exact = {found[1].lower(): found[2] for line in reversed(lines) if (found := _EXACT.fullmatch(line))}
    python = _version(_beside(path.with_name("python_env.yaml")).get("python")) or _version(exact.pop("python", ""))
    if python and not marks.get("python_version"):
        marks["python_version"] = python
    if exact:
        marks["requires"] = ";".join(f"{name}=={exact[name]}" for name in sorted(exact))
    return "mlflow-model", marks


def _version(value: object) -> str:
    text = str(value)
    return text if len(text) < 40 and _VERSION.fullmatch(text) else ""


def _loaded(path: Path) -> Mapping[str, Any]:
    loaded = load_texts(read_head(path, MAX_YAML))
    return loaded if isinstance(loaded, Mapping) else {}


def _beside(path: Path) -> Mapping[str, Any]:
    """What a file beside says; a damaged one says nothing."""
    try:
        return _loaded(path) if is_own(path, path.parent) else {}
    except (ValueError, OSError):
        return {}


def _lines(path: Path) -> list[str]:
    try:
        return (
            [line.strip() for line in read_head(path, MAX_YAML).decode("utf-8", "replace").splitlines()]
            if is_own(path, path.parent)
            else []
        )
    except OSError:
        return []


def _conda(path: Path) -> Iterator[str]:
    """The requirements of a conda environment, those of its pip part first."""
    listed = _beside(path).get("dependencies")
    own = listed if isinstance(listed, list) else []
    inner = [line for each in own if isinstance(each, Mapping) and isinstance(each.get("pip"), list) for line in each["pip"]]
    yield from (line.strip() for line in (*inner, *own) if isinstance(line, str))

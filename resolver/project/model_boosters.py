"""Saved models of gradient boosting that are neither text nor pickle: XGBoost's binary formats and CatBoost's."""

from __future__ import annotations

import re
from pathlib import Path

Marks = dict[str, str]
Found = tuple[str, Marks] | None

MAX_READ = 8_000_000

_UBJ_VERSION = re.compile(rb"version\[#L\0{7}\x03i([\0-\x7f])i([\0-\x7f])i([\0-\x7f])", re.DOTALL)
_JSON_VERSION = re.compile(rb'"version":\s*\[(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\]')
_CATBOOST_RELEASE = re.compile(rb"(?:tags/v|CatBoost release )(\d+\.\d+(?:\.\d+)*)")
_FINISHED = re.compile(rb"(20\d\d-\d\d-\d\d)T\d\d:\d\d:\d\dZ")


def xgboost_version(raw: bytes) -> str:
    """The version of XGBoost's writer in bytes that hold a booster as JSON or UBJSON, "" when there is none."""
    found = _UBJ_VERSION.search(raw)
    if found:
        return ".".join(str(part[0]) for part in found.groups())
    written = _JSON_VERSION.search(raw)
    return ".".join(part.decode("ascii") for part in written.groups()) if written else ""


def read_xgboost_binary(path: Path) -> Found:
    """UBJSON (XGBoost 1.6 and later), or the old binary format that 3.1 refuses."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(100_000)
        if head.startswith(b"binf"):
            return "xgboost-binary", {}
        if not head.startswith(b"{L") or b"learner" not in head[:30]:
            return None
        stream.seek(max(0, size - 100_000))
        return "xgboost-ubj", {"xgboost_version": xgboost_version(head + stream.read(100_000))}


def read_catboost(path: Path) -> Found:
    """CatBoost's own format: the release and the day of training stand in it as text."""
    with path.open("rb") as stream:
        raw = stream.read(MAX_READ)
    release, finished = _CATBOOST_RELEASE.search(raw), _FINISHED.search(raw)
    marks = {"catboost_version": release[1].decode("ascii") if release else "", "date": finished[1].decode("ascii") if finished else ""}
    return "catboost", marks

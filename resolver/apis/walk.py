"""The walker as text: it runs inside built environments and is never imported."""

from __future__ import annotations

from importlib.resources import files


def walk_source() -> str:
    """The text of `inside_walk.py`; usage: `python inside_walk.py KNOWN.json OUT.jsonl [SECONDS]`."""
    return files("resolver.apis").joinpath("inside_walk.py").read_text(encoding="utf-8")

"""The walker as files: it runs inside built environments and is never imported."""

from __future__ import annotations

from pathlib import Path

SCRIPTS = (
    "inside_walk.py",
    "inside_walk_files.py",
    "inside_walk_libraries.py",
    "inside_walk_live.py",
    "inside_walk_names.py",
    "inside_walk_source.py",
    "inside_walk_stdlib.py",
    "inside_walk_takes.py",
)
"""The walker's files; the first one is run, the others lie beside it."""
WALKER = Path(__file__).with_name(SCRIPTS[0])
"""Usage: `python inside_walk.py KNOWN.json OUT.jsonl [SECONDS]`, and as its docstring says."""


def walk_sources() -> tuple[tuple[str, str], ...]:
    """(name, text) of each of the walker's files, in the order of `SCRIPTS`."""
    return tuple((name, WALKER.with_name(name).read_text(encoding="utf-8")) for name in SCRIPTS)

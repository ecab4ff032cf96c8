"""From walks to the bundled API timeline.

    python -m resolver.apis.build --out apis.sqlite WALKS.jsonl.gz...

Merges into what `--out` already holds: only packages with new walks are written again. Equal walks give an equal file.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from resolver.apis.collect import read_walks
from resolver.apis.record import Record
from resolver.apis.record_layout import version_key
from resolver.apis.record_writer import Writer
from resolver.core.errors import StoreError
from resolver.core.package import normalize

TWINS = {
    "faiss-gpu": "faiss-cpu",
    "onnxruntime-gpu": "onnxruntime",
    "opencv-contrib-python-headless": "opencv-contrib-python",
    "opencv-python-headless": "opencv-python",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-intel": "tensorflow",
    "tensorflow-rocm": "tensorflow",
}
"""Distributions that ship the same modules under the same version numbers as another one."""
SIBLINGS = {"opencv-contrib-python": "opencv-python"}
"""Distributions whose binaries want the same shared libraries as another one's, though their modules offer more."""
WINDOWS = frozenset({"libGL.so.1", "libICE.so.6", "libSM.so.6", "libX11.so.6", "libXext.so.6", "libXrender.so.1", "libxcb.so.1"})
"""What OpenCV's builds without windows (-headless) do not link to, of what the others do; seen in nine wheels from 3.4.5 to 4.13."""
SCHEMA = 3


def build(walks: Iterable[str], out: Path) -> int:
    """Merge walk lines into the file `out`; returns the number of (package, version) pairs that it gained or renewed.

    Lines that are no walk are passed over: they come out of foreign environments. Raises StoreError when `out` cannot be written.
    """
    packed: dict[str, dict[str, bytes]] = {}
    for line in walks:
        row = read_row(line)
        if row is None:
            continue
        name = TWINS.get(normalize(row["name"]), normalize(row["name"]))
        known = packed.setdefault(name, {}).get(row["version"])
        if known is None or _worth(row) > _worth(json.loads(zlib.decompress(known))):
            packed[name][row["version"]] = zlib.compress(json.dumps(row).encode(), 1)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f"{out.name}.{os.getpid()}.new")  # readers see the old file or the new one, never half of one
    try:
        if out.exists():
            shutil.copyfile(out, fresh)
        with contextlib.closing(sqlite3.connect(fresh)) as base:
            changed = _write(base, packed)
        fresh.replace(out)
    except (sqlite3.Error, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise StoreError(f"cannot write the API timeline {out}: {error}", hint="check the folder's permissions and free space") from error
    return changed


def _write(base: sqlite3.Connection, packed: Mapping[str, Mapping[str, bytes]]) -> int:
    base.execute(f"PRAGMA user_version = {SCHEMA}")
    base.execute("CREATE TABLE IF NOT EXISTS package (name TEXT PRIMARY KEY, versions TEXT NOT NULL, blob BLOB NOT NULL) WITHOUT ROWID")
    base.execute("CREATE TABLE IF NOT EXISTS root (root TEXT, name TEXT, PRIMARY KEY (root, name)) WITHOUT ROWID")
    changed = 0
    for name in sorted(packed):
        rows: dict[str, dict[str, Any]] = {}
        stored = base.execute("SELECT blob FROM package WHERE name = ?", (name,)).fetchone()
        if stored:
            rows = {row["version"]: row for row in Record(stored[0]).rows()}
        for version, text in packed[name].items():
            row = json.loads(zlib.decompress(text))
            if version not in rows or _worth(row) > _worth(rows[version]):
                rows[version] = row
                changed += 1
        ordered = [rows[v] for v in sorted(rows, key=version_key)]
        blob = Writer(ordered).blob()
        base.execute("INSERT OR REPLACE INTO package VALUES (?, ?, ?)", (name, " ".join(r["version"] for r in ordered), blob))
        base.execute("DELETE FROM root WHERE name = ?", (name,))
        roots = sorted({m.split(".")[0] for r in ordered for m in r["modules"]})
        base.executemany("INSERT OR REPLACE INTO root VALUES (?, ?)", [(root, name) for root in roots])
    base.commit()
    base.execute("VACUUM")
    return changed


def read_row(line: str) -> dict[str, Any] | None:
    """One walk with the fields that count, or None."""
    try:
        row = json.loads(line)
        kept = {k: row[k] for k in ("name", "version", "modules", "names", "alias", "classes", "takes", "needed", "pb2", "static")}
    except (ValueError, KeyError, TypeError):
        return None
    shapes = (
        ("modules", list),
        ("names", dict),
        ("alias", dict),
        ("classes", dict),
        ("takes", dict),
        ("needed", dict),
        ("name", str),
        ("version", str),
    )
    if not all(isinstance(kept[k], shape) for k, shape in shapes) or not kept["version"].strip() or len(kept["version"].split()) != 1:
        return None
    kept["version"] = kept["version"].partition("+")[0]  # a local label ("+cpu") changes how it was compiled, not what it offers
    return kept


def _worth(row: Mapping[str, Any]) -> tuple[bool, int, int]:
    """Of two walks of the same release, the one that imported and read more is kept."""
    return not row["static"], sum(text.count(" ") + 1 for text in row["names"].values()), sum(len(v) for v in row["takes"].values())


def main() -> None:
    """Build from files of walks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("walks", type=Path, nargs="+")
    options = parser.parse_args()
    changed = build((line for path in options.walks for line in read_walks(path)), options.out)
    print(f"{changed} releases, {options.out.stat().st_size / 1e6:.1f} MB")  # noqa: T201


if __name__ == "__main__":
    main()

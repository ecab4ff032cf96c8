#!/usr/bin/env python3
"""Reads walked releases again by today's walker, by source alone, and adds the names that their imports take to the API timeline.

  scripts/read_again.py --out data/bundled/apis.sqlite [--offers] [--holes] [--longest MB] keras timm ...

For when the walker has learned to see more (2026-11-25: an import whose failure is raised again is needed; 2026-11-26: an `__all__` that
a function fills). With --offers the names are added too that its modules, read by then, hand out. With --holes only those releases are
read that take from less than half as many modules as most of the package's: their import failed where they were walked. Nothing is
taken away, and releases whose wheel is longer than 16 MB (--longest) are left as they are.
"""

import argparse
import functools
import sqlite3
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from resolver.apis.record import Record
from resolver.apis.record_writer import Writer
from resolver.apis.study import Studied, study
from resolver.core.errors import ResolverError
from resolver.core.package import normalize
from resolver.index.simple import LiveIndex

INDEX = LiveIndex()


def read(name: str, version: str, longest: int) -> Studied | None:
    try:
        release = next((each for each in INDEX.releases(normalize(name)) if each.version == version), None)
        file = next((file for file in release.files if file.size <= longest), None) if release else None
        body = INDEX.file(normalize(name), file.filename, longest) if file else None
    except ResolverError:
        return None
    return study(body, file.filename, name, version) if file and body else None


def add(row: dict[str, Any], found: Studied | None) -> int:
    added = 0
    for root, names in (found.walk["takes"] if found and found.walk else {}).items():
        known = row["takes"].get(root, [])
        fresh = [name for name in names if not name.startswith(":") and name not in known]
        if fresh:
            row["takes"][root] = [name for name in known if name.lstrip(":") not in fresh] + fresh
            added += len(fresh)
    return added


def add_offers(row: dict[str, Any], found: Studied | None) -> int:
    added = 0
    for module, text in (found.walk["names"] if found and found.walk else {}).items():
        known = set(row["names"].get(module, "").split())
        fresh = set(text.split()) - known
        if known and fresh:
            row["names"][module] = " ".join(sorted(known | fresh))
            added += len(fresh)
    return added


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--offers", action="store_true")
    parser.add_argument("--holes", action="store_true")
    parser.add_argument("--longest", type=int, default=16, help="megabytes")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    for name in options.names:
        with sqlite3.connect(options.out) as base:
            stored = base.execute("SELECT blob FROM package WHERE name = ?", (name,)).fetchone()
        if not stored:
            print(f"{name}: never walked")
            continue
        rows = Record(stored[0]).rows()
        usual = statistics.median(len(row["takes"]) for row in rows)
        wanted = [row for row in rows if not options.holes or len(row["takes"]) < max(usual, 8) / 2]
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(functools.partial(read, name, longest=options.longest << 20), [row["version"] for row in wanted]))
        added = sum(map(add, wanted, found)) + (sum(map(add_offers, wanted, found)) if options.offers else 0)
        with sqlite3.connect(options.out) as base:
            base.execute("UPDATE package SET blob = ? WHERE name = ?", (Writer(rows).blob(), name))
        print(f"{name}: {sum(map(bool, found))} of {len(rows)} releases read, {added} names more", flush=True)


if __name__ == "__main__":
    main()

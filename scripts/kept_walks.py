#!/usr/bin/env python3
"""Puts what this machine has studied into the bundled API timeline, so that others need not read it again.

  scripts/kept_walks.py --out data/bundled/apis.sqlite CACHE_FOLDER...

Taken are releases of packages that the timeline lacks altogether, without shared libraries: what those reach is a matter of the whole
set (resolver/apis/links.py), which the timeline cannot say.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from resolver.apis.build import build
from resolver.apis.kept import KeptWalks
from resolver.apis.timeline import SqliteTimeline


def lines(folders: list[Path], timeline: SqliteTimeline) -> Iterator[str]:
    for folder in folders:
        kept = KeptWalks(folder)
        for name in kept.names():
            if timeline.distance(name, "0") is None:
                yield from (json.dumps(walk) for walk in kept.walks(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("caches", type=Path, nargs="+")
    options = parser.parse_args()
    found = list(lines(options.caches, SqliteTimeline(options.out)))
    print(f"{build(found, options.out)} releases, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

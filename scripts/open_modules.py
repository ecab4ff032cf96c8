#!/usr/bin/env python3
"""Marks modules in the API timeline as ones that offer more than their walks saw.

  scripts/open_modules.py --out data/bundled/apis.sqlite torch torch.backends.cudnn torch.backends.mkldnn ...

For modules that an object replaces which asks the old one for what it lacks: walks of before 2026-11-26 saw the object alone (`m`), so
that `torch.backends.cudnn.benchmark` was missing from PyTorch 1.7 to 1.13. What no walk can tell is unknown, not missing.
"""

import argparse
import sqlite3
from pathlib import Path

from resolver.apis.record import Record
from resolver.apis.record_writer import Writer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("package")
    parser.add_argument("modules", nargs="+")
    options = parser.parse_args()
    with sqlite3.connect(options.out) as base:
        (blob,) = base.execute("SELECT blob FROM package WHERE name = ?", (options.package,)).fetchone()
        rows, marked = Record(blob).rows(), 0
        for row in rows:
            for module in set(options.modules) & row["names"].keys():
                names = set(row["names"][module].split())
                marked += "*" not in names
                row["names"][module] = " ".join(sorted(names | {"*"}))
        base.execute("UPDATE package SET blob = ? WHERE name = ?", (Writer(rows).blob(), options.package))
    print(f"{marked} modules marked in {len(rows)} releases of {options.package}")


if __name__ == "__main__":
    main()

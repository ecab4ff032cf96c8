#!/usr/bin/env python3
"""The plan of a night of walking: which releases of the timeline's packages are worth it and not walked yet.

  scripts/plan_walks.py --out work/visits.json [--timeline data/bundled/apis.sqlite] [NAME...]

One visit per minor release on the interpreter of its time, newest patch first; more packages by name. Reads the bundled snapshot alone.
"""

import argparse
import json
from pathlib import Path

from resolver.apis.plan import visits
from resolver.apis.timeline import SqliteTimeline
from resolver.compose import House
from resolver.core.package import PYTHON
from resolver.settings import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--timeline", type=Path, default=Path("data/bundled/apis.sqlite"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    index = House(load({"offline": True})[0]).shelves
    timeline = SqliteTimeline(options.timeline)
    known = [name for name in timeline.packages() if name in index and name != PYTHON]
    found = visits(index, [*dict.fromkeys([*options.names, *known])])
    fresh = [visit for visit in found if timeline.distance(visit["name"], visit["version"]) != 0]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(fresh, indent=0) + "\n")
    print(f"{len(fresh)} of {len(found)} visits are new")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How often a set broke whose members take from each other in vain, with no declared bound between them, over the stored builds.

  .venv/bin/python benchmarks/apart.py [--outcomes data/outcomes]

Offline; about twenty seconds.
"""

import argparse
from collections import Counter
from pathlib import Path

from lacking import built

from resolver.compose import House
from resolver.core.candidate import Candidate
from resolver.flows.apart import IMPORTED, Apart
from resolver.settings import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=Path, default=Path("data/outcomes"))
    options = parser.parse_args()
    house = House(load()[0])
    apart = Apart(house.timeline.uses_later, house.timeline.offers, house.timeline.uses)
    seen: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for outcome, releases in built(house, options.outcomes):
        told = apart.told(Candidate(target=outcome.spec.target, releases=tuple(releases)))
        kind = "nothing" if told is None else "at import" if told[1] == IMPORTED else "in a function"
        seen[kind, outcome.verdict.value] += 1
        if told:
            pairs[told[0], outcome.verdict.value] += 1
    for kind in ("nothing", "in a function", "at import"):
        print(f"{kind}: {seen[kind, 'pass']} passed, {seen[kind, 'fail']} failed")
    for (pair, verdict), count in sorted(pairs.items()):
        print(f"  {count} {verdict}: {pair}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How often a set broke whose members take from each other in vain, with no declared bound between them, over the stored builds.

  .venv/bin/python benchmarks/apart.py [--outcomes data/outcomes]

Offline; about twenty seconds.
"""

import argparse
from collections import Counter
from pathlib import Path

from resolver.compose import House
from resolver.core.candidate import Candidate
from resolver.core.errors import ResolverError
from resolver.core.outcome import Verdict
from resolver.core.package import Release
from resolver.flows.apart import IMPORTED, Apart
from resolver.settings import load
from resolver.store.export import read_export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=Path, default=Path("data/outcomes"))
    options = parser.parse_args()
    house = House(load()[0])
    apart = Apart(house.timeline.uses_later, house.timeline.offers, house.timeline.uses)
    listed: dict[str, dict[str, Release]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for outcome in read_export(options.outcomes):
        if outcome.verdict is Verdict.VOID:
            continue
        releases = []
        for pin in outcome.spec.pins:
            if pin.name not in listed:
                try:
                    listed[pin.name] = {release.version: release for release in house.snapshot.releases(pin.name)}
                except (LookupError, ResolverError):
                    listed[pin.name] = {}
            releases += [listed[pin.name][pin.version]] if pin.version in listed[pin.name] else []
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

#!/usr/bin/env python3
"""How often a set broke in which a release takes a name that another surely (or likely) lacks, over the stored builds.

  .venv/bin/python benchmarks/lacking.py [--outcomes data/outcomes]

One line a pair with its builds; the heads count pairs that never passed. Offline; about twenty seconds.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from resolver.compose import House
from resolver.core.errors import ResolverError
from resolver.core.outcome import Outcome, Verdict
from resolver.core.package import Release, normalize
from resolver.rank.book import NameFit
from resolver.settings import load
from resolver.store.export import read_export


def built(house: House, folder: Path) -> Iterator[tuple[Outcome, list[Release]]]:
    """Each stored build that says something, with those of its releases that the snapshot lists."""
    listed: dict[str, dict[str, Release]] = {}
    for outcome in read_export(folder):
        if outcome.verdict is Verdict.VOID:
            continue
        releases = []
        for pin in outcome.spec.pins:
            if pin.name not in listed:
                try:
                    listed[pin.name] = {release.version: release for release in house.snapshot.releases(normalize(pin.name))}
                except (LookupError, ResolverError):
                    listed[pin.name] = {}
            releases += [listed[pin.name][pin.version]] if pin.version in listed[pin.name] else []
        yield outcome, releases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=Path, default=Path("data/outcomes"))
    options = parser.parse_args()
    house = House(load()[0])
    fits: dict[tuple[str, str], NameFit] = {}
    seen: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for outcome, releases in built(house, options.outcomes):
        for importer in releases:
            taken = house.timeline.uses(importer.name, importer.version)
            for provider in releases:
                if provider is not importer and any(root in taken for root in provider.modules):
                    fit = house.book.fit(importer, provider)
                    if fit.weight > 0:
                        pair = str(importer.pin), str(provider.pin)
                        fits[pair] = fit
                        seen[pair][outcome.verdict.value] += 1
    for told, wanted in (("surely", True), ("likely", False)):
        pairs = sorted(pair for pair in seen if (fits[pair].weight >= 1) is wanted)
        print(f"{told} lacking: {len(pairs)} pairs, {sum(not seen[pair]['pass'] for pair in pairs)} of them never passed")
        for pair in pairs:
            print(f"  {dict(seen[pair])} {pair[0]} takes {', '.join(fits[pair].missing[:2])} from {pair[1]}")


if __name__ == "__main__":
    main()

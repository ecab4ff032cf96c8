"""How often the API timeline is right about a release that nobody walked.

    python benchmarks/timeline.py WALKS.jsonl.gz... [--share 0.05] [--names 400] [--seed 1]

Holds out a share of the walked (package, version) pairs, builds a timeline from the rest and asks it about names of the held-out
releases: names that they have, and names that other releases of the package have and they lack. Right means a certainty
on the right side of one half; a certainty of exactly one half counts as wrong, None is counted apart.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from resolver.apis.build import build
from resolver.apis.collect import read_walks
from resolver.apis.record import Record, Writer
from resolver.apis.timeline import SqliteTimeline
from resolver.core.package import normalize

Walks = dict[str, tuple[str, bool]]
"""Version -> (walk line, whether it was only read)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("walks", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--names", type=int, default=400, help="names per release, half of them absent ones where there are any")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)

    by_package: dict[str, Walks] = defaultdict(dict)
    for path in options.walks:
        for line in read_walks(path):
            row = json.loads(line)
            by_package[normalize(row["name"])][row["version"]] = (line, row["static"])
    pairs = sorted(
        (n, v) for n, versions in by_package.items() if len(versions) >= 3 for v, (_, read_only) in versions.items() if not read_only
    )
    held = set(chance.sample(pairs, max(1, round(len(pairs) * options.share))))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "apis.sqlite"
        build((line for n, versions in by_package.items() for v, (line, _) in versions.items() if (n, v) not in held), path)
        timeline = SqliteTimeline(path)
        right: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        silent: Counter[str] = Counter()
        by_name: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for name, version in sorted(held):
            if len(timeline.versions(name)) == 0:
                continue
            for dotted, truth in questions(by_package[name], version, options.names, chance):
                certainty = timeline.offers(name, version, [dotted])[0]
                kind = "present" if truth else "absent"
                if certainty is None:
                    silent[kind] += 1
                    continue
                good = (certainty > 0.5) == truth and certainty != 0.5
                (right if good else wrong)[kind] += 1
                by_name[name][good] += 1
    for kind in ("present", "absent"):
        asked = right[kind] + wrong[kind]
        print(f"{kind:8} {asked:7,} answered, {100 * right[kind] / max(asked, 1):.2f} % right; {silent[kind]:,} not answered")
    asked = sum(right.values()) + sum(wrong.values())
    print(f"{len(held)} of {len(pairs)} releases held out, {asked:,} answers, {100 * sum(right.values()) / max(asked, 1):.2f} % right")
    worst = sorted(by_name.items(), key=lambda item: -item[1][0])[:8]
    print("most wrong:", ", ".join(f"{n} {bad}/{bad + good}" for n, (bad, good) in worst if bad))


def questions(versions: Walks, version: str, count: int, chance: random.Random) -> list[tuple[str, bool]]:
    """Public names that the release has, and names of its sisters that it lacks, each with the truth."""
    row = json.loads(versions[version][0])
    own = Record(Writer([row]).blob())
    here = {f"{m}.{n}" for m, text in row["names"].items() for n in text.split() if n != "*"}
    elsewhere = set()
    for other, (line, _) in versions.items():
        if other != version:
            elsewhere |= {f"{m}.{n}" for m, text in json.loads(line)["names"].items() for n in text.split() if n != "*"}
    asked = [(d, True) for d in chance.sample(sorted(here), min(len(here), count // 2))]
    gone = [d for d in sorted(elsewhere - here) if own.offers(d) == (0, 0)]
    return asked + [(d, False) for d in chance.sample(gone, min(len(gone), count // 2))]


if __name__ == "__main__":
    main()

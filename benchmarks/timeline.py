"""How often the API timeline is right about a release that nobody walked, and how fast it answers.

    python benchmarks/timeline.py WALKS.jsonl.gz... [--against OTHER.jsonl.gz] [--share 0.05] [--names 400] [--depth 2] [--seed 1]
    python benchmarks/timeline.py data/bundled/apis.sqlite      the walks as the bundled timeline holds them
    python benchmarks/timeline.py --lookup data/bundled/apis.sqlite

`--lookup` asks for 1,000 names over all walked versions of the ten packages with the most names, cold (files unread, nothing
remembered) and warm; processor milliseconds.

Holds out a share of the walked (package, version) pairs, builds a timeline from the rest and asks it about names of the held-out
packages: any name that any walked release of the package has, `--depth` dots deep at most, the truth being the held-out walk.
Right means a certainty on the right side of one half; one half exactly and None are no answers and counted apart. "Sure" answers are
those up to 0.1 or from 0.9. "Changing" names are those that some walked releases have and others lack: the hard ones; "public" have no
part with an underscore in front; "there" are those that the held-out release has.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from resolver.apis.build import build
from resolver.apis.collect import read_walks
from resolver.apis.record import Record
from resolver.apis.record_writer import Writer
from resolver.apis.timeline import SqliteTimeline
from resolver.core.package import normalize

Walks = dict[str, tuple[str, bool]]
"""Version -> (walk line, whether it was only read)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("walks", type=Path, nargs="+")
    parser.add_argument("--against", type=Path, nargs="*", default=(), help="walks that are the truth, instead of a held-out share")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--names", type=int, default=400, help="names asked per held-out release")
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lookup", action="store_true")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    if options.lookup:
        lookup(options.walks[0], chance)
        return

    by_package = walks_of(options.walks)
    pairs = sorted(
        (n, v) for n, versions in by_package.items() if len(versions) >= 3 for v, (_, read_only) in versions.items() if not read_only
    )
    truth = walks_of(options.against)
    if truth:
        pairs = sorted((n, v) for n, versions in truth.items() for v in versions)
        for name, versions in truth.items():
            by_package[name].update(versions)
        options.share = 1.0
    held = set(chance.sample(pairs, max(1, round(len(pairs) * options.share))))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "apis.sqlite"
        build((line for n, versions in by_package.items() for v, (line, _) in versions.items() if (n, v) not in held), path)
        timeline = SqliteTimeline(path)
        tally: dict[str, Counter[str]] = defaultdict(Counter)
        by_name: Counter[str] = Counter()
        for name, version in sorted(held):
            if not timeline.versions(name):
                continue
            for dotted, truth, changing in questions(by_package[name], version, options, chance):
                certainty = timeline.offers(name, version, [dotted])[0]
                kinds = ["all"] + ["changing"] * changing + ["sure"] * (certainty is not None and abs(certainty - 0.5) >= 0.4)
                kinds += ["public"] * (not any(part.startswith("_") for part in dotted.split("."))) + ["there"] * truth
                answer = "silent" if certainty in (None, 0.5) else "right" if (certainty > 0.5) == truth else "wrong"
                for kind in kinds:
                    tally[kind][answer] += 1
                by_name[name] += answer == "wrong"
    print(f"{len(held)} of {len(pairs)} releases held out")
    for kind in ("all", "public", "there", "sure", "changing"):
        found = tally[kind]
        answered = found["right"] + found["wrong"]
        print(f"{kind:9} {answered:7,} answered, {100 * found['right'] / max(answered, 1):.2f} % right; {found['silent']:,} not answered")
    print("most wrong:", ", ".join(f"{n} {bad}" for n, bad in by_name.most_common(8) if bad))


def walks_of(paths: Sequence[Path]) -> dict[str, Walks]:
    """Every walk in the files, by package and version."""
    found: dict[str, Walks] = defaultdict(dict)
    for path in paths:
        for line in kept_walks(path) if path.suffix == ".sqlite" else read_walks(path):
            row = json.loads(line)
            found[normalize(row["name"])][row["version"]] = (line, row["static"])
    return found


def kept_walks(path: Path) -> Iterator[str]:
    """The walks that a built timeline was made of, as lines."""
    for name, blob in sqlite3.connect(path).execute("SELECT name, blob FROM package ORDER BY name"):
        for row in Record(blob).rows():
            yield json.dumps({**row, "name": name})


def lookup(path: Path, chance: random.Random) -> None:
    """Time 1,000 names over all versions of ten packages."""
    rows = sqlite3.connect(path).execute("SELECT name, blob FROM package").fetchall()
    largest = sorted(rows, key=lambda row: -len(row[1]))[:10]
    asked = {}
    for name, blob in largest:
        record = Record(blob)
        names = [f"{module}.{each}" for module in record.keys("M") for each in record.module(module)[3]]
        asked[name] = (record.versions, chance.sample(names, 100))
    print(f"{len(rows)} packages, {sum(len(Record(blob).versions) for _, blob in rows):,} releases, {path.stat().st_size / 1e6:.1f} MB")
    versions = sum(len(found) for found, _ in asked.values())
    timeline = SqliteTimeline(path)
    for state in ("cold", "names seen", "warm"):
        if state == "names seen":
            timeline = SqliteTimeline(path)
            for name, (found, _) in asked.items():
                timeline.offers(name, found[0], ["x"])
        started = time.process_time()
        for name, (found, names) in asked.items():
            for version in found:
                timeline.offers(name, version, names)
        spent = 1000 * (time.process_time() - started)
        print(f"{state:10} 1,000 names x all versions of {', '.join(asked)} ({versions} releases): {spent:.0f} ms")


def questions(versions: Walks, version: str, options: argparse.Namespace, chance: random.Random) -> list[tuple[str, bool, bool]]:
    """Names of the package, whether the held-out release has each, and whether releases differ in it."""
    own = Record(Writer([json.loads(versions[version][0])]).blob())
    seen: Counter[str] = Counter()
    for line, _ in versions.values():
        seen.update({f"{m}.{n}" for m, text in json.loads(line)["names"].items() for n in text.split() if n != "*"})
    names = sorted(n for n in seen if n.count(".") <= options.depth)
    found = []
    for dotted in chance.sample(names, min(len(names), options.names)):
        present, unknown = own.offers(dotted)
        if not unknown:
            found.append((dotted, bool(present), seen[dotted] < len(versions)))
    return found


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Looks up the private names that releases and projects take from others, and puts them into the API timeline.

  scripts/private_names.py --out data/bundled/apis.sqlite [--stacks data/bundled/stacks.yaml] [--pythons FOLDER] [--only flask,torch]

For each walked release two or three small reads (HTTP Range) of its wheel; the standard library is asked of the interpreters in FOLDER
(3.N.x/bin/python). See resolver/apis/privates.py.
"""

import argparse
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from resolver.apis.privates import Asked, asked_for, bound, in_interpreter, merge, sources
from resolver.apis.timeline import SqliteTimeline
from resolver.core.errors import ResolverError
from resolver.core.package import PYTHON, normalize
from resolver.index.pipconfig import AnswerTooLong
from resolver.index.simple import LiveIndex

INDEX = LiveIndex()


def wheels_of(name: str, versions: Iterable[str]) -> Iterator[tuple[str, str]]:
    try:
        listed = {release.version: release for release in INDEX.releases(normalize(name))}
    except ResolverError:
        return
    for version in versions:
        files = listed[version].files if version in listed else ()
        if wheel := next((file.filename for file in files if file.kind == "wheel"), ""):
            yield version, wheel


def in_wheels(name: str, timeline: SqliteTimeline, asked: Asked) -> dict[str, dict[str, set[str]]]:
    def one(pair: tuple[str, str]) -> tuple[str, dict[str, bytes]]:
        try:
            with INDEX.open(normalize(name), pair[1]) as file, zipfile.ZipFile(file) as wheel:
                return pair[0], sources(wheel, asked)
        except (ResolverError, AnswerTooLong, OSError, zipfile.BadZipFile, NotImplementedError):
            return pair[0], {}

    with ThreadPoolExecutor(4) as pool:
        read = dict(pool.map(one, wheels_of(name, timeline.versions(name))))
    # Parsing in several threads at once trips over the interpreter's own recursion counter.
    return {version: {module: set(bound(text) & asked[module]) for module, text in texts.items()} for version, texts in read.items()}


def in_interpreters(pythons: Path | None, asked: Asked) -> dict[str, dict[str, set[str]]]:
    programs = sorted(pythons.glob("3.*/bin/python")) if pythons else []
    return {".".join(program.parts[-3].split(".")[:2]): in_interpreter(str(program), asked) for program in programs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stacks", type=Path)
    parser.add_argument("--pythons", type=Path)
    parser.add_argument("--only", default="", help="comma-separated package names")
    options = parser.parse_args()
    stacks = yaml.safe_load(options.stacks.read_text()) if options.stacks else []
    stacks = stacks if isinstance(stacks, list) else stacks.get("stacks", [])
    further = [name for stack in stacks for name in stack.get("names", ())]
    timeline = SqliteTimeline(options.out)
    only = set(filter(None, options.only.split(",")))
    for name, modules in sorted(asked_for(timeline, further).items()):
        if only and name not in only:
            continue
        asked = {module: frozenset(names) for module, names in modules.items()}
        found = in_interpreters(options.pythons, asked) if name == PYTHON else in_wheels(name, timeline, asked)
        with sqlite3.connect(options.out) as base:
            added = merge(base, name, found)
        print(f"{name}: asked for {sum(map(len, asked.values()))}, {added} seen in {len(found)} releases", flush=True)


if __name__ == "__main__":
    main()

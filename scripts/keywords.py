#!/usr/bin/env python3
"""Reads out of wheels which keywords functions and constructors take, and puts that into the API timeline.

  scripts/keywords.py --read work/keywords.jsonl --timeline data/bundled/apis.sqlite PACKAGE...    resumable
  scripts/keywords.py --join work/keywords.jsonl --timeline data/bundled/apis.sqlite

Of each walked release the Python sources of one wheel are fetched (HTTP Range: of torch's 850 MB four, in three requests). See
resolver/apis/keywords.py.
"""

import argparse
import json
import re
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.version import Version

from resolver.apis.era import ERA
from resolver.apis.keywords import join, keywords_of, unread
from resolver.core.errors import ResolverError
from resolver.core.package import normalize
from resolver.index.pipconfig import AnswerTooLong
from resolver.index.reading import RangedFile
from resolver.index.simple import LiveIndex

INDEX = LiveIndex()
GAP = 256 << 10
"""Bytes between two sources that are rather fetched than asked around."""
LONGEST_SPAN = 8 << 20
BESIDE = {"tensorflow": "keras"}
"""Packages whose modules are partly those of another one of the time."""
_INSTALLED = re.compile(r"\A[^/]+\.data/(?:purelib|platlib)/")
_DAMAGED = (ResolverError, AnswerTooLong, OSError, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timeline", type=Path, required=True)
    parser.add_argument("--read", type=Path)
    parser.add_argument("--join", type=Path)
    parser.add_argument("packages", nargs="*")
    options = parser.parse_args()
    if options.read:
        for name, row in unread(options.packages, options.timeline, options.read):
            version = row["version"]
            with tempfile.TemporaryDirectory(prefix="keywords-") as folder:
                told = keywords_of(Path(folder), row["modules"], row["names"]) if lay(name, version, Path(folder)) else {}
            with options.read.open("a") as stream:
                stream.write(json.dumps({"name": name, "version": version, "keywords": told}) + "\n")
            sys.stderr.write(f"{name} {version}: {len(told)}\n")
    if options.join:
        print(join(options.join.read_text().splitlines(), options.timeline), "keywords joined")


def lay(name: str, version: str, folder: Path) -> bool:
    """Write the Python sources of a release's wheel below a folder, with those of the package that it hands modules on of."""
    wheel = wheel_of(name, version)
    if not wheel or not sources(name, wheel, folder):
        return False
    if name in BESIDE and (other := wheel_of(BESIDE[name], _companion(name, version))):
        sources(BESIDE[name], other, folder)
    return True


def _companion(name: str, version: str) -> str:
    """The newest final release of the package beside, as of four months after a release; of the same series where there is one."""
    day = next(each.uploaded for each in INDEX.releases(normalize(name)) if each.version == version)
    final = [each for each in INDEX.releases(normalize(BESIDE[name])) if not Version(each.version).is_prerelease]
    born = [each.version for each in final if each.uploaded and day and each.uploaded < day + ERA]
    same = [each for each in born if Version(each).release[:2] == Version(version).release[:2]]
    return next(iter(same or born), "")


def wheel_of(name: str, version: str) -> str:
    try:
        release = next(each for each in INDEX.releases(normalize(name)) if each.version == version)
    except (ResolverError, StopIteration):
        return ""
    return next((file.filename for file in release.files if file.kind == "wheel"), "")


def sources(name: str, filename: str, folder: Path) -> bool:
    try:
        with INDEX.open(normalize(name), filename) as file, zipfile.ZipFile(file) as wheel:
            wanted = sorted((each for each in wheel.infolist() if _is_source(each)), key=lambda each: each.header_offset)
            prefetch(file, wanted)
            for each in wanted:
                place = folder / _INSTALLED.sub("", each.filename)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(wheel.read(each))
    except _DAMAGED as error:
        sys.stderr.write(f"{filename}: {type(error).__name__}: {error}\n")
        return False
    return True


def _is_source(member: zipfile.ZipInfo) -> bool:
    parts = Path(member.filename).parts
    inside = not {"..", "tests", "testing", "include", "/"}.intersection(parts)
    readable = member.file_size < 4_000_000 and member.filename.endswith((".py", "__init__.pyi"))
    return inside and readable and not member.filename.endswith("_pb2.py")


def prefetch(file: RangedFile, wanted: list[zipfile.ZipInfo]) -> None:
    """Fetch what lies near each other at once."""
    spans: list[list[int]] = []
    for each in wanted:
        start, stop = each.header_offset, each.header_offset + each.compress_size + len(each.filename) + 128
        if spans and start - spans[-1][1] < GAP and stop - spans[-1][0] < LONGEST_SPAN:
            spans[-1][1] = max(stop, spans[-1][1])
        else:
            spans.append([start, stop])
    for start, stop in spans:
        file.seek(start)
        file.read(stop - start)


if __name__ == "__main__":
    main()

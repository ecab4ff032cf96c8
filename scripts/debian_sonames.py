#!/usr/bin/env python3
"""Writes data/bundled/debian.json.gz: which Debian package brings a shared library, for resolver.build.libraries.

    scripts/debian_sonames.py [--image python:3.11-slim] [--output FILE]

Reads the Contents index of the Debian suite that this machine's apt is configured for (into a folder of its own; the
machine's lists stay as they are), and asks the base image what it already has. Needs apt, docker and about half a minute.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import tempfile
from pathlib import Path

TARGET = "Acquire::IndexTargets::deb::Contents-deb"
LINE = re.compile(r"^(?:usr/)?lib/x86_64-linux-gnu/(lib[^/\s]+\.so(?:\.\d+)*)\s+(\S+)$")
UNWANTED = re.compile(
    r"-(dev|dbg|dbgsym|cross|udeb|source|doc|tests?|test-.*|bin|tools)$|^lib(32|n32|x32)|-cross$|-armhf|-i386|-alternative"
)


def contents(sources: Path) -> list[tuple[str, str]]:
    """(soname, package) pairs, in the order of the index."""
    with tempfile.TemporaryDirectory(prefix="debian-sonames-") as folder:
        lists = Path(folder) / "lists"
        (lists / "partial").mkdir(parents=True)
        Path(folder).chmod(0o755)
        subprocess.run(
            [
                *("apt-get", "update", "-qq", "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={folder}"),
                *("-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::Etc::sourcelist={sources}"),
                *("-o", f"{TARGET}::MetaKey=$(COMPONENT)/Contents-$(ARCHITECTURE)", "-o", f"{TARGET}::Description=contents"),
                *("-o", f"{TARGET}::ShortDescription=contents"),
            ],
            check=True,
        )
        pairs = []
        for path in sorted(lists.glob("*_main_Contents-amd64*")):
            done = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", str(path)], check=True, capture_output=True)
            for line in done.stdout.decode("utf-8", "replace").splitlines():
                if found := LINE.match(line):
                    pairs += [(found[1], where.rpartition("/")[2]) for where in found[2].split(",")]
        return pairs


def table(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """One package for each soname: the one named like the library, else the shortest name."""
    packages: dict[str, set[str]] = {}
    for soname, package in pairs:
        if not UNWANTED.search(package):
            packages.setdefault(soname, set()).add(package)

    def rank(soname: str, package: str) -> tuple[bool, int, str]:
        stem = soname.split(".so", maxsplit=1)[0].lower().replace("_", "-")
        return (not package.startswith(stem), len(package), package)

    chosen = {soname: min(found, key=lambda p: rank(soname, p)) for soname, found in packages.items()}
    # libGL.so.1.7.0 is the file behind libGL.so.1; nothing asks for it by that name.
    return {s: p for s, p in sorted(chosen.items()) if not any(chosen.get(short) == p for short in shorter(s))}


def shorter(soname: str) -> list[str]:
    """libx.so.1.2.3 -> libx.so.1.2, libx.so.1."""
    stem, _, version = soname.partition(".so.")
    parts = version.split(".")
    return [f"{stem}.so.{'.'.join(parts[:n])}" for n in range(1, len(parts))]


def in_image(image: str) -> list[str]:
    """The sonames that the base image has."""
    done = subprocess.run(["docker", "run", "--rm", "--network=none", image, "/sbin/ldconfig", "-p"], check=True, capture_output=True)
    return sorted({line.split()[0] for line in done.stdout.decode().splitlines()[1:] if line.strip() and ".so" in line})


def main() -> None:
    """Make the table and write it, byte for byte the same for the same index and image."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="python:3.11-slim")
    parser.add_argument("--sources", type=Path, default=Path("/etc/apt/sources.list.d/debian.sources"))
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent.parent / "data/bundled/debian.json.gz")
    args = parser.parse_args()
    found = table(contents(args.sources))
    text = json.dumps({"suite": "bookworm", "image": args.image, "base": in_image(args.image), "sonames": found}, indent=0, sort_keys=True)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(found)} sonames, {args.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()

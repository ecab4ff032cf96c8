"""Removes unpacked wheels that were not used for longest from uv's cache, until it is small enough.

    python inside_trim.py CACHE KEEP_MB MIN_AGE_SECONDS

Prints one JSON object: {"before_mb": ..., "after_mb": ..., "removed": ...}. uv fetches again what is gone. What was used less than
MIN_AGE_SECONDS ago stays: a build may be running from it. Small ones stay too, they cost more to fetch than to keep. Standard
library only, CPython 3.6 to 3.13.
"""

import glob
import json
import os
import shutil
import sys
import time

SMALL_MB = 8
LEFT_SECONDS = 3600  # what nobody touched for so long belongs to no running build
SIZES = "sizes.json"


def size_mb(folder):
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.lstat(os.path.join(place, file)).st_blocks * 512
            except OSError:
                pass
    return total / float(1 << 20)


def known_sizes(cache):
    """Sizes that an earlier look has found: an unpacked wheel never changes, and has tens of thousands of files."""
    try:
        with open(os.path.join(cache, SIZES)) as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return {}


def keep_sizes(cache, sizes):
    part = os.path.join(cache, SIZES + ".part")
    try:
        with open(part, "w") as stream:
            json.dump(sizes, stream)
        os.rename(part, os.path.join(cache, SIZES))
    except OSError:
        pass  # a full disk: the next look counts again


def leftovers(cache, now):
    """Folders that no installer comes back to: of a full disk or a killed run, and sources that were unpacked to be built.

    A built wheel lies beside its source and stays; where none lies there, the build failed, and the source is fetched again
    if anyone tries once more. A hundred cells leave about a gigabyte of sources.
    """
    rooms = [cache] + [os.path.join(cache, name) for name in os.listdir(cache) if name.startswith(("sdists-v", "builds-v"))]
    for room in rooms:
        for name in os.listdir(room):
            path = os.path.join(room, name)
            if name.startswith((".tmp", ".gone-")) and now - os.stat(path).st_mtime > LEFT_SECONDS:
                yield path
        # sdists-vN/pypi/NAME/VERSION/REVISION/src
        for source in glob.glob(os.path.join(room, "*", "*", "*", "*", "src")) if "sdists-v" in room else []:
            if now - os.stat(os.path.dirname(source)).st_mtime > LEFT_SECONDS:
                yield source


def orphans(cache):
    """Bytecode of wheels that are gone, whoever removed them."""
    store, shelf = os.path.join(cache, "bytecode", "archive-v0"), os.path.join(cache, "archive-v0")
    for name in os.listdir(store) if os.path.isdir(store) else []:
        if not os.path.isdir(os.path.join(shelf, name)):
            yield os.path.join(store, name)


def trim(cache, keep_mb, min_age):
    shelf = os.path.join(cache, "archive-v0")
    now = time.time()
    for path in list(leftovers(cache, now)) + list(orphans(cache)):
        shutil.rmtree(path, ignore_errors=True)
    found, sizes = [], known_sizes(cache)
    for name in os.listdir(shelf) if os.path.isdir(shelf) else []:
        path = os.path.join(shelf, name)
        if name not in sizes:
            sizes[name] = size_mb(path)
        found.append((os.stat(path).st_mtime, sizes[name], name))
    keep_sizes(cache, dict((name, sizes[name]) for _, _, name in found))
    before = total = sum(size for _, size, _ in found)
    removed = 0
    for used, size, name in sorted(found):
        if total <= keep_mb:
            break
        if size < SMALL_MB or now - used < min_age:
            continue
        gone = os.path.join(cache, ".gone-" + name)
        os.rename(os.path.join(shelf, name), gone)  # whole or not at all, as far as an installer can see
        shutil.rmtree(gone, ignore_errors=True)
        shutil.rmtree(os.path.join(cache, "bytecode", "archive-v0", name), ignore_errors=True)
        total -= size
        removed += 1
    return {"before_mb": int(before), "after_mb": int(total), "removed": removed}


if __name__ == "__main__":
    print(json.dumps(trim(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))))

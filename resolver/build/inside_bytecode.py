"""Shares bytecode between environments whose modules are links into one cache of unpacked wheels.

    python inside_bytecode.py restore CACHE STORE FOLDER...     before a run: link what earlier runs have compiled
    python inside_bytecode.py keep CACHE STORE FOLDER...        after a run: store what it has compiled, each file whole or not at all

Sources below CACHE never change, so neither does what Python checks (the source's time and size). Standard library only,
CPython 3.6 to 3.13.
"""

import os
import shutil
import sys

TAG = sys.implementation.cache_tag


def stored(cache, store, place, file):
    """Where the bytecode of a linked module is stored, or "" when it is no link into the cache."""
    path = os.path.join(place, file)
    if not file.endswith(".py") or not os.path.islink(path):
        return ""
    real = os.readlink(path)
    if not real.startswith(cache + os.sep):
        return ""
    return os.path.join(store, "%s.%s.pyc" % (real[len(cache) + 1 : -3], TAG))


def restore(cache, store, folder):
    """Also marks the unpacked wheels as used now: inside_trim.py removes those that were not for longest."""
    known, used = {}, set()
    for place, _, files in os.walk(folder):
        made = os.path.join(place, "__pycache__")
        for file in files:
            path = stored(cache, store, place, file)
            if not path:
                continue
            shelf = os.path.dirname(path)
            wheel = "/".join(os.path.relpath(path, store).split("/")[:2])
            if wheel not in used:
                used.add(wheel)
                try:
                    os.utime(os.path.join(cache, wheel))
                except OSError:
                    pass
            if shelf not in known:
                known[shelf] = set(os.listdir(shelf)) if os.path.isdir(shelf) else set()
            if os.path.basename(path) in known[shelf]:
                if not os.path.isdir(made):
                    os.mkdir(made)
                target = os.path.join(made, "%s.%s.pyc" % (file[:-3], TAG))
                if not os.path.lexists(target):
                    os.symlink(path, target)


def keep(cache, store, folder):
    for place, _, files in os.walk(folder):
        if os.path.basename(place) != "__pycache__":
            continue
        for file in files:
            made = os.path.join(place, file)
            if not file.endswith(".%s.pyc" % TAG) or os.path.islink(made):
                continue
            path = stored(cache, store, os.path.dirname(place), file[: -len(TAG) - 5] + ".py")
            if path and not os.path.exists(path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                part = "%s.%d.part" % (path, os.getpid())
                shutil.copyfile(made, part)
                os.rename(part, path)


if __name__ == "__main__":
    for each in sys.argv[4:]:
        (keep if sys.argv[1] == "keep" else restore)(os.path.realpath(sys.argv[2]), sys.argv[3], each)

"""The standard library of this interpreter, as distribution "python"; see inside_walk.py."""

import os
import sys
import sysconfig
from time import process_time as now

from inside_walk_files import SUFFIX, modules_of
from inside_walk_live import Live, is_module, joined, quietly

SKIPPED = frozenset(["site-packages", "dist-packages", "__pycache__", "test", "tests", "idlelib", "lib-dynload", "turtledemo", "idle_test"])
NOT_RUN = ("antigravity", "this", "__main__", "turtle")


def standard_modules():
    """Module names with their files, "" where there is none that could be read."""
    base = sysconfig.get_paths()["stdlib"]
    files = []
    for folder, inner, names in os.walk(base):
        inner[:] = [d for d in inner if d not in SKIPPED and not d.startswith("config-")]
        files.extend(os.path.relpath(os.path.join(folder, n), base) for n in names)
    modules = modules_of(files)
    dynload = os.path.join(base, "lib-dynload")
    binaries = os.listdir(dynload) if os.path.isdir(dynload) else []
    for name in [SUFFIX.sub("", n) for n in binaries if n.endswith(".so")] + list(sys.builtin_module_names):
        modules.setdefault(name, "")
    return modules


def imported(modules):
    """Import all that imports; what does not, and what lies under it, is left out."""
    gone = set()
    for name in sorted(modules, key=lambda m: (m.count("."), m)):
        if name in NOT_RUN or name.endswith("__main__") or any(name.startswith(g + ".") for g in gone):
            continue
        if quietly(name).startswith(("ModuleNotFoundError", "ImportError")):
            gone.add(name)
    return dict((m, path) for m, path in modules.items() if not any(m == g or m.startswith(g + ".") for g in gone))


def walk_stdlib(put):
    modules = imported(standard_modules())
    live = Live(set(m.split(".")[0] for m in modules))
    for name in sorted(sys.modules):
        if name in modules or (name.split(".")[0] in modules and "." in name):
            if is_module(sys.modules[name]) and not name.startswith("__main__"):
                live.record(name, sys.modules[name], [])
    live.members(now() + 60)
    row = {
        "name": "python",
        "version": "%d.%d" % sys.version_info[:2],
        "python": "%d.%d" % sys.version_info[:2],
        "modules": sorted(modules),
        "names": joined(live.names),
        "alias": live.alias,
        "classes": live.classes,
        "takes": {},
        "needed": {},
        "pb2": False,
        "static": False,
        "failed": "",
    }
    put(row)

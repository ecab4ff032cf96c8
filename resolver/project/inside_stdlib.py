"""Lists what the standard library of the running interpreter offers, and joins such lists into stdlib.json.

    pythonX.Y -I -S inside_stdlib.py > X.Y.json    (once per interpreter, 3.6 to 3.13; -S keeps setuptools' distutils out)
    python3 inside_stdlib.py --join X.Y.json ... > stdlib.json

stdlib.json holds only what is not in every interpreter: {"first-last": {"module": ["name", ...]}} with "" for the module itself.
A name that came and went twice is left out. Standard library only; runs on CPython 3.6 and later.
"""

import importlib
import importlib.util
import json
import os
import pkgutil
import sys
import sysconfig
import warnings

SKIPPED = {
    "idlelib",
    "test",
    "antigravity",
    "this",
    "turtledemo",
    "ensurepip",
    "site",
    "sitecustomize",
    "usercustomize",
    "tests",
    "venv",
    "config",
    "turtle",
}


def modules():
    """Names of all public modules and submodules, with whether each can be imported here."""
    top = set(sys.builtin_module_names)
    folders = [sysconfig.get_paths()["stdlib"], os.path.join(sysconfig.get_paths()["stdlib"], "lib-dynload")]
    for folder in folders:
        for entry in pkgutil.iter_modules([folder]):
            top.add(entry.name)
    found = sorted(name for name in top if not name.startswith("_") and name not in SKIPPED)
    for name in list(found):
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for entry in pkgutil.walk_packages([folder], name + ".", onerror=lambda _: None):
                if not any(part.startswith("_") or part in ("tests", "test", "__main__") for part in entry.name.split(".")):
                    found.append(entry.name)
    return sorted(set(found))


def names():
    offered = {}
    for name in modules():
        try:
            module = importlib.import_module(name)
            offered[name] = set(key for key in dir(module) if not key.startswith("_"))
        except BaseException:  # a module that is there but cannot be imported in this build
            offered[name] = None
    for name in [name for name, keys in offered.items() if keys is not None and hasattr(sys.modules[name], "__getattr__")]:
        # Names that a module makes up when asked (collections.Mapping in 3.7 to 3.9) are not in its dir().
        below = set().union(*(keys for other, keys in offered.items() if keys and other.startswith(name + ".")))
        offered[name] |= set(key for key in below if hasattr(sys.modules[name], key))
    return {name: None if keys is None else sorted(keys) for name, keys in offered.items()}


def join(paths):
    lists = {}
    for path in paths:
        with open(path) as stream:
            lists[os.path.basename(path)[: -len(".json")]] = json.load(stream)
    order = sorted(lists, key=lambda version: [int(part) for part in version.split(".")])
    spans = {}
    for module in sorted(set().union(*lists.values())):
        present = [version for version in order if module in lists[version]]
        note(spans, order, present, module, "")
        if any(lists[version][module] is None for version in present):
            continue
        for name in sorted(set().union(*(lists[version][module] for version in present))):
            if any(module + "." + name in offered for offered in lists.values()):
                continue  # submodules are in dir() or not depending on what else was imported before
            having = [version for version in present if name in lists[version][module]]
            if having != present:
                note(spans, order, having, module, name)
    return spans


def note(spans, order, present, module, name):
    first, last = order.index(present[0]), order.index(present[-1])
    if len(present) == len(order) or last - first + 1 != len(present):
        return
    span = "%s-%s" % (present[0] if first else "", present[-1] if last < len(order) - 1 else "")
    spans.setdefault(span, {}).setdefault(module, []).append(name)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--join"]:
        json.dump(join(sys.argv[2:]), sys.stdout, sort_keys=True, separators=(",", ":"))
        sys.stdout.write("\n")
    else:
        json.dump(names(), sys.stdout)

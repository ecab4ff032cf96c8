"""Lists what the standard library of the running interpreter offers, and joins such lists into stdlib.json.

    pythonX.Y -I -S inside_stdlib.py > X.Y.json    (once per interpreter, 3.6 to 3.13; -S keeps setuptools' distutils out)
    python3 inside_stdlib.py --join X.Y.json ... > stdlib.json

stdlib.json holds only what is not in every interpreter: {"first-last": {"module": ["name", ...]}} with "" for the module itself,
"module.Class" for members of a class, and "name=" for a keyword of the function or class "module.name".
A name that came and went twice is left out. Standard library only; runs on CPython 3.6 and later.
"""

import enum
import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import sys
import sysconfig
import types
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
    inner = {}
    for name in [name for name, keys in offered.items() if keys and name.split(".")[0] not in ("tkinter", "pydoc", "lib2to3", "typing")]:
        for key in sorted(offered[name]):
            thing = getattr(sys.modules[name], key, None)
            home = getattr(thing, "__module__", None)
            if not isinstance(home, str) or home.split(".")[0].lstrip("_") != name.split(".")[0]:
                continue  # what another module lends
            if isinstance(thing, type) and not issubclass(thing, (BaseException, enum.Enum)):
                inner[name + "." + key] = members(thing)
            elif callable(thing) and not isinstance(thing, type):
                inner[name + "." + key] = keywords(thing)
    return {
        "modules": {name: None if keys is None else sorted(keys) for name, keys in offered.items()},
        "inner": {name: sorted(keys) for name, keys in inner.items() if keys is not None},
    }


def members(kind):
    """Public members of a class, and the keywords that making one takes where they can be told."""
    known = keywords(kind)
    return [key for key in dir(kind) if not key.startswith("_")] + (["="] + known if known is not None else [])


def keywords(called):
    """The keywords of a callable, each with "=" behind it; None when nobody can tell or any keyword will do."""
    makers = (called.__init__, called.__new__) if isinstance(called, type) else (called,)
    if not any(isinstance(maker, (types.FunctionType, types.MethodType)) for maker in makers):
        return None  # what C code says of its keywords differs from release to release
    try:
        parameters = inspect.signature(called).parameters.values()
    except (ValueError, TypeError):
        return None
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    return [each.name + "=" for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


def join(paths):
    lists, inner = {}, {}
    for path in paths:
        with open(path) as stream:
            raw = json.load(stream)
        version = os.path.basename(path)[: -len(".json")]
        lists[version], inner[version] = raw["modules"], raw["inner"]
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
    for thing in sorted(set().union(*inner.values())):
        present = [version for version in order if thing in inner[version]]
        for name in sorted(set().union(*(inner[version][thing] for version in present)) - {"="}):
            told = [version for version in present if not name.endswith("=") or is_told(inner[version][thing])]
            having = [version for version in told if name in inner[version][thing]]
            if having != told:
                note(spans, told, having, thing, name)
    return spans


def is_told(keys):
    """Whether the keywords of a function or class are known: a class says so by "="."""
    return "=" in keys or all(key.endswith("=") for key in keys)


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

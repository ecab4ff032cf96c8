"""Names, aliases and classes of modules that are in memory, and importing them; see inside_walk.py."""

import re
import sys
import types
import warnings
from time import process_time as now

from inside_walk_names import public

MAX_NAMES = 60000
MAX_TOTAL = 400000
MAX_CLASSES = 400
NOT_IMPORTED = re.compile(
    r"(^|\.)(tests?|testing|conftest|setup|__main__|examples?|benchmarks?|demos?|docs?|scripts?|cli|bin|main|gui|antigravity|this|idlelib|"
    r"turtledemo|turtle|compiler|android|ios|win32.*|windows|mac.*)(\.|$)"
)


def quietly(module):
    """Import one module; whatever it raises (SystemExit too) becomes a text."""
    try:
        __import__(module)
        return ""
    except BaseException as e:  # noqa
        return "%s: %s" % (type(e).__name__, str(e).split("\n")[0][:300])


def is_module(value):
    try:
        return isinstance(value, types.ModuleType)
    except BaseException:  # noqa
        return False


def attributes(module):
    """{name: value} of a live module, names that are only listed (lazy ones) with the value None."""
    found = {}
    try:
        listed = list(dir(module))
    except BaseException:  # noqa
        listed = []
    if type(module) is not types.ModuleType:  # torch.backends.cudnn keeps its switches in the class; dir() of a module does not list it
        listed.extend(n for n in dir(type(module)) if not hasattr(types.ModuleType, n))
    inner = getattr(module, "__dict__", {})
    if isinstance(inner, dict) and type(module) is not types.ModuleType:  # and asks the module that it replaced for everything else
        own = inner.get("__name__")
        listed.extend(n for v in list(inner.values()) if is_module(v) and v is not module and v.__name__ == own for n in dir(v))
    every = inner.get("__all__", ()) if isinstance(inner, dict) else ()
    listed.extend(n for n in every if isinstance(n, str)) if isinstance(every, (list, tuple, set, frozenset)) else None
    for name in listed + [k for k in list(inner) if isinstance(k, str)]:
        if name not in found:
            found[name] = inner.get(name)
    return found


def strings(value, depth=0):
    """Text constants in a value: of collections, of code objects, members of enumerations."""
    if isinstance(value, str):
        return [value]
    if depth > 3:
        return []
    if isinstance(value, types.CodeType):
        return [s for c in value.co_consts for s in strings(c, depth + 1)]
    if isinstance(value, (dict, list, tuple, set, frozenset)) and len(value) <= 2000:
        return [s for v in value for s in strings(v, depth + 1)]
    if isinstance(value, type) and isinstance(getattr(value, "__members__", None), (dict, types.MappingProxyType)):
        return [s for s in value.__members__ if isinstance(s, str)]
    return []


def unlisted(module, listed):
    """Names that only a module's own __getattr__ knows (deprecated ones, mostly), or None when they cannot be guessed."""
    inner = getattr(module, "__dict__", {})
    own = inner.get("__getattr__") if isinstance(inner, dict) else None
    if not isinstance(own, types.FunctionType):
        return None if callable(own) else set()
    texts = strings(own.__code__) + [s for c in (own.__closure__ or ()) for s in strings(getattr(c, "cell_contents", None))]
    guesses = set(texts)
    for value in list(inner.values()):
        if isinstance(value, (dict, list, tuple, set, frozenset)) or isinstance(value, type):
            guesses.update(strings(value))
        elif is_module(value):  # collections hands out what its abc module lists, from 3.7 to 3.9
            guesses.update(strings(getattr(value, "__all__", ())))
    guesses = sorted(g for g in guesses if public(g) and g not in listed)
    if len(guesses) > 600:
        return None
    found, end = set(), now() + 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for guess in guesses:
            if now() > end:
                return None
            try:
                getattr(module, guess)
                found.add(guess)
            except BaseException:  # noqa
                pass
    return found if guesses or "__all__" in inner or "__dir__" in inner else None


def standard(module):
    file = getattr(module, "__file__", None)
    return not isinstance(file, str) or ("site-packages" not in file and "dist-packages" not in file)


class Live:
    """Names, aliases and classes of the loaded modules of one distribution."""

    def __init__(self, own):
        self.own, self.names, self.alias, self.classes, self.first, self.total = own, {}, {}, {}, {}, 0

    def is_own(self, name):
        return any(name == o or name.startswith(o + ".") for o in self.own)

    def facade(self, name):
        """Modules people reach by attribute: packages near the top and generated API packages."""
        return name.count(".") <= 1 or "._api." in name or ".api." in name or self.is_package(name)

    def is_package(self, name):
        return hasattr(sys.modules.get(name), "__path__")

    def record(self, name, module, follow):
        if name in self.names or self.total > MAX_TOTAL:
            return
        values = attributes(module)
        kept = set()
        self.names[name] = kept
        for attribute in sorted(values):
            value = values[attribute]
            if not public(attribute):
                continue
            if type(value).__name__ == "_Feature":
                continue
            if value is None and attribute not in getattr(module, "__dict__", {}) and name.count(".") == 0:
                value = self.lazy_module(name, module, attribute)
            if is_module(value):
                target = getattr(value, "__name__", "") or ""
                if not isinstance(target, str):
                    continue
                if self.is_own(target):
                    if target != name + "." + attribute and self.facade(name):
                        self.alias[name + "." + attribute] = target
                        follow.append((target, value))
                    elif type(value) is not types.ModuleType:
                        follow.append((target, value))
                elif (
                    not standard(value)
                    and "." in target
                    and target.rpartition(".")[2] == attribute
                    and (name.count(".") == 0 or not self.is_own(name))
                ):
                    self.alias[name + "." + attribute] = target
                    follow.append((target, value))
            kept.add(attribute)
        if len(kept) > MAX_NAMES:
            kept.clear()
            kept.add("*")
        hidden = unlisted(module, values)
        kept.update(hidden if hidden is not None else ["*"])
        self.total += len(kept)

    def lazy_module(self, name, module, attribute):
        """A name that is listed but not loaded, when a module of that name is in memory."""
        return sys.modules.get(name + "." + attribute)

    def walk(self, until):
        follow = []
        for name in sorted(sys.modules):
            module = sys.modules.get(name)
            if is_module(module) and self.is_own(name) and self.wanted(name):
                self.record(name, module, follow)
        while follow and now() < until:
            target, value = follow.pop()
            if target not in self.names:
                self.record(target, value, follow)
                self.names.setdefault(target, set())

    def wanted(self, name):
        parts = name.split(".")
        if "tests" in parts:
            return False
        return "._api" in name or not any(p.startswith("_") for p in parts[2:])

    def members(self, until):
        """Members of the public classes of facades, shallow modules first; a class seen again refers to the first."""
        for name in sorted(self.names, key=lambda n: (n.count("."), "._" in n, n)):
            module = sys.modules.get(name)
            if module is None or not self.facade(name) or now() > until:
                continue
            for attribute, value in sorted(getattr(module, "__dict__", {}).items(), key=lambda i: str(i[0])):
                if attribute not in self.names[name] or not isinstance(value, type):
                    continue
                if hasattr(type(value), "__getattr__") and not hasattr(value, "__members__"):
                    continue  # its members are made up when asked for
                home = getattr(value, "__module__", "")
                if not isinstance(home, str) or (not self.is_own(home) and home.split(".")[0] not in ("builtins", "abc")):
                    continue
                key = name + "." + attribute
                if id(value) in self.first:
                    self.classes[key] = "=" + self.first[id(value)]
                elif len(self.first) < MAX_CLASSES:
                    try:
                        listed = sorted(n for n in dir(value) if public(n))
                    except BaseException:  # noqa
                        continue
                    self.first[id(value)] = key
                    self.classes[key] = " ".join(listed)


def to_import(modules, small):
    """Submodules worth importing on purpose: packages and extension modules near the top; near the top everything if small."""
    chosen = []
    for name, path in modules.items():
        depth = name.count(".")
        package, binary = path.endswith("__init__.py"), path.endswith(".so")
        if depth == 0 or depth > 2 or re.search(r"(^|\.)_", name) or NOT_IMPORTED.search(name):
            continue
        if package or binary or (small and depth == 1):
            chosen.append((depth, not package, name))
    return [c[2] for c in sorted(chosen)]


def joined(names):
    return dict((m, " ".join(sorted(n))) for m, n in names.items())

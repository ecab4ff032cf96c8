"""Walks installed distributions and writes what each of them offers and uses, one JSON line per distribution.

    python inside_walk.py KNOWN.json OUT.jsonl [SECONDS]     every installed distribution that KNOWN ("name==version") lacks
    python inside_walk.py --stdlib OUT.jsonl                 the standard library, as distribution "python"
    python inside_walk.py --static FOLDER OUT.jsonl          distributions unpacked in FOLDER, read only, nothing imported

Runs inside the environment that is walked: standard library only, CPython 3.6 to 3.13. Each distribution is walked in a
child process, so that one that crashes, hangs or exits harms nobody; what it knew until then is kept.

A line: name, version, python, modules (paths on disk), names {module: "public names"} ("*" among them: more may exist),
alias {module.attribute: module it really is}, classes {module.Class: "members" or "=module.Class"}, takes {root: [dotted]}
(":" in front: not needed to import the distribution itself), needed {soname: [files]}, pb2, static, failed; where nothing is
imported also inner {module: [roots of others that importing it needs and importing the distribution does not]}.
"""

import ast
import builtins
import gc
import io
import json
import os
import re
import signal
import struct
import sys
import time
import types
import warnings

EACH = 60.0
MAX_NAMES = 60000
MAX_TOTAL = 400000
MAX_CLASSES = 400
MAX_INNER = 600
LIBC = re.compile(r"^(libc|libm|libpthread|libdl|librt|libutil|ld-linux.*|linux-vdso)\.so")
NOT_IMPORTED = re.compile(
    r"(^|\.)(tests?|testing|conftest|setup|__main__|examples?|benchmarks?|demos?|docs?|scripts?|cli|bin|main|gui|antigravity|this|idlelib|"
    r"turtledemo|turtle|compiler|android|ios|win32.*|windows|mac.*)(\.|$)"
)
SUFFIX = re.compile(r"(\.cpython-[0-9]+[a-z]*(-[A-Za-z0-9_]+)*|\.abi3|\.pypy[0-9a-z-]+)?\.so$")


# --- installed distributions, without importlib.metadata (absent from 3.6 and 3.7) ------------------------------------


def now():
    """Processor seconds of this process: on a busy machine as much is read as on an idle one."""
    return time.process_time()


def read(path, limit=20000000):
    with open(path, "rb") as f:
        return f.read(limit).decode("utf-8", "replace")


def header(text, key):
    found = re.search(r"(?im)^%s:[ \t]*(\S[^\r\n]*)" % key, text.split("\n\n", 1)[0])
    return found.group(1).strip() if found else ""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def files_of(base, info):
    """Paths relative to `base` that the distribution installed; its folders are listed when no record names them."""
    record = os.path.join(base, info, "RECORD")
    if os.path.exists(record):
        rows = [line.rsplit(",", 2)[0].strip('"') for line in read(record).splitlines() if line.count(",") >= 2]
        return [r for r in rows if not r.startswith(("..", "/"))]
    listed = os.path.join(base, info, "installed-files.txt")
    if os.path.exists(listed):
        rows = [os.path.normpath(os.path.join(info, line.strip())) for line in read(listed).splitlines() if line.strip()]
        return [r for r in rows if not r.startswith(("..", "/"))]
    tops = os.path.join(base, info, "top_level.txt")
    roots = read(tops).split() if os.path.exists(tops) else [re.split(r"-\d", info)[0]]
    found = []
    for root in roots:
        if os.path.isdir(os.path.join(base, root)):
            for folder, inner, names in os.walk(os.path.join(base, root)):
                inner[:] = [d for d in inner if d != "__pycache__"]
                found.extend(os.path.relpath(os.path.join(folder, n), base) for n in names)
        else:
            found.extend(n for n in os.listdir(base) if n.split(".")[0] == root)
    return found


def distributions(paths):
    seen = {}
    for base in paths:
        if not os.path.isdir(base):
            continue
        for entry in sorted(os.listdir(base)):
            if not entry.endswith((".dist-info", ".egg-info")):
                continue
            for meta in ("METADATA", "PKG-INFO", ""):
                path = os.path.join(base, entry, meta) if meta else os.path.join(base, entry)
                if os.path.isfile(path):
                    text = read(path, 4000)
                    name, version = header(text, "Name"), header(text, "Version")
                    if name and version and canonical(name) not in seen:
                        seen[canonical(name)] = (version, base, entry)
                    break
    return seen


def modules_of(files):
    """Module paths among `files`, each with its file: {"numpy.linalg": "numpy/linalg/__init__.py"}."""
    found = {}
    for path in sorted(files):
        parts = path.replace("\\", "/").split("/")
        last = parts[-1]
        stem = last[:-3] if last.endswith(".py") else SUFFIX.sub("", last) if last.endswith(".so") else None
        if stem is None or "tests" in parts[:-1] or re.search(r"^(test_.*|.*_test|conftest|tests)$", stem):
            continue
        dotted = parts[:-1] + ([] if stem == "__init__" else [stem])
        if dotted and all(p.isidentifier() for p in dotted):
            name = ".".join(dotted)
            if name not in found or last.endswith(".py"):
                found[name] = path
    return found


# --- shared libraries -------------------------------------------------------------------------------------------------


def elf_needed(path):
    """DT_NEEDED entries of a little-endian ELF64 file; empty for anything else."""
    with open(path, "rb") as f:
        head = f.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            return []
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        f.seek(offset)
        table = f.read(size * count)
        loads, dynamic = [], None
        for i in range(count):
            kind, _, at, virtual, _, length, _, _ = struct.unpack_from("<IIQQQQQQ", table, i * size)
            if kind == 1:
                loads.append((virtual, at, length))
            elif kind == 2:
                dynamic = (at, length)
        if not dynamic:
            return []
        f.seek(dynamic[0])
        body = f.read(dynamic[1])
        needed, strings, strings_size = [], None, 0
        for i in range(0, len(body) - 15, 16):
            tag, value = struct.unpack_from("<qQ", body, i)
            if tag == 0:
                break
            if tag == 1:
                needed.append(value)
            elif tag == 5:
                strings = value
            elif tag == 10:
                strings_size = value
        where = [at + strings - virtual for virtual, at, length in loads if strings is not None and virtual <= strings < virtual + length]
        if not where:
            return []
        f.seek(where[0])
        text = f.read(min(strings_size, 50000000))
    return [text[n : text.index(b"\0", n)].decode("ascii", "replace") for n in needed if n < len(text)]


def libraries(base, files):
    shared = [p for p in files if re.search(r"\.so(\.[0-9.]+)?$", p)]
    bundled = set(os.path.basename(p) for p in shared)
    found = {}
    for path in shared:
        try:
            names = elf_needed(os.path.join(base, path))
        except (OSError, ValueError, struct.error):
            continue
        for name in names:
            if name not in bundled and not LIBC.match(name):
                found.setdefault(name, []).append(path)
    return dict((k, sorted(v)[:5]) for k, v in sorted(found.items()))


# --- names, read from source ------------------------------------------------------------------------------------------


def parsed(base, path, cache={}):
    if path not in cache:
        try:
            with open(os.path.join(base, path), "rb") as f:
                cache[path] = ast.parse(f.read(8000000))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            cache[path] = None
    return cache[path]


HEADER = re.compile(r"(?m)^(?:async[ \t]+def|def|class)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[^\n]*\n")
INDENTED = re.compile(r"(?:(?:[ \t#)\]}][^\n]*)?(?:\n|$))+")


def shallow(base, path, cache={}):
    """The syntax tree of a file without the bodies of its functions and classes: a tenth of the work of reading it all.

    A body is what stands indented below its header; a text that goes on at the margin breaks that, and the whole file is read.
    """
    if path in cache:
        return cache[path]
    try:
        text = read(os.path.join(base, path), 8000000)
    except OSError:
        cache[path] = None
        return None
    kept, at = [], 0
    for found in HEADER.finditer(text):
        if found.start() < at:
            continue
        end = INDENTED.match(text, found.end())
        kept.append(text[at : found.start()])
        kept.append(("class %s: pass\n" if found.group(0).startswith("class") else "def %s(): pass\n") % found.group(1))
        at = end.end() if end else found.end()
    kept.append(text[at:])
    try:
        cache[path] = ast.parse("".join(kept))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        cache[path] = parsed(base, path)
    return cache[path]


def absolute(package, level, module):
    if not level:
        return module or ""
    parts = package.split(".") if package else []
    parts = parts[: len(parts) - (level - 1)] if level > 1 else parts
    return ".".join(parts + ([module] if module else []))


STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) - frozenset(["tkinter", "_tkinter", "turtle", "msvcrt", "winreg", "_winapi"])


def builtin(node):
    """Whether a line that only mentions a name mentions a built-in one; None for any other line."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        return hasattr(builtins, node.value.id)
    return None


def raised(node):
    """Whether every failure of a `try` is raised again."""
    return all(isinstance(h.body[-1], ast.Raise) for h in node.handlers)


class Bindings(ast.NodeVisitor):
    """Names that running the top level of one file binds; `stars` are the modules that it star-imports."""

    def __init__(self, package):
        self.package, self.names, self.stars, self.open, self.every = package, set(), [], False, None
        self.promised = []  # star imports for type checkers: what a module that fills itself at run time will hold

    def visit_FunctionDef(self, node):
        self.names.add(node.name)
        self.open = self.open or node.name == "__getattr__"

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.names.add(node.name)

    def visit_Lambda(self, node):
        pass

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda

    def visit_Import(self, node):
        for a in node.names:
            self.names.add(a.asname or a.name.split(".")[0])

    def visit_ImportFrom(self, node):
        for a in node.names:
            if a.name == "*":
                self.stars.append(absolute(self.package, node.level, node.module))
            elif node.module != "__future__":
                self.names.add(a.asname or a.name)

    def visit_If(self, node):
        test = ast.dump(node.test)
        if "'__main__'" in test and "'__name__'" in test:
            for n in node.orelse:
                self.visit(n)
        elif "TYPE_CHECKING" in test:
            for n in node.body:
                if isinstance(n, ast.ImportFrom) and n.names[0].name == "*":
                    self.promised.append(absolute(self.package, n.level, n.module))
            if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
                # `if TYPE_CHECKING or SLOW_IMPORT:` of a lazy module: what it imports there it has, one way or the other.
                self.names |= self.inner(node.body)
            for n in node.orelse:
                self.visit(n)
        else:
            self.generic_visit(node)

    def visit_Try(self, node):
        """What stands under `except` runs when the body fails. A body that imports an optional package may; one that mentions what is built
        in since Python 3 does not; one whose failure is raised again must not.
        """
        tried = self.inner(node.body)
        caught = self.inner([n for h in node.handlers for n in h.body if not isinstance(h.body[-1], ast.Raise)])
        lost = set(n for line in node.body for n in self.missing(line))
        works = any(builtin(n) for n in node.body)
        self.names |= tried if works or raised(node) else caught | (tried - lost)
        for n in node.orelse + node.finalbody:
            self.visit(n)

    visit_TryStar = visit_Try

    def inner(self, body):
        """The names that some lines bind, kept apart from the others."""
        before, self.names = self.names, set()
        for n in body:
            self.visit(n)
        found, self.names = self.names, before
        return found

    def missing(self, node):
        """The names that an import binds which may well fail: of a package that is neither this one nor the standard library."""
        if isinstance(node, ast.Import):
            return [a.asname or a.name.split(".")[0] for a in node.names if not self.is_there(a.name.split(".")[0])]
        if isinstance(node, ast.ImportFrom) and not self.is_there(absolute(self.package, node.level, node.module).split(".")[0]):
            return [a.asname or a.name for a in node.names]
        return []

    def is_there(self, root):
        """Whether a module can be taken for installed: the package's own, or the standard library's."""
        if root == self.package.split(".")[0]:
            return True
        return root in STANDARD if STANDARD else True

    def visit_Assign(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == "__all__" and isinstance(node.value, (ast.List, ast.Tuple)):
                items = [getattr(e, "value", getattr(e, "s", None)) for e in node.value.elts]
                self.every = [i for i in items if isinstance(i, str)]
        self.generic_visit(node)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.generic_visit(node)

    def visit_Call(self, node):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in (
            "globals",
            "exec",
            "execfile",
            "vars",
            "locals",
            "attach",
            "attach_stub",
            "_LazyModule",
            "setattr",
            "lazy_import",
        ):
            self.open = True
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if node.attr == "__dict__" or (node.attr == "modules" and getattr(node.value, "id", "") == "sys"):
            self.open = True  # the module changes or replaces itself
        self.generic_visit(node)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)
        elif isinstance(node.ctx, ast.Del):
            self.names.discard(node.id)


class Static:
    """Public names of modules by reading their source."""

    def __init__(self, base, modules, loaded):
        self.base, self.modules, self.loaded, self.done = base, modules, loaded, {}

    def bindings(self, module):
        if module in self.done:
            return self.done[module]
        self.done[module] = None  # a star-import circle ends here
        path = self.modules.get(module, "")
        if not path.endswith(".py"):
            path = self.stub(module)
        tree = shallow(self.base, path) if path else None
        if tree is None:
            return None
        package = module if os.path.basename(path).startswith("__init__.py") else module.rpartition(".")[0]
        found = Bindings(package)
        try:
            found.visit(tree)
        except RecursionError:
            return None
        names, opened = set(found.names), found.open or path.endswith(".pyi")
        for star in found.stars + (found.promised if opened else []):
            if star in self.loaded:
                names.update(n for n in self.loaded[star] if not n.startswith("_"))
                continue
            inner = self.bindings(star)
            if inner is None:
                opened = True
            else:
                names.update(inner[2] if inner[2] is not None else [n for n in inner[0] if not n.startswith("_")])
                opened = opened or inner[1]
        self.done[module] = (names | set(found.every or ()), opened, found.every)
        return self.done[module]

    def stub(self, module):
        """The type stub of a binary module, when its distribution has one."""
        place = module.replace(".", "/")
        for path in (place + "/__init__.pyi", place + ".pyi"):
            if os.path.exists(os.path.join(self.base, path)):
                return path
        return ""

    def names(self, module):
        found = self.bindings(module)
        if found is None:
            return None
        return set(n for n in found[0] if public(n)) | (set(["*"]) if found[1] else set())


def public(name):
    return isinstance(name, str) and name.isidentifier() and (not name.startswith("_") or name == "__version__")


# --- what the source takes from others --------------------------------------------------------------------------------


GUARDS = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError", "OSError", "RuntimeError")


class Takes(ast.NodeVisitor):
    """Dotted names that one file takes from other distributions; `sure` those that its import cannot do without."""

    def __init__(self, own, package):
        self.own, self.package = own, package
        self.sure, self.perhaps, self.bound, self.depth, self.maybe = set(), set(), {}, 0, 0

    def add(self, dotted):
        if dotted.split(".")[0] not in self.own and not dotted.startswith(("__future__", "builtins")):
            (self.perhaps if self.depth or self.maybe else self.sure).add(dotted)

    def visit_Import(self, node):
        for a in node.names:
            self.add(a.name)
            self.bound[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]

    def visit_ImportFrom(self, node):
        module = absolute(self.package, node.level, node.module)
        for a in node.names:
            self.add(module if a.name == "*" else module + "." + a.name)
            if a.name != "*":
                self.bound[a.asname or a.name] = module + "." + a.name

    def body(self, nodes):
        for n in nodes:
            self.visit(n)

    def visit_Try(self, node):
        caught = []
        for h in node.handlers:
            kinds = h.type.elts if isinstance(h.type, ast.Tuple) else [h.type]
            # Who raises again protects against nothing: "Keras requires TensorFlow 2.2 or higher".
            if not isinstance(h.body[-1], ast.Raise) or self.depth:
                caught.extend("Exception" if k is None else getattr(k, "id", getattr(k, "attr", "")) for k in kinds)
        if any(c in GUARDS for c in caught):
            self.bind_only(node)
        else:
            self.generic_visit(node)

    visit_TryStar = visit_Try

    def bind_only(self, node):
        """Guarded code: its imports bind aliases, but nothing in it is needed."""
        sure, perhaps = set(self.sure), set(self.perhaps)
        for n in node.body + [x for h in getattr(node, "handlers", []) for x in h.body] + node.orelse + getattr(node, "finalbody", []):
            self.visit(n)
        self.sure, self.perhaps = sure, perhaps

    def visit_If(self, node):
        test = ast.dump(node.test)
        # Constants in capitals tell versions or what else is installed: PY3, TYPE_CHECKING, PYDANTIC_V2, TORCH_AVAILABLE.
        if "version" in test.lower() or "hasattr" in test or "available" in test.lower() or re.search(r"'[A-Z][A-Z0-9_]{2,}'", test):
            self.bind_only(node)
            return
        self.visit(node.test)
        self.maybe += 1
        self.body(node.body + node.orelse)
        self.maybe -= 1

    def visit_FunctionDef(self, node):
        self.body(node.decorator_list + node.args.defaults + [d for d in node.args.kw_defaults if d])
        self.depth += 1
        self.body(node.body)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self.depth += 1
        self.visit(node.body)
        self.depth -= 1

    def visit_Attribute(self, node):
        parts, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in self.bound and isinstance(node.ctx, ast.Load):
            self.add(".".join([self.bound[inner.id]] + parts[::-1]))
        elif not isinstance(inner, ast.Name):
            self.visit(inner)


def takes_of(base, modules, core, more, own, until):
    sure, perhaps = set(), set()
    for names, needed in ((core, True), (more, False)):
        for module in sorted(names):
            path = modules.get(module, "")
            if not path.endswith(".py") or path.endswith("_pb2.py") or now() > until:
                continue
            tree = parsed(base, path) if needed else shallow(base, path)
            if tree is None:
                continue
            found = Takes(own, module if path.endswith("__init__.py") else module.rpartition(".")[0])
            try:
                found.visit(tree)
            except RecursionError:
                continue
            (sure if needed else perhaps).update(found.sure)
            perhaps.update(found.perhaps)
    rows = {}
    for dotted in sorted(sure) + [":" + d for d in sorted(perhaps - sure)]:
        rows.setdefault(dotted.lstrip(":").split(".")[0], []).append(dotted)
    return rows


# --- names, by importing ----------------------------------------------------------------------------------------------


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


# --- one distribution -------------------------------------------------------------------------------------------------


def top_imports(modules):
    roots = sorted(set(m.split(".")[0] for m in modules))
    chosen = []
    for root in roots:
        if root in modules:
            if not root.startswith("_") and not re.match(r"^(tests?|docs?|examples?|setup|benchmarks?|scripts?|tools?|conftest)$", root):
                chosen.append(root)
        else:  # a namespace: its packages one and two floors down
            second = sorted(m for m in modules if m.startswith(root + ".") and m.count(".") == 1)
            third = sorted(m for m in modules if m.startswith(root + ".") and m.count(".") == 2 and m.rpartition(".")[0] not in modules)
            chosen.extend(m for m in (second or third) if "._" not in m)
    return roots, chosen


def walk(name, version, base, info, put, span, importing=True):
    files = files_of(base, info)
    modules = modules_of(files)
    roots, tops = top_imports(modules)
    own = set(r if r in modules else m for r in roots for m in ([r] if r in modules else tops) if m.split(".")[0] == r)
    own_roots = set(r for r in roots if r in modules)
    row = {
        "name": name,
        "version": version,
        "python": "%d.%d" % sys.version_info[:2],
        "modules": sorted(modules),
        "names": {},
        "alias": {},
        "classes": {},
        "takes": {},
        "needed": libraries(base, files),
        "pb2": any(p.endswith("_pb2.py") for p in files),
        "static": not importing,
        "failed": "",
    }
    put(row)
    start = now()
    core, live = set(), Live(own)
    if importing:
        failed = [(t, why) for t, why in ((t, quietly(t)) for t in tops[:40]) if why]
        core = set(m for m in modules if m in sys.modules)
        if failed:
            row["failed"] = "%s: %s" % failed[0]
            row["static"] = len(failed) == len(tops)
        live.walk(start + span * 0.4)
        row["names"] = joined(live.names)
        row["takes"] = takes_of(base, modules, core, (), own_roots | own, start + span * 0.6)
        put(row)
        small = len(modules) <= 300
        if not row["static"]:
            for sub in to_import(modules, small):
                if now() > start + span * 0.55:
                    break
                if sub not in sys.modules:
                    quietly(sub)
            before, live = live, Live(own)
            live.walk(start + span * 0.65)
            for m, n in before.names.items():
                live.names.setdefault(m, n)
            live.members(start + span * 0.7)
        row["names"], row["alias"], row["classes"] = joined(live.names), live.alias, live.classes
    more = set(m for m in modules if m in sys.modules) - core
    if row["static"]:
        core, more = static_core(base, modules, tops), set()
        row["inner"] = inner_takes(base, modules, core, own_roots | own, start + span * 0.2)
    row["takes"] = takes_of(base, modules, core, more, own_roots | own, start + span * 0.8)
    put(row)
    reader = Static(base, modules, live.names)
    for module in sorted(modules, key=lambda m: (m.count("."), m)):
        if now() > start + span * 0.95 or live.total > MAX_TOTAL:
            break
        if module in live.names or not live.wanted(module):
            continue
        found = reader.names(module)
        if found is not None and len(found) <= MAX_NAMES:
            row["names"][module] = " ".join(sorted(found))
            live.total += len(found)
    put(row)


def static_core(base, modules, tops):
    """What importing `tops` loads of the distribution itself, by following the imports in its source."""
    found, queue = set(), [m for m in tops if m in modules]
    while queue and len(found) < 3000:
        module = queue.pop()
        if module not in found and module in modules:
            found.add(module)
            queue.extend(loaded_by(base, modules, module))
    return found


def loaded_by(base, modules, module, cache={}):
    """What importing one module surely imports next, names of others among it."""
    if module in cache:
        return cache[module]
    above = module.rpartition(".")[0]
    queue = cache[module] = [above] if above in modules else []
    path = modules[module]
    tree = shallow(base, path) if path.endswith(".py") else None
    pending = list(tree.body) if tree is not None else []
    package = module if path.endswith("__init__.py") else above
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            queue.extend(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(package, node.level, node.module)
            queue.append(origin)
            queue.extend(origin + "." + a.name for a in node.names)
        elif isinstance(node, ast.With) or (isinstance(node, ast.Try) and not node.handlers):
            pending.extend(node.body)  # what stands under an `if` or is caught may be left out: nothing sure comes of it
    return queue


def inner_takes(base, modules, core, own, until):
    """{module: [roots]}: what importing a module needs of other distributions beyond what importing its own distribution does."""
    taken, rows = {}, {}

    def roots(module):
        if module not in taken:
            tree = shallow(base, modules[module]) if modules[module].endswith(".py") else None
            found = Takes(own, module if modules[module].endswith("__init__.py") else module.rpartition(".")[0])
            if tree is not None:
                found.visit(tree)
            taken[module] = set(dotted.split(".")[0] for dotted in found.sure)
        return taken[module]

    try:
        known = set(r for m in core for r in roots(m)) | STANDARD
        for module in sorted(set(modules) - core):
            if now() > until or len(modules) > MAX_INNER:
                break
            further = set(r for m in static_core(base, modules, [module]) - core for r in roots(m)) - known
            if further:
                rows[module] = sorted(further)
    except RecursionError:
        pass
    return rows


def joined(names):
    return dict((m, " ".join(sorted(n))) for m, n in names.items())


def child(part, work):
    """Runs in the forked process; every `put` replaces the file, so the last complete one survives a kill."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    gc.disable()  # walking makes no garbage worth a pause; finalizers of half-imported modules crash
    sys.setrecursionlimit(5000)

    def put(row):
        with io.open(part + ".new", "w", encoding="utf-8") as f:
            f.write(json.dumps(row, separators=(",", ":"), sort_keys=True))
        os.rename(part + ".new", part)

    try:
        work(put)
    except BaseException:  # noqa
        pass


def supervised(part, out, limit, work):
    """Fork, wait at most `limit` seconds, keep what the child left."""
    for stale in (part, part + ".new"):
        if os.path.exists(stale):
            os.remove(stale)
    pid = os.fork()
    if pid == 0:
        try:
            child(part, work)
        finally:
            os._exit(0)
    end = time.time() + limit
    while True:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.time() > end:
            for kill in (os.killpg, os.kill):
                try:
                    kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            os.waitpid(pid, 0)
            break
        time.sleep(0.02)
    if os.path.exists(part):
        out.write(read(part, 1 << 30) + "\n")
        out.flush()
        os.remove(part)


def environment():
    for key, value in (
        ("MPLBACKEND", "Agg"),
        ("TF_CPP_MIN_LOG_LEVEL", "3"),
        ("CUDA_VISIBLE_DEVICES", ""),
        ("HF_HUB_OFFLINE", "1"),
        ("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "tensorflow")),
        ("TQDM_DISABLE", "1"),
        ("WANDB_MODE", "disabled"),
        ("OMP_NUM_THREADS", "1"),
        ("QT_QPA_PLATFORM", "offscreen"),
        ("SDL_VIDEODRIVER", "dummy"),
        ("HOME", "/tmp"),
    ):
        os.environ[key] = value


def walk_installed(known, out_path, seconds):
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != here]
    end = time.time() + seconds
    with io.open(out_path, "a", encoding="utf-8") as out:
        for name, (version, base, info) in sorted(distributions(sys.path).items()):
            left = min(EACH * 4, end - time.time())
            if left < 1:
                break
            if "%s==%s" % (name, version) in known:
                continue
            supervised(out_path + ".part", out, left, lambda put: walk(name, version, base, info, put, min(EACH, left)))  # noqa: B023


def walk_unpacked(folder, out_path):
    with io.open(out_path, "a", encoding="utf-8") as out:
        for name, (version, base, info) in sorted(distributions([folder]).items()):
            supervised(out_path + ".part", out, 300, lambda put: walk(name, version, base, info, put, 290, importing=False))  # noqa: B023


# --- the standard library ---------------------------------------------------------------------------------------------


def walk_stdlib(out_path):
    import sysconfig

    base = sysconfig.get_paths()["stdlib"]
    files = []
    for folder, inner, names in os.walk(base):
        inner[:] = [
            d
            for d in inner
            if d
            not in (
                "site-packages",
                "dist-packages",
                "__pycache__",
                "test",
                "tests",
                "idlelib",
                "lib-dynload",
                "turtledemo",
                "idle_test",
            )
            and not d.startswith("config-")
        ]
        files.extend(os.path.relpath(os.path.join(folder, n), base) for n in names)
    modules = modules_of(files)
    dynload = os.path.join(base, "lib-dynload")
    extra = [SUFFIX.sub("", n) for n in (os.listdir(dynload) if os.path.isdir(dynload) else []) if n.endswith(".so")] + list(
        sys.builtin_module_names
    )
    for name in extra:
        modules.setdefault(name, "")

    def work(put):
        row = {
            "name": "python",
            "version": "%d.%d" % sys.version_info[:2],
            "python": "%d.%d" % sys.version_info[:2],
            "names": {},
            "alias": {},
            "classes": {},
            "takes": {},
            "needed": {},
            "pb2": False,
            "static": False,
            "failed": "",
        }
        gone = set()
        for name in sorted(modules, key=lambda m: (m.count("."), m)):
            if (
                name in ("antigravity", "this", "__main__", "turtle")
                or name.endswith("__main__")
                or any(name.startswith(g + ".") for g in gone)
            ):
                continue
            if quietly(name).startswith(("ModuleNotFoundError", "ImportError")):
                gone.add(name)
        for name in list(modules):
            if any(name == g or name.startswith(g + ".") for g in gone):
                del modules[name]
        row["modules"] = sorted(modules)
        live = Live(set(m.split(".")[0] for m in modules))
        for name in sorted(sys.modules):
            if name in modules or (name.split(".")[0] in modules and "." in name):
                if is_module(sys.modules[name]) and not name.startswith("__main__"):
                    live.record(name, sys.modules[name], [])
        live.members(now() + 60)
        row["names"], row["alias"], row["classes"] = joined(live.names), live.alias, live.classes
        put(row)

    with io.open(out_path, "a", encoding="utf-8") as out:
        supervised(out_path + ".part", out, 300, work)


def main(argv):
    environment()
    if argv[:1] == ["--stdlib"]:
        walk_stdlib(argv[1])
    elif argv[:1] == ["--static"]:
        walk_unpacked(argv[1], argv[2])
    else:
        with io.open(argv[0], encoding="utf-8") as f:
            known = set(json.load(f))
        walk_installed(known, argv[1], float(argv[2]) if len(argv) > 2 else 600.0)


if __name__ == "__main__":
    main(sys.argv[1:])

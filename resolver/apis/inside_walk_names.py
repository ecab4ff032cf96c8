"""Names that modules offer, read from their source; see inside_walk.py."""

import ast
import builtins
import os
import re

from inside_walk_files import read
from inside_walk_source import STANDARD, absolute, shallow

INDENTED_ALL = re.compile(r"(?m)^[ \t]+[^\n#]*\b__all__\b")


def builtin(node):
    """Whether a line that only mentions a name mentions a built-in one; None for any other line."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        return hasattr(builtins, node.value.id)
    return None


def raised(node):
    """Whether every failure of a `try` is raised again."""
    return all(isinstance(h.body[-1], ast.Raise) for h in node.handlers)


def is_all(node):
    return getattr(node, "id", "") == "__all__"


def texts(node):
    """The texts of a list that is written out; None for any other expression."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return None
    items = [getattr(e, "value", getattr(e, "s", None)) for e in node.elts]
    return items if all(isinstance(i, str) for i in items) else None


class Bindings(ast.NodeVisitor):
    """Names that running the top level of one file binds; `stars` are the modules that it star-imports."""

    def __init__(self, package):
        self.package, self.names, self.stars, self.open, self.every = package, set(), [], False, None
        self.told = False  # whether it has an `__all__`
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
        if any(is_all(target) for target in node.targets):
            self.every, self.told = texts(node.value), True
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        if is_all(node.target):
            self.grow(texts(node.value))
        self.generic_visit(node)

    def grow(self, more):
        """A list that cannot be read lists nothing: then whatever is public may be handed on."""
        self.every = self.every + more if self.every is not None and more is not None else None

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.generic_visit(node)

    def visit_Call(self, node):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if is_all(getattr(node.func, "value", None)):
            self.grow(None)
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
            self.open = self.open or node.id == "__getattr__"  # `__getattr__, __dir__, __all__ = attach(...)`
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
        if found.told and INDENTED_ALL.search(read(os.path.join(self.base, path), 8000000)):
            found.every = None  # traitlets 5 adds to it in a function
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

"""What the source of a distribution takes from others, and which of its modules are loaded with it; see inside_walk.py."""

import ast
import re
from time import process_time as now

from inside_walk_source import STANDARD, absolute, parsed, shallow

MAX_INNER = 600
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

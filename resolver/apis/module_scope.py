"""What one module of a release binds at its top level, and what it hands to those that star-import it."""

from __future__ import annotations

import ast

from resolver.core.exports import Exports, statements

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Scope:
    """The names that a module binds at its top level, the branches of `if` and `try` included: a definition, (module, name there),
    the name "" for a module, None for what is assigned; and the modules that it star-imports, the last one first. `all` are the names that
    its `__all__` lists, beside those in the `__all__` of the modules `all_of`; None when it has none, or one that cannot be read.
    """

    def __init__(self, name: str, tree: ast.Module, *, package: bool) -> None:
        self.package = package
        self.names: dict[str, Definition | tuple[str, str] | None] = {}
        self.stars: list[str] = []
        exports = Exports(self._module_of)
        for node in statements(tree.body):
            if isinstance(node, Definition):
                self.names[node.name] = node
            elif isinstance(node, ast.Import):
                self.names.update((alias.asname, (alias.name, "")) for alias in node.names if alias.asname)
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                source = _absolute(name, node, package=package)
                self.names.update((alias.asname or alias.name, (source, alias.name)) for alias in node.names if alias.name != "*")
                self.stars[:0] = [source] if node.names[0].name == "*" else []
            elif isinstance(node, ast.Assign):
                self.names.update((target.id, None) for target in node.targets if isinstance(target, ast.Name))
            exports.note(node)
        exports.close(tree.body)
        self.all, self.all_of = exports.names, exports.modules

    def _module_of(self, name: str) -> str:
        bound = self.names.get(name)
        return ".".join(filter(None, bound)) if isinstance(bound, tuple) else ""


def _absolute(module: str, node: ast.ImportFrom, *, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + (1 if package else 0)]
    return ".".join([*kept, *([node.module] if node.module else [])])

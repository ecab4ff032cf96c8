"""Calls whose form says more than the name that is called: methods of unknown objects, telling arguments, programs that are started."""

from __future__ import annotations

import ast
import re
import shlex

from resolver.core.project import Origin
from resolver.project.companions import endings, telltales

MAX_TEXT = 300
"""Longer string arguments (characters) tell nothing."""

_STARTS = frozenset({
    "os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
    "subprocess.getoutput", "subprocess.getstatusoutput",
})  # fmt: skip
_FILE = re.compile(r"\.([A-Za-z0-9]{1,6})$")


class Calls:
    """The signs ("*.to_excel", "evaluate.load(rouge)", "*(*.h5)") and programs that some calls show, each with the place of the first."""

    def __init__(self) -> None:
        self.signs: dict[str, Origin] = {}
        self.programs: dict[str, Origin] = {}

    def look(self, node: ast.Call, name: str, where: Origin) -> None:
        """Take note of one call of `name` (resolved to a dotted name, "" when unknown). Linear in the number of its arguments."""
        if name in _STARTS:
            program = _program(node)
            if program:
                self.programs.setdefault(program, where)
            return
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        last = name.rsplit(".", 1)[-1] or method
        told = last in telltales() or any(name.startswith(f"{root}.") for root in _WHOLE)
        texts = [argument.value for argument in node.args if _is_text(argument)]  # type: ignore[attr-defined]
        texts += [keyword.value.value for keyword in node.keywords if _is_text(keyword.value)]  # type: ignore[attr-defined]
        for text in texts:
            found = _FILE.search(text[-8:])
            if found and found[1].lower() in endings():
                self.signs.setdefault(f"*(x.{found[1].lower()})", where)
        if not told:
            return
        called = name or f"*.{method}"
        self.signs.setdefault(called, where)
        for argument in node.args:
            if _is_text(argument):
                self.signs.setdefault(f"{called}({argument.value})", where)  # type: ignore[attr-defined]
        for keyword in node.keywords:
            if keyword.arg and not (isinstance(keyword.value, ast.Constant) and keyword.value.value in (None, False)):
                value = keyword.value.value if _is_text(keyword.value) else ""  # type: ignore[attr-defined]
                self.signs.setdefault(f"{called}({keyword.arg}={value})", where)


_WHOLE = ("torchtext",)
"""Packages of which every call is looked at."""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= MAX_TEXT


def _program(node: ast.Call) -> str:
    """The first word of the command that the call starts, "" when it is put together at run time."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.List | ast.Tuple) and first.elts:
        first = first.elts[0]
    while isinstance(first, ast.BinOp):  # "ffmpeg -i %s" % path, "ffmpeg -i " + path
        first = first.left
    if isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute):  # "ffmpeg -i {}".format(path)
        first = first.func.value
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    if first is None or not _is_text(first):
        return ""
    try:
        words = shlex.split(first.value)  # type: ignore[attr-defined]
    except ValueError:
        words = first.value.split()  # type: ignore[attr-defined]
    return words[0].rsplit("/", 1)[-1] if words else ""

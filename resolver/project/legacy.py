"""Source files that today's parser rejects: is it Python 2, and what does it import all the same."""

from __future__ import annotations

import ast
import re

_MARKS = tuple(
    (re.compile(pattern, re.MULTILINE), what)
    for pattern, what in (
        (r"""^[ \t]*print[ \t]+(?![=.,)\]:+*/%-])["'\w%(`]""", "a print statement"),
        (r"^[ \t]*print[ \t]*>>", "a print statement"),
        (r"^[ \t]*except[ \t]+(?:[\w.]+|\([^()\n]*\))[ \t]*,[ \t]*\w+[ \t]*:", "'except E, name'"),
        (r"^[ \t]*raise[ \t]+[\w.]+[ \t]*,", "'raise E, text'"),
        (r"""^[ \t]*exec[ \t]+["'\w]""", "an exec statement"),
        (r"(?<![\w.])0[0-7]+(?=[,)\s]|$)", "an octal number without 'o'"),
        (r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+)[lL]\b", "a long integer"),
        (r"""[^'"\s]\s*<>\s*""", "'<>'"),
        (r"""\b[uU][rR]["']""", "a ur'' text"),
        (r"`[^`\n]+`", "backquotes"),
        (r"^[ \t]*def[ \t]+\w+[ \t]*\([^()\n]*\(", "a tuple as parameter"),
        (r"\blambda[ \t]*\(", "a tuple as parameter"),
        (r"^[ \t]*(?:True|False|None)[ \t]*=", "an assignment to a constant"),
    )
)
"""Forms that only Python 2 takes; looked for in texts alone that Python 3 does not parse."""
_GONE = ("basestring", "cmp", "execfile", "long", "raw_input", "reduce", "reload", "unichr", "unicode", "xrange")
_GLANCE = re.compile(rb"(?<![\w.])(?:" + "|".join(_GONE).encode() + rb")\s*\(|\.has_key\(|\b(?:basestring|unicode|long)\b")
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)", re.MULTILINE)
_FROM = re.compile(
    r"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+(?:\(([^()]{0,2000})\)|((?:[^\n#()\\]|\\\n){1,2000}))", re.MULTILINE
)
_ALIAS = re.compile(r"^([\w.]+|\*)(?:\s+as\s+(\w+))?$")


def python2_mark(text: str) -> tuple[int, str] | None:
    """(line, what) of the first mark of Python 2 in a text that does not parse as Python 3."""
    found = [(match.start(), what) for pattern, what in _MARKS if (match := pattern.search(text))]
    if not found:
        return None
    start, what = min(found)
    return text.count("\n", 0, start) + 1, what


def is_python2(text: str) -> bool:
    """Whether a text that does not parse as Python 3 shows the marks of Python 2."""
    return python2_mark(text) is not None


def python2_name(tree: ast.Module, raw: bytes) -> tuple[int, str] | None:
    """(line, name) of the first use of a built-in that only Python 2 has, in a source that parses; None where the source itself binds it
    or asks for the version anywhere.
    """
    if not _GLANCE.search(raw) or b"version_info" in raw or b"PY2" in raw or b"PY3" in raw or b"NameError" in raw:
        return None
    used: list[tuple[int, str]] = []
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id in _GONE:
                used.append((node.lineno, node.id))
            else:
                bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
            if node.name == "*":
                return None
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "has_key":
            used.append((node.lineno, "has_key"))
    return min((use for use in used if use[1] not in bound), default=None)


def imports_of(text: str) -> list[tuple[str, str, int]]:
    """(dotted name, statement, line) of each import found line by line; wrong inside strings, right nearly always."""
    found = []
    for match in _IMPORT.finditer(text):
        for name, alias in _aliases(match[1]):
            found.append((match.start(), name, f"import {name}{alias}"))
    for match in _FROM.finditer(text):
        for name, alias in _aliases(re.sub(r"\\|#[^\n]*", "", match[2] or match[3])):
            found.append((match.start(), match[1] if name == "*" else f"{match[1]}.{name}", f"from {match[1]} import {name}{alias}"))
    return [(name, statement, text.count("\n", 0, start) + 1) for start, name, statement in sorted(found, key=lambda item: item[0])]


def _aliases(listed: str) -> list[tuple[str, str]]:
    found = []
    for part in listed.split(","):
        match = _ALIAS.match(part.strip())
        if match and not match[1].startswith("."):
            found.append((match[1], f" as {match[2]}" if match[2] else ""))
    return found

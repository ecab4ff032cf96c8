"""Source files as syntax trees, each read once; see inside_walk.py."""

import ast
import os
import re
import sys

from inside_walk_files import read

STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) - frozenset(["tkinter", "_tkinter", "turtle", "msvcrt", "winreg", "_winapi"])
HEADER = re.compile(r"(?m)^(?:async[ \t]+def|def|class)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[^\n]*\n")
INDENTED = re.compile(r"(?:(?:[ \t#)\]}][^\n]*)?(?:\n|$))+")


def parsed(base, path, cache={}):
    if path not in cache:
        try:
            with open(os.path.join(base, path), "rb") as f:
                cache[path] = ast.parse(f.read(8000000))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            cache[path] = None
    return cache[path]


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

"""Installed distributions and their files, without importlib.metadata (absent from 3.6 and 3.7); see inside_walk.py."""

import os
import re

SUFFIX = re.compile(r"(\.cpython-[0-9]+[a-z]*(-[A-Za-z0-9_]+)*|\.abi3|\.pypy[0-9a-z-]+)?\.so$")


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

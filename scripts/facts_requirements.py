"""Requirement files of a project as lists of lines, whatever form the file has."""

import ast
import configparser
import json
import re
import sys
import tomllib
from pathlib import PurePosixPath

import yaml
from facts_tree import VENDORED, Tree

MAX_REQUIREMENT_FILES = 8


def requirement_lines(text: str) -> list[str]:
    """The demands of a requirements file: no comments, options, hashes, URLs; "name @ file:..." of conda keeps its form, not its path."""
    lines = []
    for raw in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"\s+--(?:hash|global-option|install-option)\b.*", "", re.sub(r"(?:^|\s)#.*", "", raw)).strip()
        if re.match(r"(?:-e\s+)?(?:git\+|hg\+|svn\+|https?:)|\w[\w.\[\],-]*\s*@\s*(?:git\+|https?:)", line):
            print(f"  by URL, left out: {line[:100]}", file=sys.stderr)
        elif line and not line.startswith(("-", ".", "/", "file:")):
            lines.append(re.sub(r"(\w[\w.-]*)\s*@\s*file:\S+", r"\1 @ file:///tmp/build/\1", line))
    return lines


def setup_script(text: str) -> dict[str, list[str]]:
    """ "setup.py" and "setup.py[extra]" with the lists that stand in the call of setup(), literally or by name."""
    tree = ast.parse(text)
    named = {t.id: n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}

    def value(node: ast.expr, depth: int = 0) -> object:
        if isinstance(node, ast.Name) and node.id in named and depth < 5:
            return value(named[node.id], depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = value(node.left, depth), value(node.right, depth)
            return left + right if isinstance(left, list) and isinstance(right, list) else None
        try:
            return ast.literal_eval(node)
        except ValueError:
            return None

    found: dict[str, list[str]] = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "setup":
            for word in call.keywords:
                held = value(word.value)
                if word.arg == "install_requires" and isinstance(held, list | tuple):
                    found["setup.py"] = requirement_lines("\n".join(map(str, held)))
                elif word.arg == "extras_require" and isinstance(held, dict):
                    found |= {
                        f"setup.py[{k}]": requirement_lines("\n".join(v))
                        for k, v in held.items()
                        if isinstance(v, list) and k.isidentifier()
                    }
    return found


def poetry_line(name: str, wanted: object) -> str | None:
    """A line of Poetry's table or a Pipfile as a requirement: ^1.2 is >=1.2,<2 and ~1.2.3 is >=1.2.3,<1.3."""
    spec = wanted.get("version", "" if not {"git", "path", "url"} & wanted.keys() else None) if isinstance(wanted, dict) else wanted
    if name.lower() == "python" or not isinstance(spec, str) or (isinstance(wanted, dict) and wanted.get("optional")):
        return None
    if spec in ("*", ""):
        return name
    if found := re.fullmatch(r"([~^])(\d+(?:\.\d+)*)\S*", spec):
        parts = [int(p) for p in found[2].split(".")]
        at = min(1, len(parts) - 1) if found[1] == "~" else next((i for i, p in enumerate(parts) if p), len(parts) - 1)
        return f"{name}>={found[2]},<{'.'.join(map(str, [*parts[:at], parts[at] + 1]))}"
    return name + (f"=={spec}" if spec[0].isdigit() else spec.replace(" ", ""))


def toml_table(name: str, text: str) -> list[str] | None:
    held = tomllib.loads(text)
    if name == "Pipfile":
        table = held.get("packages", {})
    elif "dependencies" in held.get("project", {}):
        return requirement_lines("\n".join(held["project"]["dependencies"]))
    else:
        table = held.get("tool", {}).get("poetry", {}).get("dependencies", {})
    return [line for n, w in table.items() if (line := poetry_line(n, w))] or None


def conda_lines(text: str) -> list[str] | None:
    """An environment file with its dependencies alone, line by line."""
    held = yaml.safe_load(text)
    wanted = held.get("dependencies") if isinstance(held, dict) else None
    if not isinstance(wanted, list):
        return None
    lines = ["name: project", "dependencies:"]
    for item in wanted:
        if isinstance(item, str):
            lines.append(f"  - {item}")
        elif isinstance(item, dict) and isinstance(item.get("pip"), list):
            pip = requirement_lines("\n".join(map(str, item["pip"])))
            lines += ["  - pip:", *(f"    - {json.dumps(line)}" for line in pip)] if pip else []
    return lines


def requirements(tree: Tree) -> dict[str, list[str]]:
    """{file: lines} of the requirement files at the root and one level below."""
    found: dict[str, list[str]] = {}
    for path in sorted(tree.paths, key=lambda p: (p.count("/"), p)):
        name, parts = PurePosixPath(path).name, PurePosixPath(path).parts
        if len(parts) > 2 or VENDORED & set(parts) or len(found) >= MAX_REQUIREMENT_FILES:
            continue
        listed = re.search(r"requirement.*\.(txt|in)$", name, re.IGNORECASE) or (parts[0] == "requirements" and name.endswith(".txt"))
        conda = re.fullmatch(r"(conda[-_.]?)?env(ironment)?[\w.-]*\.ya?ml|conda\.ya?ml", name)
        if not (listed or conda or (len(parts) == 1 and name in ("setup.py", "setup.cfg", "pyproject.toml", "Pipfile"))):
            continue
        try:
            text = tree.text(path) or ""
            if listed:
                found[path] = requirement_lines(text)
            elif conda and (lines := conda_lines(text)):
                found[path] = lines
            elif name == "setup.py":
                found |= setup_script(text)
            elif name == "setup.cfg":
                config = configparser.ConfigParser(interpolation=None, strict=False)
                config.read_string(text)
                if (wanted := config.get("options", "install_requires", fallback="")) and not found.get("setup.py"):
                    found["setup.py"] = requirement_lines(wanted)
            elif name in ("pyproject.toml", "Pipfile") and (lines := toml_table(name, text)):
                found[path] = lines
        except (SyntaxError, ValueError, TypeError, AttributeError, yaml.YAMLError, configparser.Error) as problem:
            print(f"  {path} is not read: {type(problem).__name__}", file=sys.stderr)
    return {name: lines for name, lines in found.items() if lines}

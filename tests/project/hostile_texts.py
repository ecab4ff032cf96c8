"""Texts that mean harm: numbers without end, a hundred thousand levels, aliases that multiply, patterns that take time."""

from __future__ import annotations

import json

DEEP = 100_000
DIGITS = "9" * 6_000
"""Python refuses to make a number of more than 4,300 digits."""
HEX = hex(1 << 20_000)
"""A number that Python reads and will not write in decimal."""


def notebook(*cells: str) -> str:
    """A notebook with these code cells."""
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def lines(line: str, times: int) -> str:
    """`line` so many times, # standing for a number."""
    return "".join(line.replace("#", str(number)) for number in range(times))


# --- numbers of six thousand digits, wherever a version or a number may stand

_REQUIREMENTS = (
    f"a=={DIGITS}\nb>={DIGITS}\npython=={DIGITS}\npython>=3.{DIGITS}\nd @ https://x.org/d-{DIGITS}.tar.gz\nhttps://x.org/e-{DIGITS}.tar.gz\n"
    f"f^{DIGITS}\ng; python_version<'{DIGITS}'\nh=={DIGITS}|>=2\ntensorflow-gpu>={DIGITS}\n./k-{DIGITS}-py3-none-any.whl\nl==1\n"
)
NUMBERS: dict[str, str] = {
    "requirements.txt": _REQUIREMENTS,
    "pyproject.toml": f'[project]\nclassifiers = ["Programming Language :: Python :: 3.{DIGITS}"]\n[tool.poetry.dependencies]\n'
    f'python = "^3.{DIGITS}"\na = "^{DIGITS}"\nb = {{version = "~1.{DIGITS}", python = "^3.{DIGITS}"}}\n',
    "setup.cfg": f"[metadata]\nclassifiers =\n  Programming Language :: Python :: 3.{DIGITS}\n"
    f"[options]\ninstall_requires =\n  a=={DIGITS}\n",
    "setup.py": f"from setuptools import setup\nsetup(classifiers=['Programming Language :: Python :: 3.{DIGITS}', {HEX}], "
    f"install_requires=['a=={DIGITS}', {HEX}], name={HEX})",
    "Pipfile": f'[packages]\na = "=={DIGITS}"\n[requires]\npython_version = "3.{DIGITS}"\n',
    "Pipfile.lock": f'{{"default": {{"a": {{"version": "=={DIGITS}"}}}}}}',
    "poetry.lock": f'[[package]]\nname = "a"\nversion = "{"9" * 1_500}"\n',
    "uv.lock": f'[[package]]\nname = "a"\nversion = "1.{"9" * 1_500}"\n',
    "environment.yml": f"name: {DIGITS}\ndependencies:\n- python={DIGITS}\n- python=3.{DIGITS}\n"
    f"- a={DIGITS}=py37\n- {DIGITS}\n- pip:\n  - a=={DIGITS}",
    "runtime.txt": f"python-3.{DIGITS}\n",
    ".python-version": f"3.{DIGITS}\n",
    ".tool-versions": f"python 3.{DIGITS}\n",
    "Dockerfile": f"FROM python:3.{DIGITS}\nRUN pip install a=={DIGITS}\nRUN conda install python=3.{DIGITS}\n"
    f"RUN pip install -r {'a' * 300}\n",
    "README.md": f"Requires keras {DIGITS}.{DIGITS} and Python 3.{DIGITS}\n- a=={DIGITS}\n`pip install a=={DIGITS}`\n",
    "tox.ini": f"[tox]\nenvlist = py3{DIGITS}\n[testenv]\nbasepython = python3.{DIGITS}\n",
    ".github/workflows/ci.yml": f"python-version: '3.{DIGITS}'\nimage: python:3.{DIGITS}\nrun: pip install a=={DIGITS}\n",
    "app.py": f"import flask\napp = flask.Flask({HEX})\nx = {HEX}\n@app.route('/a', methods=[{HEX}])\ndef a(): pass\n"
    f"flask.f(a={HEX})\napp.run(port='{DIGITS}', host={HEX})\n",
    "nb.ipynb": f'{{"cells": [], "metadata": {{"language_info": {{"version": "3.7.{DIGITS}"}}}}, "n": {DIGITS}}}',
    "config.json": f'{{"transformers_version": {DIGITS}}}',
    "MLmodel": f"flavors:\n  sklearn: {{sklearn_version: {DIGITS}, python_version: 3.{DIGITS}}}\nutc_time_created: {DIGITS}\n",
}

# --- a hundred thousand levels, endless lines, aliases that multiply, long lists

_MULTIPLY = "a: &a {k: [v, v, v, v, v, v, v, v, v]}\n" + "".join(
    f"{new}: &{new} {{{how}: [{', '.join([f'*{old}'] * 9)}]}}\n"
    for old, new, how in zip("abcdefghijkl", "bcdefghijklm", ["<<", "run"] * 6, strict=True)
)
_ALIASES = _MULTIPLY + "dependencies: *m\nrun: *m\nflavors: *m\n"
_ITSELF = "run: &a [" + "*a, " * 30_000 + "x]\ndependencies: *a\n"
_PIP = "p: &p {pip: [" + "a, " * 20_000 + "]}\ndependencies: [" + "*p, " * 30_000 + "]\n"

TEXTS: dict[str, dict[str, str | bytes]] = {
    "deep JSON": {
        "nb.ipynb": '{"cells":' + "[" * DEEP,
        "Pipfile.lock": "[" * DEEP,
        "config.json": '{"a":' * DEEP,
        "m.json": '{"class_name":' + "[" * DEEP,
    },
    "deep TOML": {"pyproject.toml": "a=" + "[" * DEEP, "Pipfile": "a = " + "{a=" * DEEP},
    "keys of many parts": {"pyproject.toml": "a." * 200_000 + "a=1\n", "Pipfile": "[" + "a." * 100_000 + "a]\n" + lines("k#=1\n", 50_000)},
    "deep YAML": {
        "environment.yml": "- " * DEEP,
        ".travis.yml": "a: " + "{a: " * 40_000,
        "MLmodel": "[" * DEEP,
        ".gitlab-ci.yml": "? " * 90_000,
    },
    "deep Python": {
        "brackets.py": "(" * DEEP,
        "attributes.py": "x = a" + ".a" * DEEP,
        "signs.py": "x = " + "-" * DEEP + "1",
        "chain.py": "if a: pass\n" + "elif a: pass\n" * 20_000,
        "sum.py": "x = a" + " + a" * DEEP,
        "calls.py": "x = a" + "()" * DEEP,
        "lambdas.py": "lambda:" * DEEP,
        "nots.py": "not " * DEEP + "a",
        "setup.py": "setup(install_requires=[]" + "+[]" * DEEP + ")",
        "nb.ipynb": notebook("(" * DEEP, "x = a" + "[a]" * DEEP),
    },
    "as deep as the parser goes": {
        f"{name}{depth}.py": "import flask\n"
        + "".join(
            f"x = {start}{unit * depth}{end}\n" for start, unit, end in (("a", ".b", ""), ("", "-", "1"), ("a", "()", ""), ("a", "+a", ""))
        )
        + "if a: pass\n"
        + "elif a: pass\n" * depth
        for depth in (90, 180, 280, 400, 700, 950)
        for name in ("app", "setup")
    }
    | {
        "setup.py": "from setuptools import setup\nsetup(install_requires=['a']"
        + "+['b']" * 900
        + ", classifiers=['c']"
        + "+['d']" * 900
        + ")"
    },
    "aliases that multiply": {
        "environment.yml": _ALIASES,
        ".travis.yml": _ALIASES,
        "MLmodel": _ALIASES,
        "conda.yaml": _ALIASES,
        "python_env.yaml": _ALIASES,
    },
    "aliases of themselves": {"environment.yml": _ITSELF, ".travis.yml": _ITSELF, "MLmodel": _ITSELF},
    "aliases of a pip section": {"environment.yml": _PIP},
    "one line": {
        "requirements.txt": "a==1," * 900_000 + "\nnumpy==1.19.5\n",
        "pyproject.toml": "a = '" + "a" * 900_000,
        "setup.cfg": "[a]\nb" + "b" * 900_000,
        "README.md": "a" * 390_000,
        "Dockerfile": "RUN pip install " + "a " * 90_000,
        ".travis.yml": "a" * 190_000,
        "m.py": "#" + "a" * 900_000,
        "nb.ipynb": notebook("a" * 5_000_000),
    },
    "blanks": {
        "requirements.txt": "python" + " " * 900_000 + "x\na==1," + "\xa0" * 900_000 + "<<",
        "setup.cfg": "[options]\na" + " " * 900_000 + "x",
        "tox.ini": "[tox]\na" + "\f" * 190_000 + "x",
        "README.md": "# " + " " * 100_000 + "x\nrequires keras" + "\xa0" * 90_000 + "\n- a==1" + "\f" * 90_000 + "!",
        "environment.yml": "dependencies:\n- 'a" + " " * 400_000 + "x'\n",
        "nb.ipynb": notebook(" " * 900_000 + "x", "!pip install a" + "\\u00a0" * 90_000),
        "Dockerfile": "RUN pip install" + "\t" * 190_000,
        "m.py": " " * 900_000 + "x",
    },
    "lists of needs": {
        "pyproject.toml": '[project]\nname = "x"\ndependencies = [\n' + lines('"p#==1",\n', 9_000) + "]",
        "Pipfile": "[packages]\n" + lines('p# = "1"\n', 20_000),
        "setup.cfg": "[options]\ninstall_requires =\n" + lines("  p#==1\n", 9_000),
    },
    "a list of conda's": {"environment.yml": "dependencies:\n" + lines("- p#\n", 30_000) + "- pip:\n" + lines("  - q#\n", 15_000)},
    "lists of install lines": {f".github/workflows/{name}.yml": "a:\n" + lines("- {run: pip install p#}\n", 5_000) for name in "abcd"}
    | {
        "README.md": lines("Requires keras 1.1, 1.2 and tensorflow 1.4 or later.\n", 1_500) + lines("`pip install p#`\n", 4_000),
        "Dockerfile": lines("RUN pip install p#\n", 4_000),
    },
    "locks": {"poetry.lock": "[[package]]\n" * 100_000, "uv.lock": lines('[[package]]\nname = "a#"\nversion = "1"\n', 9_000)},
    "requirement files in a ring": {
        "requirements.txt": "-r requirements.txt\n-c ./requirements.txt\n-r a/../requirements.txt\n-r a.txt\n" * 1_000,
        "a.txt": "-r requirements.txt\n-r a.txt\nnumpy\n",
    },
    "requirement files in a row": {"requirements.txt": "-r 0.txt\n"} | {f"{number}.txt": f"-r {number + 1}.txt\n" for number in range(60)},
    "many requirement files": {"requirements.txt": lines("-r r/#.txt\n", 40)}
    | {f"r/{number}.txt": lines(f"p{number}x#==1\n", 1_000) for number in range(40)},
    "brackets in markers": {
        "requirements.txt": "a; "
        + "(" * 9_000
        + "\nb; "
        + "(os_name == 'a' and " * 900
        + "\nc["
        + "d," * 9_000
        + "]\n"
        + ("d; os_name=='a'" + " and os_name=='a'" * 900 + "\n") * 40
    },
    "patterns of prose": {
        "README.md": "<!--" * 40_000
        + "\n# "
        + "#" * 90_000
        + "x\n`"
        + "install" * 10_000
        + "\n"
        + ("requires keras" + ":" * 1_900 + "\n") * 30
        + ("requires " + "[" * 1_900 + "\n") * 30
    },
    "patterns of old Python": {
        "m.py": "class A[=\n" * 30_000 + "print 'a'\n",
        "n.py": "type a[\n" * 60_000,
        "o.py": "from a import (" * 60_000,
        "p.py": "finally:" * 60_000,
        "q.py": "x: int = a,\n" * 9_000 + "print 'a'",
    },
    "names of many parts": {
        "m.py": "import " + "a." * 30_000 + "a as x\nx.y\nx.z(k=1)\n" * 1,
        "n.py": "from " + "a." * 30_000 + "a import b\nb.y\n",
        "o.py": "print 'a'\nimport " + "a." * 30_000 + "a\n",
        "p.py": "import importlib\nimportlib.import_module('"
        + "a." * 30_000
        + "a')\ntry:\n    import "
        + "a." * 30_000
        + "a as b\nexcept ImportError:\n    import c as b\n",
        "q.py": "import flask\n" + "flask" + ".a" * 600 + "\n",
    },
    "one name again and again": {
        "m.py": "import numpy as x\nx.a\n" * 9_000,
        "n.py": "from m import x\n" * 15_000,
        "o.py": "from m import *\n" * 2_000 + "x.a\n" * 15_000,
    },
    "many names": {
        "m.py": lines("import m#x\n", 7_000),
        "n.py": "import flask\n" + lines("flask.a#\n", 7_000),
        "o.py": "import pandas\n" + lines("x.to_excel('a#.h5')\n", 7_000),
    },
    "names handed round": {
        f"m{number}.py": lines("from m# import *\n", 60) + lines(f"import flask as a{number}x#\n", 400) for number in range(60)
    },
    "bytes that are no text": {
        "requirements.txt": b"\xff\xfe" + "flask==1.0\n".encode("utf-16-le"),
        "README.md": b"\xff" * 9_000,
        "pyproject.toml": b"\0" * 9_000,
        "app.py": b"\xef\xbb\xbfimport flask\n\0",
        "m.py": b"\xff\xfei\0m\0",
        "Dockerfile": b"\0\0\xfe\xff" + b"\0" * 9,
        "nb.ipynb": b"\xfe\xff{",
        "environment.yml": b"\x80" * 900,
        "setup.cfg": b"\xef\xbb\xbf[a",
        ".travis.yml": b"a: \x81",
    },
    "a dense source": {"m.py": "a," * 400_000},
    "a dense notebook": {"nb.ipynb": notebook("a," * 1_000_000), "lists.ipynb": "[" + "[]," * 500_000 + "[]]"},
    "cells that do not parse": {"nb.ipynb": notebook(*["a b"] * 20_000, *["!pip install a==1"] * 20_000)},
}

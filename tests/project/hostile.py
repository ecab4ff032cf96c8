"""Files and trees that mean harm: each a name and what makes it in an empty folder. Small on disk, large to whoever believes them."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

Maker = Callable[[Path], None]

DEEP = 100_000
DIGITS = "9" * 6_000
"""Python refuses to make a number of more than 4,300 digits."""
HEX = hex(1 << 20_000)
"""A number that Python reads and will not write in decimal."""


def files(texts: dict[str, str | bytes]) -> Maker:
    """Makes a folder with these files."""

    def make(folder: Path) -> None:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


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
    "setup.cfg": f"[metadata]\nclassifiers =\n  Programming Language :: Python :: 3.{DIGITS}\n[options]\ninstall_requires =\n  a=={DIGITS}\n",
    "setup.py": f"from setuptools import setup\nsetup(classifiers=['Programming Language :: Python :: 3.{DIGITS}', {HEX}], "
    f"install_requires=['a=={DIGITS}', {HEX}], name={HEX})",
    "Pipfile": f'[packages]\na = "=={DIGITS}"\n[requires]\npython_version = "3.{DIGITS}"\n',
    "Pipfile.lock": f'{{"default": {{"a": {{"version": "=={DIGITS}"}}}}}}',
    "poetry.lock": f'[[package]]\nname = "a"\nversion = "{"9" * 1_500}"\n',
    "uv.lock": f'[[package]]\nname = "a"\nversion = "1.{"9" * 1_500}"\n',
    "environment.yml": f"name: {DIGITS}\ndependencies:\n- python={DIGITS}\n- python=3.{DIGITS}\n- a={DIGITS}=py37\n- {DIGITS}\n- pip:\n  - a=={DIGITS}",
    "runtime.txt": f"python-3.{DIGITS}\n",
    ".python-version": f"3.{DIGITS}\n",
    ".tool-versions": f"python 3.{DIGITS}\n",
    "Dockerfile": f"FROM python:3.{DIGITS}\nRUN pip install a=={DIGITS}\nRUN conda install python=3.{DIGITS}\nRUN pip install -r {'a' * 300}\n",
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
    "deep JSON": {"nb.ipynb": '{"cells":' + "[" * DEEP, "Pipfile.lock": "[" * DEEP, "config.json": '{"a":' * DEEP, "m.json": '{"class_name":' + "[" * DEEP},
    "deep TOML": {"pyproject.toml": "a=" + "[" * DEEP, "Pipfile": "a = " + "{a=" * DEEP},
    "keys of many parts": {"pyproject.toml": "a." * 200_000 + "a=1\n", "Pipfile": "[" + "a." * 100_000 + "a]\n" + lines("k#=1\n", 50_000)},
    "deep YAML": {"environment.yml": "- " * DEEP, ".travis.yml": "a: " + "{a: " * 40_000, "MLmodel": "[" * DEEP, ".gitlab-ci.yml": "? " * 90_000},
    "deep Python": {
        "brackets.py": "(" * DEEP, "attributes.py": "x = a" + ".a" * DEEP, "signs.py": "x = " + "-" * DEEP + "1", "chain.py": "if a: pass\n" + "elif a: pass\n" * 20_000,
        "sum.py": "x = a" + " + a" * DEEP, "calls.py": "x = a" + "()" * DEEP, "lambdas.py": "lambda:" * DEEP, "nots.py": "not " * DEEP + "a", "setup.py": "setup(install_requires=[]" + "+[]" * DEEP + ")",
        "nb.ipynb": notebook("(" * DEEP, "x = a" + "[a]" * DEEP),
    },
    "as deep as the parser goes": {
        f"{name}{depth}.py": "import flask\n" + "".join(f"x = {start}{unit * depth}{end}\n" for start, unit, end in (("a", ".b", ""), ("", "-", "1"), ("a", "()", ""), ("a", "+a", "")))
        + "if a: pass\n" + "elif a: pass\n" * depth
        for depth in (90, 180, 280, 400, 700, 950) for name in ("app", "setup")
    } | {"setup.py": "from setuptools import setup\nsetup(install_requires=['a']" + "+['b']" * 900 + ", classifiers=['c']" + "+['d']" * 900 + ")"},
    "aliases that multiply": {"environment.yml": _ALIASES, ".travis.yml": _ALIASES, "MLmodel": _ALIASES, "conda.yaml": _ALIASES, "python_env.yaml": _ALIASES},
    "aliases of themselves": {"environment.yml": _ITSELF, ".travis.yml": _ITSELF, "MLmodel": _ITSELF},
    "aliases of a pip section": {"environment.yml": _PIP},
    "one line": {"requirements.txt": "a==1," * 900_000 + "\nnumpy==1.19.5\n", "pyproject.toml": "a = '" + "a" * 900_000, "setup.cfg": "[a]\nb" + "b" * 900_000, "README.md": "a" * 390_000,
                 "Dockerfile": "RUN pip install " + "a " * 90_000, ".travis.yml": "a" * 190_000, "m.py": "#" + "a" * 900_000, "nb.ipynb": notebook("a" * 5_000_000)},
    "blanks": {"requirements.txt": "python" + " " * 900_000 + "x\na==1," + "\xa0" * 900_000 + "<<", "setup.cfg": "[options]\na" + " " * 900_000 + "x", "tox.ini": "[tox]\na" + "\f" * 190_000 + "x",
               "README.md": "# " + " " * 100_000 + "x\nrequires keras" + "\xa0" * 90_000 + "\n- a==1" + "\f" * 90_000 + "!", "environment.yml": "dependencies:\n- 'a" + " " * 400_000 + "x'\n",
               "nb.ipynb": notebook(" " * 900_000 + "x", "!pip install a" + "\\u00a0" * 90_000), "Dockerfile": "RUN pip install" + "\t" * 190_000, "m.py": " " * 900_000 + "x"},
    "lists of needs": {"pyproject.toml": '[project]\nname = "x"\ndependencies = [\n' + lines('"p#==1",\n', 9_000) + "]", "Pipfile": "[packages]\n" + lines('p# = "1"\n', 20_000),
                       "setup.cfg": "[options]\ninstall_requires =\n" + lines("  p#==1\n", 9_000)},
    "a list of conda's": {"environment.yml": "dependencies:\n" + lines("- p#\n", 30_000) + "- pip:\n" + lines("  - q#\n", 15_000)},
    "lists of install lines": {f".github/workflows/{name}.yml": "a:\n" + lines("- {run: pip install p#}\n", 5_000) for name in "abcd"}
    | {"README.md": lines("Requires keras 1.1, 1.2 and tensorflow 1.4 or later.\n", 1_500) + lines("`pip install p#`\n", 4_000), "Dockerfile": lines("RUN pip install p#\n", 4_000)},
    "locks": {"poetry.lock": "[[package]]\n" * 100_000, "uv.lock": lines('[[package]]\nname = "a#"\nversion = "1"\n', 9_000)},
    "requirement files in a ring": {"requirements.txt": "-r requirements.txt\n-c ./requirements.txt\n-r a/../requirements.txt\n-r a.txt\n" * 1_000, "a.txt": "-r requirements.txt\n-r a.txt\nnumpy\n"},
    "requirement files in a row": {"requirements.txt": "-r 0.txt\n"} | {f"{number}.txt": f"-r {number + 1}.txt\n" for number in range(60)},
    "many requirement files": {"requirements.txt": lines("-r r/#.txt\n", 40)} | {f"r/{number}.txt": lines(f"p{number}x#==1\n", 1_000) for number in range(40)},
    "brackets in markers": {"requirements.txt": "a; " + "(" * 9_000 + "\nb; " + "(os_name == 'a' and " * 900 + "\nc[" + "d," * 9_000 + "]\n" + ("d; os_name=='a'" + " and os_name=='a'" * 900 + "\n") * 40},
    "patterns of prose": {"README.md": "<!--" * 40_000 + "\n# " + "#" * 90_000 + "x\n`" + "install" * 10_000 + "\n" + ("requires keras" + ":" * 1_900 + "\n") * 30 + ("requires " + "[" * 1_900 + "\n") * 30},
    "patterns of old Python": {"m.py": "class A[=\n" * 30_000 + "print 'a'\n", "n.py": "type a[\n" * 60_000, "o.py": "from a import (" * 60_000, "p.py": "finally:" * 60_000, "q.py": "x: int = a,\n" * 9_000 + "print 'a'"},
    "one name again and again": {"m.py": "import numpy as x\nx.a\n" * 9_000, "n.py": "from m import x\n" * 15_000, "o.py": "from m import *\n" * 2_000 + "x.a\n" * 15_000},
    "many names": {"m.py": lines("import m#x\n", 7_000), "n.py": "import flask\n" + lines("flask.a#\n", 7_000), "o.py": "import pandas\n" + lines("x.to_excel('a#.h5')\n", 7_000)},
    "names handed round": {f"m{number}.py": lines("from m# import *\n", 60) + lines(f"import flask as a{number}x#\n", 400) for number in range(60)},
    "bytes that are no text": {"requirements.txt": b"\xff\xfe" + "flask==1.0\n".encode("utf-16-le"), "README.md": b"\xff" * 9_000, "pyproject.toml": b"\0" * 9_000, "app.py": b"\xef\xbb\xbfimport flask\n\0",
                               "m.py": b"\xff\xfei\0m\0", "Dockerfile": b"\0\0\xfe\xff" + b"\0" * 9, "nb.ipynb": b"\xfe\xff{", "environment.yml": b"\x80" * 900, "setup.cfg": b"\xef\xbb\xbf[a", ".travis.yml": b"a: \x81"},
    "a dense source": {"m.py": "a," * 400_000},
    "a dense notebook": {"nb.ipynb": notebook("a," * 1_000_000), "lists.ipynb": "[" + "[]," * 500_000 + "[]]"},
    "cells that do not parse": {"nb.ipynb": notebook(*["a b"] * 20_000, *["!pip install a==1"] * 20_000)},
}  # fmt: skip

# --- model files


def _number(value: int) -> bytes:
    """A number as protocol buffers write it."""
    made = b""
    while value > 127:
        made, value = made + bytes([value & 127 | 128]), value >> 7
    return made + bytes([value])


def _models(folder: Path) -> None:
    """Pickles, HDF5, archives, protocol buffers and JSON that claim much."""
    attribute = (
        b"\1\0" + struct.pack("<3H", 14, 8, 8) + b"keras_version\0\0\0" + b"\x09" + b"\0" * 15 + struct.pack("<IQI", 5, 8, 99) + b"\0" * 8
    )
    heap = b"GCOL\1\0\0\0" + struct.pack("<Q", 3_000_000) + struct.pack("<HHIQ", 1, 0, 0, 0) * 180_000
    operations = b"\x0a\x04\x0a\x02ab" * 100_000
    inner = b"\x12" + _number(len(operations)) + operations + b"\x2a\x031.4"
    files(
        {
            "heap.h5": b"\x89HDF\r\n\x1a\n" + heap + attribute * 50_000,
            "flat.pkl": b"\x80\2" + b"}" * 1_000_000 + b".",
            "digits.pkl": b"\x80\2I" + b"9" * 4_000_000 + b"\n.",
            "claims.pkl": b"\x80\2\x8b\xff\xff\xff\x7f" + b"\xff" * 1_000,
            "place.pkl": b"\x80\2}p" + b"9" * 100_000 + b"\n.",
            "joblib.pkl": b"\x80\4numpy_pickle" + b"\x8c\x64" * 1_000_000 + b"_sklearn_version" * 90_000,
            "many.pkl": (b"\x80\4" + b"}" * 3 + b".") * 400_000,
            "bomb.pkl": zlib.compress(b"\x80\4" + b"}" * 60_000_000),
            "model.onnx": b"\x08\x07" + b"\x42\x02\x10\x0d" * 1_000_000,
            "saved_model.pb": b"\x0a\x00" * 1_000_000,
            "graph.pb": b"\x0a\x06\x0a\x01a\x12\x01b" + b"\x0a\x00" * 1_000_000,
            "x.meta": b"\x0a" + _number(len(inner)) + inner,
            "m.safetensors": struct.pack("<Q", 1_900_000)
            + b'{"__metadata__":{'
            + b",".join(b'"%d":[[]]' % number for number in range(170_000))
            + b"}}",
            "n.safetensors": struct.pack("<Q", 1 << 62),
            "config.json": '{"transformers_version": "4.1.0", "architectures": [' + "[]," * 900_000 + "[]]}",
            "m.json": '{"class_name": "a", "keras_version":' + '"class_name": "a",' * 100_000,
            "b.ubj": b"{L" + b"learner" + b"version[#L" * 100_000,
        }
    )(folder)
    with zipfile.ZipFile(folder / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\2" + b"\0" * 40_000_000)
    with zipfile.ZipFile(folder / "bomb.keras", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("metadata.json", b" " * 5_000_000)
        archive.writestr("config.json", b" " * 5_000_000)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"{number}", b"")
        archive.writestr("a/data.pkl", b"\x80\2.")
    (folder / "many.pt").write_bytes(raw.getvalue())
    (folder / "broken.pt").write_bytes(raw.getvalue()[: len(raw.getvalue()) // 2])


def _huge(folder: Path) -> None:
    """20 GB each, of which the disk holds nothing."""
    starts = {
        "m.h5": b"\x89HDF\r\n\x1a\n",
        "m.pt": b"PK\3\4",
        "m.pkl": b"\x80\4",
        "m.safetensors": struct.pack("<Q", 7_000_000),
        "m.ubj": b"{L",
    }
    names = ("m.bin", "m.onnx", "saved_model.pb", "x.json", "tokenizer.json", "config.json", "nb.ipynb", "requirements.txt", "setup.py",
             "m.py", "MLmodel", "m.index", "README.md", "Dockerfile", "poetry.lock", "pyproject.toml", ".git")  # fmt: skip
    for name in (*starts, *names):
        with (folder / name).open("wb") as stream:
            stream.write(starts.get(name, b""))
            stream.truncate(20_000_000_000)


# --- what is no file

_NAMES = ("x.ipynb", "requirements.txt", "setup.py", "m.h5", "m.py", "Dockerfile", "README.md", "MLmodel", "config.json", "pyproject.toml",
          "environment.yml", "Procfile", "poetry.lock", "tox.ini", ".travis.yml", "runtime.txt", "conda.yaml", "saved_model.pb")  # fmt: skip


def _pipes(folder: Path) -> None:
    for name in (*_NAMES, ".git"):
        os.mkfifo(folder / name)


def _pipes_inside(folder: Path) -> None:
    """A repository and a saved model whose parts are pipes."""
    for part in ("HEAD", "logs/HEAD", "commondir", "packed-refs", "objects/pack/a.idx"):
        (folder / ".git" / part).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(folder / ".git" / part)
    (folder / "MLmodel").write_text("flavors:\n  sklearn: {sklearn_version: 0.22.1}\n")
    for name in ("conda.yaml", "requirements.txt", "python_env.yaml", "keras_metadata.pb"):
        os.mkfifo(folder / name)


def _devices(folder: Path) -> None:
    for name in _NAMES:
        (folder / name).symlink_to("/dev/zero")


def _sockets(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may not be long
    try:
        for name in _NAMES:
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(name)
    finally:
        os.chdir(here)


def _rings(folder: Path) -> None:
    for name in _NAMES:
        (folder / name).symlink_to(name)
    for name, target in {"down": ".", "src": str(folder), "requirements": "..", "up": "..", ".github": "."}.items():
        (folder / name).symlink_to(target)


def _entries(folder: Path) -> None:
    """Five thousand files and as many folders; the test lowers the bound."""
    for number in range(5_000):
        (folder / f"{number}.txt").touch()
        (folder / f"d{number // 70}" / f"{number}").mkdir(parents=True)


def _long_path(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(30):
            Path("deep" * 50).mkdir()
            os.chdir("deep" * 50)
    finally:
        os.chdir(here)


# --- repositories


def _loose(folder: Path, name: str, packed: bytes) -> None:
    path = folder / ".git" / "objects" / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed)


def _git_bomb(folder: Path) -> None:
    """The commit itself unpacks to half a gigabyte."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"commit 9\0") + b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(500)) + packer.flush()
    _loose(folder, "ab" + "0" * 38, packed)
    (folder / ".git" / "HEAD").write_text("ab" + "0" * 38)


def _git_history(folder: Path) -> None:
    """A hundred commits, each with another tree of nearly 4 MB."""
    tree = zlib.compress(b"tree 9\0" + b"".join(b"100644 %06d\0" % number + b"\1" * 20 for number in range(100_000)), 1)
    for number in range(100):
        text = f"tree {number + 5_000:040x}\nparent {number + 1:040x}\ncommitter a <a> 1500000000 +0000\n\n"
        _loose(folder, f"{number:040x}", zlib.compress(b"commit 9\0" + text.encode()))
        if number:
            (folder / ".git" / "objects" / "00" / f"{number + 5_000:040x}"[2:]).hardlink_to(
                folder / ".git/objects/00" / f"{5_000:040x}"[2:]
            )
        else:
            _loose(folder, f"{5_000:040x}", tree)
    (folder / ".git" / "HEAD").write_text("0" * 40)


def _git_deltas(folder: Path) -> None:
    """A commit at the end of a chain of deltas, each of a million insertions of one byte."""
    pack = folder / ".git" / "objects" / "pack"
    pack.mkdir(parents=True)
    delta, made, starts = zlib.compress(b"\x10\x10" + b"\x01a" * 1_000_000), bytearray(b"PACK"), [4]
    made += b"\x10" + zlib.compress(b"tree " + b"1" * 40 + b"\n")
    for _ in range(50):
        distance, start = len(made) - starts[-1], len(made)
        written = [distance & 0x7F]
        while distance := distance >> 7:
            distance -= 1
            written.insert(0, 0x80 | distance & 0x7F)
        made += b"\x60" + bytes(written) + delta
        starts.append(start)
    (pack / "a.pack").write_bytes(made)
    index = b"\377tOc\0\0\0\2" + struct.pack(">256I", *[1] * 256) + bytes(20) + bytes(4) + struct.pack(">I", starts[-1])
    (pack / "a.idx").write_bytes(index)
    (folder / ".git" / "HEAD").write_text("0" * 40)


def _git_indexes(folder: Path) -> None:
    """Three hundred indexes that claim two million objects each, and a list of references of 20 GB."""
    pack = folder / ".git" / "objects" / "pack"
    pack.mkdir(parents=True)
    for number in range(300):
        with (pack / f"{number}.idx").open("wb") as stream:
            stream.write(b"\377tOc\0\0\0\2" + struct.pack(">256I", *[0] * 255, 2_000_000))
            stream.truncate(60_000_000)
    (folder / ".git" / "HEAD").write_text("f" * 40)


def _git_references(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/x\n")
    for name in ("packed-refs", "commondir"):
        with (folder / ".git" / name).open("wb") as stream:
            stream.truncate(20_000_000_000)


MAKERS: dict[str, Maker] = {
    "numbers": files(dict(NUMBERS)),
    **{name: files(texts) for name, texts in TEXTS.items()},
    "model files": _models,
    "20 GB": _huge,
    "pipes": _pipes,
    "pipes inside": _pipes_inside,
    "devices": _devices,
    "sockets": _sockets,
    "rings of links": _rings,
    "many entries": _entries,
    "a long path": _long_path,
    "a commit that unpacks to 500 MB": _git_bomb,
    "a long history of large trees": _git_history,
    "deltas of a million parts": _git_deltas,
    "indexes that claim much": _git_indexes,
    "references of 20 GB": _git_references,
}
"""Every hostile folder by its name."""

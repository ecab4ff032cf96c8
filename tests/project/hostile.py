"""Folders that mean harm: each a name and what makes it in an empty folder. Small on disk, large to whoever believes them."""

from __future__ import annotations

import io
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.project.hostile_texts import NUMBERS, TEXTS

Maker = Callable[[Path], None]


def files(texts: dict[str, str | bytes]) -> Maker:
    """Makes a folder with these files."""

    def make(folder: Path) -> None:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


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
    names = (
        "m.bin",
        "m.onnx",
        "saved_model.pb",
        "x.json",
        "tokenizer.json",
        "config.json",
        "nb.ipynb",
        "requirements.txt",
        "setup.py",
        "m.py",
        "MLmodel",
        "m.index",
        "README.md",
        "Dockerfile",
        "poetry.lock",
        "pyproject.toml",
        ".git",
    )
    for name in (*starts, *names):
        with (folder / name).open("wb") as stream:
            stream.write(starts.get(name, b""))
            stream.truncate(20_000_000_000)


# --- what is no file

_NAMES = (
    "x.ipynb",
    "requirements.txt",
    "setup.py",
    "m.h5",
    "m.py",
    "Dockerfile",
    "README.md",
    "MLmodel",
    "config.json",
    "pyproject.toml",
    "environment.yml",
    "Procfile",
    "poetry.lock",
    "tox.ini",
    ".travis.yml",
    "runtime.txt",
    "conda.yaml",
    "saved_model.pb",
)


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
    """A thousand files and as many folders; the test lowers the bound below that."""
    for number in range(1_000):
        os.mknod(folder / f"{number}.txt")
        if number % 70 == 0:
            (folder / f"d{number // 70}").mkdir()
        (folder / f"d{number // 70}" / f"{number}").mkdir()


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

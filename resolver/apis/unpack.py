"""The code of one distribution file, laid out as if it were installed: Python sources and shared libraries, nothing else, nothing run."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MOST_FILES = 20_000
LONGEST_SOURCE = 4 << 20
LONGEST_LIBRARY = 256 << 20
MOST_BYTES = 600 << 20

_CODE = re.compile(r"\.(py|pyi)\Z")
_SHARED = re.compile(r"\.so(\.[0-9.]+)?\Z")
_INSTALLED = re.compile(r"\A[^/]+\.data/(?:purelib|platlib)/")
_ASIDE = frozenset(
    {"test", "tests", "doc", "docs", "example", "examples", "benchmark", "benchmarks", "script", "scripts", "tools", "build"}
)
"""Folders of a source archive that no installation brings."""
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError)


def unpack(body: bytes, filename: str, name: str, version: str, site: Path) -> bool:
    """Write the code inside a wheel or a source archive below `site`, with the records that an installer leaves; whether there was any.

    At most 600 MB and 20,000 files; a damaged archive gives False. Members that would land outside of `site` are passed over.
    """
    written: list[str] = []
    total = 0
    try:
        members = _wheel(body) if filename.endswith(".whl") else _archive(body, filename)
        for path, content in members:
            total += len(content)
            if total > MOST_BYTES or len(written) >= MOST_FILES:
                break
            place = site / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            written.append(path)
    except _DAMAGED:
        return False
    if not written:
        return False
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in written), encoding="utf-8")
    return True


def _wanted(path: str, size: int) -> bool:
    parts = PurePosixPath(path).parts
    inside = bool(parts) and not path.startswith("/") and ".." not in parts and "," not in path and "\n" not in path
    return inside and ((bool(_CODE.search(path)) and size <= LONGEST_SOURCE) or (bool(_SHARED.search(path)) and size <= LONGEST_LIBRARY))


def _wheel(body: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for info in archive.infolist():
            path = _INSTALLED.sub("", info.filename)
            if ".data/" not in path and _wanted(path, info.file_size):
                yield path, _bounded(archive, info)


def _bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:  # the size in the directory may lie
        return stream.read(info.file_size)


def _archive(body: bytes, filename: str) -> Iterator[tuple[str, bytes]]:
    """Members of a source archive below the folder that holds its packages."""
    files: dict[str, bytes] = {}
    total = 0
    for path, content in _zipped(body) if filename.endswith(".zip") else _tarred(body):
        total += len(content)
        if total > MOST_BYTES or len(files) >= MOST_FILES:
            break
        files[path] = content
    for path, content in files.items():
        short = path.partition("/")[2].removeprefix("src/")
        first = short.partition("/")[0]
        package = "/" in short and (f"{path[: len(path) - len(short)]}{first}/__init__.py" in files)
        module = "/" not in short and short not in {"setup.py", "conftest.py", "noxfile.py", "versioneer.py"}
        if (package or module) and first not in _ASIDE:
            yield short, content


def _zipped(body: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for info in archive.infolist():
            if _CODE.search(info.filename) and _wanted(info.filename, info.file_size):
                yield info.filename, _bounded(archive, info)


def _tarred(body: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:*") as archive:
        for count, member in enumerate(archive):
            if count > MOST_FILES:
                return
            path = member.name.removeprefix("./")
            if member.isfile() and _CODE.search(path) and _wanted(path, member.size):
                stream = archive.extractfile(member)
                if stream:
                    yield path, stream.read(LONGEST_SOURCE)

"""Base images where no registry can be reached: Debian by its packages, and interpreters of this machine in /usr/local."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from resolver.build import host, process
from resolver.build.process import Limits
from resolver.core.errors import EngineUnavailable, ResolverError
from resolver.core.reporter import Reporter

_RUNTIME = (
    "ca-certificates", "netbase", "tzdata", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libncursesw6", "libreadline8",
    "libsqlite3-0", "libssl3", "libuuid1", "zlib1g",
)  # fmt: skip
"""What the extension modules of a CPython link to, and what the official slim images carry beside."""

_WORD = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9._/:-]*")
_LEFT_OUT = re.compile(r"(^|/)(test|tests|__pycache__|idle_test)(/|$)|\.a$|(^|/)site-packages/.")
_ROOTFS_SECONDS, _IMAGE_SECONDS = 1800, 1200

_DOCKERFILE = """\
FROM {debian}
RUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -rf /var/lib/apt/lists/*
ADD python.tar /usr/local/
COPY certificates* /usr/local/share/ca-certificates/
RUN update-ca-certificates && ldconfig && ln -sf python3 /usr/local/bin/python && python3 -m ensurepip \\
 && ln -sf pip3 /usr/local/bin/pip && python -c "import bz2, ctypes, lzma, sqlite3, ssl, zlib"
ENV LANG=C.UTF-8 PYTHON_VERSION={version}
CMD ["python3"]
"""
_PYTHON_TOLD = "import sys; print(sys.base_prefix); print('.'.join(map(str, sys.version_info[:3])))"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which images: of these interpreters ("3.8" -> its path), on a Debian `suite`, with these Debian `packages` beside what Python needs.

    `name` is the image's name before the tag; `certificates` a file of authorities that the image shall trust (private mirrors).
    """

    pythons: dict[str, Path]
    suite: str = "bookworm"
    packages: tuple[str, ...] = ()
    name: str = "python"
    certificates: Path | None = None


def make(wish: Wish, reporter: Reporter | None = None) -> Iterator[str]:
    """Make the images that the engine lacks, and yield each tag as it is there ("python:3.8-slim-bookworm").

    Three minutes for Debian, the first time; half a minute for each interpreter. Needs root, debootstrap and a mirror that apt knows.
    Raises EngineUnavailable, ResolverError.
    """
    reporter = reporter or Reporter()
    bad = [text for text in (wish.suite, *wish.packages) if not _WORD.fullmatch(text)]
    if bad or not _NAME.fullmatch(wish.name):
        raise ResolverError(f"{(bad or [wish.name])[0]!r} is no Debian word and no image name")
    command = host.buildkit_command()
    with tempfile.TemporaryDirectory(prefix="resolver-bases-") as scratch:
        for version, path in sorted(wish.pythons.items(), key=lambda item: int(item[0].split(".")[1])):
            tag = f"{wish.name}:{version}-slim-{wish.suite}"
            if not _exists(command, tag):
                debian = _debian(command, wish.suite, Path(scratch), reporter)
                reporter.step(f"making {tag}")
                _python(command, wish, path, debian, tag, Path(scratch) / version)
            yield tag


def _exists(command: Path, tag: str) -> bool:
    return subprocess.run([command, "image", "inspect", tag], capture_output=True, check=False).returncode == 0


def _debian(command: Path, suite: str, scratch: Path, reporter: Reporter) -> str:
    """The tag of a minimal Debian, made by debootstrap when the engine lacks it."""
    tag = f"debian:{suite}-slim"
    if _exists(command, tag):
        return tag
    if not shutil.which("debootstrap"):
        raise ResolverError("there is no debootstrap on PATH", hint="apt-get install debootstrap")
    reporter.step(f"making {tag} from Debian's packages")
    root = scratch / "root"
    _run(["debootstrap", "--variant=minbase", suite, str(root), *_mirror(suite)], _ROOTFS_SECONDS)
    for folder in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True, exist_ok=True)
    _run(["sh", "-c", 'tar -C "$1" -c . | "$2" import - "$3"', "sh", str(root), str(command), tag], _IMAGE_SECONDS)
    shutil.rmtree(root, ignore_errors=True)
    return tag


def _mirror(suite: str) -> list[str]:
    """The mirror that this machine's apt uses for the suite; none leaves it to debootstrap."""
    try:
        asked = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    except OSError:
        return []
    return [site for site, _, release in (line.partition(" ") for line in told.splitlines()) if release == suite][:1]


def _python(command: Path, wish: Wish, path: Path, debian: str, tag: str, folder: Path) -> None:
    """One image: the interpreter's own folder, unpacked in /usr/local."""
    prefix, version = _told(path)
    folder.mkdir(parents=True)
    with tarfile.open(folder / "python.tar", "w") as archive:
        archive.add(prefix, arcname=".", filter=_kept)
    if wish.certificates:
        (folder / "certificates").mkdir()
        shutil.copy(wish.certificates, folder / "certificates" / "machine.crt")
    packages = " ".join(sorted({*_RUNTIME, *wish.packages}))
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(debian=debian, packages=packages, version=version))
    _run([str(command), "build", "-q", "-t", tag, str(folder)], _IMAGE_SECONDS)
    shutil.rmtree(folder)


def _told(path: Path) -> tuple[Path, str]:
    """The folder that holds an interpreter and nothing else, and its full version."""
    done = subprocess.run([path, "-I", "-c", _PYTHON_TOLD], capture_output=True, text=True, check=False)
    prefix, version = (*done.stdout.split("\n"), "", "")[:2]
    if done.returncode or not prefix:
        raise ResolverError(f"{path} does not run: {done.stderr.strip()[-200:]}")
    if prefix in ("/usr", "/usr/local", "/"):
        raise ResolverError(f"{path} shares {prefix} with other programs", hint="name one with a folder of its own (pyenv has such)")
    return Path(prefix), version


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without tests, bytecode and what was installed; owned by root."""
    if _LEFT_OUT.search(entry.name):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _run(command: Sequence[str], seconds: float) -> None:
    try:
        done = process.run(command, environment={"DOCKER_BUILDKIT": "1"}, limits=Limits(seconds=seconds))
    except OSError as problem:
        raise EngineUnavailable(f"{command[0]} does not start: {problem}") from problem
    if not done.ok:
        raise ResolverError(f"{command[0]} failed: {done.log.strip()[-400:]}")


def wanted(pythons: Iterable[str], found: dict[str, Path]) -> dict[str, Path]:
    """The asked-for interpreters among those found; all of them when none is asked for. Raises ResolverError."""
    asked = list(pythons) or list(found)
    if missing := [python for python in asked if python not in found]:
        raise ResolverError(
            f"no CPython {', '.join(missing)} on this machine", hint="name the folders that hold interpreters with --pythons DIR"
        )
    if not asked:
        raise ResolverError("no interpreter was found", hint="name the folders that hold interpreters with --pythons DIR")
    return {python: found[python] for python in asked}

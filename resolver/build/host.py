"""What this machine offers: a container engine, a docker command that speaks BuildKit, interpreters, disk, a graphics card."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from resolver.core.errors import EngineUnavailable

START_HINT = "start the Docker engine (is your user in the docker group?), or use --executor venv"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What was found: `engine` the engine's version or "", `docker` a command with BuildKit or None, `pythons` version to
    interpreter, `disk_free` bytes where images lie, `driver` of an NVIDIA card or "".
    """

    engine: str
    docker: Path | None
    pythons: Mapping[str, Path]
    disk_free: int
    driver: str


def look(folders: Sequence[Path] = ()) -> Host:
    """All of it; never raises; costs some tens of milliseconds per program asked."""
    try:
        engine = engine_version()
    except EngineUnavailable:
        engine = ""
    try:
        docker: Path | None = buildkit_command()
    except EngineUnavailable:
        docker = None
    return Host(engine=engine, docker=docker, pythons=interpreters(folders), disk_free=disk_free(), driver=nvidia_driver())


def _ask(*command: str, seconds: float = 20.0) -> tuple[int, str]:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return 127, str(problem)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").strip()


def engine_version() -> str:
    """The engine's version, asked through the docker SDK. Raises EngineUnavailable when none answers."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=20)
        try:
            return str(client.version().get("Version", "?"))
        finally:
            client.close()
    except (DockerException, OSError, ValueError) as problem:
        raise EngineUnavailable(f"no container engine answers: {_first_line(problem)}", hint=START_HINT) from problem


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


@functools.cache
def buildkit_command() -> Path:
    """A docker command that can build with BuildKit: one with buildx, or an older one that has it built in.

    Raises EngineUnavailable when there is none. Remembered for the life of the process.
    """
    found = []
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin"]:
        path = Path(folder or ".") / "docker"
        if path.is_file() and os.access(path, os.X_OK) and path not in found:
            found.append(path)
    for path in found:
        if _ask(str(path), "buildx", "version")[0] == 0:
            return path
        told = re.search(r"version (\d+)\.", _ask(str(path), "--version")[1])
        if told and 18 < int(told[1]) < 23:
            return path  # since 23 the client needs the buildx plugin
    if found:
        raise EngineUnavailable(f"{found[0]} cannot build with BuildKit", hint="install Docker's buildx plugin (docker-buildx)")
    raise EngineUnavailable("there is no docker command on PATH", hint="install Docker, or use --executor venv")


def interpreters(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """ "3.7" -> interpreter, from `folders`, the folders in RESOLVER_PYTHONS (separated like PATH) and PATH, the first found first.

    A folder may hold interpreters itself (bin/python3.7, python3.7) or one folder per version (3.7.16/bin/python).
    """
    named = [Path(p) for p in os.environ.get("RESOLVER_PYTHONS", "").split(os.pathsep) if p]
    found: dict[str, Path] = {}
    for folder in [*folders, *named]:
        for pattern in ("python3.[0-9]*", "bin/python3.[0-9]*", "*/bin/python3.[0-9]*"):
            for path in sorted(folder.glob(pattern)):
                if (told := re.fullmatch(r"python(3\.\d+)", path.name)) and os.access(path, os.X_OK):
                    found.setdefault(told[1], path)
    for number in range(6, 16):
        where = shutil.which(f"python3.{number}")
        if where and f"3.{number}" not in found and _ask(where, "-c", "import sys")[0] == 0:  # a shim may be there for nothing
            found[f"3.{number}"] = Path(where)
    return found


def disk_free(path: Path = Path("/var/lib/docker")) -> int:
    """Bytes free where `path`, or its nearest parent that exists, lies."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def nvidia_driver() -> str:
    """The driver branch of an NVIDIA card on this machine ("535"), or ""."""
    if not shutil.which("nvidia-smi"):
        return ""
    code, text = _ask("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return text.split(".")[0].strip() if code == 0 and text[:1].isdigit() else ""

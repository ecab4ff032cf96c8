"""Builds in virtual environments, for a machine without a container engine."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from resolver.build import host, probe, process
from resolver.build.cell import HARVESTER, Harvest, build_constraints, harvest_files, pins_text
from resolver.build.process import Finished, Limits
from resolver.build.verdict import Left, judge
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, Outcome

# pip, setuptools and wheel of the official slim images: what the environment of a container starts with.
_SEED = {
    "3.6": ("setuptools==57.5.0", "wheel==0.37.1"),
    "3.7": ("setuptools==57.5.0", "wheel==0.42.0"),
    "3.8": ("setuptools==57.5.0", "wheel==0.43.0"),
    "3.9": ("setuptools==58.1.0", "wheel==0.43.0"),
    "3.10": ("setuptools==65.5.1", "wheel==0.43.0"),
    "3.11": ("setuptools==65.5.1", "wheel==0.43.0"),
}
_KEPT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LANG")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VenvExecutor:
    """Builds each spec in a throw-away virtual environment of an interpreter on this machine; survives pickling.

    Interpreters come from `folders`, the environment variable RESOLVER_PYTHONS and PATH. System packages are not installed: what
    the machine lacks shows as a missing library. `cache` is uv's cache folder, on the same disk for speed; the rest as in DockerExecutor.
    """

    uv: Path
    folders: tuple[Path, ...] = ()
    cache: Path | None = None
    limits: Limits = Limits()
    harvest: Harvest = ()
    known: Callable[[], Iterable[str]] | frozenset[str] = frozenset()
    index_url: str = ""
    rest_seconds: float = 60.0

    @property
    def name(self) -> str:
        """ "venv"."""
        return "venv"

    def run(self, spec: BuildSpec) -> Outcome:
        """Install the pins and probe them. Raises EngineUnavailable when this machine lacks the interpreter."""
        interpreter = self._interpreter(spec.target.python)
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="resolver-venv-") as scratch:
            folder = Path(scratch)
            left = self._build(folder, spec, interpreter)
            return judge(spec, left, executor=self.name, seconds=time.monotonic() - start)

    def _interpreter(self, python: str) -> Path:
        found = host.interpreters(self.folders)
        if python in found:
            return found[python]
        have = ", ".join(sorted(found, key=lambda v: int(v.split(".")[1]))) or "none"
        raise EngineUnavailable(
            f"there is no Python {python} on this machine (found: {have})",
            hint="install it, name its folder in RESOLVER_PYTHONS, or use --executor docker",
        )

    def _build(self, folder: Path, spec: BuildSpec, interpreter: Path) -> Left:
        environment = self._environment(folder)
        python = folder / "env" / "bin" / "python"
        made = self._uv(["venv", "--no-project", "--python", str(interpreter), str(folder / "env")], environment)
        if not made.ok:
            return Left(install_code=made.code or 1, install_log=made.log)
        (folder / "pins.txt").write_text(pins_text(spec), encoding="utf-8")
        (folder / "build-constraints.txt").write_text(build_constraints(spec), encoding="utf-8")
        install = ["pip", "install", "--python", str(python), "--no-deps"]
        if (seed := _SEED.get(spec.target.python)) and not (seeded := self._uv([*install, *seed], environment)).ok:
            return Left(install_code=seeded.code or 1, install_log=seeded.log)
        log = ""
        if spec.pins:
            pins = ["-r", str(folder / "pins.txt")]
            done = self._uv([*install, "--build-constraint", str(folder / "build-constraints.txt"), *pins], environment)
            if done.code == 1 and "build" in done.log.lower():
                again = self._uv([*install, *pins], environment)
                done = again if again.ok else done
            if not done.ok:
                return Left(install_code=_code(done), install_log=done.log)
            log = done.log
        return self._probed(folder, spec, python, log, environment)

    def _probed(self, folder: Path, spec: BuildSpec, python: Path, log: str, environment: Mapping[str, str]) -> Left:
        request = probe.request(spec.probe, self.limits, rest_seconds=self.rest_seconds)
        (folder / "spec.json").write_text(request, encoding="utf-8")
        for name in probe.SCRIPTS:
            (folder / name).write_text(probe.source(name), encoding="utf-8")
        inside = {**environment, "TMPDIR": str(folder), "VIRTUAL_ENV": str(folder / "env")}
        limits = dataclasses.replace(self.limits, seconds=self.limits.seconds + 60)
        command = [str(python), str(folder / "inside_probe.py"), str(folder / "spec.json"), str(folder / "probe.jsonl")]
        done = process.run(command, environment=inside, limits=limits, inherit=False, folder=folder)
        harvest = folder / "harvest.jsonl"
        if self.harvest:
            known = self.known() if callable(self.known) else self.known
            (folder / "known.json").write_text(json.dumps(sorted({str(p) for p in spec.pins} & set(known))), encoding="utf-8")
            for name, text in harvest_files(self.harvest).items():
                (folder / name).write_text(text, encoding="utf-8")
            command = [str(python), str(folder / HARVESTER), str(folder / "known.json"), str(harvest)]
            process.run(
                command, environment=inside, limits=Limits(seconds=180, memory_mb=self.limits.memory_mb), inherit=False, folder=folder
            )
        return Left(
            install_code=0,
            install_log=log,
            probe_lines=_text(folder / "probe.jsonl"),
            probe_log=done.log,
            harvest=_text(harvest),
        )

    def _environment(self, folder: Path) -> dict[str, str]:
        """What the child processes see: no variable of this process that could change what is installed or imported."""
        kept = {k: os.environ[k] for k in _KEPT if k in os.environ}
        uv = {"UV_LINK_MODE": "symlink", "UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_HTTP_TIMEOUT": "120", "NO_COLOR": "1"}
        own = {"HOME": str(folder), "UV_CACHE_DIR": str(self.cache or Path.home() / ".cache" / "uv"), "UV_NO_CONFIG": "1"}
        return {**kept, **uv, **own, **({"UV_DEFAULT_INDEX": self.index_url} if self.index_url else {})}

    def _uv(self, arguments: list[str], environment: Mapping[str, str]) -> Finished:
        return process.run([str(self.uv), *arguments], environment=environment, limits=self.limits, inherit=False)


def _code(done: Finished) -> int | None:
    if done.timed_out:
        return None
    return 137 if done.out_of_memory else done.code or 1


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return stream.read(probe.RESULT_LIMIT).decode("utf-8", "replace")


def find_uv() -> Path:
    """The uv that was installed with this program. Raises EngineUnavailable when it is missing."""
    try:
        import uv

        return Path(uv.find_uv_bin())
    except (ImportError, FileNotFoundError) as problem:
        raise EngineUnavailable("uv is missing", hint="pip install uv") from problem

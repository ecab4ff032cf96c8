"""Builds in containers: many cheap cells for learning, and the one image that a person gets, proven as it is."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from resolver.build import host, probe, process, upkeep
from resolver.build.cell import (
    CELL,
    COMPILE,
    Harvest,
    build_constraints,
    built_text,
    cell_dockerfile,
    harvest_files,
    pins_text,
    setuptools_turns,
    tools_of_set,
)
from resolver.build.logs import failed_source, install_failure, machine_trouble
from resolver.build.process import Finished, Limits
from resolver.build.venv import find_uv
from resolver.build.verdict import Left, failed, judge
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, void
from resolver.core.proof import Proof, Trial
from resolver.core.reporter import Reporter

BUILDKIT = upkeep.BUILDKIT
PROBE_SECONDS = 420.0
_SCRIPTS = (*probe.SCRIPTS, "inside_bytecode.py")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DockerExecutor:
    """Builds each spec in a container and probes it there; survives pickling; several threads may share one.

    `uv` is a statically linked uv for the containers' platform (where that file is not, the one installed there); `cache_id` names the
    engine's cache volume that all cells share. `harvest` runs after the probe (see `Harvest`): KNOWN is a JSON list of "name==version"
    to leave out (`known`, asked anew for each build), OUT takes the lines that become `Outcome.released`.
    `index_url` replaces uv's default index and reaches the build as a secret. When less than `reserve_gb` gigabytes are free where
    images lie, wheels that were not used for longest leave the shared cache before the next build; 0 never looks.
    """

    uv: Path
    cache_id: str = "resolver-uv"
    limits: Limits = Limits()
    harvest: Harvest = ()
    known: Callable[[], Iterable[str]] | frozenset[str] = frozenset()
    index_url: str = ""
    rest_seconds: float = 60.0
    reserve_gb: float = 10.0

    def __post_init__(self) -> None:
        for name in (*_SCRIPTS, "inside_trim.py"):
            probe.source(name)

    @property
    def name(self) -> str:
        """ "docker"."""
        return "docker"

    def run(self, spec: BuildSpec) -> Outcome:
        """Install the pins and probe them in one throw-away build that exports nothing but the result.

        A failing build is an outcome; raises EngineUnavailable when no engine answers. A few seconds when the wheels are cached. A source
        distribution that does not build on the slim image is tried again with a compiler, as the written Dockerfile would.
        """
        outcome = self._cell(spec)
        built: list[str] = []
        while outcome.failure is FailureClass.SDIST_BUILD and (failing := failed_source(outcome.message)) and failing not in built:
            built.append(failing)
            again = self._cell(spec, built=built)
            outcome = dataclasses.replace(again, seconds=round(outcome.seconds + again.seconds, 2))
        return outcome

    def _cell(self, spec: BuildSpec, *, built: Sequence[str] = ()) -> Outcome:
        """One build; the distributions `built` from source get a compiler and what else Debian has for them."""
        command = host.buildkit_command()
        tools = tools_image(command, self.uv if self.uv.is_file() else find_uv())
        if self.reserve_gb:
            upkeep.make_room(command, reserve_gb=self.reserve_gb, cache_id=self.cache_id, python=spec.target.python)
        with tempfile.TemporaryDirectory(prefix="resolver-cell-") as scratch:
            cell, result = Path(scratch) / "cell", Path(scratch) / "out"
            cell.mkdir()
            self._write_cell(cell, spec, tools, built)
            arguments = [str(command), "build", "--progress=plain", "--output", f"type=local,dest={result}"]
            if self.index_url:
                secret = Path(scratch) / "index"
                secret.touch(mode=0o600)
                secret.write_text(self.index_url)
                arguments += ["--secret", f"id=index,src={secret}"]
            limits = dataclasses.replace(self.limits, seconds=self.limits.seconds * 2 + PROBE_SECONDS + 240)
            with upkeep.cell_user(self.cache_id):
                start = time.monotonic()  # waiting for a trim is not the cell's time
                done = process.run([*arguments, str(cell)], environment=BUILDKIT, limits=limits)
            seconds = time.monotonic() - start
            if not done.ok:
                return self._unbuilt(spec, done, seconds)
            return judge(spec, _left(result), executor=self.name, seconds=seconds)

    def _write_cell(self, cell: Path, spec: BuildSpec, tools: str, built: Sequence[str]) -> None:
        known = self.known() if callable(self.known) else self.known
        wanted = {str(pin) for pin in spec.pins}
        limits = Limits(seconds=min(PROBE_SECONDS, self.limits.seconds), memory_mb=self.limits.memory_mb)
        files = {
            "Dockerfile": cell_dockerfile(spec, tools=tools, cache_id=self.cache_id, secret=bool(self.index_url), built=built),
            "cell.sh": CELL,
            "compile.sh": COMPILE,
            "seconds": f"{max(1, int(self.limits.seconds))}\n",
            "pins.txt": pins_text(spec),
            "built.txt": built_text(spec, built),
            "build-constraints.txt": build_constraints(spec),
            "tools.txt": setuptools_turns(spec.target.python),
            "tools-of-set.txt": tools_of_set(spec, built),
            "spec.json": probe.request(
                spec.probe,
                limits,
                nonce=secrets.token_hex(8),
                rest_seconds=self.rest_seconds,
                cuda=spec.target.accelerator.kind == "cuda",
            ),
            **{name: probe.source(name) for name in _SCRIPTS},
            **harvest_files(self.harvest),
            "known.json": json.dumps(sorted(wanted & set(known))),
        }
        for name, text in files.items():
            (cell / name).write_text(text, encoding="utf-8")

    def _unbuilt(self, spec: BuildSpec, done: Finished, seconds: float) -> Outcome:
        """The `docker build` itself failed: the engine, the base image, the system packages or the time."""
        if done.timed_out:
            return void(spec, self.name, "the build did not end in time", log=done.log, seconds=seconds)
        host.engine_version()  # raises when it is the engine that went away
        told = install_failure(done.log)
        if "Unable to locate package" in done.log and not machine_trouble(done.log):
            return failed(spec, self.name, Stage.INSTALL, told, log=done.log, seconds=seconds)
        return void(spec, self.name, machine_trouble(done.log) or told.message, log=done.log, seconds=seconds)

    def prove(
        self, folder: Path, spec: BuildSpec, *, tag: str | None = None, trial: Trial | None = None, reporter: Reporter | None = None
    ) -> Proof:
        """Build the Dockerfile in `folder` as it stands, run the probe in the image, without network, and start it when there is a trial.

        The image stays when `tag` is given and is removed otherwise. `Outcome.image_size` is set. Raises EngineUnavailable.
        """
        from resolver.build.image import prove

        reporter = reporter or Reporter()
        return prove(folder, spec, tag=tag, trial=trial, reporter=reporter, limits=self.limits, rest_seconds=self.rest_seconds)


_IMAGE_LOCK = threading.Lock()


def tools_image(command: Path, uv: Path) -> str:
    """The tag of a local image that holds only uv, made once per engine and uv. Raises EngineUnavailable."""
    with _IMAGE_LOCK:
        return _tools_image(command, uv)


@functools.cache
def _tools_image(command: Path, uv: Path) -> str:
    import docker
    from docker.errors import DockerException, ImageNotFound

    tag = f"resolver-tools:{hashlib.sha256(uv.read_bytes()).hexdigest()[:16]}"
    try:
        client = docker.from_env(timeout=60)
        try:
            client.images.get(tag)
            return tag
        except ImageNotFound:
            pass
        finally:
            client.close()
    except (DockerException, OSError, ValueError) as problem:
        raise EngineUnavailable(f"no container engine answers: {problem}", hint=host.START_HINT) from problem
    with tempfile.TemporaryDirectory(prefix="resolver-tools-") as folder:
        shutil.copy2(uv, Path(folder) / "uv")
        (Path(folder) / "Dockerfile").write_text("FROM scratch\nCOPY uv /uv\n")
        done = process.run([str(command), "build", "-q", "-t", tag, folder], environment=BUILDKIT, limits=Limits(seconds=180))
    if not done.ok:
        raise EngineUnavailable(f"cannot make the tools image: {done.log[-300:]}", hint=host.START_HINT)
    return tag


def _left(result: Path) -> Left:
    def text(name: str) -> str:
        path = result / name
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            return stream.read(probe.RESULT_LIMIT).decode("utf-8", "replace")

    code = text("install.code").strip()
    return Left(
        install_code=int(code) if code.lstrip("-").isdigit() else None,
        install_log=text("install.log"),
        probe_lines=text("probe.jsonl"),
        probe_log=text("probe.log"),
        harvest=text("harvest.jsonl"),
    )


def prune(limit_gb: float, *, cache_id: str = "resolver-uv", command: Path | None = None) -> str:
    """See `upkeep.prune`."""
    return upkeep.prune(limit_gb, cache_id=cache_id, command=command)

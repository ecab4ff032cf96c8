"""Builds in containers: many cheap cells for learning, and the one image that a person gets, proven as it is."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from resolver.build import host, probe, process, upkeep
from resolver.build.logs import install_failure, machine_trouble
from resolver.build.process import Finished, Limits
from resolver.build.verdict import Left, failed, judge, void
from resolver.core.errors import EngineUnavailable
from resolver.core.native import build_packages
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage
from resolver.core.package import normalize
from resolver.core.reporter import Reporter

BUILDKIT = upkeep.BUILDKIT
PROBE_SECONDS = 420.0
_SCRIPTS = (*probe.SCRIPTS, "inside_bytecode.py")


_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_DEBIAN = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_PYTHON = re.compile(r"3\.\d{1,2}")
_WORD = re.compile(r"[A-Za-z0-9._-]+")

# Both run inside the build; they read everything that varies from files, so that no outside text is ever part of a command.
_COMPILE = """\
set -u
export UV_CACHE_DIR=/uvcache UV_LINK_MODE=symlink UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=120 NO_COLOR=1
if [ -s /run/secrets/index ]; then UV_DEFAULT_INDEX=$(cat /run/secrets/index); export UV_DEFAULT_INDEX; fi
# Built wheels stay in the shared cache, where the cell finds them: the compiler itself is never in the environment that is probed.
uv() {
  timeout -k 10 "$(cat /cell/seconds)" /tools/uv pip install \\
    --python "$(command -v python)" --break-system-packages --no-config "$@" >>/built/log 2>&1
}
make() { uv --no-deps --target /built/site "$@" -r /cell/pins.txt && rm -rf /built/site && exit 0; rm -rf /built/site; }
make --build-constraint /cell/build-constraints.txt
# A setup.py of before 2018 imports what it never declares; one release's tools are another's end, so several are tried.
for tools in $(cat /cell/tools.txt); do
  uv "$tools" wheel -r /cell/tools-of-set.txt && make --no-build-isolation
done
exit 0
"""
_CELL = """\
set -u
mkdir -p /out
export UV_CACHE_DIR=/uvcache UV_LINK_MODE=symlink UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=120 NO_COLOR=1
if [ -s /run/secrets/index ]; then UV_DEFAULT_INDEX=$(cat /run/secrets/index); export UV_DEFAULT_INDEX; fi
cp -a /site/. "$1"
python=$(command -v python)
install() {
  timeout -k 10 "$(cat /cell/seconds)" /tools/uv pip install \\
    --python "$python" --break-system-packages --no-config --no-deps "$@" -r /cell/pins.txt
}
code=0
if [ -s /cell/pins.txt ]; then
  install --build-constraint /cell/build-constraints.txt >/out/install.log 2>&1
  code=$?
  if [ "$code" = 1 ] && grep -qi 'build' /out/install.log; then
    install >/out/install.second.log 2>&1 && code=0 && mv /out/install.second.log /out/install.log
  fi
fi
echo "$code" >/out/install.code
if [ "$code" = 0 ]; then
  unset UV_DEFAULT_INDEX
  python /cell/inside_bytecode.py restore /uvcache /uvcache/bytecode "$1" >/out/bytecode.log 2>&1
  python /cell/inside_probe.py /cell/spec.json /out/probe.jsonl >/out/probe.log 2>&1
  if [ -s /cell/inside_harvest.py ]; then
    timeout -k 5 180 python /cell/inside_harvest.py /cell/known.json /out/harvest.jsonl >/out/harvest.log 2>&1
  fi
  python /cell/inside_bytecode.py keep /uvcache /uvcache/bytecode "$1" >/out/bytecode.log 2>&1
fi
exit 0
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DockerExecutor:
    """Builds each spec in a container and probes it there; survives pickling; several threads may share one.

    `uv` is a statically linked uv for the containers' platform; `cache_id` names the engine's cache volume that all cells share.
    `harvest` is the text of a script that runs after the probe in the same environment as `script KNOWN OUT`: KNOWN is a JSON list of
    "name==version" to leave out (`known`, asked anew for each build), OUT takes the lines that become `Outcome.released`.
    `index_url` replaces uv's default index and reaches the build as a secret. When less than `reserve_gb` gigabytes are free where
    images lie, wheels that were not used for longest leave the shared cache before the next build; 0 never looks.
    """

    uv: Path
    cache_id: str = "resolver-uv"
    limits: Limits = Limits()
    harvest: str = ""
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
        while outcome.failure is FailureClass.SDIST_BUILD and (failing := _failing(outcome)) and failing not in built:
            built.append(failing)
            again = self._cell(spec, built=built)
            outcome = dataclasses.replace(again, seconds=round(outcome.seconds + again.seconds, 2))
        return outcome

    def _cell(self, spec: BuildSpec, *, built: Sequence[str] = ()) -> Outcome:
        """One build; the distributions `built` from source get a compiler and what else Debian has for them."""
        command = host.buildkit_command()
        tools = tools_image(command, self.uv)
        if self.reserve_gb:
            upkeep.make_room(command, reserve_gb=self.reserve_gb, cache_id=self.cache_id, python=spec.target.python)
        start = time.monotonic()
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
            "cell.sh": _CELL,
            "compile.sh": _COMPILE,
            "seconds": f"{max(1, int(self.limits.seconds))}\n",
            "pins.txt": pins_text(spec),
            "build-constraints.txt": build_constraints(spec.target.python),
            "tools.txt": _setuptools(spec.target.python),
            "tools-of-set.txt": _tools_of_set(spec),
            "spec.json": probe.request(spec.probe, limits, nonce=secrets.token_hex(8), rest_seconds=self.rest_seconds),
            **{name: probe.source(name) for name in _SCRIPTS},
            "known.json": json.dumps(sorted(wanted & set(known))),
        }
        if self.harvest:
            files["inside_harvest.py"] = self.harvest
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

    def prove(self, folder: Path, spec: BuildSpec, *, tag: str | None = None, reporter: Reporter | None = None) -> Outcome:
        """Build the Dockerfile in `folder` as it stands and run the probe in the image, without network.

        The image stays when `tag` is given and is removed otherwise. `Outcome.image_size` is set. Raises EngineUnavailable.
        """
        from resolver.build.image import prove

        return prove(folder, spec, tag=tag, reporter=reporter or Reporter(), limits=self.limits, rest_seconds=self.rest_seconds)


def cell_dockerfile(spec: BuildSpec, *, tools: str, cache_id: str, secret: bool = False, built: Sequence[str] = ()) -> str:
    """The text of a cell's build; system packages come before the pins in a layer that cells share. With `built` a stage of its own
    builds these source distributions into the shared cache first. Raises ValueError for a name that is no Debian package or no Python
    version.
    """
    if not _PYTHON.fullmatch(spec.target.python) or not _WORD.fullmatch(cache_id):
        raise ValueError(f"not a Python version or a cache name: {spec.target.python!r}, {cache_id!r}")
    update = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
    shared = [
        f"type=cache,id={cache_id},target=/uvcache",
        "type=bind,source=.,target=/cell",
        f"type=bind,from={tools},source=/,target=/tools",
        *(["type=secret,id=index"] if secret else []),
    ]
    lines = []
    if built:
        tools_of = " ".join(("build-essential", *build_packages(built)))
        lines += [f"FROM python:{spec.target.python}-slim AS compiler", f"RUN {update} {tools_of} && mkdir /built"]
        lines.append(f"RUN {_mounts(shared)} sh /cell/compile.sh")
    lines.append(f"FROM python:{spec.target.python}-slim AS cell")
    packages = sorted(set(spec.system_packages))
    if bad := [p for p in packages if not _DEBIAN.fullmatch(p)]:
        raise ValueError(f"not the name of a Debian package: {bad[0]!r}")
    if packages:
        lines.append(f"RUN {update} {' '.join(packages)} && rm -rf /var/lib/apt/lists/*")
    # Links and bytecode live in memory: the disk would take longer to forget them than to make them. What the image has in
    # that folder is copied there first, so that the environment is the one of the final image.
    site = f"/usr/local/lib/python{spec.target.python}/site-packages"
    mounts = [
        f"type=tmpfs,target={site}",
        f"type=bind,from=python:{spec.target.python}-slim,source={site},target=/site",
        *shared,
        *(["type=bind,from=compiler,source=/built,target=/built"] if built else []),  # the stage runs before this one
    ]
    lines += [f"RUN {_mounts(mounts)} sh /cell/cell.sh {site}", "FROM scratch", "COPY --from=cell /out /"]
    return "\n".join(lines) + "\n"


def _failing(outcome: Outcome) -> str:
    """The distribution whose build the installer says failed; "" when it does not say."""
    told = re.search(r"Failed to build `?([A-Za-z0-9][A-Za-z0-9._-]*)==", outcome.message)
    return normalize(told[1]) if told else ""


def _mounts(mounts: Iterable[str]) -> str:
    return " ".join(f"--mount={mount}" for mount in mounts)


def pins_text(spec: BuildSpec) -> str:
    """The pins as a requirements file. Raises ValueError for anything that is no plain name and version."""
    lines = []
    for pin in sorted(spec.pins):
        if not _NAME.fullmatch(pin.name) or not _VERSION.fullmatch(pin.version):
            raise ValueError(f"not a pin: {str(pin)!r}")
        lines.append(f"{pin.name}=={pin.version}\n")
    return "".join(lines)


def build_constraints(python: str) -> str:
    """What builds source distributions: today's setuptools no longer runs yesterday's setup.py."""
    bound = "setuptools<60" if int(python.split(".")[1]) < 12 else "setuptools<72"
    return f"{bound}\nwheel<0.45\ncython<3\n"


def _setuptools(python: str) -> str:
    """The turns of setuptools to try one after another, a line each: `Feature` left in 46, 2to3 in 58, the test command in 72."""
    number = int(python.split(".")[1])
    turns = [46, 58, 66] if number < 10 else [58, 66, 81] if number < 12 else [72, 81]
    return "".join(f"setuptools<{turn}\n" for turn in turns)


def _tools_of_set(spec: BuildSpec) -> str:
    """What old setup.py files import: the set's own pins where it has them."""
    found = {normalize(pin.name): f"{pin.name}=={pin.version}\n" for pin in spec.pins}
    return found.get(normalize("cython"), "cython<3\n") + "".join(found.get(normalize(n), "") for n in ("numpy", "pybind11", "cffi"))


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

"""The proof: exactly the Dockerfile that was written, built, and the image probed as a person would run it."""

from __future__ import annotations

import contextlib
import io
import secrets
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resolver.build import host, probe, process
from resolver.build.logs import Diagnosis, install_failure, machine_trouble
from resolver.build.process import Limits
from resolver.build.verdict import Left, failed, judge, void
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage
from resolver.core.reporter import Reporter

_FOLDER = "/tmp/resolver-probe"  # noqa: S108 - inside the container


def prove(folder: Path, spec: BuildSpec, *, tag: str | None, reporter: Reporter, limits: Limits, rest_seconds: float) -> Outcome:
    """Build `folder`'s Dockerfile and run the probe with the image's own `python`, without network and within the limits."""
    command = host.buildkit_command()
    host.engine_version()
    name = tag or f"resolver-proof:{secrets.token_hex(6)}"
    start = time.monotonic()
    reporter.step("building the image")
    done = process.run(
        [str(command), "build", "--progress=plain", "-t", name, str(folder)],
        environment={"DOCKER_BUILDKIT": "1", "NO_COLOR": "1"},
        limits=Limits(seconds=limits.seconds * 2, memory_mb=limits.memory_mb),
        output=reporter.output,
    )
    if not done.ok:
        seconds = time.monotonic() - start
        if done.timed_out:
            told = Diagnosis(failure=FailureClass.TIMEOUT, message="the image was not built in time")
            return failed(spec, "docker", Stage.INSTALL, told, log=done.log, seconds=seconds)
        host.engine_version()
        if trouble := machine_trouble(done.log):
            return void(spec, "docker", trouble, log=done.log, seconds=seconds)
        return failed(spec, "docker", Stage.INSTALL, install_failure(done.log), log=done.log, seconds=seconds)
    reporter.step("running the probe in the image")
    try:
        lines, log, size = _probe(name, spec, limits, rest_seconds)
    finally:
        if tag is None:
            _remove(name)
    left = Left(install_code=0, install_log=done.log, probe_lines=lines, probe_log=log)
    return judge(spec, left, executor="docker", seconds=time.monotonic() - start, image_size=size)


def _probe(name: str, spec: BuildSpec, limits: Limits, rest_seconds: float) -> tuple[str, str, int]:
    """The probe's result lines, its output, and the image's size in bytes."""
    import docker
    import requests
    from docker.errors import APIError, DockerException

    request = probe.request(spec.probe, limits, rest_seconds=rest_seconds)
    try:
        client = docker.from_env(timeout=120)
    except DockerException as problem:
        raise EngineUnavailable(f"no container engine answers: {problem}", hint=host.START_HINT) from problem
    container = None
    try:
        size = int(client.images.get(name).attrs.get("Size") or 0)
        container = client.containers.create(
            name,
            entrypoint=["python", f"{_FOLDER}/inside_probe.py"],
            command=[f"{_FOLDER}/spec.json", f"{_FOLDER}/probe.jsonl"],
            network_mode="none",
            mem_limit=f"{limits.memory_mb}m",
            pids_limit=4096,
            init=True,
        )
        container.put_archive("/tmp", _archive({"spec.json": request, **{n: probe.source(n) for n in probe.SCRIPTS}}))  # noqa: S108
        container.start()
        with contextlib.suppress(requests.exceptions.RequestException, APIError):
            container.wait(timeout=limits.seconds + 60)
        container.reload()
        if container.status == "running":
            container.kill()
        log = container.logs(tail=400).decode("utf-8", "replace")
        return _fetch(container, f"{_FOLDER}/probe.jsonl"), log, size
    except (DockerException, requests.exceptions.RequestException) as problem:
        raise EngineUnavailable(f"the container engine failed: {problem}", hint=host.START_HINT) from problem
    finally:
        if container is not None:
            with contextlib.suppress(DockerException, requests.exceptions.RequestException):
                container.remove(force=True)
        client.close()


def _archive(files: Mapping[str, str]) -> bytes:
    """A tar archive of one folder that anybody may write to: the image's user need not be root."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        folder = tarfile.TarInfo(Path(_FOLDER).name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o777
        archive.addfile(folder)
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{folder.name}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _fetch(container: Any, path: str) -> str:
    """One file out of a container; "" when it is not there."""
    from docker.errors import NotFound

    try:
        chunks, _ = container.get_archive(path)
    except NotFound:
        return ""
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        for entry in archive:
            if entry.isfile() and (stream := archive.extractfile(entry)):
                return stream.read(probe.RESULT_LIMIT).decode("utf-8", "replace")
    return ""


def _remove(name: str) -> None:
    import docker
    from docker.errors import DockerException

    with contextlib.suppress(DockerException):
        client = docker.from_env(timeout=60)
        try:
            client.images.remove(name, force=True)
        finally:
            client.close()

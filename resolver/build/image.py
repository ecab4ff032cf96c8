"""The proof: exactly the Dockerfile that was written, built, probed as a person would run it, and started."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resolver.build import host, probe, process, service
from resolver.build.archive import archive, fetch
from resolver.build.logs import Diagnosis, install_failure, machine_trouble
from resolver.build.process import Finished, Limits
from resolver.build.verdict import Left, failed, judge
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, void
from resolver.core.proof import Proof, Trial
from resolver.core.reporter import Reporter

_FOLDER = "/tmp/resolver-probe"  # noqa: S108 - inside the container
_LOG_LINES = 20_000


def prove(
    folder: Path, spec: BuildSpec, *, tag: str | None, trial: Trial | None, reporter: Reporter, limits: Limits, rest_seconds: float
) -> Proof:
    """Build `folder`'s Dockerfile, run the probe with the image's own `python`, without network and within the limits, and start it as
    `trial` says when the probe passed.
    """
    command = host.buildkit_command()
    host.engine_version()
    name = tag or f"resolver-proof:{secrets.token_hex(6)}"
    reporter.step("building the image")
    done = process.run(
        [str(command), "build", "--progress=plain", "-t", name, str(folder)],
        environment={"DOCKER_BUILDKIT": "1", "NO_COLOR": "1"},
        limits=Limits(seconds=limits.seconds * 2, memory_mb=limits.memory_mb),
        output=reporter.output,
        tail_lines=_LOG_LINES,
    )
    if not done.ok:
        return Proof(outcome=_unbuilt(spec, done), build_seconds=round(done.seconds, 2), log=done.log)
    try:
        with _engine(patience=trial.patience if trial else 0.0) as client:
            proof = _probed(client, name, spec, done, limits=limits, rest_seconds=rest_seconds, reporter=reporter)
            if trial and proof.passed:
                served = service.serve(client, name, trial, limits=limits, reporter=reporter)
                proof = dataclasses.replace(proof, service=served, log=f"{proof.log}\n--- the started image\n{served.log}")
            return proof
    finally:
        if tag is None:
            _remove(name)


def _unbuilt(spec: BuildSpec, done: Finished) -> Outcome:
    if done.timed_out:
        told = Diagnosis(failure=FailureClass.TIMEOUT, message="the image was not built in time")
        return failed(spec, "docker", Stage.INSTALL, told, log=done.log, seconds=done.seconds)
    host.engine_version()
    if trouble := machine_trouble(done.log):
        return void(spec, "docker", trouble, log=done.log, seconds=done.seconds)
    return failed(spec, "docker", Stage.INSTALL, install_failure(done.log), log=done.log, seconds=done.seconds)


@contextlib.contextmanager
def _engine(*, patience: float) -> Iterator[Any]:
    """A connection to the engine; its failures are EngineUnavailable."""
    import docker
    import requests
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=120 + int(patience))
    except DockerException as problem:
        raise EngineUnavailable(f"no container engine answers: {problem}", hint=host.START_HINT) from problem
    try:
        yield client
    except (DockerException, requests.exceptions.RequestException) as problem:
        raise EngineUnavailable(f"the container engine failed: {problem}", hint=host.START_HINT) from problem
    finally:
        client.close()


def _probed(client: Any, name: str, spec: BuildSpec, done: Finished, *, limits: Limits, rest_seconds: float, reporter: Reporter) -> Proof:
    """The proof without a started image: what the probe found, the image's digest and size."""
    reporter.step("running the probe in the image")
    start = time.monotonic()
    image = client.images.get(name)
    lines, log = _probe(client, name, spec, limits, rest_seconds)
    seconds = time.monotonic() - start
    left = Left(install_code=0, install_log=done.log, probe_lines=lines, probe_log=log)
    size = int(image.attrs.get("Size") or 0)
    outcome = judge(spec, left, executor="docker", seconds=done.seconds + seconds, image_size=size)
    told = f"{done.log}\n--- the probe\n{log}{outcome.log}"
    return Proof(outcome=outcome, digest=str(image.id), build_seconds=round(done.seconds, 2), probe_seconds=round(seconds, 2), log=told)


def _probe(client: Any, name: str, spec: BuildSpec, limits: Limits, rest_seconds: float) -> tuple[str, str]:
    """The probe's result lines and its output."""
    import requests
    from docker.errors import APIError, DockerException

    request = probe.request(spec.probe, limits, rest_seconds=rest_seconds, cuda=spec.target.accelerator.kind == "cuda")
    container = client.containers.create(
        name,
        entrypoint=["python", f"{_FOLDER}/inside_probe.py"],
        command=[f"{_FOLDER}/spec.json", f"{_FOLDER}/probe.jsonl"],
        network_mode="none",
        mem_limit=f"{limits.memory_mb}m",
        pids_limit=4096,
        init=True,
    )
    try:
        texts = {"spec.json": request, **{script: probe.source(script) for script in probe.SCRIPTS}}
        container.put_archive("/tmp", archive(_FOLDER, {file: text.encode() for file, text in texts.items()}))  # noqa: S108
        container.start()
        with contextlib.suppress(requests.exceptions.RequestException, APIError):
            container.wait(timeout=limits.seconds + 60)
        container.reload()
        if container.status == "running":
            container.kill()
        log = container.logs(tail=400).decode("utf-8", "replace")
        return fetch(container, f"{_FOLDER}/probe.jsonl", probe.RESULT_LIMIT), log
    finally:
        with contextlib.suppress(DockerException, requests.exceptions.RequestException):
            container.remove(force=True)


def _remove(name: str) -> None:
    import docker
    from docker.errors import DockerException

    with contextlib.suppress(DockerException):
        client = docker.from_env(timeout=60)
        try:
            client.images.remove(name, force=True)
        finally:
            client.close()

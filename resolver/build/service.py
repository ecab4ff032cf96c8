"""Starting a built image as a person would: does it answer, does it predict, does it stop when told."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from typing import Any

from resolver.build import probe
from resolver.build.archive import archive
from resolver.build.process import Limits
from resolver.core.proof import Reply, Service, Trial
from resolver.core.reporter import Reporter

_FOLDER = "/tmp/resolver-request"  # noqa: S108 - inside the container
STOP_SECONDS = 10
"""What `docker stop` grants before it kills."""
_KILLED = 137
_LOG_LINES = 200


def serve(client: Any, image: str, trial: Trial, *, limits: Limits, reporter: Reporter) -> Service:
    """Run the image's own command with the default network, ask it from inside, and stop it. Raises the engine's errors.

    Costs what the application takes to come up, at most `trial.patience` seconds, and at most ten more for it to stop.
    """
    reporter.step("starting the image")
    container = client.containers.create(image, mem_limit=f"{limits.memory_mb}m", pids_limit=4096)
    try:
        files = {"inside_request.py": probe.source("inside_request.py").encode()}
        if trial.sample:
            files["body"] = trial.sample.content
        start = time.monotonic()
        container.start()
        container.put_archive("/tmp", archive(_FOLDER, files))  # noqa: S108
        health, user = _ask(container, {"path": trial.health, "method": "GET", "body": "", "kind": ""}, trial, trial.patience)
        health = dataclasses.replace(health, seconds=round(time.monotonic() - start, 2))
        sample = None
        if trial.sample and health.status:
            reporter.step("sending the sample")
            asked = {"path": trial.sample.path, "method": "POST", "body": f"{_FOLDER}/body", "kind": trial.sample.kind}
            sample, _ = _ask(container, asked, trial, max(trial.patience, 30.0))
        stopped, killed = _stop(container)
        log = container.logs(tail=_LOG_LINES).decode("utf-8", "replace")
        return Service(health=health, sample=sample, user=user, stopped=stopped, killed=killed, log=log)
    finally:
        _removed(container)


def _ask(container: Any, asked: dict[str, str], trial: Trial, patience: float) -> tuple[Reply, int]:
    """One request from inside the container, and whom it runs as; status 0 when the container ended meanwhile."""
    from docker.errors import APIError

    path = asked["path"]
    spec = json.dumps({**asked, "port": trial.port, "patience": patience}).encode()
    try:
        container.put_archive("/tmp", archive(_FOLDER, {"request.json": spec}))  # noqa: S108
        code, output = container.exec_run(["python", f"{_FOLDER}/inside_request.py", f"{_FOLDER}/request.json"], stderr=False)
    except APIError:  # it is no longer running
        return Reply(path=path, body="the container ended by itself"), -1
    if code:
        container.reload()
        told = "the container ended by itself" if container.status != "running" else output.decode("utf-8", "replace")[-200:]
        return Reply(path=path, body=told), -1
    answer = json.loads(output)
    return Reply(path=path, status=answer["status"], seconds=answer["seconds"], body=answer["body"]), answer["user"]


def _stop(container: Any) -> tuple[float, bool]:
    """Seconds from the stop signal to the end, and whether it had to be killed."""
    container.reload()
    if container.status != "running":
        return 0.0, False
    start = time.monotonic()
    container.stop(timeout=STOP_SECONDS)
    container.reload()
    return round(time.monotonic() - start, 2), container.attrs["State"]["ExitCode"] == _KILLED


def _removed(container: Any) -> None:
    import requests
    from docker.errors import DockerException

    with contextlib.suppress(DockerException, requests.exceptions.RequestException):
        container.remove(force=True)

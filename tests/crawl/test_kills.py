"""The engine, the disk: taken away in the middle of a crawl. The next start goes on, and what the machine did is never a label."""

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolver.build import docker, upkeep
from resolver.build.docker import DockerExecutor
from resolver.build.process import Limits
from resolver.build.venv import VenvExecutor, find_uv
from resolver.core.errors import StoreError
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Verdict
from resolver.core.package import Pin
from resolver.core.target import Target
from resolver.crawl.matrix import Cell, cells
from resolver.crawl.plan import plan
from resolver.crawl.runner import run_plan
from resolver.crawl.stacks import Stack
from resolver.interfaces import Solver
from resolver.store.database import open_store
from tests.build.engine import needs_engine
from tests.fakes_crawl import ScriptedExecutor

PROXY = """
import socket, sys, threading
place, engine = sys.argv[1:]
server = socket.socket(socket.AF_UNIX)
server.bind(place)
server.listen(50)
def pump(one, two):
    try:
        while chunk := one.recv(65536):
            two.sendall(chunk)
    except OSError:
        pass
    try:
        two.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    client, _ = server.accept()
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(engine)
    for pair in ((client, upstream), (upstream, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


class Engine:
    """The machine's own engine behind a process of ours, which can be killed without hurting anybody: for its clients the engine dies."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "engine.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.place.unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-c", PROXY, str(self.place), "/var/run/docker.sock"])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trial:
                trial.connect(str(self.place))
                return
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    needs_engine()
    started = Engine(tmp_path)
    started.start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{started.place}")
    docker._tools_image.cache_clear()
    yield started
    started.kill()


def cell(number: int, statement: str) -> Cell:
    """A build without any distribution that runs a statement."""
    spec = BuildSpec(target=Target(python="3.8"), pins=(), probe=Probe(imports=(statement, f"import math as m{number}"), forward=False))
    candidate = None  # what it came from is nothing to the runner
    return Cell(stack=Stack(name=f"s{number}"), candidate=candidate, spec=spec)  # type: ignore[arg-type]


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_engine_killed_in_the_middle_leaves_void_and_the_next_start_goes_on(engine: Engine, tmp_path: Path) -> None:
    executor = DockerExecutor(uv=find_uv(), limits=Limits(seconds=120), cache_id="resolver-test-kill")
    order = [cell(0, "import json"), cell(1, "import time; time.sleep(8)"), cell(2, "import nope")]
    store = open_store(tmp_path / "outcomes.sqlite")

    class Killing:
        """Kills the engine while the second cell is built."""

        name = "docker"

        def run(self, spec: BuildSpec) -> Outcome:
            if spec.key != order[1].spec.key:
                return executor.run(spec)
            killer = subprocess.Popen(["/bin/sh", "-c", f"sleep 4; kill -9 {engine.process.pid}"])  # type: ignore[union-attr]
            try:
                return executor.run(spec)
            finally:
                killer.wait()

    night = run_plan(order, Killing(), store)
    assert (night.passed, night.failed, night.void) == (1, 0, 2)
    assert store.keys() == {order[0].spec.key}
    assert {one.failure for one in store.iterate() if one.verdict is Verdict.VOID} == {FailureClass.MACHINE}
    engine.start()
    again = run_plan(order[1:], executor, store)
    assert (again.passed, again.failed, again.void) == (1, 1, 0)
    assert store.keys() == {one.spec.key for one in order}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    if os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("a small disk takes root to mount")
        pytest.skip("a small disk takes root to mount")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class Talkative(ScriptedExecutor):
    """Outcomes whose logs do not compress."""

    def run(self, spec: BuildSpec) -> Outcome:
        return dataclasses.replace(super().run(spec), log=os.urandom(150_000).hex())


def test_a_full_disk_ends_the_crawl_with_a_hint_and_loses_nothing(small_disk: Path, shelf_solver: Callable[..., Solver]) -> None:
    stacks = [Stack(name=name, needs=(name,)) for name in ("alpha", "beta", "gamma")]
    order = list(cells(stacks, shelf_solver(), libraries=lambda _: (), per_stack=12, pythons=("3.8", "3.9")))
    path = small_disk / "outcomes.sqlite"
    with pytest.raises(StoreError) as caught:
        run_plan(order, Talkative(), open_store(path))
    assert "space" in caught.value.hint or "disk" in caught.value.hint
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    store = open_store(path)
    finished = store.keys()
    assert 3 <= len(finished) < len(order)
    assert len(list(store.iterate())) == len(finished)
    run_plan(plan(order, finished), ScriptedExecutor(), store)
    assert sorted(one.spec.key for one in store.iterate()) == sorted(one.spec.key for one in order)


@pytest.mark.network
@pytest.mark.slow
def test_a_disk_that_is_full_while_building_is_void(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    python = f"3.{sys.version_info.minor}"
    pins = (Pin("numpy", "1.26.4"),)
    spec = BuildSpec(target=Target(python=python), pins=pins, probe=Probe(imports=("import numpy",)))
    executor = VenvExecutor(uv=find_uv(), folders=(Path(sys.base_prefix) / "bin",), cache=small_disk / "cache")
    outcome = executor.run(spec)
    assert (outcome.verdict, outcome.failure) == (Verdict.VOID, FailureClass.MACHINE), outcome.log


def test_the_lock_of_a_killed_builder_is_free_again() -> None:
    program = "import time; from resolver.build import upkeep"
    holder = f"{program}\nwith upkeep.cell_user('kill-test'):\n print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    start = time.monotonic()
    with upkeep._sole_user("kill-test"):
        assert time.monotonic() - start < 5

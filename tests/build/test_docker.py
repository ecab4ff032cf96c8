"""Real builds, small ones. `make test` runs them where an engine is; under CI a missing engine is a failure."""

import dataclasses
import threading
import time
from pathlib import Path

import pytest

from resolver.build import docker, process, upkeep
from resolver.build.docker import DockerExecutor
from resolver.build.process import Limits
from resolver.build.venv import find_uv
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Probe, Stage, Verdict
from resolver.core.package import Pin
from resolver.core.target import Target
from tests.build.engine import needs_engine

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def executor() -> DockerExecutor:
    needs_engine()
    return DockerExecutor(uv=find_uv(), limits=Limits(seconds=300))


def spec(python: str, pins: str, **fields) -> BuildSpec:
    named = tuple(sorted(Pin(*pin.split("==")) for pin in pins.split()))
    probed = {k: fields.pop(k) for k in ("imports", "names", "distributions", "forward") if k in fields}
    return BuildSpec(target=Target(python=python), pins=named, probe=Probe(**probed), **fields)


FLASK = "flask==1.1.4 werkzeug==1.0.1 jinja2==2.11.3 markupsafe==1.1.1 itsdangerous==1.1.0 click==7.1.2"


@pytest.mark.parametrize("python", ["3.6", "3.8"])
def test_flask_of_its_time_runs(executor, python):
    asked = spec(python, FLASK, imports=("from flask import Flask",), names=("flask.Flask.route",), distributions=("flask",))
    outcome = executor.run(asked)
    assert outcome.passed, outcome.log
    assert outcome.stage is Stage.RUN
    edges = {(e.importer.name, e.provider.name) for e in outcome.working}
    assert {("flask", "jinja2"), ("flask", "werkzeug"), ("jinja2", "markupsafe")} <= edges
    assert {e.python for e in outcome.working} == {python}


def test_a_harvest_runs_in_the_same_environment_and_leaves_out_the_known(executor):
    script = (
        "import json, sys\nfrom part import markupsafe\n"
        "known = json.load(open(sys.argv[1]))\n"
        "open(sys.argv[2], 'w').write(json.dumps([known, markupsafe.__version__]) + '\\n')\n"
    )
    harvesting = dataclasses.replace(
        executor, harvest=(("walk.py", script), ("part.py", "import markupsafe\n")), known=frozenset({"markupsafe==2.0.1", "other==1"})
    )
    outcome = harvesting.run(spec("3.8", "markupsafe==2.0.1"))
    assert outcome.passed, outcome.log
    assert outcome.released == ('[["markupsafe==2.0.1"], "2.0.1"]',)


def test_opencv_lacks_its_library_until_the_package_is_there(executor):
    pins = "opencv-python==4.1.2.30 numpy==1.17.4"
    bare = executor.run(spec("3.7", pins, imports=("import cv2",), distributions=("opencv-python",)))
    assert (bare.verdict, bare.failure) == (Verdict.FAIL, FailureClass.MISSING_LIBRARY), bare.log
    assert {n.soname for n in bare.libraries if not n.found} >= {"libSM.so.6", "libgthread-2.0.so.0"}
    packages = ("libgl1", "libglib2.0-0", "libsm6", "libxext6", "libxrender1")
    whole = executor.run(spec("3.7", pins, imports=("import cv2",), distributions=("opencv-python", "numpy"), system_packages=packages))
    assert whole.passed, whole.log


def test_an_unknown_system_package_fails_the_set_not_the_machine(executor):
    outcome = executor.run(spec("3.8", "", system_packages=("libnope-of-nobody7",)))
    assert (outcome.verdict, outcome.failure) == (Verdict.FAIL, FailureClass.MISSING_LIBRARY)
    assert "libnope-of-nobody7" in outcome.message


def test_an_impossible_pin_is_told_in_the_installers_words(executor):
    outcome = executor.run(spec("3.8", "markupsafe==0.0.99"))
    assert (outcome.verdict, outcome.stage, outcome.failure) == (Verdict.FAIL, Stage.INSTALL, FailureClass.NO_WHEEL)
    assert "markupsafe==0.0.99" in outcome.message


def test_endless_code_is_ended_and_told(executor):
    hasty = dataclasses.replace(executor, limits=Limits(seconds=8))
    start = time.monotonic()
    outcome = hasty.run(spec("3.8", "", imports=("import time; time.sleep(600)", "import json")))
    assert (outcome.verdict, outcome.failure) == (Verdict.FAIL, FailureClass.TIMEOUT)
    assert time.monotonic() - start < 120


def test_a_second_try_is_really_tried(executor):
    asked = spec("3.8", "", imports=("import time, sys; sys.stderr.write(str(time.time())); raise ValueError",))
    assert executor.run(asked).log != executor.run(asked).log


def test_an_index_that_does_not_answer_is_void(executor):
    lost = dataclasses.replace(executor, index_url="http://127.0.0.1:9/simple", cache_id="resolver-test-empty")
    outcome = lost.run(spec("3.8", "six==1.16.0"))
    assert (outcome.verdict, outcome.failure) == (Verdict.VOID, FailureClass.MACHINE), outcome.log


def test_an_engine_that_goes_away_is_an_error_with_a_hint(executor, monkeypatch):
    executor.run(spec("3.8", ""))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    with pytest.raises(EngineUnavailable) as caught:
        executor.run(spec("3.8", ""))
    assert caught.value.hint


def test_two_threads_share_one_executor(executor):
    outcomes = []
    threads = [
        threading.Thread(target=lambda v=v: outcomes.append(executor.run(spec("3.8", f"six=={v}", distributions=("six",)))))
        for v in ("1.15.0", "1.16.0")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [o.verdict for o in outcomes] == [Verdict.PASS, Verdict.PASS]


def dockerfile(folder: Path, *, install: str = "RUN pip install --no-deps markupsafe==2.1.1 jinja2==2.11.3") -> Path:
    (folder / "Dockerfile").write_text(f'FROM python:3.8-slim\n{install}\nRUN useradd app\nUSER app\nWORKDIR /home\nCMD ["python"]\n')
    return folder


def test_the_proof_builds_the_text_as_it_stands_and_probes_the_image(executor, tmp_path):
    asked = spec("3.8", "jinja2==2.11.3 markupsafe==2.1.1", imports=("import jinja2",), distributions=("jinja2",))
    broken = executor.prove(dockerfile(tmp_path), asked).outcome
    assert (broken.verdict, broken.stage) == (Verdict.FAIL, Stage.IMPORT), broken.log
    assert [(e.importer.name, e.provider.name) for e in broken.culprits] == [("jinja2", "markupsafe")]
    assert broken.image_size > 50_000_000
    offline = spec("3.8", "six==1.16.0", imports=("import socket; socket.create_connection(('1.1.1.1', 80), 3)",))
    proof = executor.prove(dockerfile(tmp_path, install=""), offline)
    outcome = proof.outcome
    assert proof.digest.startswith("sha256:")
    assert outcome.verdict is Verdict.FAIL  # the probe has no network


def test_a_dockerfile_that_does_not_build_is_an_outcome(executor, tmp_path):
    proof = executor.prove(dockerfile(tmp_path, install="RUN pip install markupsafe==0.0.99"), spec("3.8", "markupsafe==0.0.99"))
    outcome = proof.outcome
    assert "No matching distribution" in proof.log
    assert (outcome.verdict, outcome.stage, outcome.failure) == (Verdict.FAIL, Stage.INSTALL, FailureClass.NO_WHEEL)
    assert "markupsafe" in outcome.log


def test_ending_the_command_ends_the_build(executor, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.8-slim\nRUN sleep 7{time.time_ns() % 10**6}\n")
    done = process.run(
        [str(docker.host.buildkit_command()), "build", "--progress=plain", str(tmp_path)],
        environment=docker.BUILDKIT,
        limits=Limits(seconds=6),
    )
    assert done.timed_out
    mark = (tmp_path / "Dockerfile").read_text().split()[-1]
    for _ in range(40):
        running = process.run(["ps", "-wweo", "args"]).log
        if f"sleep {mark}" not in running:
            break
        time.sleep(0.5)
    assert f"sleep {mark}" not in running


def test_trimming_drops_what_was_not_used_and_the_next_build_fetches_it_again(executor):
    command = docker.host.buildkit_command()
    own = dataclasses.replace(executor, cache_id="resolver-test-trim")
    asked = spec("3.8", "numpy==1.19.5", distributions=("numpy",))
    assert own.run(asked).passed
    kept = upkeep.trim(command, keep_gb=0, cache_id="resolver-test-trim", python="3.8", young_seconds=3600)
    assert kept.endswith(" 0 removed")
    gone = upkeep.trim(command, keep_gb=0, cache_id="resolver-test-trim", python="3.8")
    assert gone.endswith(" 1 removed")
    assert own.run(asked).passed


def test_metadata_of_before_pep_508_installs_as_in_the_image(executor):
    # gym 0.18 asks for "opencv-python>=3.": uv refuses the whole set for it, the pip of its day does not.
    outcome = executor.run(spec("3.6", "gym==0.18.0 six==1.16.0", imports=("import six",)))
    assert outcome.passed, outcome.log

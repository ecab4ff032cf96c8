"""What every executor owes its callers."""

import dataclasses
import pickle

import pytest

from resolver.build.docker import DockerExecutor
from resolver.build.process import Limits
from resolver.build.venv import VenvExecutor, find_uv
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Probe, Stage, Verdict
from resolver.core.package import Pin
from resolver.core.target import Target
from resolver.interfaces import Executor
from tests.build.engine import needs_engine
from tests.fakes_build import FakeExecutor

JINJA = Pin("jinja2", "2.11.3")
NEW_MARKUP, OLD_MARKUP = Pin("markupsafe", "2.1.1"), Pin("markupsafe", "1.1.1")
PYTHON = "3.8"


def spec(*pins: Pin, **probe: object) -> BuildSpec:
    return BuildSpec(
        target=Target(python=PYTHON),
        pins=tuple(sorted(pins)),
        probe=Probe(imports=("import jinja2",), distributions=("jinja2",), **probe),
    )


@pytest.fixture(
    params=[
        "fake",
        pytest.param("venv", marks=[pytest.mark.network, pytest.mark.slow]),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
    ]
)
def executor(request, tmp_path) -> Executor:
    if request.param == "fake":
        return FakeExecutor(broken=frozenset({(JINJA, NEW_MARKUP)}))
    if request.param == "venv":
        made = VenvExecutor(uv=find_uv(), limits=Limits(seconds=300))
        from resolver.build import host

        if PYTHON not in host.interpreters():
            pytest.skip(f"no Python {PYTHON} on PATH or in RESOLVER_PYTHONS")
        return made
    needs_engine()
    return DockerExecutor(uv=find_uv(), limits=Limits(seconds=300))


def test_is_an_executor_and_survives_pickling(executor):
    assert isinstance(executor, Executor)
    assert pickle.loads(pickle.dumps(executor)).name == executor.name


def test_a_set_that_works_passes(executor):
    outcome = executor.run(spec(JINJA, OLD_MARKUP))
    assert (outcome.verdict, outcome.stage, outcome.failure) == (Verdict.PASS, Stage.RUN, FailureClass.NONE), outcome.log
    assert (JINJA, OLD_MARKUP) in {(e.importer, e.provider) for e in outcome.working}
    assert outcome.culprits == ()
    assert outcome.missing == ()
    assert outcome.seconds > 0
    assert outcome.when is not None
    assert outcome.when.tzinfo is not None


def test_a_set_that_breaks_is_an_outcome_with_its_edge(executor):
    outcome = executor.run(spec(JINJA, NEW_MARKUP))
    assert (outcome.verdict, outcome.stage) == (Verdict.FAIL, Stage.IMPORT), outcome.log
    assert {(e.importer, e.provider) for e in outcome.culprits} == {(JINJA, NEW_MARKUP)}
    assert outcome.missing == ("import jinja2",)
    assert outcome.message
    assert outcome.log
    assert outcome.spec.key == spec(JINJA, NEW_MARKUP).key
    assert not set(outcome.culprits) & set(outcome.working)


def test_no_engine_is_an_error_with_a_hint(executor, monkeypatch):
    if isinstance(executor, FakeExecutor):
        executor = dataclasses.replace(executor, engine=False)
    elif isinstance(executor, VenvExecutor):
        monkeypatch.setattr("resolver.build.host.interpreters", lambda _folders=(): {})
    else:
        from resolver.build import docker

        monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        docker._tools_image.cache_clear()
    with pytest.raises(EngineUnavailable) as caught:
        executor.run(spec(JINJA, OLD_MARKUP))
    assert caught.value.hint

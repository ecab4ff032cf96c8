from collections.abc import Sequence

from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.target import Target
from resolver.train.wants import wants

OWNERS = {"pandas": ["pandas"], "requests": ["requests"], "plotly": ["plotly"], "tensorboard": ["tensorboard"]}


def built(verdict: Verdict, *pins: str, raised: tuple[str, str] | None = None) -> Outcome:
    log = ""
    if raised:
        log = (
            "--- import: import app\n"
            '  File "/usr/lib/x/__init__.py", line 8, in <module>  [other]\n'
            f'  File "/usr/lib/x/part.py", line 11, in <module>  [{raised[0]}]\n'
            f"ModuleNotFoundError: No module named '{raised[1]}'\n"
        )
    spec = BuildSpec(target=Target(python="3.7"), pins=tuple(Pin(normalize(p.split("==")[0]), p.split("==")[1]) for p in pins))
    stage = Stage.IMPORT if raised else Stage.RUN
    return Outcome(spec=spec, verdict=verdict, stage=stage, failure=FailureClass.MISSING_MODULE if raised else FailureClass.NONE, log=log)


def found(*outcomes: Outcome) -> dict[str, dict[str, Sequence[str]]]:
    return {name: dict(versions) for name, versions in wants(outcomes, lambda root: OWNERS.get(root, [])).items()}


def test_the_frame_that_raised_wants_the_module() -> None:
    failed = built(Verdict.FAIL, "plotly==2.0.16", "other==1", raised=("plotly", "requests"))
    assert found(failed) == {"plotly": {"2.0.16": ["requests"]}}


def test_what_a_passing_build_did_without_is_no_want() -> None:
    failed = built(Verdict.FAIL, "torch==1.9", raised=("torch", "tensorboard"))
    assert found(failed, built(Verdict.PASS, "torch==1.9")) == {}
    assert found(failed, built(Verdict.PASS, "torch==1.9", "tensorboard==2.0")) == {"torch": {"1.9": ["tensorboard"]}}
    assert found(failed, built(Verdict.PASS, "torch==1.10")) == {"torch": {"1.9": ["tensorboard"]}}


def test_a_module_of_a_distribution_that_was_there_is_an_api_that_left_and_no_want() -> None:
    assert found(built(Verdict.FAIL, "plotly==2.0.16", "requests==2", raised=("plotly", "requests"))) == {}


def test_modules_of_nobody_of_its_own_or_missed_by_the_project_are_none() -> None:
    assert found(built(Verdict.FAIL, "plotly==2.0.16", raised=("plotly", "nobody"))) == {}
    assert found(built(Verdict.FAIL, "plotly==2.0.16", raised=("plotly", "plotly.basedatatypes"))) == {}
    assert found(built(Verdict.FAIL, "plotly==2.0.16", raised=("python", "pandas"))) == {}
    assert found(built(Verdict.VOID, "plotly==2.0.16", raised=("plotly", "requests"))) == {}

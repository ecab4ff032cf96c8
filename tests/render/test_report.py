from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

from resolver.core.candidate import EdgeRisk, Relaxation, Scored
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.project import Need
from resolver.core.proof import Proof, Reply, Service
from resolver.core.target import Target
from resolver.render.files import MARKER
from resolver.render.report import ReportRenderer
from tests.render.recorded import FLASK_37, declared, resolution

CONTRACT = [
    "schema", "generator", "resolver", "python", "platform", "accelerator", "base_image", "system_packages", "build_tools",
    "build_packages",
    "pins",
    "probability", "known", "policy", "candidates_considered", "reasons", "worst_edges", "runners_up", "warnings", "would_break", "decided",
    "changes", "kept", "relaxed",
    "ranker", "snapshot", "project", "proof", "tried",
]  # fmt: skip


def told(**changed: object) -> dict[str, object]:
    return json.loads(ReportRenderer().render(resolution(FLASK_37, **changed)))


def test_keys_are_the_contract_in_order() -> None:
    report = told()
    assert list(report) == CONTRACT
    assert report["schema"] == 1
    assert report["generator"] == MARKER
    assert report["pins"] == dict(sorted(pin.split("==") for pin in FLASK_37))
    assert list(report["pins"]) == sorted(report["pins"])
    assert report["probability"] == 0.9312
    assert report["candidates_considered"] == 214
    assert report["ranker"] == {"version": "7", "trained_on": "1,204 outcomes"}
    assert report["proof"] is None


def test_a_runner_up_is_told_by_what_differs() -> None:
    base = resolution(FLASK_37)
    fewer = tuple(
        dataclasses.replace(r, pin=Pin(r.name, "9.9")) if r.name == "click" else r
        for r in base.chosen.candidate.releases
        if r.name != "itsdangerous"
    )
    other = Scored(candidate=dataclasses.replace(base.chosen.candidate, releases=fewer, edges=()), probability=0.5, reasons=("x",))
    assert told(others=(other,))["runners_up"] == [
        {
            "python": "3.7", "accelerator": "cpu", "probability": 0.5, "policy": "newest",
            "differs": {"click": "9.9", "itsdangerous": None}, "reasons": ["x"],
        }
    ]  # fmt: skip


def test_relaxed_lines_of_the_set_and_of_the_answer_are_told_once() -> None:
    one = Relaxation(requirement="numpy==1.2", became="numpy", where="requirements.txt:3", reason="tensorflow needs another")
    base = resolution(FLASK_37)
    candidate = dataclasses.replace(base.chosen.candidate, relaxed=(one,))
    report = told(chosen=dataclasses.replace(base.chosen, candidate=candidate), relaxed=(one,))
    assert report["relaxed"] == [dataclasses.asdict(one)]


def test_proof_and_risks() -> None:
    spec = BuildSpec(target=Target(python="3.7"), pins=(Pin(normalize("six"), "1.16.0"),))
    when = datetime(2026, 11, 22, 12, tzinfo=UTC)
    outcome = Outcome(
        spec=spec, verdict=Verdict.FAIL, stage=Stage.IMPORT, failure=FailureClass.ABI, message="boom", seconds=6.04, when=when
    )
    risk = EdgeRisk(importer=Pin(normalize("a"), "1"), provider=Pin(normalize("b"), "2"), probability=0.25, why="seen 3 times")
    base = resolution(FLASK_37)
    served = Service(health=Reply(path="/health", status=200, seconds=2.5, body="ok"), user=10001, stopped=0.3)
    proof = Proof(outcome=outcome, digest="sha256:00", build_seconds=9.5, log="much", service=served)
    report = told(proof=proof, chosen=dataclasses.replace(base.chosen, worst_edges=(risk,)))
    assert report["worst_edges"] == [{"importer": "a==1", "provider": "b==2", "probability": 0.25, "why": "seen 3 times"}]
    assert report["proof"]["verdict"] == "fail"
    assert report["proof"]["class"] == "abi"
    assert report["proof"]["key"] == spec.key
    assert (report["proof"]["digest"], report["proof"]["build_seconds"]) == ("sha256:00", 9.5)
    assert report["proof"]["service"] == {
        "answered": True, "user": 10001, "health": {"path": "/health", "status": 200, "seconds": 2.5, "body": "ok"},
        "sample": None, "stop_seconds": 0.3, "killed": False,
    }  # fmt: skip
    assert report["proof"]["when"] == "2026-11-22T12:00:00+00:00"


def test_no_credentials_and_no_nan() -> None:
    need = Need(requirement="a", origin=declared("r.txt", 1), url="git+ssh://me:secret@host.example/a.git")
    base = resolution(FLASK_37)
    text = ReportRenderer().render(resolution(FLASK_37, needs=(need,), chosen=dataclasses.replace(base.chosen, probability=float("nan"))))
    assert "secret" not in text
    assert "host.example/a.git" in text
    assert json.loads(text)["probability"] is None

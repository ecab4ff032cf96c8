import dataclasses

from resolver.build.rediagnose import items_of, rediagnosed
from resolver.core.candidate import Edge
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin
from resolver.core.target import Target
from tests.build.test_diagnose import LOGS, judged

FLASK, WERKZEUG, TYPING = Pin("flask", "2.0.2"), Pin("werkzeug", "2.0.2"), Pin("typing-extensions", "4.5.0")
SPEC = BuildSpec(target=Target(python="3.12"), pins=(FLASK, Pin("optree", "0.13.0"), TYPING, WERKZEUG))
NO_REQUEST = """\
--- name: flask.request.form.get
  File "/usr/local/lib/python3.12/site-packages/flask/globals.py", line 33, in f  [flask]
  File "/usr/local/lib/python3.12/site-packages/werkzeug/local.py", line 318, in __get__  [werkzeug]
RuntimeError: Working outside of request context.

This typically means that you attempted to use functionality that needed
an active HTTP request."""
TYPE_VAR = """\
--- import: import keras
  File "<string>", line 1, in <module>  []
  File "/usr/local/lib/python3.12/site-packages/optree/typing.py", line 9, in <module>  [optree]
  File "/usr/local/lib/python3.12/site-packages/typing_extensions.py", line 8, in __new__  [typing-extensions]
TypeError: type 'typing.TypeVar' is not an acceptable base type"""


def unknown(log: str, **fields: object) -> Outcome:
    common = {"spec": SPEC, "verdict": Verdict.FAIL, "stage": Stage.USE, "failure": FailureClass.UNKNOWN, "message": "TypeError: x"}
    return Outcome(**{**common, "log": log, **fields})


def again(outcome: Outcome) -> Outcome:
    (found,) = rediagnosed([outcome])
    return found


def test_what_today_has_a_class_for_gets_it_and_keeps_the_rest() -> None:
    old = unknown(TYPE_VAR, message="TypeError: type 'typing.TypeVar' is not an acceptable base type")
    found = again(old)
    assert dataclasses.replace(found, failure=old.failure, culprits=()) == old
    assert found.failure is FailureClass.REMOVED_API
    assert [edge.importer.name for edge in found.culprits] == ["typing-extensions"]


def test_a_circumstance_alone_is_no_failure_and_blames_nobody() -> None:
    blamed = Edge(importer=WERKZEUG, provider=FLASK, python="3.12")
    found = again(unknown(NO_REQUEST, missing=("flask.request.form.get",), culprits=(blamed,)))
    assert (found.verdict, found.stage, found.failure, found.missing, found.message) == (Verdict.PASS, Stage.RUN, FailureClass.NONE, (), "")


def test_beside_a_real_failure_or_in_a_log_that_was_cut_off_nothing_passes() -> None:
    both = again(unknown(f"{NO_REQUEST}\n{TYPE_VAR}"))
    assert (both.verdict, both.failure) == (Verdict.FAIL, FailureClass.REMOVED_API)
    assert again(unknown("\n".join([NO_REQUEST] * 40))).verdict is Verdict.FAIL


def test_what_has_a_class_and_what_nobody_knows_stay_as_they_are() -> None:
    known = unknown(TYPE_VAR, failure=FailureClass.ABI)
    assert again(known) is known
    riddle = unknown("--- import: import x\nValueError: a riddle", message="ValueError: a riddle")
    assert again(riddle) == riddle


def test_the_kept_log_of_every_real_failure_is_read_back() -> None:
    wrong = []
    for path in LOGS:
        outcome, _ = judged(path)
        if outcome.stage is Stage.INSTALL:
            continue
        assert items_of(outcome.log)
        forgotten = dataclasses.replace(outcome, failure=FailureClass.UNKNOWN)
        if again(forgotten).failure is not outcome.failure:
            wrong.append(path.stem)
    assert len(wrong) <= len(LOGS) // 10, wrong  # what only the probe's own facts tell (whose module a name is) is lost

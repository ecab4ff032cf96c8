"""Old outcomes by today's rules, from what each kept of its log; verdicts and messages of the day stay unless nothing had failed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from resolver.build.diagnose import is_circumstance, item_failure
from resolver.build.logs import install_failure
from resolver.build.probe import Frame, Item, Raised, Report
from resolver.build.verdict import SHOWN_ITEMS
from resolver.core.outcome import LOG_LIMIT, FailureClass, Outcome, Stage, Verdict

_BLOCK = re.compile(r"^--- (import|distribution|name|forward|cuda|library): (.*)$", re.MULTILINE)
_FRAME = re.compile(r'  File "(.*)", line (\d+), in (.*)  \[(.*)\]')
_RAISED = re.compile(r"([A-Za-z_][\w.]*): ?(.*)")


def rediagnosed(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The outcomes, those of class "unknown" as today's rules read their logs.

    A failure all of whose parts told of a circumstance (no web request, data that was never downloaded) is none by today's probe: it
    passes. Anything else keeps its verdict and its message, and gets a class and, where it has none, its culprit edges.
    """
    for outcome in outcomes:
        unknown = outcome.verdict is Verdict.FAIL and outcome.failure is FailureClass.UNKNOWN
        yield _read_again(outcome) if unknown else outcome


def _read_again(outcome: Outcome) -> Outcome:
    if outcome.stage is Stage.INSTALL:
        return dataclasses.replace(outcome, failure=install_failure(outcome.log).failure)
    items = items_of(outcome.log)
    whole = len(outcome.log) < LOG_LIMIT and len(items) < SHOWN_ITEMS
    if whole and items and all(_circumstantial(item) for item in items):
        blamed = {edge for item in items for edge in item_failure(item, _report(outcome)).culprits}
        return dataclasses.replace(
            outcome,
            verdict=Verdict.PASS,
            stage=Stage.RUN,
            failure=FailureClass.NONE,
            message="",
            log="",
            missing=(),
            culprits=tuple(edge for edge in outcome.culprits if edge not in blamed),
        )
    first = next((item for item in items if not _circumstantial(item)), None) or _item(outcome.message)
    told = item_failure(first, _report(outcome))
    culprits = outcome.culprits or told.culprits
    working = tuple(edge for edge in outcome.working if edge not in culprits)
    return dataclasses.replace(outcome, failure=told.failure, culprits=culprits, working=working)


def items_of(log: str) -> list[Item]:
    """The probe's failing items as the kept log shows them (see `verdict`): each with its chain of exceptions, outermost first."""
    starts = list(_BLOCK.finditer(log))
    ends = [start.start() for start in starts[1:]] + [len(log)]
    return [_item(log[start.end() : end], start[1], start[2]) for start, end in zip(starts, ends, strict=True)]


def _item(text: str, kind: str = "import", what: str = "") -> Item:
    errors: list[Raised] = []
    frames: list[Frame] = []
    stderr: list[str] = []
    for line in text.strip("\n").splitlines():
        if found := _FRAME.fullmatch(line):
            frames.append(Frame(found[1], int(found[2]), found[3], found[4]))
        elif (found := _RAISED.fullmatch(line)) and (frames or not errors):
            errors.append(Raised(type=found[1], message=found[2], frames=tuple(frames)))
            frames = []
        elif errors:
            errors[-1] = dataclasses.replace(errors[-1], message=f"{errors[-1].message}\n{line}")
        else:
            stderr.append(line)
    return Item(kind=kind, what=what, ok=False, errors=tuple(errors), stderr="\n".join(stderr))


def _circumstantial(item: Item) -> bool:
    return any(is_circumstance(f"{error.type}: {error.message}") for error in item.errors)


def _report(outcome: Outcome) -> Report:
    """What is known of the environment: its pins, and whose module is whose as far as the names say."""
    installed = {str(pin.name): pin.version for pin in outcome.spec.pins}
    roots = {name.replace("-", "_"): name for name in installed}
    return Report(python=outcome.spec.target.python, installed=installed, roots=roots)

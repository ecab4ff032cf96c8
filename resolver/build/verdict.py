"""From what one build left behind to its outcome; the same for every executor."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from resolver.build import probe
from resolver.build.diagnose import is_circumstance, item_failure
from resolver.build.logs import Diagnosis, install_failure, machine_trouble
from resolver.build.probe import Item, Report
from resolver.core.candidate import Edge
from resolver.core.outcome import LOG_LIMIT, BuildSpec, FailureClass, Outcome, Stage, Verdict, void
from resolver.core.package import normalize

SHOWN_ITEMS = 8
"""So many failing items are told in the log."""
MESSAGE_ORDER = (
    ("import", Stage.IMPORT),
    ("distribution", Stage.IMPORT),
    ("name", Stage.USE),
    ("forward", Stage.RUN),
    ("cuda", Stage.RUN),
    ("library", Stage.RUN),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a build left behind: the installer's exit code and log, the probe's result lines and output, the harvest's lines.

    `install_code` is None when the installer never ended (it was cut off); 124 and 137 are `timeout`'s own codes.
    """

    install_code: int | None
    install_log: str = ""
    probe_lines: str = ""
    probe_log: str = ""
    harvest: str = ""


def failed(spec: BuildSpec, executor: str, stage: Stage, told: Diagnosis, *, log: str, seconds: float) -> Outcome:
    """The outcome of a build that ended before the probe could say anything."""
    return Outcome(
        spec=spec,
        verdict=Verdict.FAIL,
        stage=stage,
        failure=told.failure,
        message=told.message,
        culprits=told.culprits,
        log=log[-LOG_LIMIT:],
        seconds=round(seconds, 2),
        executor=executor,
        when=datetime.now(UTC),
    )


def judge(spec: BuildSpec, left: Left, *, executor: str, seconds: float, image_size: int = 0) -> Outcome:
    """The outcome of a build. Passes when it installed, every import and name of the probe worked, every direct need imported
    and every forward call of a direct need worked; a failing indirect distribution is told as an edge only.
    """
    if left.install_code is None or left.install_code in (124, 137):
        building = "Building" in left.install_log or "build backend" in left.install_log
        if left.install_code == 137:
            return failed(
                spec,
                executor,
                Stage.INSTALL,
                Diagnosis(failure=FailureClass.MEMORY, message="the installer was killed"),
                log=left.install_log,
                seconds=seconds,
            )
        if not building:
            return void(spec, executor, "the installation did not end in time", log=left.install_log, seconds=seconds)
        told = Diagnosis(failure=FailureClass.TIMEOUT, message="building a source distribution did not end in time")
        return failed(spec, executor, Stage.INSTALL, told, log=left.install_log, seconds=seconds)
    if left.install_code != 0:
        if trouble := machine_trouble(left.install_log):
            return void(spec, executor, trouble, log=left.install_log, seconds=seconds)
        return failed(spec, executor, Stage.INSTALL, install_failure(left.install_log), log=left.install_log, seconds=seconds)
    report = probe.read(left.probe_lines)
    if not report.python:
        return void(spec, executor, "the probe did not start", log=left.probe_log, seconds=seconds)
    return _probed(spec, left, report, executor=executor, seconds=seconds, image_size=image_size)


def _probed(spec: BuildSpec, left: Left, report: Report, *, executor: str, seconds: float, image_size: int) -> Outcome:
    direct = frozenset(normalize(n) for n in spec.probe.distributions)
    deciding = [
        (item, stage)
        for kind, stage in MESSAGE_ORDER
        for item in report.failed(kind)
        if _decides(item, direct, report) and not _circumstantial(item)
    ]
    trouble = next((t for item, _ in deciding if (t := _disk_full(item))), "")
    if trouble:
        return void(spec, executor, trouble, log=left.probe_log, seconds=seconds)
    if spec.target.accelerator.kind == "cuda" and deciding:
        # Without a card nobody can tell whether it would run; what failed for other reasons is told.
        own = [(item, stage) for item, stage in deciding if not _driverless(item)]
        if not own:
            message = "the driver's own library is asked for, and this machine has no card"
            return void(spec, executor, message, log=_log(deciding, left), seconds=seconds)
        deciding = own
    culprits: list[Edge] = []
    for item in report.failed("import", "distribution", "name", "forward", "rest"):
        if not _circumstantial(item):
            culprits += [edge for edge in item_failure(item, report).culprits if edge not in culprits]
    if deciding:
        told, stage = item_failure(deciding[0][0], report), deciding[0][1]
        verdict = Verdict.FAIL
    elif left_out := _left_out(spec, report):
        told = Diagnosis(failure=FailureClass.TIMEOUT, message=f"the probe was cut off before: {left_out}")
        stage, verdict = Stage.IMPORT, Verdict.FAIL
    else:
        told, stage, verdict = Diagnosis(failure=FailureClass.NONE, message=""), Stage.RUN, Verdict.PASS
    broken = frozenset(culprits)
    return Outcome(
        spec=spec,
        verdict=verdict,
        stage=stage,
        failure=told.failure,
        message=told.message,
        culprits=tuple(culprits),
        working=tuple(e for e in _working(report) if e not in broken),
        missing=tuple(i.what for i in report.failed("import", "name") if not _circumstantial(i)),
        libraries=report.libraries,
        released=tuple(line for line in left.harvest.splitlines() if line.strip()),
        seconds=round(seconds, 2),
        image_size=image_size,
        log="" if verdict is Verdict.PASS else _log(deciding, left)[-LOG_LIMIT:],
        executor=executor,
        when=datetime.now(UTC),
    )


def _circumstantial(item: Item) -> bool:
    return any(is_circumstance(f"{error.type}: {error.message}") for error in item.errors)


_DRIVER = re.compile(r"lib(cuda|nvidia-ml|nvcuvid)\.so[.\d]*: cannot open")


def _driverless(item: Item) -> bool:
    return any(_DRIVER.search(error.message) for error in item.errors)


def _decides(item: Item, direct: frozenset[str], report: Report) -> bool:
    return item.kind != "forward" or report.roots.get(item.what, "") in direct or not direct


def _left_out(spec: BuildSpec, report: Report) -> str:
    """The first thing that was asked for and never tried."""
    tried = {(i.kind, i.what) for i in report.items}
    asked = [("import", w) for w in spec.probe.imports] + [("name", w) for w in spec.probe.names]
    asked += [("distribution", normalize(w)) for w in spec.probe.distributions]
    return next((what for kind, what in asked if (kind, what) not in tried), "")


def _disk_full(item: Item) -> str:
    return next((e.message[:200] for e in item.errors if "No space left on device" in e.message), "")


def _working(report: Report) -> Iterable[Edge]:
    python = ".".join(report.python.split(".")[:2])
    for importer, provider in report.working:
        one, two = probe.pin_of(report, importer), probe.pin_of(report, provider)
        if one and two:
            yield Edge(importer=one, provider=two, python=python)


def _log(deciding: list[tuple[Item, Stage]], left: Left) -> str:
    parts = [left.probe_log] if left.probe_log.strip() else []
    for item, _ in deciding[:SHOWN_ITEMS]:
        parts.append(f"--- {item.kind}: {item.what}")
        if item.stderr.strip():
            parts.append(item.stderr.strip()[-1500:])
        for error in item.errors:
            parts += [f'  File "{f.file}", line {f.line}, in {f.function}  [{f.owner}]' for f in error.frames[-12:]]
            parts.append(f"{error.type}: {error.message[:1500]}")
    return "\n".join(parts)

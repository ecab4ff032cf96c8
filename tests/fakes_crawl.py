"""A solver that takes sets from a shelf instead of searching, and executors that build nothing."""

import dataclasses
import os
import signal
import time
from collections.abc import Iterator, Sequence

from resolver.core.candidate import Candidate
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target


def release(name: str, version: str, *, mb: int = 0) -> Release:
    file = DistFile(filename=f"{name}-{version}-py3-none-any.whl", kind="wheel", size=mb * 10**6)
    return Release(pin=Pin(normalize(name), version), files=(file,))


class ShelfSolver:
    """Offers `versions` of one package on every target, under two kinds of policy."""

    def __init__(self, versions: int = 6) -> None:
        self.versions = versions

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        name = project.needs[0].requirement
        offered = 0
        for target in targets:
            for number in range(self.versions):
                if offered == limit:
                    return
                offered += 1
                policy = "newest" if number == 0 else f"as-of 20{10 + number}-01-01"
                heavy = 700 if number % 2 else 1
                yield Candidate(target=target, releases=(release(name, f"{number}.0", mb=heavy),), policy=policy, direct=(name,))


@dataclasses.dataclass(frozen=True)
class ScriptedExecutor:
    """Passes versions below 3 (with its process as the message), fails the others; `seconds` a build; void while `broken`."""

    seconds: float = 0.0
    broken: bool = False
    name: str = "scripted"

    def run(self, spec: BuildSpec) -> Outcome:
        time.sleep(self.seconds)
        if self.broken:
            return Outcome(spec=spec, verdict=Verdict.VOID, stage=Stage.INSTALL, failure=FailureClass.MACHINE, message="no space left")
        if float(spec.pins[0].version) < 3:
            return Outcome(spec=spec, verdict=Verdict.PASS, stage=Stage.RUN, message=f"in {os.getpid()}")
        return Outcome(spec=spec, verdict=Verdict.FAIL, stage=Stage.IMPORT, failure=FailureClass.ABI, message="boom")


@dataclasses.dataclass(frozen=True)
class DeadlyExecutor:
    """Kills its own process at one key."""

    deadly: str
    name: str = "deadly"

    def run(self, spec: BuildSpec) -> Outcome:
        if spec.key == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return ScriptedExecutor().run(spec)

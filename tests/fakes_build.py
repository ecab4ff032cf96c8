"""An executor without an engine: pairs of releases that do not go together are its whole world."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from resolver.core.candidate import Edge
from resolver.core.errors import EngineUnavailable
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Stage, Verdict
from resolver.core.package import Pin


@dataclasses.dataclass(kw_only=True)
class FakeExecutor:
    """Fails a set that holds both ends of a `broken` pair (a provider ("python", "3.7") means the interpreter), passes any other.

    `void` keys fail for reasons of the machine; `engine=False` has no engine. `ran` keeps the keys in the order they ran.
    """

    broken: frozenset[tuple[Pin, Pin]] = frozenset()
    void: frozenset[str] = frozenset()
    engine: bool = True
    seconds: float = 1.0
    ran: list[str] = dataclasses.field(default_factory=list)
    name: str = "fake"

    def run(self, spec: BuildSpec) -> Outcome:
        if not self.engine:
            raise EngineUnavailable("no engine answers", hint="start it")
        self.ran.append(spec.key)
        common = {"spec": spec, "seconds": self.seconds, "executor": self.name, "when": datetime.now(UTC)}
        if spec.key in self.void:
            return Outcome(
                verdict=Verdict.VOID, stage=Stage.INSTALL, failure=FailureClass.MACHINE, message="no space left on device", **common
            )
        there = {*spec.pins, Pin("python", spec.target.python)}
        culprits = tuple(
            Edge(importer=one, provider=two, python=spec.target.python) for one, two in sorted(self.broken) if one in there and two in there
        )
        if culprits:
            missing = tuple(spec.probe.imports)
            message = f"ImportError: {culprits[0].importer} does not run against {culprits[0].provider}"
            return Outcome(
                verdict=Verdict.FAIL,
                stage=Stage.IMPORT,
                failure=FailureClass.REMOVED_API,
                message=message,
                culprits=culprits,
                missing=missing,
                log=message,
                **common,
            )
        pairs = list(zip(sorted(spec.pins), sorted(spec.pins)[1:], strict=False))
        working = tuple(Edge(importer=one, provider=two, python=spec.target.python) for one, two in pairs)
        return Outcome(verdict=Verdict.PASS, stage=Stage.RUN, working=working, **common)

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from resolver.core.candidate import Edge, Scored
from resolver.core.outcome import BuildSpec, Outcome, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.project import Evidence, Origin, OriginKind, Project, Use
from resolver.core.proof import Proof
from resolver.core.resolution import Resolution
from resolver.flows.feedback import probe_of, prove, prove_down, spec_of
from resolver.store.memory import MemoryStore
from tests.render.recorded import FLASK_37, FLASK_312, resolution

FLASK_1, FLASK_3 = resolution(FLASK_37), resolution(FLASK_312, python="3.12")
OLD_FLASK, OLD_JINJA = Pin(normalize("flask"), "1.1.4"), Pin(normalize("jinja2"), "2.11.3")


def ranked(*chosen: Scored) -> Resolution:
    return dataclasses.replace(FLASK_1, chosen=chosen[0], target=chosen[0].candidate.target, others=chosen[1:])


def worse(scored: Scored, python: str) -> Scored:
    target = dataclasses.replace(scored.candidate.target, python=python)
    return dataclasses.replace(scored, candidate=dataclasses.replace(scored.candidate, target=target))


def turn(verdicts: list[Verdict], asked: Resolution, *, attempts: int, broken: tuple[Edge, ...] = ()) -> tuple[Resolution, list[str]]:
    """What comes out, and the Python of each set that was proven, in order."""
    proven: list[str] = []

    def proved(one: Resolution) -> Resolution:
        proven.append(one.target.python)
        verdict = verdicts[len(proven) - 1]
        outcome = Outcome(spec=spec_of(one, "x"), verdict=verdict, stage=Stage.IMPORT, culprits=broken if verdict is Verdict.FAIL else ())
        return dataclasses.replace(one, proof=Proof(outcome=outcome))

    def ready(scored: Scored) -> Resolution | None:
        return (
            dataclasses.replace(asked, chosen=scored, target=scored.candidate.target) if scored.candidate.target.python != "3.9" else None
        )

    return prove_down(asked, attempts=attempts, ready=ready, prove=proved), proven


P, F, V = Verdict.PASS, Verdict.FAIL, Verdict.VOID
FOUR = ranked(FLASK_1.chosen, worse(FLASK_1.chosen, "3.8"), worse(FLASK_1.chosen, "3.9"), FLASK_3.chosen)


@pytest.mark.parametrize(
    ("verdicts", "attempts", "proven", "chosen", "tried"),
    [
        ([P], 6, ["3.7"], "3.7", []),
        ([F], 1, ["3.7"], "3.7", []),
        ([F, P], 2, ["3.7", "3.8"], "3.8", ["3.7"]),
        ([F, F], 2, ["3.7", "3.8"], "3.7", ["3.8"]),
        ([F, F, P], 6, ["3.7", "3.8", "3.12"], "3.12", ["3.7", "3.8"]),  # 3.9 contradicts its own metadata
        ([F, F, F], 6, ["3.7", "3.8", "3.12"], "3.7", ["3.8", "3.12"]),
        ([V], 6, ["3.7"], "3.7", []),
        ([F, V], 6, ["3.7", "3.8"], "3.8", ["3.7"]),
    ],
)
def test_down_the_ranking(verdicts: list[Verdict], attempts: int, proven: list[str], chosen: str, tried: list[str]) -> None:
    found, seen = turn(verdicts, FOUR, attempts=attempts)
    assert (seen, found.target.python, [one.target.python for one in found.tried]) == (proven, chosen, tried)


def test_a_set_with_an_edge_that_broke_is_passed_over() -> None:
    again = ranked(FLASK_1.chosen, dataclasses.replace(FLASK_1.chosen, probability=0.5), FLASK_3.chosen)
    edge = Edge(importer=OLD_FLASK, provider=OLD_JINJA, python="3.7")
    found, seen = turn([F, P], again, attempts=3, broken=(edge,))
    assert seen == ["3.7", "3.12"]
    assert found.target.python == "3.12"


def test_every_outcome_is_fed_back_as_the_users() -> None:
    store = MemoryStore()

    def run(spec: BuildSpec) -> Proof:
        return Proof(outcome=Outcome(spec=spec, verdict=Verdict.VOID, stage=Stage.INSTALL), digest="sha256:1")

    proven = prove(FLASK_1, stack="user:demo", run=run, store=store)
    (kept,) = store.iterate()
    assert proven.proof
    assert proven.proof.outcome == kept
    assert (kept.origin, kept.snapshot, kept.spec.stack, proven.proof.digest) == ("user", FLASK_1.snapshot, "user:demo", "sha256:1")
    assert kept.when


def test_a_class_of_a_saved_model_is_tried_as_unpickling_finds_it() -> None:
    def use(dotted: str, kind: OriginKind, **changed: object) -> Use:
        return Use(dotted=dotted, origin=Origin(kind=kind), **changed)

    uses = (
        use("sklearn.ensemble.forest.Forest", OriginKind.ARTIFACT),
        use("sklearn.tree.Tree.Inner", OriginKind.ARTIFACT),
        use("sklearn.base.clone", OriginKind.ARTIFACT),
        use("sklearn.svm.SVC", OriginKind.IMPORTED),
        use("sklearn.svm", OriginKind.IMPORTED, imported=True),
        use("sklearn.gone", OriginKind.IMPORTED, imported=True, guarded=True),
    )
    probe = probe_of(Project(root=Path("/nowhere"), evidence=Evidence(uses=uses)), ("scikit-learn",))
    assert probe.imports == (
        "from sklearn.ensemble.forest import Forest",
        "from sklearn.tree import Tree",
        "from sklearn.base import clone",
        "import sklearn.svm",
    )
    assert probe.names == ("sklearn.svm.SVC",)

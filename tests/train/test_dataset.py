import dataclasses
import random
from datetime import date

from resolver.core.candidate import Edge
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Stage, Verdict
from resolver.core.package import PYTHON, NormalizedName, Pin
from resolver.core.target import Target
from resolver.rank.assemble import Assembler
from resolver.train.dataset import culprits_of, names_seen, read_corpus
from tests.fakes_rank import FakeIndex, build, outcomes, random_candidate, version_of

A, B = Pin(NormalizedName("flaskish"), version_of(4)), Pin(NormalizedName("markish"), version_of(9))
SPEC = BuildSpec(
    target=Target(python="3.8"), pins=(A, B), probe=Probe(imports=("from markish import soft",), names=("markish.escape",)), stack="one"
)


def corpus(*found):
    return read_corpus(found, Assembler(FakeIndex()), dated={"one": date(2020, 5, 1)})


def outcome(verdict, **more):
    return Outcome(spec=SPEC, verdict=verdict, stage=Stage.IMPORT, **more)


def test_void_outcomes_are_never_labels():
    assert corpus(outcome(Verdict.VOID)).examples == ()
    assert corpus(outcome(Verdict.VOID), outcome(Verdict.PASS)).examples[0].passed


def test_culprits_broke_and_an_edge_never_reached_stays_unlabelled():
    edge = Edge(importer=A, provider=B, python="3.8")
    seen = corpus(outcome(Verdict.FAIL, culprits=(edge,))).observations
    assert [(one.edge, one.broke) for one in seen] == [(edge, True)]
    assert corpus(outcome(Verdict.FAIL)).observations == ()


def test_a_pass_shows_every_package_working_on_its_interpreter():
    seen = corpus(outcome(Verdict.PASS)).observations
    assert {(one.edge.importer, one.edge.provider) for one in seen} == {(A, Pin(PYTHON, "3.8")), (B, Pin(PYTHON, "3.8"))}
    assert not any(one.broke for one in seen)


def test_an_edge_that_broke_in_a_passing_set_weighs_less():
    edge = Edge(importer=A, provider=B, python="3.8")
    harmless = corpus(outcome(Verdict.PASS, culprits=(edge,))).observations
    grave = corpus(outcome(Verdict.FAIL, culprits=(edge,))).observations
    assert next(o.weight for o in harmless if o.broke) < next(o.weight for o in grave if o.broke)


def test_a_source_distribution_that_did_not_build_broke_on_its_interpreter():
    failed = outcome(Verdict.FAIL, failure=FailureClass.SDIST_BUILD, message="Failed to build `Flaskish==1.4.0`: error: command gcc failed")
    assert culprits_of(failed) == [Edge(importer=A, provider=Pin(PYTHON, "3.8"), python="3.8")]


def test_the_project_is_rebuilt_from_the_probe():
    example = corpus(outcome(Verdict.PASS)).examples[0]
    assert [use.dotted for use in example.project.evidence.uses] == ["markish.soft", "markish.escape"]
    assert example.project.evidence.last_worked == date(2020, 5, 1)
    assert example.group == "one"
    assert (0, 1) in example.candidate.edges


def test_names_that_the_index_does_not_know_are_kept():
    odd = dataclasses.replace(SPEC, pins=(Pin(NormalizedName("never-heard"), "0.1"), A))
    example = corpus(Outcome(spec=odd, verdict=Verdict.PASS, stage=Stage.RUN)).examples[0]
    assert [str(pin) for pin in example.candidate.pins] == ["flaskish==1.4.0", "never-heard==0.1"]


def test_every_non_void_outcome_becomes_one_example_in_order():
    found = outcomes(30)
    assert [e.outcome.spec.key for e in corpus(*found).examples] == [o.spec.key for o in found]


def test_what_the_generator_breaks_is_what_the_observations_say():
    index, rng = FakeIndex(), random.Random(4)
    for _ in range(20):
        candidate = random_candidate(index, rng, ["ext0", "pure1"], Assembler(index))
        made = build(candidate, stack="s", noise=rng)
        broken = {one.edge for one in corpus(made).observations if one.broke}
        assert broken == set(made.culprits)


def test_a_pair_that_broke_undeclared_also_worked_where_both_ends_imported():
    one, two = Pin(NormalizedName("ext0"), version_of(3)), Pin(NormalizedName("pure0"), version_of(9))
    spec = dataclasses.replace(SPEC, pins=(one, two))
    edge = Edge(importer=one, provider=two, python="3.8")
    broken = Outcome(spec=spec, verdict=Verdict.FAIL, stage=Stage.IMPORT, culprits=(edge,))
    older = dataclasses.replace(spec, pins=(one, Pin(NormalizedName("pure0"), version_of(2))))
    fine = Outcome(spec=older, verdict=Verdict.PASS, stage=Stage.RUN)
    seen = {
        (str(o.edge.provider), o.broke)
        for o in corpus(broken, fine).observations
        if o.edge.importer == one and o.edge.provider.name == "pure0"
    }
    assert seen == {("pure0==2.3.0", True), ("pure0==1.2.0", False)}


def test_names_that_a_probe_found_or_missed_are_facts_of_the_owner():
    failed = outcome(Verdict.FAIL, missing=("markish.escape",))
    example = corpus(failed).examples
    seen = set(names_seen(example, lambda release, root: release.name == root))
    assert seen == {("markish", "2.3.0", "markish.soft", True), ("markish", "2.3.0", "markish.escape", False)}


def test_a_root_of_which_nothing_worked_says_nothing_of_its_names():
    failed = outcome(Verdict.FAIL, missing=("markish.escape", "from markish import soft"))
    assert list(names_seen(corpus(failed).examples, lambda release, root: release.name == root)) == []

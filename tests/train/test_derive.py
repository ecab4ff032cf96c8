import dataclasses

import pytest

from resolver.core.candidate import Edge
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Stage, Verdict
from resolver.core.package import NormalizedName, Pin
from resolver.core.target import Target
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.features import Vocabulary
from resolver.rank.featurizer import Featurizer
from resolver.rank.history import History
from resolver.train.dataset import read_corpus
from resolver.train.derive import derive, parts
from tests.fakes_rank import FakeIndex, FakeTimeline, version_of

PROBE = Probe(imports=("import nowhere", "from markish import escape"), names=("markish.escape",), distributions=("markish",))
SPEC = BuildSpec(target=Target(python="3.8"), pins=(Pin(NormalizedName("markish"), version_of(2)),), probe=PROBE, stack="one")
LOG = "--- import: import nowhere\nModuleNotFoundError: No module named 'nowhere'\n"
FAILED = Outcome(
    spec=SPEC, verdict=Verdict.FAIL, stage=Stage.IMPORT, failure=FailureClass.MISSING_MODULE, missing=("import nowhere",), log=LOG
)  # fmt: skip
EDGE = Edge(importer=Pin(NormalizedName("markish"), version_of(2)), provider=Pin(NormalizedName("b"), "1"), python="3.8")


def derived(**more):
    book = FactBook(FakeIndex(), FakeTimeline())
    corpus = read_corpus([dataclasses.replace(FAILED, **more)], Assembler(FakeIndex()))
    return derive(corpus.examples, book, Featurizer(book, History(), Vocabulary()))


def test_a_set_that_lacked_only_what_nothing_provides_would_have_passed():
    (example,) = derived()
    assert example.passed
    assert example.weight < 1
    assert {use.dotted for use in example.project.evidence.uses} == {"markish.escape"}


@pytest.mark.parametrize(
    "more",
    [
        {"missing": ("import nowhere", "markish.escape")},
        {"missing": ("import nowhere", "from markish import escape")},
        {"log": LOG + "--- distribution: markish\nImportError: libGL.so.1\n"},
        {"log": LOG + "--- forward: markish\nboom\n"},
    ],
)
def test_whatever_else_failed_still_fails(more):
    (example,) = derived(**more)
    assert not example.passed


@pytest.mark.parametrize(
    "more", [{"log": ""}, {"log": LOG * 8}, {"culprits": (EDGE,)}, {"stage": Stage.INSTALL}, {"verdict": Verdict.PASS}]
)
def test_nothing_is_derived_where_it_cannot_be_told(more):
    assert derived(**more) == []


def test_a_project_that_finds_all_its_modules_derives_nothing():
    probe = dataclasses.replace(PROBE, imports=("from markish import soft",))
    assert derived(spec=dataclasses.replace(SPEC, probe=probe), missing=("from markish import soft",)) == []


def test_each_module_of_a_project_is_judged_on_its_own_part_of_the_set():
    pins = tuple(Pin(NormalizedName(name), version_of(2)) for name in ("pure1", "flaskish", "markish", "numpish", "ext0"))
    probe = Probe(imports=("import pure1", "from markish import soft"), names=("markish.escape",), distributions=("pure1", "markish"))
    outcome = dataclasses.replace(FAILED, spec=dataclasses.replace(SPEC, pins=pins, probe=probe), missing=("markish.escape",))
    book = FactBook(FakeIndex(), FakeTimeline())
    markish, pure = parts(read_corpus([outcome], Assembler(FakeIndex())).examples, book)
    assert (markish.passed, pure.passed) == (False, True)
    assert [pin.name for pin in markish.candidate.pins] == ["markish"]
    assert [pin.name for pin in pure.candidate.pins] == ["flaskish", "markish", "numpish", "pure1"]
    assert {(pure.candidate.releases[a].name, pure.candidate.releases[b].name) for a, b in pure.candidate.edges} == {
        ("pure1", "flaskish"),
        ("pure1", "numpish"),
        ("flaskish", "markish"),
    }
    assert [use.dotted for use in pure.project.evidence.uses] == ["pure1"]


def test_a_build_that_never_installed_tells_nothing_of_parts():
    outcome = dataclasses.replace(FAILED, stage=Stage.INSTALL)
    assert parts(read_corpus([outcome], Assembler(FakeIndex())).examples, FactBook(FakeIndex(), None)) == []

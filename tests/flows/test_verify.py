from pathlib import Path

from resolver.core.candidate import Candidate
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Target
from resolver.flows.verify import contradictions, optional_clashes, pinned


def candidate(*releases: Release, python: str = "3.9") -> Candidate:
    return Candidate(target=Target(python=python), releases=releases)


def release(name: str, version: str, *requires: str) -> Release:
    return Release(pin=Pin(normalize(name), version), requires=requires)


def test_a_closed_set_has_no_contradiction() -> None:
    assert (
        contradictions(candidate(release("flask", "2.0", "Werkzeug>=2.0", "jinja2"), release("werkzeug", "2.1"), release("jinja2", "3.0")))
        == ()
    )


def test_a_missing_and_a_wrong_provider_are_told() -> None:
    told = contradictions(candidate(release("flask", "2.0", "werkzeug>=2.0", "jinja2"), release("werkzeug", "1.0")))
    assert told == ("flask==2.0 needs werkzeug>=2.0, the set has 1.0", "flask==2.0 needs jinja2, the set has none")


def test_markers_and_extras_are_evaluated_for_the_target() -> None:
    requires = ("dataclasses; python_version < '3.7'", "pywin32; sys_platform == 'win32'", "dotenv; extra == 'dotenv'")
    assert contradictions(candidate(release("a", "1", *requires))) == ()
    assert len(contradictions(candidate(release("a", "1", *requires), python="3.6"))) == 1


def test_an_unreadable_requirement_is_passed_over() -> None:
    assert contradictions(candidate(release("a", "1", "what is this?"))) == ()


def test_the_bound_of_an_extra_counts_when_its_package_is_there() -> None:
    importer = release("transformers", "4.43", "torch>=1.11; extra == 'torch'", "jax>=0.4; extra == 'flax'")
    assert optional_clashes(candidate(importer, release("torch", "1.7"))) == (
        "transformers==4.43 is made for torch>=1.11, the set has 1.7",
    )
    assert optional_clashes(candidate(importer, release("torch", "2.0"))) == ()


def test_the_bound_of_an_extra_for_something_else_says_nothing() -> None:
    client = release("httpx", "0.28.1", "rich<14,>=10; extra == 'cli'")
    assert optional_clashes(candidate(client, release("rich", "14.1.0"))) == ()
    array = release("dask", "2021.1.0", "numpy>=1.15.1; extra == 'array'")
    assert len(optional_clashes(candidate(array, release("numpy", "1.13.0")))) == 1


def test_what_a_release_requires_of_everybody_outweighs_its_extra() -> None:
    importer = release("transformers", "3.5.1", "tokenizers==0.9.3", "tokenizers==0.9.2; extra == 'tokenizers'")
    assert optional_clashes(candidate(importer, release("tokenizers", "0.9.3"))) == ()
    assert optional_clashes(candidate(release("transformers", "3.5.1", *importer.requires[1:]), release("tokenizers", "0.9.3")))


def test_extras_for_development_say_nothing() -> None:
    assert optional_clashes(candidate(release("a", "1", "numpy==1.19; extra == 'testing'"), release("numpy", "2.0"))) == ()


def test_a_release_that_checks_its_peer_at_import_clashes_with_an_older_one() -> None:
    checks = release("tensorflow-probability", "0.19.0")
    assert optional_clashes(candidate(checks, release("tensorflow-cpu", "2.3.4"))) == (
        "tensorflow-probability==0.19.0 is made for tensorflow-cpu>=2.11, the set has 2.3.4",
    )
    assert optional_clashes(candidate(checks, release("tensorflow", "2.11.0"))) == ()
    assert optional_clashes(candidate(release("tensorflow-probability", "99.0"), release("tensorflow", "1.0"))) == ()


def test_needs_that_admit_one_version_only_are_pinned() -> None:
    origin = Origin(kind=OriginKind.DECLARED)
    needs = tuple(
        Need(requirement=text, origin=origin) for text in ("Flask==1.0", "numpy>=1.0", "torch==1.*", "keras[x]===2.2.5", "flask==1.0")
    )
    assert pinned(Project(root=Path(), needs=needs)) == (("flask", "1.0"), ("keras", "2.2.5"))

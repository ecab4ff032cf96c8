from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from resolver.core.package import NormalizedName, Pin, Release
from resolver.core.project import Bound, Evidence, Need, Origin, OriginKind, Project, Strength
from resolver.core.target import PYTHONS
from resolver.flows.weigh import together, weighed


class Shelf:
    snapshot = "test"

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        if name == "unknown":
            raise LookupError
        return [Release(pin=Pin(name, v)) for v in ("2.1", "2.0", "1.15", "1.14", "1.13")]

    def release(self, name: NormalizedName, version: str) -> Release | None:
        return None


def line(text: str, path: str, number: int = 1, **more: bool) -> Need:
    return Need(
        requirement=text, origin=Origin(kind=OriginKind.DECLARED, path=path, line=number), strength=2, constraint=more.get("c", False)
    )


def result(*hearsay: tuple[str, str], needs: Sequence[str] = ("tf",)) -> tuple[list[str], tuple[str, ...]]:
    said = tuple(line(text, path) for text, path in hearsay)
    given = Project(root=Path(), needs=tuple(line(text, "r.txt") for text in needs), evidence=Evidence(hearsay=said))
    found = weighed(given, Shelf())
    return [need.requirement for need in found.needs[len(needs) :]], found.evidence.notes


def test_what_agrees_restricts() -> None:
    assert result(("tf==1.14.*", "README.md")) == (["tf==1.14.*"], ())


def test_what_says_nothing_new_or_of_nothing_needed_is_passed_over() -> None:
    assert result(("tf<3", "README.md"), ("other==1", "README.md"), ("tf", "README.md")) == ([], ())
    assert result(("unknown==1", "README.md"), needs=["unknown"]) == ([], ())


def test_a_stronger_line_stays_and_the_contradiction_is_told() -> None:
    told = "README.md:1: tf==1.14 contradicts r.txt:1: tf==2.0; the latter is kept"
    assert result(("tf==1.14", "README.md"), needs=["tf==2.0"]) == ([], (told,))


def test_of_two_who_are_heard_the_first_is_believed() -> None:
    told = "README.md:1: tf==2.1 contradicts Dockerfile:1: tf==1.14; the latter is kept"
    assert result(("tf==1.14", "Dockerfile"), ("tf==2.1", "README.md")) == (["tf==1.14"], (told,))


def test_several_versions_in_one_file_are_a_range() -> None:
    assert result(("tf==1.14", "README.md"), ("tf==2.0", "README.md"))[0] == ["tf>=1.14,<=2.0"]


def test_a_version_that_does_not_exist_is_told() -> None:
    assert result(("tf==7.0", "README.md")) == ([], ("README.md:1: the index has no release that is tf==7.0; not counted",))


def test_a_version_that_is_gone_means_its_series() -> None:
    assert result(("tf==1.14.7", "README.md"))[0] == ["tf==1.14.*"]


def test_a_version_from_before_all_that_are_left_means_the_first_of_them() -> None:
    assert result(("tf==0.4.1", "README.md"))[0] == ["tf==1.13.*"]


def test_a_pin_that_is_gone_does_not_stand_against_what_is_heard() -> None:
    assert result(("tf>=1.13,<2.0.1", "README.md"), needs=["tf==9.0rc1"])[0] == ["tf<2.0.1,>=1.13"]


def test_what_is_said_of_a_twin_holds() -> None:
    assert result(("tensorflow-gpu==1.14", "README.md"), needs=["tensorflow"])[0] == ["tensorflow==1.14"]


def bound(specifier: str, weight: float, kind: OriginKind = OriginKind.DECLARED) -> Bound:
    return Bound(specifier=specifier, reason="x", origin=Origin(kind=kind, path=specifier), weight=weight)


def test_the_weaker_bound_of_a_contradiction_is_left_out_and_told() -> None:
    weak, firm = bound("==3.6.*", 0.5), bound(">=3.7", 1)
    kept, notes = together([weak, firm])
    assert kept == (firm,)
    assert notes == ("==3.6.*: Python ==3.6.* (x) contradicts >=3.7: Python >=3.7 (x); the latter is kept",)


def test_what_the_syntax_needs_goes_before_what_is_declared() -> None:
    declared, syntax = bound("==3.6.*", 1), bound(">=3.8", 1, OriginKind.IMPORTED)
    assert together([declared, syntax])[0] == (syntax,)


@given(st.lists(st.tuples(st.sampled_from(["==3.6.*", ">=3.7", "<3.9", "==3.10.*", ">=9", "junk"]), st.sampled_from([0.4, 0.5, 1.0]))))
def test_kept_bounds_hold_together_unless_one_alone_cannot(drawn: list[tuple[str, float]]) -> None:
    from resolver.flows.weigh import _pythons

    given_bounds = [bound(specifier, weight) for specifier, weight in drawn]
    kept, notes = together(given_bounds)
    assert len(kept) + len(notes) == len(given_bounds)
    possible = [each for each in kept if _pythons([each])]
    assert _pythons(possible) or not PYTHONS


def test_strength_of_hearsay_is_the_least() -> None:
    assert min(Strength) is Strength.HEARSAY

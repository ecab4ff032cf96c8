import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from resolver.core.package import NormalizedName, Pin, Release
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Strength, Use
from resolver.flows.narrow import narrow
from resolver.interfaces import PackageIndex

HERE = Origin(kind=OriginKind.IMPORTED, path="app.py", line=7)


class Shelf:
    snapshot = "test"

    def __init__(self, **versions: Sequence[str]) -> None:
        self._versions = versions

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        return [Release(pin=Pin(name, v)) for v in self._versions[name]]

    def release(self, name: NormalizedName, version: str) -> Release | None:
        return Release(pin=Pin(name, version))


class Offers:
    """Names with the half-open range of versions that have them; everything else is unknown."""

    def __init__(self, ranges: Mapping[str, tuple[float, float]], absent: float = 0.0) -> None:
        self._ranges, self._absent = ranges, absent

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        return [
            (1.0 if self._ranges[d][0] <= float(version) < self._ranges[d][1] else self._absent) if d in self._ranges else None
            for d in dotted
        ]

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        return {}


def project(*uses: str, needs: Sequence[str] = ("tf",)) -> Project:
    return Project(
        root=Path(),
        needs=tuple(Need(requirement=n, origin=HERE) for n in needs),
        evidence=Evidence(uses=tuple(Use(dotted=u, origin=HERE) for u in uses)),
    )


INDEX: PackageIndex = Shelf(tf=["2.1", "2.0", "1.2", "1.1", "1.0"])


def added(given: Project, ranges: Mapping[str, tuple[float, float]], absent: float = 0.0) -> list[str]:
    found = narrow(given, INDEX, Offers(ranges, absent), lambda root: [root])
    return [n.requirement for n in found.needs if n.constraint]


def test_a_keyword_bounds_too_but_never_against_a_name_nor_a_written_line() -> None:
    calls = (Use(dotted="tf.merge(mode)", origin=HERE), Use(dotted="tf.merge(axis)", origin=HERE))
    ranges = {"tf.merge(mode)": (0, 1.2), "tf.merge(axis)": (0, 1.2), "tf.keras": (2, 9)}
    given = project()
    given = dataclasses.replace(given, evidence=dataclasses.replace(given.evidence, keywords=calls))
    assert added(given, ranges) == ["tf<=1.1"]
    named = project("tf.keras")
    named = dataclasses.replace(named, evidence=dataclasses.replace(named.evidence, keywords=calls))
    assert added(named, ranges) == ["tf>=2.0"]
    pinned = dataclasses.replace(given, needs=(Need(requirement="tf==2.1", origin=HERE),))
    assert added(pinned, ranges) == []


def test_a_name_that_went_away_bounds_from_above() -> None:
    assert added(project("tf.placeholder"), {"tf.placeholder": (0, 2)}) == ["tf<=1.2"]


def test_a_name_that_came_later_bounds_from_below_and_tells_where() -> None:
    found = narrow(project("tf.nest"), INDEX, Offers({"tf.nest": (1.1, 9)}), lambda root: [root])
    assert (found.needs[-1].requirement, str(found.needs[-1].origin), found.needs[-1].strength) == ("tf>=1.1", "app.py:7", 0)


def test_names_that_never_lived_together_keep_the_versions_that_lack_fewest() -> None:
    ranges = {"tf.a": (0, 1.1), "tf.b": (2, 9), "tf.c": (2, 9)}
    assert added(project("tf.a", "tf.b", "tf.c"), ranges) == ["tf>=2.0"]


def test_a_hole_is_excluded() -> None:
    assert added(project("tf.x", "tf.y"), {"tf.x": (0, 1.2), "tf.y": (0, 9)}) == ["tf<=1.1"]
    holes = Offers({"tf.x": (0, 9)})
    holes.offers = lambda name, version, dotted: [0.0 if version == "1.1" else 1.0]  # type: ignore[method-assign]
    assert [n.requirement for n in narrow(project("tf.x"), INDEX, holes, lambda r: [r]).needs[1:]] == ["tf!=1.1"]


def test_unknown_names_and_names_everywhere_add_nothing() -> None:
    assert added(project("tf.mystery", "tf.zeros"), {"tf.zeros": (0, 9)}) == []


def test_only_versions_that_the_declared_needs_admit_count() -> None:
    assert added(project("tf.placeholder", needs=["tf>=1.2"]), {"tf.placeholder": (0, 2)}) == ["tf<=1.2"]
    assert added(project("tf.placeholder", needs=["tf>=2"]), {"tf.placeholder": (0, 2)}, absent=0.2) == []


def test_a_line_whose_every_version_surely_lacks_a_name_is_contradicted_from_above_it() -> None:
    given = project("tf.placeholder", "tf.zeros", needs=["tf==2.1"])
    ranges = {"tf.placeholder": (0, 2), "tf.zeros": (0, 9)}
    assert added(given, ranges) == ["tf<=1.2"]
    need = narrow(given, INDEX, Offers(ranges), lambda root: [root]).needs[-1]
    assert (need.strength, str(need.origin)) == (Strength.PROVEN, "app.py:7")


def test_a_line_stands_when_no_version_has_every_name_or_a_private_one_alone_is_missing() -> None:
    assert added(project("tf.placeholder", "tf.nest", needs=["tf==2.1"]), {"tf.placeholder": (0, 1.1), "tf.nest": (2, 9)}) == []
    assert added(project("tf._core.thing", needs=["tf==2.1"]), {"tf._core.thing": (0, 2)}) == []


def test_guarded_uses_and_foreign_roots_are_left_alone() -> None:
    guarded = Use(dotted="tf.placeholder", origin=HERE, guarded=True)
    given = Project(
        root=Path(), needs=(Need(requirement="tf", origin=HERE),), evidence=Evidence(uses=(guarded, Use(dotted="other.x", origin=HERE)))
    )
    assert added(given, {"tf.placeholder": (0, 2), "other.x": (0, 1)}) == []


def test_what_holds_of_a_distribution_holds_of_its_twins() -> None:
    index: PackageIndex = Shelf(**{"opencv-python": ["2.0", "1.0"]})
    given = project("cv2.old", needs=["opencv-python"])
    found = narrow(given, index, Offers({"cv2.old": (0, 2)}), lambda _: ["opencv-python"])
    wanted = [need.requirement for need in found.needs if need.constraint]
    assert wanted[0] == "opencv-python<=1.0"
    assert "opencv-contrib-python-headless<=1.0" in wanted


def test_a_pinned_candidate_that_is_gone_counts_as_its_series() -> None:
    given = project("tf.placeholder", "tf.zeros", needs=["tf==2.1rc0"])
    ranges = {"tf.placeholder": (0, 2), "tf.zeros": (0, 9)}
    need = narrow(given, INDEX, Offers(ranges), lambda root: [root]).needs[-1]
    assert (need.requirement, need.strength) == ("tf<=1.2", Strength.PROVEN)


def why(*uses: Use) -> str:
    ranges = {"tf.old": (0, 2), "tf.new": (1.1, 9), "tf.f(word)": (1.1, 9), "tf.f(#2)": (0, 2)}
    given = dataclasses.replace(project(), evidence=Evidence(uses=uses))
    return narrow(given, INDEX, Offers(ranges), lambda root: [root]).needs[-1].why


def at(dotted: str, line: int) -> Use:
    return Use(dotted=dotted, origin=dataclasses.replace(HERE, line=line))


def test_a_range_names_what_each_of_its_ends_rests_on() -> None:
    assert why(at("tf.old", 3)) == "'tf.old' (app.py:3)"
    assert why(at("tf.old", 3), at("tf.new", 5), at("tf.new", 9)) == "'tf.new' (app.py:5) and 'tf.old' (app.py:3)"
    assert why(at("tf.f(word)", 4)) == "'tf.f(word)' (app.py:4)"
    assert why(at("tf.f(#2)", 4)) == "'tf.f' with 2 arguments (app.py:4)"


def test_twins_that_others_bring_into_a_pinned_ones_folder_are_of_its_version() -> None:
    versions = {"opencv-python": ["4.5", "4.3"], "opencv-contrib-python": ["4.3"], "opencv-python-headless": ["4.3"]}
    index: PackageIndex = Shelf(**versions)
    given = project(needs=("opencv-contrib-python==4.3", "opencv-python", "six==1.0"))
    added = narrow(given, index, Offers({}), lambda _: []).needs[3:]
    assert [(need.requirement, need.constraint, need.strength) for need in added] == [("opencv-python-headless==4.3", True, Strength.USED)]
    assert narrow(project(needs=("opencv-contrib-python>=4.3",)), index, Offers({}), lambda _: []).needs[1:] == ()

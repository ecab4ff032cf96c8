from pathlib import Path

from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.flows.unknown import without_unknown
from tests.fakes_index import FakeIndex

INDEX = FakeIndex({"numpy": {"1.0": {}}})


def project(*requirements: str, imports: tuple[str, ...] = ()) -> Project:
    written = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=3)
    seen = Origin(kind=OriginKind.IMPORTED, path="app.py", line=1)
    uses = tuple(Use(dotted=name, origin=seen, imported=True) for name in imports)
    return Project(root=Path(), needs=tuple(Need(requirement=r, origin=written) for r in requirements), evidence=Evidence(uses=uses))


def test_a_name_that_nobody_knows_and_nothing_imports_is_left_out_and_told() -> None:
    found = without_unknown(project("numpy>=1", "imagemagick", "nunpy==1", imports=("numpy",)), INDEX)
    assert [need.requirement for need in found.needs] == ["numpy>=1"]
    assert found.evidence.notes[0].startswith("requirements.txt:3: no package named imagemagick; nothing imports it")
    assert "near names: numpy" in found.evidence.notes[1]


def test_what_the_source_imports_is_not_dropped_in_silence() -> None:
    given = project("secretlib", imports=("secretlib.inner",))
    assert without_unknown(given, INDEX) is given


def test_a_bare_requirements_file_keeps_its_lines() -> None:
    given = project("imagemagick")
    assert without_unknown(given, INDEX) is given


def test_a_typing_error_is_read_as_the_well_known_name_and_a_mere_likeness_is_not() -> None:
    given = project("numpyy==1.0", "my-numpy", imports=("numpy",))
    found = without_unknown(given, INDEX, near=lambda name: ["numpy"])
    assert [need.requirement for need in found.needs] == ["numpy==1.0"]
    assert "'numpy==1.0' is taken for 'numpyy==1.0'" in found.evidence.notes[0]
    assert "left out" in found.evidence.notes[1]


def test_a_pin_of_a_release_that_is_not_there_and_nothing_imports_is_left_out_and_told() -> None:
    index = FakeIndex({"numpy": {"1.0": {}}, "pygobject": {"3.27": {}, "3.58": {}}})
    given = project("numpy==1.1", "pygobject==3.20", "pygobject>=3", "pygobject==3.27.0", imports=("numpy",))
    found = without_unknown(given, index)
    assert [need.requirement for need in found.needs] == ["numpy==1.1", "pygobject>=3", "pygobject==3.27.0"]
    (note,) = found.evidence.notes
    assert "no release pygobject==3.20 (there are 3.27 to 3.58); nothing imports it" in note
    owned = without_unknown(project("pygobject==3.20", imports=("gi",)), index, owners=lambda root: ["pygobject"])
    assert [need.requirement for need in owned.needs] == ["pygobject==3.20"]


def test_a_release_of_later_than_the_snapshot_is_asked_for_before_its_line_is_left_out() -> None:
    old, new = FakeIndex({"numpy": {"1.0": {}}}), FakeIndex({"numpy": {"1.0": {}, "2.0": {}}})
    asked = []

    class Renewed(FakeIndex):
        def releases(self, name):
            return (new if asked else old).releases(name)

    found = without_unknown(project("numpy==2.0", imports=("os",)), Renewed({}), renew=asked.append)
    assert [need.requirement for need in found.needs] == ["numpy==2.0"]
    assert asked == ["numpy"]

"""What `pip freeze` found on a whole machine restricts, and installs nothing that nobody imports."""

from collections.abc import Sequence
from pathlib import Path

from resolver.core.package import NormalizedName, Pin, Release
from resolver.core.project import Evidence, Need, Origin, OriginKind, Project, Use
from resolver.flows.machine import without_machines
from tests.fakes_index import FakeIndex

SOURCES = {"python-apt": "1.1", "defer": "1.0", "cryptography": "1.2.3", "lxml": "3.5"}
INDEX = FakeIndex({name: {version: {"files": [f"{name}-{version}.tar.gz"]}} for name, version in SOURCES.items()} | {"h5py": {"2.8": {}}})


def project(*lines: str, uses: tuple[str, ...] = ("lxml.etree",)) -> Project:
    needs = tuple(
        Need(requirement=line, origin=Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=number))
        for number, line in enumerate(lines, start=1)
    )
    here = Origin(kind=OriginKind.IMPORTED, path="a.py", line=1)
    return Project(root=Path(), needs=needs, evidence=Evidence(uses=tuple(Use(dotted=use, origin=here, imported=True) for use in uses)))


def restricting(given: Project) -> set[str]:
    return {need.requirement for need in without_machines(given, INDEX, lambda _: []).needs if need.constraint}


FROZEN = ("python-apt==1.1", "defer==1.0", "cryptography==1.2.3", "h5py==2.8", "lxml==3.5", "nobody-knows==1")


def test_lines_without_a_wheel_that_nothing_imports_only_restrict() -> None:
    assert restricting(project(*FROZEN)) == {"python-apt==1.1", "defer==1.0", "cryptography==1.2.3"}
    (note,) = without_machines(project(*FROZEN), INDEX, lambda _: []).evidence.notes
    assert note.startswith("requirements.txt is what pip freeze found on a whole machine: 3 lines")


def test_one_mark_or_no_import_shown_changes_nothing() -> None:
    for given in (project(*FROZEN[1:]), project(*FROZEN, uses=())):
        assert without_machines(given, INDEX, lambda _: []) is given


def test_a_version_that_is_none_among_the_listed_ones_is_passed_over() -> None:
    class Odd(FakeIndex):
        def releases(self, name: NormalizedName) -> Sequence[Release]:
            return (*super().releases(name), Release(pin=Pin(name, "no version")))

    sources = {name: {version: {"files": [f"{name}-{version}.tar.gz"]}} for name, version in SOURCES.items()}
    given = without_machines(project(*FROZEN[:2]), Odd(sources), lambda _: [])
    assert {need.requirement for need in given.needs if need.constraint} == set(FROZEN[:2])

"""Members whose wheels are all for other interpreters, and the lines that keep them there."""

from pathlib import Path

from resolver.core.candidate import Candidate, Scored
from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Target
from resolver.flows.consider import UNBUILT, demoted
from resolver.flows.repair import buildable
from resolver.flows.unbuilt import LARGE, pythons_of, unbuilt

PY38 = Target(python="3.8")


def release(pin: str, *pythons: str, source: int = 0, pure: bool = False, requires_python: str = "") -> Release:
    name, _, version = pin.partition("==")
    tags = (
        ["py3-none-any"] if pure else [f"cp{p}-cp{p}m-manylinux1_x86_64" if p < "38" else f"cp{p}-cp{p}-manylinux1_x86_64" for p in pythons]
    )
    files = [DistFile(filename=f"{name}-{tag}.whl", kind="wheel", tags=(tag,), requires_python=requires_python) for tag in tags]
    if source:
        files.append(DistFile(filename=f"{name}.tar.gz", kind="sdist", size=source, requires_python=requires_python))
    return Release(pin=Pin(normalize(name), version), files=tuple(files))


SCIPY = release("scipy==1.3.0", "36", "37", source=LARGE)
NUMPY = release("numpy==1.22.0", "38", "39", source=LARGE, requires_python=">=3.8")
SMALL = release("markupsafe==1.1.1", "36", "37", source=LARGE - 1)
PURE = release("six==1.16", pure=True)
SOURCE = release("future==0.18", source=LARGE)
SET = Candidate(target=PY38, releases=(SCIPY, NUMPY, SMALL, PURE, SOURCE), direct=())


def test_a_large_source_whose_wheels_are_for_others_is_unbuilt() -> None:
    assert unbuilt(SET) == (SCIPY,)
    assert pythons_of(SCIPY, PY38) == {"3.6", "3.7"}
    assert pythons_of(NUMPY, PY38) == {"3.8", "3.9"}
    assert {"3.6", "3.13"} < pythons_of(SOURCE, PY38)


def test_a_source_in_rust_is_unbuilt_however_small() -> None:
    rust, older = release("tokenizers==0.8.1rc2", "36", "37", source=1000), release("cryptography==3.3", "36", source=1000)
    today = release("cryptography==3.4.8", "36", source=1000)
    assert unbuilt(Candidate(target=PY38, releases=(rust, older, today), direct=())) == (rust, today)


def test_little_is_left_of_such_a_set() -> None:
    whole = Candidate(target=Target(python="3.7"), releases=(SCIPY, SMALL), direct=())
    ranked = demoted([Scored(candidate=SET, probability=0.6), Scored(candidate=whole, probability=0.4)])
    assert [(scored.candidate, scored.probability) for scored in ranked] == [(whole, 0.4), (SET, 0.6 * UNBUILT)]
    assert ranked[1].reasons == ("scipy==1.3.0 has no wheel for Python 3.8, and its source needs more than a compiler",)


def test_the_line_that_keeps_it_from_its_interpreters_is_in_doubt_before_its_own() -> None:
    origin = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=1)
    lines = ("six==1.16", "numpy==1.22.0", "scipy==1.3.0")
    given = Project(root=Path(), needs=tuple(Need(requirement=line, origin=origin, strength=3) for line in lines))
    told = [(relaxation.requirement, relaxation.reason) for _, relaxation in buildable(given, SET)]
    reason = "scipy==1.3.0 has no wheel for Python 3.8"
    assert told == [("numpy==1.22.0", reason), ("scipy==1.3.0", reason)]
    changed, _ = next(buildable(given, SET))
    assert [need.requirement for need in changed.needs] == ["six==1.16", "numpy", "scipy==1.3.0"]

"""Every solution of a small index by trying everything: slow, obvious, and sharing no code with the solver."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import parse_tag
from packaging.version import Version

from resolver.core.package import Release, normalize

PATCH = {"3.6": "3.6.15", "3.7": "3.7.17", "3.8": "3.8.20"}
Set = frozenset[tuple[str, str]]


def fits(release: Release, python: str) -> bool:
    if not SpecifierSet(release.requires_python).contains(PATCH[python]):
        return False
    digits = python.replace(".", "")
    mine = {*parse_tag("py3-none-any"), *parse_tag(f"cp{digits}-cp{digits}m-manylinux1_x86_64")}
    wheels = [f for f in release.files if f.kind == "wheel"]
    if any({str(t) for t in mine} & set(f.tags) for f in wheels):
        return True
    return not wheels and bool(release.files)


def holds(requirement: Requirement, python: str, extra: str) -> bool:
    if requirement.marker is None:
        return True
    return requirement.marker.evaluate({"python_version": python, "extra": extra})


def asked_by(release: Release, extra: str, python: str) -> Iterator[Requirement]:
    for text in release.requires:
        requirement = Requirement(text)
        itself = normalize(requirement.name) == release.name and not requirement.extras
        if not itself and (holds(requirement, python, extra) or holds(requirement, python, "")):
            yield requirement


def allowed(release: Release, releases: Sequence[Release], asked: Sequence[Requirement], python: str) -> bool:
    """Whether installers would take this release at all, given everything that is asked of its package."""

    def within(r: Release) -> bool:
        return all(requirement.specifier.contains(r.version, prereleases=True) for requirement in asked)

    if not within(release) or not fits(release, python):
        return False
    specifiers = [s for requirement in asked for s in requirement.specifier]
    if any(s.operator == "==" and not s.version.endswith("*") for s in specifiers):
        return True
    if release.yanked:
        return False
    if any(s.operator != "!=" and Version(s.version.removesuffix(".*")).is_prerelease for s in specifiers):
        return True
    finals = [r for r in releases if within(r) and fits(r, python) and not r.yanked and not Version(r.version).is_prerelease]
    return not Version(release.version).is_prerelease or not finals


def all_solutions(index: dict[str, Sequence[Release]], roots: Sequence[str], constraints: Sequence[str], python: str) -> set[Set]:
    names = sorted(index)
    found = set()
    for row in itertools.product(*[(None, *index[name]) for name in names]):
        chosen = {name: release for name, release in zip(names, row, strict=True) if release is not None}
        if _is_solution(index, chosen, roots, constraints, python):
            found.add(frozenset((name, release.version) for name, release in chosen.items()))
    return found


def _is_solution(
    index: dict[str, Sequence[Release]], chosen: dict[str, Release], roots: Sequence[str], constraints: Sequence[str], python: str
) -> bool:
    asked: dict[str, list[Requirement]] = {}
    todo = [r for r in map(Requirement, roots) if holds(r, python, "")]
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        name = normalize(requirement.name)
        asked.setdefault(name, []).append(requirement)
        if name not in chosen:
            return False
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += asked_by(chosen[name], extra, python)
    if set(asked) != set(chosen):
        return False
    for requirement in map(Requirement, constraints):
        if normalize(requirement.name) in asked and holds(requirement, python, ""):
            asked[normalize(requirement.name)].append(requirement)
    return all(allowed(chosen[name], index[name], wanted, python) for name, wanted in asked.items())

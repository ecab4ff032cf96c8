"""Turning what the source uses into needs: versions of a distribution that lack a used name are ruled out, softly.

A project that calls `tensorflow.placeholder` and says nothing of versions has still said `tensorflow<2`. The timeline knows it; here
it becomes a need of the weakest strength, with the file and line of the use, so that a contradiction relaxes it before any pin. Only
where every version that a written line admits surely lacks a used name, and others have them all, the line is the weaker evidence
(`tensorflow==2.6.0`, bumped by a robot, above `tensorflow.placeholder`): then it gives way, and is told.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.core.errors import ResolverError
from resolver.core.package import NormalizedName, normalize
from resolver.core.project import Need, Origin, OriginKind, Project, Strength, Use
from resolver.core.twins import BROUGHT_IN
from resolver.interfaces import PackageIndex, Timeline
from resolver.solve.relax import looser

MISSING = 0.5
"""A name offered with no more certainty than this counts as missing: between a release with it and one without nobody can tell."""

SURELY_MISSING = 0.09
"""The same for a name that contradicts a written line: a walked version lacks it, or both walked neighbours do, or another patch of the
same minor release does."""

Owners = Callable[[str], Sequence[str]]


def narrow(project: Project, index: PackageIndex, timeline: Timeline, owners: Owners) -> Project:
    """The project with one more need for each distribution whose versions differ in what they offer of the used names.

    Only unguarded uses count. Where no version offers everything, the versions that offer most are kept. Costs one timeline
    look-up per version of each distribution used.
    """
    added = []
    wanted = allowed(project)
    for name, uses in uses_by_distribution(project, owners).items():
        try:
            versions = [r.version for r in index.releases(name)]
        except LookupError:
            continue
        final = finals(versions)
        inside = admitted(final, wanted.get(name, ()))
        need = _contradicting(name, uses, inside, final, timeline) or _need(name, uses, inside, timeline)
        if need:
            added.append(need)
            # Whichever twin is installed last gives the modules.
            bounds = need.requirement.removeprefix(name)
            added += [dataclasses.replace(need, requirement=f"{twin}{bounds}") for twin in BROUGHT_IN.get(name, ())]
    return dataclasses.replace(project, needs=(*project.needs, *added, *_side_by_side(project, wanted, index)))


def _side_by_side(project: Project, wanted: Mapping[NormalizedName, Sequence[str]], index: PackageIndex) -> Iterator[Need]:
    """For each exact pin the same version of its twins that others of the set may bring in: files of two versions in one folder do not
    import (`cannot import name '_registerMatType' from 'cv2.cv2'`).
    """
    for need in project.needs:
        try:
            name, pinned = normalize(need.parsed.name), re.fullmatch(r"==([\w.]+)", str(need.parsed.specifier))
        except InvalidRequirement:
            continue
        if pinned is None or need.constraint:
            continue
        for twin in BROUGHT_IN.get(name, ()):
            try:
                exists = any(release.version == pinned[1] for release in index.releases(twin))
            except (LookupError, ResolverError):
                continue
            if exists and twin not in wanted:
                why = f"the folder that it shares with {need.requirement}"
                yield dataclasses.replace(need, requirement=f"{twin}=={pinned[1]}", constraint=True, strength=Strength.USED, why=why)


def allowed(project: Project) -> Mapping[NormalizedName, Sequence[str]]:
    """Distribution -> the specifiers that the project's needs put on it."""
    found: dict[NormalizedName, list[str]] = defaultdict(list)
    for need in project.needs:
        try:
            requirement = Requirement(need.requirement)
        except InvalidRequirement:
            continue
        found[NormalizedName(canonicalize_name(requirement.name))].append(str(requirement.specifier))
    return found


def uses_by_distribution(project: Project, owners: Owners) -> dict[NormalizedName, list[Use]]:
    """The unguarded uses of each distribution that the project needs; a root that several needed distributions own goes to the first."""
    needed = allowed(project)
    roots: dict[str, NormalizedName | None] = {}
    found: dict[NormalizedName, list[Use]] = defaultdict(list)
    for use in (*project.evidence.uses, *project.evidence.keywords):
        if use.guarded:
            continue
        root = use.dotted.split(".", 1)[0]
        if root not in roots:
            names = [NormalizedName(canonicalize_name(owner)) for owner in owners(root)]
            roots[root] = next((name for name in names if name in needed), None)
        owner = roots[root]
        if owner:
            found[owner].append(use)
    return found


def finals(versions: Sequence[str]) -> list[Version]:
    """The final versions among texts, ascending."""
    parsed = []
    for text in versions:
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            parsed.append(version)
    return sorted(parsed)


def admitted(versions: Sequence[Version], specifiers: Sequence[str]) -> list[Version]:
    """The versions that the specifiers admit; when they admit none (a release candidate that is gone) those of the minor series that they
    pin, as the search would take them; else all.
    """
    for asked in (specifiers, [_series(text) for text in specifiers]):
        try:
            spec = SpecifierSet(",".join(filter(None, asked)))
        except InvalidSpecifier:
            continue
        if found := [v for v in versions if spec.contains(v)]:
            return found
    return list(versions)


def _series(specifier: str) -> str:
    """The minor series of an exact pin, "" for a pin without one; any other specifier as it is."""
    return next((text for text in looser(specifier) if text.endswith(".*")), "") if specifier.startswith("==") else specifier


def _contradicting(
    name: NormalizedName, uses: Sequence[Use], inside: Sequence[Version], every: Sequence[Version], timeline: Timeline
) -> Need | None:
    """The need against written lines whose every version surely lacks a used name while some other version lacks none; else None."""
    if len(inside) == len(every) or not all(_lacks(name, uses, version, timeline, SURELY_MISSING) for version in inside):
        return None
    whole = [version for version in every if not _lacks(name, uses, version, timeline, MISSING)]
    if not whole:
        return None
    need = _need(name, uses, every, timeline)
    return dataclasses.replace(need, strength=Strength.PROVEN) if need else None


def _lacks(name: NormalizedName, uses: Sequence[Use], version: Version, timeline: Timeline, most: float) -> bool:
    """Whether a version lacks a public name that the source uses, at `most` certainty that it is there; keywords aside."""
    dotted = sorted(
        {use.dotted for use in uses if "(" not in use.dotted and not any(part.startswith("_") for part in use.dotted.split("."))}
    )
    return any(sure is not None and sure <= most for sure in timeline.offers(name, str(version), dotted))


def _need(name: NormalizedName, uses: Sequence[Use], versions: Sequence[Version], timeline: Timeline) -> Need | None:
    """The need that keeps the versions with the fewest missing names, of those the ones with the fewest keywords of calls missing; None
    when all are alike.
    """
    dotted = sorted({use.dotted for use in uses})
    missing: dict[Version, frozenset[str]] = {}
    for version in versions:
        offers = timeline.offers(name, str(version), dotted)
        missing[version] = frozenset(d for d, sure in zip(dotted, offers, strict=True) if sure is not None and sure <= MISSING)
    if not missing:
        return None
    fewest = min(map(_gravity, missing.values()))
    kept = [version for version in versions if _gravity(missing[version]) == fewest]
    if len(kept) == len(versions):
        return None
    lacking = frozenset().union(*(missing[v] for v in set(versions) - set(kept))) - missing[kept[0]]
    witness = next((use for use in uses if use.dotted in lacking), uses[0])
    origin = Origin(kind=OriginKind.IMPORTED, path=witness.origin.path, line=witness.origin.line)
    wrong = ({v for v in versions if v < kept[0]}, {v for v in versions if v > kept[-1]}, set(versions) - set(kept))
    witnesses = [_witness(uses, frozenset().union(*(missing[v] for v in some)) - missing[kept[0]]) for some in wrong]
    return Need(
        requirement=f"{name}{_specifier(kept, versions)}",
        origin=origin,
        constraint=True,
        strength=Strength.USED,
        why=" and ".join(dict.fromkeys(filter(None, witnesses[:2]))) or witnesses[2],
    )


def _witness(uses: Sequence[Use], lacking: frozenset[str]) -> str:
    """The first of the uses that some versions lack, with its place; "" for none."""
    use = next((use for use in uses if use.dotted in lacking), None)
    if use is None:
        return ""
    called, _, count = use.dotted.partition("(#")
    shown = f"'{called}' with {count.removesuffix(')')} arguments" if count else f"'{use.dotted}'"
    return f"{shown} ({use.origin})"


def _gravity(missing: frozenset[str]) -> tuple[int, int]:
    """How many names are missing, and how many keywords."""
    keywords = sum(name.endswith(")") for name in missing)
    return len(missing) - keywords, keywords


def _specifier(kept: Sequence[Version], versions: Sequence[Version]) -> str:
    """The range from the first to the last kept version, holes excluded one by one."""
    inside = [v for v in versions if kept[0] <= v <= kept[-1]]
    parts = []
    if kept[0] != versions[0]:
        parts.append(f">={kept[0]}")
    if kept[-1] != versions[-1]:
        parts.append(f"<={kept[-1]}")
    parts += [f"!={v}" for v in inside if v not in set(kept)]
    return ",".join(parts)

"""From import names to distributions: which imports the declared needs cover, and what is inferred for the rest."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from resolver.core.package import normalize
from resolver.core.project import Need, Origin, OriginKind, RunsWith, Use
from resolver.project.companions import accompany
from resolver.project.tables import tables
from resolver.project.uses import Choice

Owners = Callable[[str], Sequence[str]]
"""Distributions that provide a top-level import name (or a dotted one, for shared namespaces), most popular first."""

Modules = Callable[[str], Sequence[str]]
"""Top-level modules of a distribution of which `Owners` knows nothing; none when nobody can tell."""

Offered = Callable[[str, Sequence[str]], int | None]
"""How many of some dotted names the best release of a distribution offers; None when nothing is known of it."""


def _nothing(_: str) -> Sequence[str]:
    return ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An import root (or namespace part) that something will import, and where that shows."""

    key: str
    origin: Origin


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """Needs that no file declares, notes on them, the import roots that nothing is known to provide, and what used names want: of some
    releases only, and of Debian's packages.
    """

    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()
    unprovided: frozenset[str] = frozenset()
    runs_with: tuple[RunsWith, ...] = ()
    system: tuple[tuple[str, Origin], ...] = ()


def wanted_by(uses: Iterable[Use]) -> list[Wanted]:
    """What unguarded imports want, in order, each key once."""
    found: dict[str, Wanted] = {}
    for use in uses:
        if use.imported and not use.guarded:
            key = namespace_of(use.dotted)
            found.setdefault(key, Wanted(key=key, origin=use.origin))
    return list(found.values())


def infer(
    wanted: Iterable[Wanted],
    needs: Sequence[Need],
    owners: Owners,
    choices: Iterable[Choice] = (),
    uses: Iterable[Use] = (),
    modules: Modules = _nothing,
    heard: Iterable[str] = (),
    signs: Mapping[str, Origin] | None = None,
    offered: Offered = lambda _, __: None,
) -> Inferred:
    """One open need of strength 1 for each distribution that is wanted and that `needs` do not name, or that some of `uses` want.

    Of several distributions that provide a module one of those `heard` of (in a README, a Dockerfile) is taken; what is `offered` decides
    between twins. Of each choice between imports one is a need, the last unless another is there already. `signs` are calls that may
    want a companion. One or two `owners` calls per key.
    """
    chosen: set[str] = declared_names(needs)
    spoken = frozenset(heard)
    uses = list(uses)
    named: dict[str, set[str]] = {}
    for use in uses:
        if not use.guarded:
            named.setdefault(namespace_of(use.dotted), set()).add(use.dotted)
    found: list[Need] = []
    notes: list[str] = []
    unprovided: set[str] = set()
    origins: dict[str, Origin] = {}
    for want in wanted:
        name = distribution_of(want.key, chosen, owners, modules)
        if name not in chosen:
            name = _spoken_of(want.key, spoken, owners) or name
            better = _by_use(want.key, name, named.get(want.key, set()), owners, offered)
            if better:
                notes.append(f"{want.origin}: '{better}' is taken for 'import {want.key}': it offers names that '{name}' does not")
                name = better
        origins.setdefault(want.key, want.origin)
        if name is None:
            unprovided.add(want.key)
            if want.origin.kind is OriginKind.IMPORTED:
                notes.append(f"{want.origin}: nothing on the index is known to provide 'import {want.key}'")
        elif name not in chosen:
            chosen.add(name)
            found.append(Need(requirement=name, origin=want.origin, strength=1))
    for choice in choices:
        keys = [namespace_of(name) for name in choice.dotted]
        names = [name for key in keys if (name := distribution_of(key, chosen, owners, modules))]
        if names and not chosen.intersection(names):
            # What stands last is what the author counts on everywhere (numpy after cupy).
            chosen.add(names[-1])
            found.append(Need(requirement=names[-1], origin=choice.origin, strength=1))
        origins |= {key: choice.origin for key in keys[:1] if key not in origins}
    for need in needs:
        if not need.constraint:
            origins.setdefault(need.parsed.name.replace("-", "_"), need.origin)
    for use in uses:
        if not use.guarded:
            parts = use.dotted.split(".")
            for length in range(2, len(parts) + 1):
                origins.setdefault(".".join(parts[:length]), use.origin)
    bounded = {need.parsed.name for need in needs if need.parsed.specifier}
    along = accompany(chosen, {**origins, **(signs or {})}, bounded)
    return Inferred(
        needs=(*found, *along.needs),
        notes=(*notes, *along.notes),
        unprovided=frozenset(unprovided),
        runs_with=along.runs_with,
        system=along.system,
    )


def distribution_of(key: str, chosen: Iterable[str], owners: Owners, modules: Modules = _nothing) -> str | None:
    """The distribution for an import root or namespace part: one of `chosen` that provides it, else the most popular owner.

    None when nobody is known to provide it. Where the only owner is one of the very name of the module, `chosen` ones whose `modules`
    have it go before (websocket-client before websocket).
    """
    chosen = set(chosen)
    root = key.split(".", maxsplit=1)[0]
    special = tables().namespaces.get(key)
    family = tables().families.get(root, ())
    own = normalize(root)
    if special:
        return special
    if special == "":
        return None
    if tables().imports.get(root) == "" and not chosen.intersection((own, *family)):
        return None  # what people mean by it is on no index, whatever is registered under its name
    if own in chosen and "." not in key:
        return own
    for name in family:
        if name in chosen:
            return name
    offered = (owners(key) if "." in key else ()) or owners(root)
    provided = [normalize(name) for name in offered if _NAME.match(name)]
    for name in provided:
        if name in chosen:
            return name
    if provided in ([], [own]) and (holder := next((name for name in sorted(chosen) if root in modules(name)), None)):
        return holder
    if provided == [own] and own in tables().retired:
        return tables().retired[own].to
    if provided and "." not in key:
        return _likeliest(root, provided)
    if provided and _resembles(key, provided[0]):
        return provided[0]
    return tables().imports.get(root) or (family[0] if family else None)


def _spoken_of(key: str, spoken: frozenset[str], owners: Owners) -> str | None:
    """The distribution among those spoken of that is known to provide the import, whatever is most popular."""
    offered = (*tables().families.get(key, ()), *map(normalize, owners(key))) if spoken else ()
    return next((name for name in offered if name in spoken), None)


def _by_use(key: str, name: str | None, named: Collection[str], owners: Owners, offered: Offered) -> str | None:
    """Another distribution that provides the same module and offers more of the names used of it, `named`, the fewest letters first."""
    rivals = [other for other in dict.fromkeys((*tables().families.get(key, ()), *map(normalize, owners(key)))) if "nightly" not in other]
    if name is None or len(rivals) < 2:
        return None
    dotted = sorted(each for each in named if each != key)
    if not dotted:
        return None
    had = offered(name, dotted)
    if had is None or had == len(dotted):
        return None
    found = [(-count, len(other), other) for other in rivals if (count := offered(other, dotted) or 0) > had]
    return min(found)[2] if found else None


def _likeliest(root: str, provided: Sequence[str]) -> str:
    """The most popular owner, unless the one everybody means is among them."""
    usual = tables().imports.get(root) or (tables().families.get(root) or ("",))[0]
    if usual in provided or (usual and list(provided) == [normalize(root)]):
        return usual
    return provided[0]


def _resembles(key: str, name: str) -> bool:
    """Whether a distribution of a shared namespace is named after the part that is imported ("google.cloud.storage")."""
    return all(part.replace("_", "-").lower() in name for part in key.split(".")[:2])


def namespace_of(dotted: str) -> str:
    """The import root, or for namespaces that many distributions share the longest part that tells them apart."""
    parts = dotted.split(".")
    for length in range(min(4, len(parts)), 0, -1):
        key = ".".join(parts[:length])
        if key in tables().namespaces:
            return key
    if parts[0] in _SHARED:
        return ".".join(parts[: 3 if parts[:2] in (["google", "cloud"], ["azure", "storage"]) else 2])
    return parts[0]


_NAME = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$")
_SHARED = frozenset({"google", "azure", "zope", "ruamel", "backports", "jaraco", "nvidia", "sphinxcontrib", "opentelemetry", "mx"})


def declared_names(needs: Iterable[Need]) -> set[str]:
    """Canonical names of the needs that install something (lines of constraints files do not)."""
    return {need.parsed.name for need in needs if not need.constraint}


def frameworks_of(needs: Iterable[Need], uses: Iterable[Use], formats: Iterable[str]) -> tuple[str, ...]:
    """The frameworks that declared needs, unguarded uses and artifacts speak of, sorted."""
    known = tables().frameworks
    found = {known[root] for use in uses if not use.guarded and (root := use.dotted.split(".")[0]) in known}
    twins = {name: root for root, names in tables().families.items() for name in names}
    for name in declared_names(needs):
        framework = known.get(name) or known.get(twins.get(name, ""))
        if framework:
            found.add(framework)
    found |= {_FORMATS[name] for name in formats if name in _FORMATS}
    return tuple(sorted(found))


_FORMATS = {
    "keras-h5": "keras",
    "keras-zip": "keras",
    "onnx": "onnxruntime",
    "torch-zip": "torch",
    "torch-pickle": "torch",
    "tensorflow-savedmodel": "tensorflow",
    "transformers-config": "transformers",
}

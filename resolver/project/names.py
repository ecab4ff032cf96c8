"""From import names to distributions: which imports the declared needs cover, and what is inferred for the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from packaging.requirements import Requirement

from resolver.core.package import normalize
from resolver.core.project import Need, Origin, OriginKind, Use
from resolver.project.tables import tables

Owners = Callable[[str], Sequence[str]]
"""Distributions that provide a top-level import name (or a dotted one, for shared namespaces), most popular first."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """Needs that no file declares although the source imports them, and notes on imports that nothing provides."""

    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()


def infer(uses: Iterable[Use], needs: Sequence[Need], owners: Owners) -> Inferred:
    """One open need of strength 1 for each distribution that unguarded imports want and `needs` do not name. One `owners` call per root."""
    declared = declared_names(needs)
    found: dict[str, Need] = {}
    notes: dict[str, str] = {}
    for use in uses:
        if not use.imported or use.guarded:
            continue
        key = namespace_of(use.dotted)
        name = distribution_of(key, declared | found.keys(), owners)
        if name is None:
            notes.setdefault(key, f"{use.origin}: nothing on the index is known to provide 'import {key}'")
        elif name and name not in declared and name not in found:
            origin = Origin(kind=OriginKind.IMPORTED, path=use.origin.path, line=use.origin.line)
            found[name] = Need(requirement=name, origin=origin, strength=1)
    return Inferred(needs=tuple(found.values()), notes=tuple(notes.values()))


def distribution_of(key: str, chosen: Iterable[str], owners: Owners) -> str | None:
    """The distribution for an import root or namespace part: one of `chosen` that provides it, else the most popular owner.

    None when nobody is known to provide it.
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
    if own in chosen and "." not in key:
        return own
    for name in family:
        if name in chosen:
            return name
    provided = [normalize(name) for name in (owners(key) if "." in key else ()) or owners(root)]
    for name in provided:
        if name in chosen:
            return name
    if provided and "." not in key:
        return _likeliest(root, provided)
    if provided and _resembles(key, provided[0]):
        return provided[0]
    return tables().imports.get(root) or None


def _likeliest(root: str, provided: Sequence[str]) -> str:
    """The most popular owner, unless the one everybody means is among them."""
    usual = tables().imports.get(root) or (tables().families.get(root) or ("",))[0]
    if usual in provided:
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


_SHARED = frozenset({"google", "azure", "zope", "ruamel", "backports", "jaraco", "nvidia", "sphinxcontrib", "opentelemetry", "mx"})


def declared_names(needs: Iterable[Need]) -> set[str]:
    """Canonical names of the needs that install something (lines of constraints files do not)."""
    return {Requirement(need.requirement).name for need in needs if not need.constraint}


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

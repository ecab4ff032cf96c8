"""Needs that no metadata declares but a release's own imports show: keras 2.2.5 imports a backend, tensorboard imports pkg_resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from packaging.requirements import Requirement

from resolver.core.cuda import jit_linker
from resolver.core.package import PYTHON, Release, normalize
from resolver.interfaces import Timeline

SETUPTOOLS_LAST_PKG_RESOURCES = "setuptools<81"
"""`pkg_resources` left setuptools in release 82 and warns from 81 on (setuptools changelog, 2026-02)."""

RUNS_WITH: tuple[tuple[Requirement, str], ...] = (
    (Requirement("torch>=0.4"), "numpy"),
    (Requirement("pydantic>=1.8,<1.10.8"), "typing-extensions<4.6"),
    (Requirement("keras>=2.0,<2.4"), "h5py<3"),
    (Requirement("tensorflow>=1.9,<2.4"), "h5py<3"),
    (Requirement("tensorflow-cpu>=1.15,<2.4"), "h5py<3"),
    (Requirement("tensorflow-gpu>=1.9,<2.4"), "h5py<3"),
)
"""What some releases need although they import without it: these Keras take the strings of an .h5 file for bytes, as h5py before 3 gave
them, and `load_model` fails with "'str' object has no attribute 'decode'" (h5py's notes on 3.0, 2020-10). PyTorch 1.4.0 does
not import without NumPy ("numpy.core.multiarray failed to import"), and later ones, which declare none either, hand no array over.
pydantic 1.10.8 fixed `Literal` of typing-extensions 4.6 ("issubclass() arg 1 must be a class"; its changelog, 2023-05)."""

OF_ITS_MINOR: Mapping[str, str] = {"intel-extension-for-pytorch": "torch", "torch-tensorrt": "torch", "torch-xla": "torch"}
"""Extensions that are linked to one minor release of another distribution, and have its number ("undefined symbol" beside any other)."""


class ImpliedNeeds:
    """Callable: release -> requirement strings for the distributions that its unguarded imports need and its metadata lacks.

    `runs_with` are releases and what they need although they import without it. `inner` gives a release's submodules with what they
    import beyond the release itself: those count that the project enters, which imports the dotted names `entered`. `seen` holds what
    builds found missing (see `train.wants`): it speaks for the other versions of the same minor release too. `written` gives what the files
    of a release state (generated code names its runtime).
    """

    def __init__(
        self,
        timeline: Timeline,
        owners: Callable[[str], Sequence[str]],
        stdlib: frozenset[str],
        seen: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        runs_with: Sequence[tuple[Requirement, str]] = (),
        inner: Callable[[str, str], Mapping[str, Sequence[str]]] = lambda *_: {},
        entered: Sequence[str] = (),
        written: Callable[[str, str], Sequence[str]] = lambda *_: (),
    ) -> None:
        self._timeline = timeline
        self._seen = {name: _by_minor(versions) for name, versions in (seen or {}).items()}
        self._owners = owners
        self._runs_with = runs_with
        self._inner = inner
        self._written = written
        self._entered = _with_parents(entered)
        self._stdlib = stdlib
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def __call__(self, release: Release) -> Sequence[str]:
        """Requirement strings, open in version; memoised per release."""
        found = self._known.get(release.pin)
        if found is None:
            found = self._known[release.pin] = self._find(release)
        return found

    def _find(self, release: Release) -> tuple[str, ...]:
        if release.name == PYTHON:
            return ()
        uses: Mapping[str, Sequence[str]] = self._timeline.uses(release.name, release.version)
        declared = " ".join(release.requires).lower().replace("_", "-")
        needs = [
            told for releases, told in self._runs_with if releases.name == release.name and releases.specifier.contains(release.version)
        ]
        needs += self._written(release.name, release.version)
        needs += jit_linker(release.requires)
        if host := OF_ITS_MINOR.get(release.name):
            needs.append(f"{host}=={_minor(release.version)}.*")
        # Function-level uses carry a ":" prefix; only what runs at import time is a need.
        roots = [root for root, taken in uses.items() if not all(name.startswith(":") for name in taken)]
        roots += [
            root for module, needed in self._inner(release.name, release.version).items() if module in self._entered for root in needed
        ]
        for root in dict.fromkeys((*roots, *self._seen.get(release.name, {}).get(_minor(release.version), ()))):
            if root == "pkg_resources":
                needs.append(SETUPTOOLS_LAST_PKG_RESOURCES)
                continue
            if root in self._stdlib or root in release.modules:
                continue
            owners = [normalize(owner) for owner in self._owners(root)]
            if owners and release.name not in owners and not any(owner in declared for owner in owners):
                needs.append(owners[0])
        return tuple(dict.fromkeys(needs))


def _with_parents(entered: Sequence[str]) -> frozenset[str]:
    """Every dotted beginning of the names."""
    return frozenset(".".join(parts[:count]) for parts in (name.split(".") for name in entered) for count in range(1, len(parts) + 1))


def _by_minor(versions: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for version, roots in versions.items():
        found[_minor(version)] = (*found.get(_minor(version), ()), *roots)
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])

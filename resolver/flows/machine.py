"""Requirements that are what `pip freeze` found on a whole machine: the operating system's own packages stand among the project's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.errors import ResolverError
from resolver.core.package import normalize
from resolver.core.project import Need, OriginKind, Project
from resolver.flows.unknown import imported_of, version_of
from resolver.interfaces import PackageIndex

MARKS = frozenset({
    "apturl", "brlapi", "checkbox-support", "cloud-init", "command-not-found", "cupshelpers", "dbus-python", "defer", "distro-info",
    "gpg", "guacamole", "language-selector", "louis", "macaroonbakery", "onboard", "padme", "plainbox", "pycups", "pygobject",
    "pygpgme", "python-apt", "python-debian", "python-systemd", "reportbug", "screen-resolution-extra", "sessioninstaller",
    "ssh-import-id", "system-service", "systemd-python", "ubuntu-advantage-tools", "ubuntu-drivers-common", "ufw",
    "unattended-upgrades", "unity-scope-calculator", "usb-creator", "xdiagnose", "xkit",
})  # fmt: skip
"""What Debian and Ubuntu install for themselves (names in their dist-packages), and hardly any project asks for."""
ENOUGH = 2
"""So many of them in one file: `pip freeze` was run outside of any environment."""


def without_machines(project: Project, index: PackageIndex, owners: Callable[[str], Sequence[str]]) -> Project:
    """The project in which the lines of such a file that nothing imports, and of which the index has no wheel, restrict and install nothing
    (cryptography==1.2.3 wants an OpenSSL of its time); told in one note a file. A project that shows no import is left as it is.
    """
    imported = imported_of(project, owners)
    frozen = _frozen(project) if imported else set()
    if not frozen:
        return project
    needs = [_restricting(need, imported, index) if need.origin.path in frozen else need for need in project.needs]
    changed = [new.origin.path for old, new in zip(project.needs, needs, strict=True) if new is not old]
    notes = [
        f"{path} is what pip freeze found on a whole machine: {changed.count(path)} lines that nothing imports and that have no wheel are"
        " not installed for themselves"
        for path in dict.fromkeys(changed)
    ]
    evidence = dataclasses.replace(project.evidence, notes=(*project.evidence.notes, *notes))
    return dataclasses.replace(project, needs=tuple(needs), evidence=evidence)


def _frozen(project: Project) -> set[str]:
    """The files that hold `ENOUGH` marks."""
    paths = [need.origin.path for need in project.needs if need.origin.kind is OriginKind.DECLARED and _name(need) in MARKS]
    return {path for path in paths if paths.count(path) >= ENOUGH}


def _restricting(need: Need, imported: Collection[str], index: PackageIndex) -> Need:
    name = _name(need)
    if need.url or need.constraint or not name or name in imported or "==" not in need.requirement:
        return need
    try:
        listed = [(version_of(release.version), release) for release in index.releases(normalize(name))]
    except ResolverError:
        return need
    pinned = [release for version, release in listed if version and need.parsed.specifier.contains(version)]
    if any(file.kind == "wheel" for release in pinned for file in release.files):
        return need
    return dataclasses.replace(need, constraint=True)


def _name(need: Need) -> str:
    try:
        return normalize(Requirement(need.requirement).name)
    except InvalidRequirement:
        return ""

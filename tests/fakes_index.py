"""A package index made from a compact description: a real implementation of the seam, for tests of any room."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from resolver.core.errors import UnknownPackage
from resolver.core.package import DistFile, NormalizedName, Pin, Release, normalize


class FakeIndex:
    """An index in memory.

    `packages` maps a name to {version: facts}; every fact may be left out: "requires" [PEP 508], "requires_python" "",
    "uploaded" "2019-01-01", "files" [file names] (default: one pure wheel), "yanked" False, "modules" [names],
    "compiled" False, "extras" [names], "unreadable" False (`release` answers None).
    """

    def __init__(self, packages: Mapping[str, Mapping[str, Mapping[str, Any]]], *, snapshot: str = "2026-01-01") -> None:
        self._snapshot = snapshot
        self._releases: dict[NormalizedName, tuple[Release, ...]] = {}
        self._unreadable: set[Pin] = set()
        for raw, versions in packages.items():
            name = normalize(raw)
            built = [self._read(name, version, facts) for version, facts in versions.items()]
            self._releases[name] = tuple(sorted(built, key=lambda release: Version(release.version), reverse=True))

    @property
    def snapshot(self) -> str:
        return self._snapshot

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        try:
            return self._releases[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._releases, n=3)
            raise UnknownPackage(f"no package named {name}", hint=f"near names: {', '.join(near)}" if near else "") from None

    def release(self, name: NormalizedName, version: str) -> Release | None:
        wanted = Version(version)
        for release in self.releases(name):
            if Version(release.version) == wanted and release.pin not in self._unreadable:
                return release
        return None

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._releases))

    def _read(self, name: NormalizedName, version: str, facts: Mapping[str, Any]) -> Release:
        pin = Pin(name, version)
        if facts.get("unreadable"):
            self._unreadable.add(pin)
        default = [f"{name.replace('-', '_')}-{version}-py3-none-any.whl"]
        requires_python, yanked = facts.get("requires_python", ""), bool(facts.get("yanked"))
        return Release(
            pin=pin,
            uploaded=datetime.fromisoformat(facts.get("uploaded", "2019-01-01")).replace(tzinfo=UTC),
            requires=tuple(facts.get("requires", ())),
            requires_python=requires_python,
            files=tuple(_file(each, requires_python, yanked=yanked) for each in facts.get("files", default)),
            yanked=yanked,
            modules=tuple(facts.get("modules", ())),
            compiled=bool(facts.get("compiled")),
            extras=tuple(facts.get("extras", ())),
        )


def _file(filename: str, requires_python: str, *, yanked: bool) -> DistFile:
    """A file with a made-up but stable hash; raises ValueError for a name that is neither a wheel nor an sdist."""
    digest = hashlib.sha256(filename.encode()).hexdigest()
    tags: tuple[str, ...] = ()
    try:
        if filename.endswith(".whl"):
            tags = tuple(sorted(str(tag) for tag in parse_wheel_filename(filename)[3]))
        else:
            parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise ValueError(f"{filename} is no file name of a distribution") from error
    return DistFile(
        filename=filename,
        kind="wheel" if tags else "sdist",
        tags=tags,
        sha256=digest,
        size=1000,
        requires_python=requires_python,
        yanked=yanked,
    )

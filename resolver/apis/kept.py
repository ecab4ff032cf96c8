"""Releases that this machine has studied, one small file each; what the bundled timeline lacks is answered from here."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resolver.apis.build import read_row
from resolver.apis.record import Record
from resolver.apis.record_layout import version_key
from resolver.apis.record_writer import Writer
from resolver.apis.study import Studied

FORM = 6
"""Raised when what is kept of a release changes: older files are then no longer looked at."""
_NAME = re.compile(r"\A([a-z0-9][a-z0-9-]*)==([A-Za-z0-9.!+_-]+)\.json\.gz\Z")
_LIMIT = 64 << 20


class KeptWalks:
    """A folder of studied releases. Safe in several processes: files appear whole or not at all; a folder that cannot be written
    forgets, and a file that cannot be read counts as not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"walks-{FORM}"
        self._versions: dict[str, dict[str, Studied | None]] | None = None
        self._rows: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def __getstate__(self) -> dict[str, object]:
        return {"_folder": self._folder, "_versions": None, "_rows": {}}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)

    def __contains__(self, pin: tuple[str, str]) -> bool:
        """Whether the release was studied, with or without success."""
        return pin[1] in self._listed().get(pin[0], {})

    def names(self) -> Sequence[str]:
        """Packages with a studied release, sorted."""
        return sorted(self._listed())

    def record(self, name: str, beside: Record | None = None) -> Record | None:
        """All studied releases of a package as one record, with those of another record; None when there is none with source."""
        rows = {}
        known = frozenset(beside.versions if beside else ())
        for version in self._listed().get(name, {}):
            studied = self._get(name, version) if version not in known else None
            if studied and studied.walk and (row := read_row(json.dumps(studied.walk))):
                rows[version] = row | {"version": version}
        if not rows:
            return beside
        rows |= {row["version"]: row for row in beside.rows()} if beside else {}
        return Record(Writer([rows[version] for version in sorted(rows, key=version_key)]).blob())

    def walks(self, name: str) -> Sequence[Mapping[str, Any]]:
        """The walks of a package's studied releases that have no shared libraries."""
        every = (self._get(name, version) for version in self._listed().get(name, {}))
        return [studied.walk for studied in every if studied.walk and not studied.links]

    def takes(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Root module -> dotted names that a studied release takes from others, as a walk writes them; empty when unknown."""
        row = self._row(name, version)
        return row["takes"] if row else {}

    def inner(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """Module -> roots of other distributions that importing it needs and importing the distribution does not; empty when unknown."""
        studied = self._get(name, version) if (name, version) in self else None
        found = studied.walk.get("inner") if studied and studied.walk else None
        if not isinstance(found, dict):
            return {}
        return {module: [root for root in roots if isinstance(root, str)] for module, roots in found.items() if isinstance(roots, list)}

    def offers(self, name: str, version: str, dotted: str) -> float | None:
        """Whether the source of a studied release binds a name of one of its modules: 1.0 or 0.0, None where it does not tell."""
        row = self._row(name, version)
        if row is None or dotted.endswith(")"):  # keywords of calls are looked up elsewhere
            return None
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            module, part = ".".join(parts[:length]), parts[length]
            if module in row["names"]:
                bound = row["names"][module].split()
                if part in bound:
                    return 1.0 if length == len(parts) - 1 else None
                told = "*" not in bound and not part.startswith("_") and f"{module}.{part}" not in row["modules"]
                return 0.0 if told else None
        return None

    def links(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        """The links of a studied release's shared libraries; empty when unknown."""
        studied = self._get(name, version) if (name, version) in self else None
        return studied.links if studied else {}

    def asks(self, name: str, version: str) -> Sequence[tuple[str, str]]:
        """Specifiers on Python that importing a studied release needs, each with its reason; empty when unknown."""
        studied = self._get(name, version) if (name, version) in self else None
        return studied.asks if studied else ()

    def needs(self, name: str, version: str) -> Sequence[str]:
        """Requirements that the files of a studied release state; empty when unknown."""
        studied = self._get(name, version) if (name, version) in self else None
        return studied.needs if studied else ()

    def keep(self, name: str, version: str, studied: Studied) -> None:
        """Remember what was found, for good: a file of the index never changes."""
        self._listed().setdefault(name, {})[version] = studied
        self._rows.pop((name, version), None)
        body = gzip.compress(json.dumps(dataclasses.asdict(studied)).encode(), 6)
        place = self._folder / f"{name}=={version}.json.gz"
        fresh = place.with_name(f"{place.name}.{os.getpid()}.new")
        if not _NAME.match(place.name):
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(body)
            fresh.replace(place)
        except OSError:
            return

    def _listed(self) -> dict[str, dict[str, Studied | None]]:
        """Name -> version -> what is known; None until it is read."""
        if self._versions is None:
            self._versions = {}
            try:
                entries = sorted(place.name for place in self._folder.iterdir())
            except OSError:
                entries = []
            for entry in entries:
                if found := _NAME.match(entry):
                    self._versions.setdefault(found.group(1), {})[found.group(2)] = None
        return self._versions

    def _row(self, name: str, version: str) -> Mapping[str, Any] | None:
        """The walk of a studied release, checked once; None when there is none."""
        if (name, version) not in self._rows:
            studied = self._get(name, version) if (name, version) in self else None
            self._rows[name, version] = read_row(json.dumps(studied.walk)) if studied and studied.walk else None
        return self._rows[name, version]

    def _get(self, name: str, version: str) -> Studied:
        known = self._listed()[name][version]
        if known is None:
            known = self._listed()[name][version] = _read(self._folder / f"{name}=={version}.json.gz")
        return known


def _read(path: Path) -> Studied:
    try:
        with gzip.open(path) as stream:
            found = json.loads(stream.read(_LIMIT))
        walk, links = found["walk"], found["links"]
        kept = {str(name): [str(soname) for soname in sonames] for name, sonames in links.items()}
        asks = tuple((str(specifier), str(reason)) for specifier, reason in found["asks"])
        needs = tuple(map(str, found["needs"]))
        return Studied(walk=walk if isinstance(walk, dict) else None, links=kept, asks=asks, needs=needs)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return Studied(walk=None, links={})

"""The locked files in a folder: what an image build needs where no index can be reached."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from resolver.core.errors import IndexUnreachable, ProjectError, ResolverError, UnknownPackage
from resolver.core.package import NormalizedName, normalize
from resolver.core.reporter import Reporter
from resolver.index.pages import Listed
from resolver.index.pipconfig import Access

_CHUNK = 32 << 20
_LONGEST = 8 << 30
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)((?:\s*\\\n\s*--hash=sha256:[0-9a-f]{64})+)")
_OK, _PARTIAL = 200, 206


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One pin of a lock; `hashes` are the files it admits."""

    name: NormalizedName
    version: str
    hashes: frozenset[str]


Fits = Callable[[NormalizedName, Listed], int | None]
"""How early the target's installer would take a file (0 first); None for what it would not."""

Files = Callable[[NormalizedName], Sequence[tuple[str, Sequence[Listed]]]]
"""The versions of a package with their files, newest first. Raises UnknownPackage or IndexUnreachable."""


def read_lock(text: str) -> tuple[Locked, ...]:
    """The pins of a `requirements.lock`. Raises ProjectError when it holds none."""
    found = tuple(
        Locked(name=normalize(name), version=version, hashes=frozenset(re.findall(r"[0-9a-f]{64}", hashes)))
        for name, version, hashes in _PIN.findall(text)
    )
    if not found:
        raise ProjectError("the lock holds no pin with a hash", hint="run `resolve` first")
    return found


class Mirror:
    """Copies files of an index into `folder`. What lies there with the right hash is not fetched again."""

    def __init__(self, folder: Path, *, files: Files, access: Access, fits: Fits, reporter: Reporter | None = None) -> None:
        self._folder, self._files, self._access, self._fits = folder, files, access, fits
        self._reporter = reporter or Reporter()

    def fetch(self, locked: Sequence[Locked], tools: Iterable[str] = ()) -> list[Path]:
        """One file for each pin, the one that the target's installer takes, and the newest release for each requirement in `tools`.

        Every file of a pin is checked against the lock, every file of a tool against the index. Raises ResolverError.
        """
        wanted = [*(self._of_pin(pin) for pin in locked), *(file for tool in tools for file in self._of_tool(tool))]
        self._folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for number, listed in enumerate(dict.fromkeys(wanted), 1):
            self._reporter.progress(number, len(wanted), listed.filename)
            paths.append(self._save(listed))
        return paths

    def _of_pin(self, pin: Locked) -> Listed:
        files = [file for version, found in self._files(pin.name) if _same(version, pin.version) for file in found]
        locked = [file for file in files if file.sha256 in pin.hashes]
        # A lock lists the hashes of several wheels that fit; of what fits nobody an sdist is left.
        ranked = sorted(locked, key=lambda file: (_rank(self._fits(pin.name, file)), file.filename))
        if not ranked:
            raise ResolverError(f"the index has no file of {pin.name} {pin.version} with a hash of the lock", hint="run `resolve` again")
        return ranked[0]

    def _of_tool(self, text: str) -> Iterator[Listed]:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return
        name = normalize(requirement.name)
        for version, files in self._files(name):
            fitting = {place: file for file in files if (place := self._fits(name, file)) is not None and not file.yanked}
            if fitting and not Version(version).is_prerelease and requirement.specifier.contains(version):
                yield fitting[min(fitting)]
                return
        raise ResolverError(f"the index has no release for {text}, which a source distribution is built with")

    def _save(self, listed: Listed) -> Path:
        """Fetch one file in pieces beside its place, check it, and put it there whole."""
        if "/" in listed.filename or listed.filename.startswith("."):
            raise ResolverError(f"{listed.filename!r} is no file name", hint="the index is damaged or hostile")
        path = self._folder / listed.filename
        if path.exists() and _digest(path) == listed.sha256:
            return path
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as stream:
                for piece in self._pieces(listed):
                    stream.write(piece)
            if (found := _digest(part)) != listed.sha256:
                raise ResolverError(
                    f"{listed.filename} has the hash {found[:16]}..., not {listed.sha256[:16]}...", hint="the index is damaged"
                )
            part.replace(path)
        except OSError as problem:
            raise ResolverError(f"cannot write {path}: {problem.strerror or problem}") from problem
        finally:
            part.unlink(missing_ok=True)
        return path

    def _pieces(self, listed: Listed) -> Iterator[bytes]:
        at = 0
        while at < _LONGEST:
            headers = {"Range": f"bytes={at}-{at + _CHUNK - 1}"}
            answer = self._access.get(listed.url, headers=headers, limit=_LONGEST)
            if answer.status == _OK:
                yield answer.body
                return
            if answer.status != _PARTIAL:
                raise IndexUnreachable(f"{listed.filename}: the index answers with status {answer.status}")
            yield answer.body
            at += len(answer.body)
            total = answer.headers.get("content-range", "").rpartition("/")[2]
            if not answer.body or (total.isdigit() and at >= int(total)):
                return


def layered(*sources: Files) -> Files:
    """Several indexes as one: what the first has comes first. Raises UnknownPackage when none has the package."""

    def files(name: NormalizedName) -> Sequence[tuple[str, Sequence[Listed]]]:
        found: list[tuple[str, Sequence[Listed]]] = []
        missing: UnknownPackage | None = None
        for source in sources:
            try:
                found += source(name)
            except UnknownPackage as problem:
                missing = problem
        if not found and missing:
            raise missing
        return found

    return files


def _rank(place: int | None) -> int:
    return 1 << 30 if place is None else place


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

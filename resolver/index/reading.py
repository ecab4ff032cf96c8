"""Metadata of one file of a release, read without running any of its code: `.metadata`, wheel by HTTP Range, sdist."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Sequence

from resolver.index.modules import read_listing
from resolver.index.pages import Listed
from resolver.index.parse import read_metadata
from resolver.index.pipconfig import Access, AnswerTooLong
from resolver.index.sdist import read_sdist, sdist_modules

_SUFFIX = 65536
_STEP = 32768
_PARTIAL, _OK = 206, 200
_REFUSED_RANGE = {400, 405, 416, 501}
LONGEST_METADATA = 4 << 20
LONGEST_DIRECTORY = 24 << 20
LONGEST_WHOLE = 24 << 20
LONGEST_SDIST = 15 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one release; `marks` may hold "compiled" and "pb2" (generated protobuf code) when a wheel was listed."""

    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    listed: bool = False
    notes: tuple[str, ...] = ()


def read_facts(access: Access, files: Sequence[Listed], *, listing: bool = False) -> Facts | None:
    """Facts of a release from the first of its files (best first) that can be read, or None when none can.

    `listing` prefers a wheel's own file list over the index's `.metadata`, for modules and marks. Costs one to three requests.
    Raises IndexUnreachable.
    """
    wheels = [each for each in files if each.filename.endswith(".whl")][:3]
    for each in wheels:
        facts = None
        if each.metadata and not listing:
            facts = _beside(access, each)
        facts = facts or _inside(access, each)
        if not facts and each.metadata and listing:
            facts = _beside(access, each)
        if facts:
            return facts
    for each in files:
        if not each.filename.endswith(".whl") and each.size <= LONGEST_SDIST:
            facts = _source(access, each)
            if facts:
                return facts
    return None


def _beside(access: Access, listed: Listed) -> Facts | None:
    try:
        answer = access.get(f"{listed.url}.metadata", headers={}, limit=LONGEST_METADATA)
    except AnswerTooLong:
        return None
    if answer.status != _OK:
        return None
    found, _ = read_metadata(answer.body.decode("utf-8", "replace"))
    marks = frozenset() if listed.filename.endswith("-any.whl") else frozenset({"compiled"})
    return Facts(requires=found.requires, requires_python=found.requires_python, extras=found.extras, notes=found.notes, marks=marks)


def _inside(access: Access, listed: Listed) -> Facts | None:
    try:
        with zipfile.ZipFile(RangedFile(access, listed)) as wheel:
            members = {info.filename: info for info in wheel.infolist()}
            place = min((name for name in members if name.endswith(".dist-info/METADATA") and name.count("/") == 1), default="")
            if not place or members[place].file_size > LONGEST_METADATA:
                return None
            text = wheel.read(place).decode("utf-8", "replace")
            top = _top_level(wheel, members)
    except (AnswerTooLong, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return None
    found, _ = read_metadata(text)
    modules, marks = read_listing(members, top)
    return Facts(
        requires=found.requires,
        requires_python=found.requires_python,
        extras=found.extras,
        notes=found.notes,
        modules=modules,
        marks=marks,
        listed=True,
    )


def _top_level(wheel: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> tuple[str, ...]:
    place = next((name for name in members if name.endswith(".dist-info/top_level.txt") and name.count("/") == 1), "")
    if not place or members[place].file_size > LONGEST_METADATA:
        return ()
    return tuple(wheel.read(place).decode("utf-8", "replace").split())


def _source(access: Access, listed: Listed) -> Facts | None:
    try:
        answer = access.get(listed.url, headers={}, limit=LONGEST_SDIST)
    except AnswerTooLong:
        return None
    if answer.status != _OK:
        return None
    found = read_sdist(answer.body, listed.filename)
    if found is None:
        return None
    modules = sdist_modules(answer.body, listed.filename)
    return Facts(requires=found.requires, requires_python=found.requires_python, extras=found.extras, notes=found.notes, modules=modules)


class RangedFile(io.RawIOBase):
    """A remote file that fetches only what is read, from its end first; whole (and bounded) from servers without Range.

    Raises AnswerTooLong when it would have to read too much, OSError when the file is not there.
    """

    def __init__(self, access: Access, listed: Listed) -> None:
        super().__init__()
        self._access, self._url, self._place = access, listed.url, 0
        self._pieces: list[tuple[int, bytes]] = []
        self._fetched = 0
        self.length = 0
        self._first(listed.size)

    def _first(self, size: int) -> None:
        wanted = f"bytes={max(size - _SUFFIX, 0)}-{size - 1}" if size else f"bytes=-{_SUFFIX}"
        answer = self._access.get(self._url, headers={"Range": wanted}, limit=LONGEST_WHOLE)
        if answer.status in _REFUSED_RANGE:
            answer = self._access.get(self._url, headers={}, limit=LONGEST_WHOLE)
        if answer.status == _OK:
            self.length = len(answer.body)
            self._pieces = [(0, answer.body)]
            return
        total = answer.headers.get("content-range", "").rpartition("/")[2]
        if answer.status != _PARTIAL or not total.isdigit():
            raise OSError(f"status {answer.status}")
        self.length = int(total)
        self._pieces = [(self.length - len(answer.body), answer.body)]

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move without fetching."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.length}[whence]
        self._place = max(base + offset, 0)
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        stop = self.length if size < 0 else min(self._place + size, self.length)
        if stop <= self._place:
            return b""
        piece = self._piece(self._place, stop)
        self._place = stop
        return piece

    def readinto(self, buffer: object) -> int:
        """For the buffered readers of the standard library."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        got = self.read(len(view))
        view[: len(got)] = got
        return len(got)

    def _piece(self, start: int, stop: int) -> bytes:
        for origin, piece in self._pieces:
            if origin <= start and stop <= origin + len(piece):
                return piece[start - origin : stop - origin]
        last = min(max(stop, start + _STEP), self.length) - 1
        self._fetched += last + 1 - start
        if self._fetched > LONGEST_DIRECTORY:
            raise AnswerTooLong
        answer = self._access.get(self._url, headers={"Range": f"bytes={start}-{last}"}, limit=last + 1 - start + _STEP)
        if answer.status != _PARTIAL or len(answer.body) != last + 1 - start:
            raise OSError(f"status {answer.status}")
        self._pieces.append((start, answer.body))
        return answer.body[: stop - start]

"""Simple-index pages (JSON of PEP 691, HTML of PEP 503) read into files and releases."""

from __future__ import annotations

import dataclasses
import html.parser
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit

from packaging.version import Version

from resolver.core.package import DistFile, NormalizedName, Pin, Release
from resolver.index.filenames import preference, read_filename
from resolver.index.parse import read_python

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file as a page lists it; `metadata` says that the index offers its METADATA beside it (PEP 658)."""

    filename: str
    url: str
    sha256: str = ""
    size: int = 0
    requires_python: str = ""
    yanked: bool = False
    uploaded: datetime | None = None
    metadata: bool = False


def read_page(body: bytes, kind: str, base: str) -> list[Listed]:
    """The files of a page; `kind` is its content type, `base` its address. Raises ValueError when it is neither JSON nor text."""
    if "json" in kind:
        page = json.loads(body)
        if not isinstance(page, dict) or not isinstance(page.get("files"), list):
            raise ValueError("the page has no list of files")
        return [_from_json(entry, base) for entry in page["files"] if isinstance(entry, dict) and "filename" in entry and "url" in entry]
    reader = _Anchors(base)
    reader.feed(body.decode("utf-8", "replace"))
    return reader.files


def _from_json(entry: Mapping[str, Any], base: str) -> Listed:
    hashes = entry.get("hashes")
    size = entry.get("size")
    return Listed(
        filename=str(entry["filename"]),
        url=urljoin(base, str(entry["url"])),
        sha256=str(hashes.get("sha256", "")) if isinstance(hashes, dict) else "",
        size=size if isinstance(size, int) else 0,
        requires_python=str(entry.get("requires-python") or ""),
        yanked=bool(entry.get("yanked")),
        uploaded=_moment(entry.get("upload-time")),
        metadata=bool(entry.get("core-metadata") or entry.get("dist-info-metadata") or entry.get("data-dist-info-metadata")),
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


class _Anchors(html.parser.HTMLParser):
    """Collects the anchors of an HTML page."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.files: list[Listed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each opening tag."""
        found = dict(attrs)
        if tag == "base" and found.get("href"):
            self._base = urljoin(self._base, found["href"] or "")
        if tag != "a" or not found.get("href"):
            return
        url, fragment = urldefrag(urljoin(self._base, found["href"] or ""))
        listed = Listed(
            filename=unquote(urlsplit(url).path.rpartition("/")[2]),
            url=url,
            sha256=(parse_qs(fragment).get("sha256") or [""])[0],
            requires_python=found.get("data-requires-python") or "",
            yanked="data-yanked" in found,
            metadata="data-core-metadata" in found or "data-dist-info-metadata" in found,
        )
        self.files.append(listed)


@dataclasses.dataclass(frozen=True, slots=True)
class Sources:
    """Where the files of one release lie, the best one for metadata first."""

    files: tuple[Listed, ...]


def group(name: NormalizedName, listed: Iterable[Listed], machine: str = "x86_64") -> tuple[tuple[Release, ...], dict[str, Sources]]:
    """Releases without metadata, newest version first, and for each version where its files lie.

    A release is yanked when all its files are. Files of a second index with the same name are ignored.
    """
    shelves: dict[Version, list[tuple[tuple[int, int, str], Listed, DistFile]]] = {}
    seen: set[str] = set()
    for each in listed:
        named = read_filename(each.filename, name, machine)
        if named is None or each.filename in seen:
            continue
        seen.add(each.filename)
        file = DistFile(
            filename=each.filename,
            kind=named.kind,
            tags=named.tags,
            sha256=each.sha256.lower(),
            size=each.size,
            requires_python=read_python(each.requires_python),
            yanked=each.yanked,
        )
        shelves.setdefault(Version(named.version), []).append((preference(named, each.filename), each, file))
    releases, sources = [], {}
    for version in sorted(shelves, reverse=True):
        shelf = sorted(shelves[version], key=lambda row: row[0])
        releases.append(_release(Pin(name, str(version)), [row[1] for row in shelf], [row[2] for row in shelf]))
        sources[str(version)] = Sources(tuple(row[1] for row in shelf))
    return tuple(releases), sources


def _release(pin: Pin, listed: Sequence[Listed], files: Sequence[DistFile]) -> Release:
    moments = [each.uploaded for each in listed if each.uploaded]
    return Release(
        pin=pin,
        uploaded=min(moments) if moments else None,
        requires_python=next((file.requires_python for file in files if file.requires_python), ""),
        files=tuple(files),
        yanked=all(file.yanked for file in files),
        compiled=any(not tag.endswith("-any") for file in files for tag in file.tags),
    )

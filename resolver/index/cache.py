"""What was fetched before, in one SQLite file of the user's cache folder; without a writable folder, in memory."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import threading
import time
import zlib
from pathlib import Path
from typing import Any

from resolver.index.reading import Facts

_SCHEMA = """
CREATE TABLE IF NOT EXISTS page
  (url TEXT PRIMARY KEY, fetched REAL, etag TEXT, modified TEXT, kind TEXT, base TEXT, body BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (file TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;
"""
_FORM = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page as it was answered; `body` is None for a page that does not exist; `fetched` in seconds of the epoch."""

    fetched: float
    body: bytes | None
    kind: str = ""
    base: str = ""
    etag: str = ""
    modified: str = ""


class Cache:
    """Pages by address and facts by file. Safe in several threads and processes; a cache that breaks is a cache that forgets."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._base = self._open(folder) if folder else None
        if self._base is None:
            self._base = sqlite3.connect(":memory:", check_same_thread=False)
            self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back; the cache is not used afterwards."""
        with self._lock:
            if self._base:
                self._base.close()
                self._base = None

    def page(self, url: str) -> KeptPage | None:
        """The page as last fetched, however old."""
        row = self._row("SELECT fetched, etag, modified, kind, base, body FROM page WHERE url = ?", url)
        if row is None:
            return None
        fetched, etag, modified, kind, base, body = row
        try:
            return KeptPage(
                fetched=fetched, etag=etag, modified=modified, kind=kind, base=base, body=zlib.decompress(body) if body else None
            )
        except zlib.error:
            return None

    def keep_page(self, url: str, page: KeptPage) -> None:
        """Remember a page, replacing what was there."""
        body = zlib.compress(page.body, 1) if page.body is not None else None
        row = (url, page.fetched, page.etag, page.modified, page.kind, page.base, body)
        self._write("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def facts(self, file: str) -> Facts | None:
        """Facts of a release by the key of its best file; `notes` ("unreadable",) with `listed` False mean that none can be read."""
        row = self._row("SELECT body FROM facts WHERE file = ?", file)
        if row is None:
            return None
        try:
            return _thaw(json.loads(zlib.decompress(row[0])))
        except (zlib.error, ValueError, TypeError):
            return None

    def files(self) -> frozenset[str]:
        """The keys of all facts that were kept when this was asked."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._base:
                return frozenset(file for (file,) in self._base.execute("SELECT file FROM facts"))
        return frozenset()

    def keep_facts(self, file: str, facts: Facts) -> None:
        """Remember facts for good: a file never changes."""
        body = zlib.compress(json.dumps(_freeze(facts), separators=(",", ":")).encode())
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", (file, body))

    def _open(self, folder: Path) -> sqlite3.Connection | None:
        base = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(folder / f"index-{_FORM}.sqlite", timeout=10, check_same_thread=False, isolation_level=None)
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error):
            if base is not None:
                base.close()
            return None
        return base

    def _row(self, query: str, key: str) -> Any:
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._base:
                return self._base.execute(query, (key,)).fetchone()
        return None

    def _write(self, query: str, row: tuple[object, ...]) -> None:
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._base:
                self._base.execute(query, row)


def now() -> float:
    """Seconds of the epoch."""
    return time.time()


def _freeze(facts: Facts) -> dict[str, object]:
    return {**dataclasses.asdict(facts), "marks": sorted(facts.marks)}


def _thaw(stored: dict[str, object]) -> Facts:
    def strings(key: str) -> tuple[str, ...]:
        value = stored.get(key)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    return Facts(
        requires=strings("requires"),
        requires_python=str(stored.get("requires_python", "")),
        extras=strings("extras"),
        modules=strings("modules"),
        marks=frozenset(strings("marks")),
        listed=bool(stored.get("listed")),
        notes=strings("notes"),
    )

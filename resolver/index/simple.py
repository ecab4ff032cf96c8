"""The live package index: simple API, metadata read per file, cached on disk."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from resolver.core.errors import IndexUnreachable, UnknownPackage
from resolver.core.package import NormalizedName, Release
from resolver.index.amended import amended
from resolver.index.cache import Cache, KeptPage, now
from resolver.index.filenames import version_key
from resolver.index.pages import ACCEPT, Listed, Sources, group, read_page
from resolver.index.pipconfig import Access, AnswerTooLong, PipAccess
from resolver.index.reading import Facts, RangedFile, read_facts

MAX_AGE = 600.0
"""Seconds for which a page without validators is taken as fresh."""

_LONGEST_PAGE = 64 << 20
_UNREADABLE = Facts(notes=("unreadable",))
_SERVER_ERROR = 500
_GONE = {404, 410}
_OK, _NOT_MODIFIED = 200, 304


class LiveIndex:
    """The configured package index.

    `cache` is where answers are kept (default: in the user's cache folder); `near` gives names close to
    an unknown one; `listing` reads the file list of a wheel even where its METADATA alone would do (a snapshot wants modules); files for
    another `machine` are not there.
    A page is asked for once in the life of an instance. Safe in several threads.
    """

    def __init__(
        self,
        *,
        access: Access | None = None,
        cache: Cache | None = None,
        near: Callable[[str], Sequence[str]] = lambda _: (),
        workers: int = 8,
        max_age: float = MAX_AGE,
        listing: bool = False,
        machine: str = "x86_64",
    ) -> None:
        self._access: Access = access or PipAccess()
        self._cache = cache or Cache(default_folder())
        self._near, self._workers, self._max_age, self._listing = near, workers, max_age, listing
        self._machine = machine
        self._known: dict[NormalizedName, tuple[tuple[Release, ...], Mapping[str, Sources]]] = {}
        self._complete: dict[tuple[NormalizedName, str], Release | None] = {}
        self._kept: frozenset[str] | None = None
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def snapshot(self) -> str:
        """Today's date: the live index has no other name."""
        return datetime.now(UTC).date().isoformat()

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        """Every release with a file for Linux, newest first; costs one request an index, none while the cache is fresh."""
        return self._package(name)[0]

    def release(self, name: NormalizedName, version: str) -> Release | None:
        """The release with its metadata; costs up to three requests the first time, ever."""
        wanted = version_key(version)
        bare = next((each for each in self.releases(name) if each.version == version or version_key(each.version) == wanted), None)
        if bare is None:
            return None
        key = (name, bare.version)
        with self._only(key):
            if key not in self._complete:
                facts = self.facts(name, bare.version)
                self._complete[key] = complete(bare, facts) if facts else None
            return self._complete[key]

    def files(self, name: NormalizedName) -> Sequence[tuple[str, Sequence[Listed]]]:
        """The versions of a package with their files, newest first. Raises UnknownPackage, IndexUnreachable."""
        releases, sources = self._package(name)
        return [(release.version, sources[release.version].files) for release in releases]

    def kept(self, bare: Release) -> Release | None:
        """A listed release with its metadata when that was read on this machine before; asks nobody."""
        if self._kept is None:
            self._kept = self._cache.files()
        for file in bare.files:
            if file.sha256 in self._kept and (facts := self._cache.facts(file.sha256)) and facts != _UNREADABLE:
                return complete(bare, facts)
        return None

    def recalled(self, name: NormalizedName, version: str) -> Release | None:
        """The release as it was read before, else as it is listed; costs no request beyond the package's page."""
        bare = next((each for each in self.releases(name) if each.version == version), None)
        facts = self.remembered(name, version) if bare else None
        return complete(bare, facts) if bare and facts else bare

    def facts(self, name: NormalizedName, version: str) -> Facts | None:
        """What can be read of one release, or None; `version` spelled as `releases` does."""
        sources = self._package(name)[1].get(version)
        if sources is None:
            return None
        kept = self._remembered(sources)
        if kept is None:
            kept = read_facts(self._access, sources.files, listing=self._listing) or _UNREADABLE
            self._cache.keep_facts(_key(sources), kept)
        return None if kept == _UNREADABLE else kept

    def file(self, name: NormalizedName, filename: str, limit: int) -> bytes | None:
        """One file of a package, whole; None when the index has it not, or it is longer than `limit` bytes. Raises IndexUnreachable."""
        listed = self._file(name, filename)
        if listed is None or listed.size > limit:
            return None
        try:
            answer = self._access.get(listed.url, headers={}, limit=limit)
        except AnswerTooLong:
            return None
        return answer.body if answer.status == _OK else None

    def open(self, name: NormalizedName, filename: str) -> RangedFile:
        """One file of a package, fetched as far as it is read. Raises IndexUnreachable, and OSError when the index has it not."""
        listed = self._file(name, filename)
        if listed is None:
            raise FileNotFoundError(filename)
        return RangedFile(self._access, listed)

    def _file(self, name: NormalizedName, filename: str) -> Listed | None:
        every = (each for sources in self._package(name)[1].values() for each in sources.files)
        return next((each for each in every if each.filename == filename), None)

    def remembered(self, name: NormalizedName, version: str) -> Facts | None:
        """Facts that were read before; costs no request beyond the package's page."""
        sources = self._package(name)[1].get(version)
        kept = self._remembered(sources) if sources else None
        return None if kept == _UNREADABLE else kept

    def _remembered(self, sources: Sources) -> Facts | None:
        kept = self._cache.facts(_key(sources))
        wheel = sources.files[0].filename.endswith(".whl")
        return None if kept and self._listing and wheel and not kept.listed and kept != _UNREADABLE else kept

    def prefetch(self, names: Iterable[NormalizedName]) -> None:
        """Fetch the pages of several packages at once; names that do not exist or answer are passed over in silence."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="index") as pool:
            for _ in pool.map(self._try, dict.fromkeys(names)):
                pass

    def _try(self, name: NormalizedName) -> None:
        try:
            self._package(name)
        except (UnknownPackage, IndexUnreachable):
            return

    def _package(self, name: NormalizedName) -> tuple[tuple[Release, ...], Mapping[str, Sources]]:
        known = self._known.get(name)
        if known is None:
            with self._only(name):
                known = self._known.get(name) or group(name, self._listed(name), self._machine)
                self._known[name] = known
        return known

    def _listed(self, name: NormalizedName) -> list[Listed]:
        addresses = self._access.pages(name)
        if not addresses:
            raise IndexUnreachable("no package index is configured that a build can see", hint="see `pip config list`")
        pages = [self._page(url) for url in addresses]
        found = [page for page in pages if page.body is not None]
        if not found:
            near = list(self._near(name))
            hint = f"near names: {', '.join(near)}" if near else "check the spelling"
            raise UnknownPackage(f"no package named {name}", hint=hint)
        listed: list[Listed] = []
        for page in found:
            try:
                listed += read_page(page.body or b"", page.kind, page.base)
            except (ValueError, RecursionError) as error:
                raise IndexUnreachable(f"the index answers something that is no page for {name}", hint="check the index address") from error
        return listed

    def _page(self, url: str) -> KeptPage:
        """The page, from the cache while fresh, revalidated after; a stale one when the index does not answer."""
        key = url.partition("//")[2].rpartition("@")[2]  # credentials stay out of the cache
        kept = self._cache.page(key)
        if kept and now() - kept.fetched < self._max_age:
            return kept
        headers = {"Accept": ACCEPT, "Cache-Control": "max-age=0"}
        if kept and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept and kept.modified:
            headers["If-Modified-Since"] = kept.modified
        try:
            answer = self._access.get(url, headers=headers, limit=_LONGEST_PAGE)
        except AnswerTooLong:
            raise IndexUnreachable("a page of the index is longer than 64 MB", hint="check the index address") from None
        except IndexUnreachable:
            if kept:
                return kept
            raise
        if answer.status == _NOT_MODIFIED and kept:
            page = dataclasses.replace(kept, fetched=now())
        elif answer.status == _OK:
            page = KeptPage(
                fetched=now(),
                body=answer.body,
                kind=answer.headers.get("content-type", ""),
                base=answer.url,
                etag=answer.headers.get("etag", ""),
                modified=answer.headers.get("last-modified", ""),
            )
        elif answer.status in _GONE:
            page = KeptPage(fetched=now(), body=None)
        elif kept and answer.status >= _SERVER_ERROR:
            return kept
        else:
            raise IndexUnreachable(f"the package index answers with status {answer.status}", hint="check `pip config list` and credentials")
        self._cache.keep_page(key, page)
        return page

    def _only(self, key: object) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())


def _key(sources: Sources) -> str:
    """What names the facts of a release in the cache: its best file, never with credentials."""
    best = sources.files[0]
    return best.sha256 or best.url.partition("//")[2].rpartition("@")[2]


def complete(bare: Release, facts: Facts) -> Release:
    """The release with what was read of it."""
    return dataclasses.replace(
        bare,
        requires=amended(bare.pin, facts.requires),
        requires_python=bare.requires_python or facts.requires_python,
        extras=facts.extras,
        modules=facts.modules,
        compiled=bare.compiled or "compiled" in facts.marks,
    )


def default_folder() -> Path:
    """The folder for cached answers of the index."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("resolver", appauthor=False)) / "index"

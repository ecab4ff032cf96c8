"""The package index as pip is configured to see it: addresses, credentials, proxies and certificates are pip's own.

pip-tools is imported when the first request is made: that alone takes a good part of a second.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from resolver.core.errors import IndexUnreachable, UsageError
from resolver.core.package import NormalizedName

_MOST_FAILURES = 2
_FIXED = ("--no-cache-dir", "--no-input")


class AnswerTooLong(Exception):
    """The body is longer than the caller wants to read."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer; header names are lower case; `url` is where it came from after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Access(Protocol):
    """How pages and files are fetched. Safe to call from several threads."""

    def pages(self, name: NormalizedName) -> Sequence[str]:
        """The addresses of the pages of one package, one for each configured index."""
        ...

    def get(self, url: str, *, headers: Mapping[str, str], limit: int) -> Answer:
        """The answer, whatever its status. Raises IndexUnreachable when there is none, AnswerTooLong beyond `limit` bytes."""
        ...


class PipAccess:
    """Requests through pip's own network session.

    `arguments` are index options as pip takes them on its command line (`--index-url`, `--extra-index-url`,
    `--trusted-host`). `notes` tell what of the configuration is left out. Costs about a second at the first request.
    """

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self._arguments = [*arguments, *_FIXED]
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()
        self._session: Any = None
        self._indexes: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()

    @property
    def indexes(self) -> tuple[str, ...]:
        """Addresses of the indexes in pip's order, those that an image build cannot see left out."""
        if not self._indexes and len(self._arguments) == len(_FIXED):
            self._indexes = _visible(configured(), ())[0]
        if not self._indexes:
            self._open()
        return self._indexes

    def pages(self, name: NormalizedName) -> Sequence[str]:
        """The addresses of the pages of one package."""
        return [f"{index.rstrip('/')}/{name}/" for index in self.indexes]

    def get(self, url: str, *, headers: Mapping[str, str], limit: int) -> Answer:
        """One GET with pip's retries, read at most `limit` bytes far. A host that failed twice in a row is not tried again."""
        session = self._open()
        host = urlsplit(url).hostname or ""
        if self._failures.get(host, 0) >= _MOST_FAILURES:
            raise _unreachable(host, "not tried again")
        answer = self._get(session, url, host, headers, limit)
        self._failures[host] = 0
        return answer

    def _get(self, session: Any, url: str, host: str, headers: Mapping[str, str], limit: int) -> Answer:
        from pip._vendor.requests import RequestException
        from pip._vendor.urllib3.exceptions import HTTPError

        try:
            # Identity: the size of a body must be its length, and ranges count bytes of the file itself.
            with session.get(url, headers={"Accept-Encoding": "identity", **headers}, stream=True) as response:
                body = _bounded(response.raw.stream(65536, decode_content=True), limit)
                lower = {key.lower(): value for key, value in response.headers.items()}
                return Answer(status=response.status_code, headers=lower, body=body, url=response.url)
        except (RequestException, HTTPError, OSError) as error:
            raise self._failed(host, error) from error
        except Exception as error:
            if type(error).__module__.startswith("pip._internal"):  # pip wraps what its retries could not mend
                raise self._failed(host, error) from error
            raise

    def _failed(self, host: str, error: Exception) -> IndexUnreachable:
        self._failures[host] = self._failures.get(host, 0) + 1
        return _unreachable(host, type(error).__name__)

    def _open(self) -> Any:
        with self._lock:
            if self._session is None:
                with _quiet():
                    from piptools.repositories import PyPIRepository

                    try:
                        repository = PyPIRepository(self._arguments, cache_dir="")
                    except SystemExit as error:
                        raise UsageError("pip refuses its index options", hint="run `pip config debug`") from error
                self._indexes, self.notes = _visible(repository.finder.index_urls, repository.options.find_links)
                self._session = repository.session
            return self._session


def configured() -> tuple[str, ...]:
    """The index addresses of pip's configuration files and environment, as `pip install` would order them; read by pip's own reader,
    without the rest of pip (a warm resolution makes no request and needs no more than these). Empty when pip cannot read them.
    """
    from pip._internal.configuration import Configuration
    from pip._internal.exceptions import PipError
    from pip._internal.models.index import PyPI

    told: dict[str, str] = {}
    try:
        reader = Configuration(isolated=False)
        reader.load()
        for section in ("global", "install", ":env:"):
            for key, value in _entries(reader):
                place, _, name = key.rpartition(".")
                if place == section and name in {"index-url", "extra-index-url", "no-index"} and (value or section != ":env:"):
                    told[name] = value
    except (PipError, OSError, ValueError):
        return ()
    if told.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        return ()
    return (told.get("index-url") or PyPI.simple_url, *told.get("extra-index-url", "").split())


def _entries(reader: Any) -> Iterator[tuple[str, str]]:
    """Key and value of every entry; newer pips group them by the file that they stand in."""
    for key, value in reader.items():
        if isinstance(value, Mapping):
            yield from ((str(inner), str(text)) for inner, text in value.items())
        else:
            yield str(key), str(value)


def _unreachable(host: str, reason: str) -> IndexUnreachable:
    # The host only: an address may carry credentials.
    return IndexUnreachable(
        f"{host or 'the package index'} does not answer ({reason})", hint="check the network and `pip config list`, or use --offline"
    )


def _bounded(chunks: Iterator[bytes], limit: int) -> bytes:
    parts, total = [], 0
    for chunk in chunks:
        parts.append(chunk)
        total += len(chunk)
        if total > limit:
            raise AnswerTooLong
    return b"".join(parts)


def _visible(indexes: Sequence[str], links: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indexes that an image build can see as well, and a note for what it cannot."""
    seen = tuple(dict.fromkeys(url for url in indexes if urlsplit(url).scheme in {"http", "https"}))
    left_out = len(set(indexes)) - len(seen)
    notes = []
    if left_out:
        notes.append(f"{left_out} local package index(es) of pip's configuration are left out: an image build cannot see them")
    if links:
        notes.append("find-links of pip's configuration are left out: an image build cannot see them")
    return seen, tuple(notes)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """pip-tools sets up logging for its own command line; ours is left as it was."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
        # What pip's retries could not mend is told once, by us.
        logging.getLogger("pip._vendor.urllib3").setLevel(logging.ERROR)

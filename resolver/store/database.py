"""The outcome store in a database: SQLite by path, PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import itertools
import operator
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.pool import NullPool

from resolver.core.errors import MissingExtra, StoreError
from resolver.core.outcome import Outcome
from resolver.store import schema
from resolver.store.counts import counts
from resolver.store.rows import EdgeRow, FactRow, digest, edge_rows, fact_rows, outcome_row, to_outcome

_BATCH = 500
_FACTS = 50
_WAIT_SECONDS = 60.0
_SETUP_LOCK = 7_310_224
"""Any number: PostgreSQL's advisory lock under which tables are made."""

_HINTS = (
    ("disk is full", "free some space; every outcome stored before is safe"),
    ("no space left", "free some space; every outcome stored before is safe"),
    ("disk i/o", "the disk fails or is full; every outcome stored before is safe"),
    ("locked", "another process holds the store; wait for it, or name another file with --store"),
    ("not a database", "the file is not an outcome store; name another one with --store"),
    ("malformed", "the file is damaged; import the last export into a new store: resolver outcomes --import"),
    ("readonly", "the file or its folder is read-only; name another file with --store"),
    ("read-only", "the file or its folder is read-only; name another file with --store"),
    ("unable to open", "the folder must exist and be writable; name another file with --store"),
    ("no such table", "the file is not an outcome store; name another one with --store"),
    ("password", "check user and password in the store's URL"),
    ("connection", "check that the database server answers at the store's URL"),
)


def open_store(where: str | Path) -> DatabaseStore:
    """The store at a path (made when missing) or a database URL, its tables up to date.

    Raises StoreError when it cannot be opened or is no store of ours, MissingExtra when the URL needs a driver that is not installed.
    """
    store = DatabaseStore(where)
    store.prepare()
    return store


class DatabaseStore:
    """Outcomes in a database. Safe for several threads and processes, writing ones too; survives pickling and forking.

    No connection outlives a call: `add` returns when the outcome is on disk (a few milliseconds).
    """

    def __init__(self, where: str | Path) -> None:
        self._url = _url(where)
        self._engine = _engine(self._url)

    def __reduce__(self) -> tuple[Any, ...]:
        return DatabaseStore, (self._url.render_as_string(hide_password=False),)

    def __repr__(self) -> str:
        return f"DatabaseStore({self.where!r})"

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return self._url.database or "" if _is_sqlite(self._url) else self._url.render_as_string(hide_password=True)

    def prepare(self) -> None:
        """Make or update the tables."""
        with self._border(), self._reading() as connection:
            ready = schema.current(connection) == schema.VERSION
        if ready:
            return
        with self._border(), self._writing() as connection:
            if not _is_sqlite(self._url):
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SETUP_LOCK)))
            schema.prepare(connection, self.where)

    def add(self, outcome: Outcome) -> None:
        """Append one outcome with its edges and walked releases, whole or not at all."""
        row, edges = outcome_row(outcome), edge_rows(outcome)
        told = digest(row, edges)
        with self._border(), self._writing() as connection:
            self._insert(connection, {**row, "digest": told}, edges, fact_rows(outcome))

    def add_missing(self, outcomes: Iterable[Outcome]) -> int:
        """Append the outcomes that are not here yet, equal in every field; returns how many. One transaction for some hundreds."""
        added = 0
        waiting = iter(outcomes)
        while batch := list(itertools.islice(waiting, _BATCH)):
            ready = [(outcome_row(one), edge_rows(one), fact_rows(one)) for one in batch]
            digests = [digest(row, edges) for row, edges, _ in ready]
            with self._border(), self._writing() as connection:
                asked = sa.select(schema.outcome.c.digest).where(schema.outcome.c.digest.in_(digests))
                here = set(connection.execute(asked).scalars())
                for told, (row, edges, facts) in zip(digests, ready, strict=True):
                    if told not in here:
                        here.add(told)
                        self._insert(connection, {**row, "digest": told}, edges, facts)
                        added += 1
        return added

    def keys(self) -> frozenset[str]:
        """Keys of the specs that have a non-void outcome."""
        asked = sa.select(schema.outcome.c.key).where(schema.outcome.c.verdict != "void").distinct()
        with self._border(), self._reading() as connection:
            return frozenset(connection.execute(asked).scalars())

    def iterate(self) -> Iterator[Outcome]:
        """All outcomes in the order they were added, those there at the start; `released` is left out (see `facts`).

        Some hundred are in memory at a time, and no transaction stays open in between.
        """
        table = schema.outcome
        with self._border(), self._reading() as connection:
            last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        seen = 0
        while seen < last:
            with self._border(), self._reading() as connection:
                asked = sa.select(table).where(table.c.id > seen, table.c.id <= last).order_by(table.c.id).limit(_BATCH)
                rows = connection.execute(asked).mappings().all()
                if not rows:
                    return
                edges = _edges(connection, rows[0]["id"], rows[-1]["id"])
            seen = rows[-1]["id"]
            for row in rows:
                yield to_outcome(row, edges.get(row["id"], ()))

    def facts(self) -> Iterator[str]:
        """What the walks of installed releases wrote, one JSON line per (distribution, version, interpreter), the first one written."""
        table = schema.fact
        place = ("", "", "")
        while True:
            after = sa.tuple_(table.c.dist, table.c.version, table.c.python) > sa.tuple_(*map(sa.literal, place))
            asked = sa.select(table).where(after).order_by(table.c.dist, table.c.version, table.c.python).limit(_FACTS)
            with self._border(), self._reading() as connection:
                rows = connection.execute(asked).all()
            if not rows:
                return
            place = (rows[-1].dist, rows[-1].version, rows[-1].python)
            for row in rows:
                yield zlib.decompress(row.line).decode()

    def known_releases(self) -> frozenset[str]:
        """ "name==version" of every release that was walked on any interpreter."""
        asked = sa.select(schema.fact.c.dist, schema.fact.c.version).where(schema.fact.c.dist != "").distinct()
        with self._border(), self._reading() as connection:
            return frozenset(f"{dist}=={version}" for dist, version in connection.execute(asked))

    def counts(self) -> dict[str, Any]:
        """What the store holds, in numbers (see `resolver.store.counts`); linear in the outcomes."""
        return counts(self.iterate())

    def _insert(self, connection: Connection, row: Mapping[str, Any], edges: Sequence[EdgeRow], facts: Sequence[FactRow]) -> None:
        made = connection.execute(schema.outcome.insert().values(**row)).inserted_primary_key
        assert made is not None
        if edges:
            # A hundred rows per outcome: without SQLAlchemy's work on each parameter.
            mark = ", ".join(["?" if _is_sqlite(self._url) else "%s"] * (2 + len(EdgeRow._fields)))
            columns = ", ".join(("outcome_id", "position", *EdgeRow._fields))
            rows = [(made[0], position, *one) for position, one in enumerate(edges)]
            connection.exec_driver_sql(f"INSERT INTO edge ({columns}) VALUES ({mark})", rows)
        if facts:
            kept = [{**one._asdict(), "line": zlib.compress(one.line.encode())} for one in facts]
            connection.execute(self._insert_if_new(schema.fact), kept)

    def _insert_if_new(self, table: sa.Table) -> Any:
        from sqlalchemy.dialects import postgresql, sqlite

        dialect = sqlite if _is_sqlite(self._url) else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    def _reading(self) -> contextlib.AbstractContextManager[Connection]:
        return self._engine.begin()

    def _writing(self) -> contextlib.AbstractContextManager[Connection]:
        return self._engine.execution_options(writing=True).begin()

    @contextlib.contextmanager
    def _border(self) -> Iterator[None]:
        """Errors of the database become ours."""
        try:
            yield
        except sa.exc.SQLAlchemyError as problem:
            reason = str(getattr(problem, "orig", None) or problem).strip().partition("\n")[0]
            low = reason.lower()
            hint = next((told for sign, told in _HINTS if sign in low), "resolver outcomes --store FILE names another store")
            raise StoreError(f"outcome store {self.where}: {reason}", hint=hint) from problem


def _edges(connection: Connection, first: int, last: int) -> Mapping[int, Sequence[Sequence[Any]]]:
    """Edges of the outcomes with ids from `first` to `last`, in their order: an EdgeRow's fields, then the outcome's id."""
    # Hundreds of thousands of rows: the driver's own tuples, without SQLAlchemy's row objects around them.
    columns = ", ".join((*EdgeRow._fields, "outcome_id"))
    asked = f"SELECT {columns} FROM edge WHERE outcome_id BETWEEN {first:d} AND {last:d} ORDER BY outcome_id, position"
    cursor = connection.exec_driver_sql(asked).cursor
    assert cursor is not None
    return {outcome_id: list(rows) for outcome_id, rows in itertools.groupby(cursor.fetchall(), key=operator.itemgetter(-1))}


def _url(where: str | Path) -> URL:
    text = str(where)
    if "://" not in text:
        if not text or text == ":memory:":
            raise StoreError(f"{text!r} is no place for a store", hint="give a file's path or a postgresql:// URL")
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError) as problem:
        raise StoreError("the store's URL cannot be read", hint="postgresql://user:password@host/database") from problem
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"} or not url.database:
        raise StoreError(f"{url.drivername}: no store of this kind", hint="a file's path, or postgresql://user:password@host/database")
    return url


def _engine(url: URL) -> sa.Engine:
    if not _is_sqlite(url):
        try:
            return sa.create_engine(url, poolclass=NullPool)
        except ModuleNotFoundError as problem:
            raise MissingExtra(
                "a PostgreSQL store needs the driver psycopg, which is not installed", hint="pip install 'resolver[postgres]'"
            ) from problem
    engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _make_folder(Path(str(url.database)))
    return engine


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(
            f"outcome store {path}: {problem.strerror}", hint="the folder must be writable; name another file with --store"
        ) from problem


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where sqlite3 guesses
    with contextlib.closing(connection.cursor()) as cursor:
        _switch_to_wal(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")


def _switch_to_wal(cursor: Any) -> None:
    """Readers beside a writer. Two processes that open a new file at once collide here, and SQLite does not wait by itself."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: upgrading a read transaction later fails without waiting.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"

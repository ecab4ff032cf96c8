"""The tables, their version, and the steps from each earlier version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from resolver.core.errors import StoreError
from resolver.store.rows import OUTCOME_COLUMNS, digest

VERSION = 2
"""What this program reads and writes."""

metadata = sa.MetaData()

schema_version = sa.Table(
    "schema_version",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
)

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("verdict", sa.Text, nullable=False),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in (
            "stage", "failure", "message", "python", "platform", "kind", "runtime", "driver", "stack", "policy",
            "pins", "system_packages", "probe", "missing", "libraries",
        )
    ),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("image_size", sa.BigInteger, nullable=False),
    sa.Column("log", sa.LargeBinary, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("executor", "snapshot", "seen", "origin")),
    sa.Column("digest", sa.Text, nullable=False, server_default="", index=True),
    sqlite_autoincrement=True,
)  # fmt: skip

edge = sa.Table(
    "edge",
    metadata,
    sa.Column("outcome_id", sa.Integer, sa.ForeignKey("outcome.id"), primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("importer", sa.Text, nullable=False),
    sa.Column("importer_version", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_version", sa.Text, nullable=False),
    sa.Column("python", sa.Text, nullable=False),
    sa.Column("broke", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)

fact = sa.Table(
    "fact",
    metadata,
    sa.Column("dist", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("python", sa.Text, primary_key=True),
    sa.Column("line", sa.LargeBinary, nullable=False),
)


def prepare(connection: Connection, where: str) -> None:
    """Make the tables in an empty database, or bring older ones up to date; inside a transaction that excludes other writers.

    Raises StoreError for a database of a newer program or of another one.
    """
    found = set(sa.inspect(connection).get_table_names())
    if "schema_version" not in found:
        if found:
            raise StoreError(f"{where} is a database, but not an outcome store", hint="name another file with --store")
        metadata.create_all(connection)
        connection.execute(schema_version.insert().values(version=VERSION))
        return
    version = current(connection)
    if version > VERSION:
        raise StoreError(f"{where} was written by a newer resolver (schema {version}, this one knows {VERSION})", hint="update resolver")
    for step in range(version, VERSION):
        _STEPS[step](connection)
        connection.execute(schema_version.insert().values(version=step + 1))


def current(connection: Connection) -> int:
    """The version of the tables; 0 when there are none."""
    if not sa.inspect(connection).has_table("schema_version"):
        return 0
    return int(connection.execute(sa.select(sa.func.max(schema_version.c.version))).scalar() or 0)


def _add_digest(connection: Connection) -> None:
    """1 -> 2: every outcome gets its digest, so that an import can tell what is there already."""
    connection.execute(sa.text("ALTER TABLE outcome ADD COLUMN digest TEXT NOT NULL DEFAULT ''"))
    columns = [outcome.c[name] for name in OUTCOME_COLUMNS]
    edge_columns = [edge.c[name] for name in ("importer", "importer_version", "provider", "provider_version", "python", "broke")]
    for found in connection.execute(sa.select(outcome.c.id, *columns)).all():
        edges = connection.execute(sa.select(*edge_columns).where(edge.c.outcome_id == found.id).order_by(edge.c.position)).all()
        told = digest(found._asdict(), [tuple(one) for one in edges])
        connection.execute(outcome.update().where(outcome.c.id == found.id).values(digest=told))
    connection.execute(sa.text("CREATE INDEX ix_outcome_digest ON outcome (digest)"))


_STEPS: dict[int, Callable[[Connection], Any]] = {1: _add_digest}

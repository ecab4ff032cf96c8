from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from resolver.core.errors import StoreError
from resolver.core.outcome import Verdict
from resolver.store import schema
from resolver.store.database import open_store
from resolver.store.rows import OUTCOME_COLUMNS, digest, edge_rows, outcome_row
from tests.store.outcomes import outcome

# The tables as version 1 wrote them, kept as text so that the step is tested against what was, not against what is.
VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE outcome (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, verdict TEXT NOT NULL, stage TEXT NOT NULL,
  failure TEXT NOT NULL, message TEXT NOT NULL, python TEXT NOT NULL, platform TEXT NOT NULL, kind TEXT NOT NULL, runtime TEXT NOT NULL,
  driver TEXT NOT NULL, stack TEXT NOT NULL, policy TEXT NOT NULL, pins TEXT NOT NULL, system_packages TEXT NOT NULL, probe TEXT NOT NULL,
  missing TEXT NOT NULL, libraries TEXT NOT NULL, seconds DOUBLE NOT NULL, image_size BIGINT NOT NULL, log BLOB NOT NULL,
  executor TEXT NOT NULL, snapshot TEXT NOT NULL, seen TEXT NOT NULL, origin TEXT NOT NULL);
CREATE INDEX ix_outcome_key ON outcome (key);
CREATE TABLE edge (outcome_id INTEGER NOT NULL REFERENCES outcome (id), position INTEGER NOT NULL, importer TEXT NOT NULL,
  importer_version TEXT NOT NULL, provider TEXT NOT NULL, provider_version TEXT NOT NULL, python TEXT NOT NULL, broke BOOLEAN NOT NULL,
  PRIMARY KEY (outcome_id, position)) WITHOUT ROWID;
CREATE TABLE fact (dist TEXT NOT NULL, version TEXT NOT NULL, python TEXT NOT NULL, line BLOB NOT NULL,
  PRIMARY KEY (dist, version, python));
INSERT INTO schema_version VALUES (1);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
        for number, one in enumerate([outcome(1), outcome(2, verdict=Verdict.FAIL)], 1):
            row = outcome_row(one)
            marks = ", ".join("?" * (1 + len(OUTCOME_COLUMNS)))
            connection.execute(
                f"INSERT INTO outcome (id, {', '.join(OUTCOME_COLUMNS)}) VALUES ({marks})", [number, *(row[c] for c in OUTCOME_COLUMNS)]
            )
            connection.executemany(
                "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(number, n, *e) for n, e in enumerate(edge_rows(one))]
            )
        connection.commit()
    return path


def columns(path: Path) -> dict[str, list[str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        return {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}


def test_an_old_store_is_brought_up_to_date_without_loss(old: Path, tmp_path: Path) -> None:
    store = open_store(old)
    assert list(store.iterate()) == [outcome(1), outcome(2, verdict=Verdict.FAIL)]
    open_store(tmp_path / "new.sqlite")
    assert columns(old) == columns(tmp_path / "new.sqlite")
    assert store.add_missing([outcome(1), outcome(2, verdict=Verdict.FAIL), outcome(3)]) == 1
    with contextlib.closing(sqlite3.connect(old)) as connection:
        told = [row[0] for row in connection.execute("SELECT digest FROM outcome ORDER BY id")]
    assert told[0] == digest(outcome_row(outcome(1)), edge_rows(outcome(1)))


def test_it_happens_once(old: Path) -> None:
    open_store(old)
    with contextlib.closing(sqlite3.connect(old)) as connection:
        before = connection.execute("SELECT version FROM schema_version ORDER BY version").fetchall()
    open_store(old)
    with contextlib.closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version FROM schema_version ORDER BY version").fetchall() == before == [(1,), (2,)]


def test_a_step_that_fails_leaves_the_old_store_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: object) -> None:
        schema._add_digest(connection)  # type: ignore[arg-type]
        raise StoreError("interrupted", hint="again")

    before = columns(old)
    monkeypatch.setitem(schema._STEPS, 1, broken)
    with pytest.raises(StoreError):
        open_store(old)
    assert columns(old) == before
    monkeypatch.undo()
    assert len(list(open_store(old).iterate())) == 2

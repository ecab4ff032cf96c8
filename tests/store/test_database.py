from __future__ import annotations

import contextlib
import importlib.abc
import multiprocessing
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from resolver.core.errors import MissingExtra, StoreError
from resolver.core.outcome import Outcome
from resolver.store import database
from resolver.store.database import DatabaseStore, open_store
from tests.store.outcomes import OUTCOMES, outcome
from tests.store.servers import postgres_url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outcomes.sqlite"


@contextlib.contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def test_the_file_and_its_folder_are_made(tmp_path: Path) -> None:
    store = open_store(tmp_path / "deep" / "er" / "x.sqlite")
    store.add(outcome(1))
    assert list(open_store(str(tmp_path / "deep" / "er" / "x.sqlite")).iterate()) == [outcome(1)]
    assert list(open_store(f"sqlite:///{tmp_path}/deep/er/x.sqlite").iterate()) == [outcome(1)]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OUTCOMES)
def test_any_outcome_survives_the_file(path: Path, one: Outcome) -> None:
    store = open_store(path)
    store.add(one)
    assert list(store.iterate())[-1] == one


def test_edges_are_rows(path: Path) -> None:
    from resolver.core.outcome import Verdict

    open_store(path).add(outcome(1, verdict=Verdict.FAIL, pins=3))
    with raw(path) as connection:
        rows = connection.execute("SELECT position, importer, provider, broke FROM edge ORDER BY position").fetchall()
    assert rows == [(0, "package-0", "package-2", 1), (1, "package-0", "package-1", 0), (2, "package-1", "package-2", 0)]


def test_written_ahead_and_synced(path: Path) -> None:
    store = open_store(path)
    with store._reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_survives_pickling(path: Path) -> None:
    store = open_store(path)
    store.add(outcome(1))
    assert list(pickle.loads(pickle.dumps(store)).iterate()) == [outcome(1)]


@pytest.mark.slow
def test_reading_five_thousand_is_quick(path: Path) -> None:
    store = open_store(path)
    store.add_missing(outcome(n % 250, pins=40, seconds=float(n)) for n in range(5000))
    start = time.process_time()
    assert sum(1 for _ in store.iterate()) == 5000
    assert time.process_time() - start < 2.0


# --- many writers, sudden deaths ---------------------------------------------------------------------------------------


def _write(where: str, first: int, many: int) -> None:
    store = open_store(where)
    for number in range(first, first + many):
        store.add(outcome(number, pins=20))


def _writers(where: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(where, 100 * n, 8)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(120)
    assert [one.exitcode for one in writers] == [0] * 4
    found = list(open_store(where).iterate())
    assert len(found) == 32
    assert {one.spec.key for one in found} == {outcome(100 * n + k, pins=20).spec.key for n in range(4) for k in range(8)}
    assert all(len(one.working) == 19 for one in found)


def test_processes_write_at_once_from_the_first_moment(path: Path) -> None:
    _writers(str(path))


def test_processes_write_to_postgresql_at_once() -> None:
    _writers(postgres_url())


def test_threads_share_a_store(path: Path) -> None:
    store = open_store(path)
    threads = [threading.Thread(target=lambda n=n: [store.add(outcome(10 * n + k)) for k in range(5)]) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(store.keys()) == 20


WRITER = """
import sys
from resolver.store.database import open_store
from tests.store.outcomes import outcome
store = open_store(sys.argv[1])
for number in range(100_000):
    store.add(outcome(number, pins=30))
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_killed_writer_loses_nothing_that_was_finished(path: Path, after: int) -> None:
    root = Path(__file__).parents[2]
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root)
    assert writer.stdout
    told = -1
    while told < after:
        told = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    told = max([told, *(int(line) for line in writer.stdout.read().split("\n") if line.strip())])
    writer.wait()
    writer.stdout.close()
    found = list(open_store(path).iterate())
    assert len(found) in {told + 1, told + 2}, "finished but not told is possible, told but not stored is not"
    assert found == [outcome(n, pins=30) for n in range(len(found))]
    open_store(path).add(outcome(999))
    with raw(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# --- what can be wrong with a store ------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_loses_nothing(path: Path) -> None:
    store = open_store(path)
    store.add(outcome(1))

    class Small(DatabaseStore):
        def _writing(self):  # type: ignore[no-untyped-def]
            @contextlib.contextmanager
            def limited():  # type: ignore[no-untyped-def]
                with DatabaseStore._writing(self) as connection:
                    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
                    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
                    yield connection

            return limited()

    with pytest.raises(StoreError, match="full") as caught:
        Small(path).add(outcome(2, pins=3000))
    assert "space" in caught.value.hint
    assert list(store.iterate()) == [outcome(1)]
    store.add(outcome(3))


def test_a_locked_store_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(path)
    monkeypatch.setattr(database, "_WAIT_SECONDS", 0.1)
    with raw(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked") as caught:
            open_store(path).add(outcome(1))
    assert "another process" in caught.value.hint
    open_store(path).add(outcome(1))


def test_a_newer_store_is_told(path: Path) -> None:
    open_store(path)
    with raw(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99)")
    with pytest.raises(StoreError, match="newer") as caught:
        open_store(path)
    assert "update" in caught.value.hint


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    path.write_bytes(b"this is text, not a database, and long enough to be sure of it" * 100)
    with pytest.raises(StoreError, match="not a database") as caught:
        open_store(path)
    assert "--store" in caught.value.hint


def test_a_damaged_store_is_told(path: Path) -> None:
    store = open_store(path)
    store.add_missing(outcome(n, pins=30) for n in range(100))
    content = bytearray(path.read_bytes())
    for start in range(4096 * 3, len(content) - 4096, 4096):
        content[start : start + 512] = b"\xff" * 512
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        list(open_store(path).iterate())
    assert caught.value.hint


def test_another_database_is_left_alone(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match="not an outcome store"):
        open_store(path)
    with raw(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path)
    assert caught.value.hint


def test_a_place_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "file" / "x.sqlite")
    assert "folder" in caught.value.hint


@pytest.mark.parametrize("where", ["", ":memory:", "mysql://u:p@h/d", "sqlite://", "://", "postgresql://"])
def test_a_place_that_is_none_is_told(where: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(where)
    assert caught.value.hint


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://me:hush@127.0.0.1:9/outcomes")
    assert "hush" not in caught.value.message
    assert "server" in caught.value.hint


def test_a_missing_driver_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPsycopg(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name.partition(".")[0] == "psycopg":
                raise ModuleNotFoundError(name)

    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoPsycopg(), *sys.meta_path])
    with pytest.raises(MissingExtra) as caught:
        open_store("postgresql://me@127.0.0.1:9/outcomes")
    assert "resolver[postgres]" in caught.value.hint

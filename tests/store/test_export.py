from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.errors import MissingExtra, StoreError
from resolver.core.outcome import Outcome, Verdict
from resolver.store.database import open_store
from resolver.store.export import EDGES, OUTCOMES, read_export, write_export
from tests.store import outcomes as made
from tests.store.outcomes import outcome


@settings(deadline=None, max_examples=15)
@given(st.lists(made.OUTCOMES, max_size=4))
def test_lossless(tmp_path_factory: pytest.TempPathFactory, some: list[Outcome]) -> None:
    folder = tmp_path_factory.mktemp("export")
    assert write_export(some, folder) == len(some)
    assert list(read_export(folder)) == some


def test_from_store_to_store(tmp_path: Path) -> None:
    first, second = open_store(tmp_path / "a.sqlite"), open_store(tmp_path / "b.sqlite")
    first.add_missing(outcome(n, verdict=Verdict.FAIL if n % 3 else Verdict.PASS) for n in range(30))
    second.add(outcome(3))
    assert write_export(first.iterate(), tmp_path / "export") == 30
    assert second.add_missing(read_export(tmp_path / "export")) == 29
    assert second.add_missing(read_export(tmp_path / "export")) == 0
    assert second.keys() == first.keys()


def test_open_to_other_tools(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    write_export([outcome(1), outcome(2, verdict=Verdict.FAIL)], tmp_path)
    table = pandas.read_parquet(tmp_path / OUTCOMES)
    assert table[["python", "verdict", "stack"]].values.tolist() == [["3.7", "pass", "stack-1"], ["3.7", "fail", "stack-2"]]
    edges = pandas.read_parquet(tmp_path / EDGES)
    assert edges.merge(table, on="number")["broke"].tolist() == [False, True, False]


def test_same_outcomes_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_export([outcome(n) for n in range(5)], tmp_path / name)
    for name in (OUTCOMES, EDGES):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted([OUTCOMES, EDGES])


@pytest.mark.parametrize("broken", ["missing", "text", "other", "cut"])
def test_a_bad_export_is_told(tmp_path: Path, broken: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    write_export([outcome(1)], tmp_path)
    file = tmp_path / OUTCOMES
    if broken == "missing":
        file.unlink()
    elif broken == "text":
        file.write_text("not parquet")
    elif broken == "other":
        pq.write_table(pa.table({"x": [1]}), file)
    else:
        file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StoreError) as caught:
        list(read_export(tmp_path))
    assert caught.value.hint


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        write_export([outcome(1)], tmp_path / "file")
    assert caught.value.hint


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra) as caught:
        write_export([], tmp_path)
    assert "resolver[crawl]" in caught.value.hint

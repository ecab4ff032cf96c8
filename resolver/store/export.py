"""Outcomes as Parquet: what is committed, published and trained on; open to every tool that reads tables."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.core.errors import MissingExtra, StoreError
from resolver.core.outcome import Outcome
from resolver.store.rows import OUTCOME_COLUMNS, EdgeRow, edge_rows, outcome_row, to_outcome

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES = "outcomes.parquet"
EDGES = "edges.parquet"


def write_export(outcomes: Iterable[Outcome], folder: Path) -> int:
    """Write `outcomes.parquet` (one row per outcome, `number` from 0) and `edges.parquet` (one row per edge, by that number).

    Returns how many outcomes. Walked releases (`released`) are not part of it. Same outcomes, same bytes, for one version of
    pyarrow. Raises MissingExtra without pyarrow, StoreError when the folder cannot be written.
    """
    arrow = _arrow()
    columns: dict[str, list[Any]] = {name: [] for name in ("number", *OUTCOME_COLUMNS)}
    edges: dict[str, list[Any]] = {name: [] for name in ("number", *EdgeRow._fields)}
    total = 0
    for number, outcome in enumerate(outcomes):
        row = outcome_row(outcome)
        row["log"] = zlib.decompress(row["log"]).decode()
        columns["number"].append(number)
        for name in OUTCOME_COLUMNS:
            columns[name].append(row[name])
        for one in edge_rows(outcome):
            edges["number"].append(number)
            for name, value in one._asdict().items():
                edges[name].append(value)
        total = number + 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(arrow.table(columns, schema=_outcome_schema(arrow)), folder / OUTCOMES)
        _write(arrow.table(edges, schema=_edge_schema(arrow)), folder / EDGES)
    except OSError as problem:
        raise StoreError(f"cannot write to {folder}: {problem}", hint="the folder must be writable and the disk not full") from problem
    return total


def read_export(folder: Path) -> Iterator[Outcome]:
    """The outcomes of an exported folder, in their order. Raises StoreError when a file is missing or damaged."""
    arrow = _arrow()
    try:
        table = _read(folder / OUTCOMES, _outcome_schema(arrow))
        edges = _read(folder / EDGES, _edge_schema(arrow))
    except (OSError, arrow.ArrowException, KeyError) as problem:
        reason = str(problem).partition("\n")[0]
        raise StoreError(
            f"{folder} holds no readable export: {reason}", hint=f"a folder with {OUTCOMES} and {EDGES}, as --export writes it"
        ) from problem
    grouped: dict[int, list[EdgeRow]] = {}
    edge_columns = [edges.column(name).to_pylist() for name in ("number", *EdgeRow._fields)]
    for number, *rest in zip(*edge_columns, strict=True):
        grouped.setdefault(number, []).append(EdgeRow(*rest))
    for batch in table.to_batches(max_chunksize=1000):
        for row in batch.to_pylist():
            row["log"] = zlib.compress(row["log"].encode(), 1)
            yield to_outcome(row, grouped.get(row["number"], ()))


def _arrow() -> Any:
    try:
        import pyarrow as pa
    except ModuleNotFoundError as problem:
        raise MissingExtra("Parquet needs pyarrow, which is not installed", hint="pip install 'resolver[crawl]'") from problem
    return pa


def _outcome_schema(arrow: Any) -> pa.Schema:
    kinds = {"seconds": arrow.float64(), "image_size": arrow.int64()}
    fields = [arrow.field("number", arrow.int32(), nullable=False)]
    fields += [arrow.field(name, kinds.get(name, arrow.string()), nullable=False) for name in OUTCOME_COLUMNS]
    return arrow.schema(fields)


def _edge_schema(arrow: Any) -> pa.Schema:
    fields = [arrow.field("number", arrow.int32(), nullable=False)]
    fields += [arrow.field(name, arrow.bool_() if name == "broke" else arrow.string(), nullable=False) for name in EdgeRow._fields]
    return arrow.schema(fields)


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` (others are passed over); KeyError when the file lacks one."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    return table.select(schema.names).cast(schema)


def _write(table: pa.Table, path: Path) -> None:
    """The file appears whole or not at all."""
    import pyarrow.parquet as pq

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(descriptor)
    fresh = Path(name)
    try:
        pq.write_table(table, fresh, compression="zstd", compression_level=12)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()

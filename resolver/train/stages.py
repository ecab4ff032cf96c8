"""The stages of dvc.yaml that go from exported outcomes to a model text, a table at a time (`resolver stage`).

Each reads what the one before wrote; together they are `fit.fit`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.features import EDGE_FEATURES, Floats
from resolver.rank.files import write_whole
from resolver.rank.sets import SET_FEATURES
from resolver.train import evaluate as evaluation
from resolver.train.boost import Recipe
from resolver.train.dataset import Corpus
from resolver.train.fit import SetTable, divide, edge_table, fit_tables, set_table
from resolver.train.training import phrase

EDGES, SETS, MODEL, METRICS = "edges.parquet", "sets.parquet", "model", "metrics.json"


def edges(corpus: Corpus, book: FactBook, assembler: Assembler, seed: int, folder: Path) -> None:
    """The edge table: a row of features for each edge that was seen, its label, group, count and weight."""
    table = edge_table(corpus, divide(corpus, Recipe(seed=seed)), book, assembler)
    seen = corpus.observations
    more = {
        "importer": [str(one.edge.importer) for one in seen],
        "provider": [str(one.edge.provider) for one in seen],
        "python": [one.edge.python for one in seen],
        "broke": [one.broke for one in seen],
        "group": [one.group for one in seen],
        "count": [one.count for one in seen],
        "weight": [one.weight for one in seen],
    }
    _write(folder / EDGES, table, EDGE_FEATURES, more)


def sets(corpus: Corpus, book: FactBook, seed: int, folder: Path) -> None:
    """The set table: a row of features for each build and each derived label."""
    recipe = Recipe(seed=seed)
    found = set_table(corpus, divide(corpus, recipe), _read(folder / EDGES, EDGE_FEATURES)[0], book, recipe)
    more = {"label": found.passed, "weight": found.weight, "group": found.groups, "build": np.arange(len(found.passed)) < found.builds}
    _write(folder / SETS, found.sets, SET_FEATURES, more)


def model(corpus: Corpus, book: FactBook, seed: int, folder: Path) -> None:
    """Both boosters and the calibration as text."""
    recipe = Recipe(seed=seed, trained_on=phrase(corpus))
    rows, more = _read(folder / SETS, SET_FEATURES)
    table = SetTable(
        sets=rows,
        passed=np.asarray(more["label"]),
        weight=np.asarray(more["weight"]),
        groups=tuple(more["group"]),
        builds=int(np.sum(more["build"])),
    )
    text, _ = fit_tables(corpus, _read(folder / EDGES, EDGE_FEATURES)[0], table, divide(corpus, recipe), book, recipe)
    text.save(folder / MODEL)


def judged(corpus: Corpus, book: FactBook, assembler: Assembler, seed: int, folder: Path) -> None:
    """The metrics by stack, beside the baselines."""
    found = evaluation.reports(evaluation.every_stack(corpus, book, assembler, Recipe(seed=seed)))
    write_whole(folder / METRICS, json.dumps(found, indent=1, sort_keys=True) + "\n")


def _write(path: Path, table: Floats, names: tuple[str, ...], more: Mapping[str, object]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table({**dict(zip(names, table.T, strict=True)), **{f"_{key}": value for key, value in more.items()}}), path)


def _read(path: Path, names: tuple[str, ...]) -> tuple[Floats, dict[str, list[Any]]]:
    from pyarrow import parquet

    found = parquet.read_table(path)
    table = np.ascontiguousarray(np.stack([found[name].to_numpy() for name in names], axis=1))
    return table, {name[1:]: found[name].to_pylist() for name in found.column_names if name.startswith("_")}

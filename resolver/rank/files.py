"""The learned ranker as text files in one folder: two LightGBM texts and one JSON file; nothing is ever unpickled."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from resolver.core.errors import ResolverError
from resolver.rank.features import COLUMN, EDGE_FEATURES, Floats, Vocabulary
from resolver.rank.forest import Forest
from resolver.rank.history import History
from resolver.rank.names import SeenNames
from resolver.rank.sets import SET_COLUMN, SET_FEATURES

EDGE_FILE, SET_FILE, FACTS_FILE = "edge.txt", "set.txt", "ranker.json"
BLIND = "blind"
"""Folder beside the champion with its twin that never saw the hold-out: only twins are ever compared."""
SCHEMA = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """From what the set booster says to a probability: "isotonic" through points (`x`, `y`), or "platt" with slope and offset."""

    kind: str = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, raw: Floats) -> Floats:
        """Calibrated probabilities, inside (0.001, 0.999)."""
        clipped = np.clip(raw, 1e-6, 1 - 1e-6)
        if self.kind == "isotonic":
            clipped = np.interp(clipped, *_centred(self.x, self.y))
        elif self.kind == "platt":
            slope, offset = self.x
            clipped = 1.0 / (1.0 + np.exp(-(slope * np.log(clipped / (1 - clipped)) + offset)))
        found: Floats = np.clip(clipped, 0.001, 0.999)
        return found


def _centred(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """The steps of an isotonic curve as points to draw lines through, each at the middle of its step, and half of what is left beyond the
    outer ones: a flat step would make candidates equal that the booster tells apart (centered isotonic regression, Oron and Flournoy 2017).
    """
    steps: dict[float, list[float]] = {}
    for at, value in zip(x, y, strict=True):
        steps.setdefault(value, []).append(at)
    values = sorted(steps)
    middles = [(steps[value][0] + steps[value][-1]) / 2 for value in values]
    return [0.0, *middles, 1.0], [values[0] / 2, *values, (values[-1] + 1) / 2]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where the set booster starts from: `slope` times the log-odds that the rules give on learned edge risks, plus `offset`."""

    slope: float = 0.0
    offset: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RankerText:
    """Everything a learned ranker consists of; `version` is a digest-like label, `trained_on` a phrase for people."""

    edge: str
    sets: str
    version: str
    trained_on: str
    vocabulary: Vocabulary
    history: History
    calibration: Calibration
    names: SeenNames = dataclasses.field(default_factory=SeenNames)
    start: Start = Start()
    edge_features: tuple[str, ...] = EDGE_FEATURES
    set_features: tuple[str, ...] = SET_FEATURES

    @property
    def edge_forest(self) -> Forest:
        """The edge booster; one trained before a feature came reads the columns that it knew."""
        known = self.edge_features == EDGE_FEATURES
        return Forest(self.edge, None if known else [COLUMN[name] for name in self.edge_features])

    @property
    def set_forest(self) -> Forest:
        """The set booster, likewise."""
        known = self.set_features == SET_FEATURES
        return Forest(self.sets, None if known else [SET_COLUMN[name] for name in self.set_features])

    def files(self) -> dict[str, str]:
        """File name -> text, byte for byte the same for the same ranker."""
        facts = {
            "schema": SCHEMA,
            "version": self.version,
            "trained_on": self.trained_on,
            "edge_features": list(self.edge_features),
            "set_features": list(self.set_features),
            "importers": sorted(self.vocabulary.importers, key=self.vocabulary.importers.__getitem__),
            "providers": sorted(self.vocabulary.providers, key=self.vocabulary.providers.__getitem__),
            "start": [self.start.slope, self.start.offset],
            "calibration": {"kind": self.calibration.kind, "x": list(self.calibration.x), "y": list(self.calibration.y)},
            "history": self.history.to_plain(),
        }
        head = json.dumps({key: value for key, value in facts.items() if key != "history"}, indent=1, sort_keys=True)
        rows = ",\n".join(f"  {json.dumps(key)}: [{seen[0]},{seen[1]}]" for key, seen in self.history.to_plain().items())
        names = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(found, separators=(',', ':'))}" for name, found in self.names.to_plain().items()
        )
        return {
            EDGE_FILE: self.edge,
            SET_FILE: self.sets,
            FACTS_FILE: head.rstrip("\n}") + f',\n "history": {{\n{rows}\n }},\n "names": {{\n{names}\n }}\n}}\n',
        }

    def save(self, folder: Path) -> None:
        """Write the files; each appears whole or not at all, the JSON file last."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            write_whole(folder / name, text)

    @classmethod
    def load(cls, folder: Path) -> RankerText:
        """Read what `save` wrote. Raises ResolverError when a file is missing, damaged or made for other features."""
        try:
            facts: Mapping[str, Any] = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
            edge, sets = ((folder / name).read_text(encoding="utf-8") for name in (EDGE_FILE, SET_FILE))
            edge_features, set_features = tuple(facts["edge_features"]), tuple(facts["set_features"])
            if facts["schema"] != SCHEMA or not (COLUMN.keys() >= {*edge_features} and SET_COLUMN.keys() >= {*set_features}):
                raise ResolverError(f"the ranker in {folder} was trained for other features", hint="train it again: resolver train")
            calibration = facts["calibration"]
            return cls(
                edge=edge,
                sets=sets,
                version=str(facts["version"]),
                trained_on=str(facts["trained_on"]),
                vocabulary=Vocabulary(importers=_codes(facts["importers"]), providers=_codes(facts["providers"])),
                history=History.from_plain(facts["history"]),
                names=SeenNames.from_plain(facts["names"]),
                start=Start(slope=float(facts["start"][0]), offset=float(facts["start"][1])),
                edge_features=edge_features,
                set_features=set_features,
                calibration=Calibration(kind=str(calibration["kind"]), x=tuple(calibration["x"]), y=tuple(calibration["y"])),
            )
        except OSError as error:
            raise ResolverError(f"no trained ranker in {folder}: {error.strerror}", hint="train one: resolver train") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ResolverError(f"the ranker in {folder} cannot be read: {error}", hint="train it again: resolver train") from error


def _codes(names: list[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names, start=1)}


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it appears whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

"""The small hand-kept table of wrong, retired and ambiguous names (`names.json`), typed and loaded once."""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from importlib import resources


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """A name that people write although the index means something else by it; `keep` says whether its version still applies."""

    to: str
    keep: bool
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything in `names.json`; distribution names are canonical, import names as Python spells them."""

    retired: dict[str, Renaming]
    left_out: dict[str, str]
    conda: dict[str, str | None]
    families: dict[str, tuple[str, ...]]
    namespaces: dict[str, str]
    imports: dict[str, str]
    dynamic: frozenset[str]
    frameworks: dict[str, str]
    generic: frozenset[str]
    stdlib: frozenset[str]
    python2_stdlib: frozenset[str]


@functools.cache
def tables() -> Tables:
    """The table, read from the package's own file on first use."""
    raw = json.loads(resources.files(__package__).joinpath("names.json").read_text("utf-8"))
    return Tables(
        retired={name: Renaming(**entry) for name, entry in raw["retired"].items() if entry["to"] != name},
        left_out=raw["left_out"],
        conda=raw["conda"],
        families={root: tuple(names) for root, names in raw["families"].items()},
        namespaces=raw["namespaces"],
        imports=raw["imports"],
        dynamic=frozenset(raw["dynamic"]),
        frameworks=raw["frameworks"],
        generic=frozenset(raw["generic"]),
        stdlib=frozenset(sys.stdlib_module_names) | frozenset(raw["old_stdlib"]) | frozenset(raw["python2_stdlib"]),
        python2_stdlib=frozenset(raw["python2_stdlib"]),
    )


def is_stdlib(root: str) -> bool:
    """Whether `root` was a top-level module of the standard library in any Python from 2.7 to 3.13."""
    return root in tables().stdlib

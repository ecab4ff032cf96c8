"""YAML of strangers as plain texts, lists and mappings: aliases that multiply are refused, merges and tags mean nothing."""

from __future__ import annotations

from typing import Any

MAX_VALUES = 100_000
"""Documents of more values (aliases written out) are refused."""


def load_texts(text: str | bytes) -> Any:
    """The one document of a YAML text, every scalar as it is written ("3.10" is no number); raises ValueError for what cannot be read."""
    import yaml  # most projects have none

    try:
        loaded = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - makes texts, lists and mappings only
        _expanded(loaded, {})
    except (yaml.YAMLError, RecursionError, TypeError, LookupError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    return loaded


def _expanded(value: Any, known: dict[int, int]) -> int:
    """How many values there are with each alias written out; those of one that holds itself are without end."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = MAX_VALUES  # what holds itself meets this
        known[id(value)] = 1 + sum(_expanded(inner, known) for inner in (value.values() if isinstance(value, dict) else value))
    if known[id(value)] > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    return known[id(value)]

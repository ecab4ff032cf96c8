"""Several Pythons that someone names ("3.6, 3.7 and 3.8", a CI matrix) as one bound from the oldest to the newest."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MINOR = re.compile(r"^\s*(?:python[-_ ]?|cp|py)?\s*3[._]?(\d{1,2})(?:\.\d+|\.x|\.\*|-dev|-slim)?\s*$", re.IGNORECASE)


def minors_of(texts: Iterable[str]) -> list[int]:
    """The minor numbers of Python 3 among texts like "3.7", "3.7.4", "py37", "python3.7"; sorted, each once."""
    return sorted({int(found[1]) for text in texts if (found := _MINOR.match(text))})


def hull(minors: Iterable[int]) -> str:
    """The specifier from the oldest to the newest minor, "" for none."""
    known = sorted(minors)
    if not known:
        return ""
    if known[0] == known[-1]:
        return f"==3.{known[0]}.*"
    return f">=3.{known[0]},<3.{known[-1] + 1}"

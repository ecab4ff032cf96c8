"""Why no set exists, as data: a tree that `cli` turns into sentences."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One sentence of an explanation and the sentences it rests on; `where` is "file:line" of the need, or ""."""

    sentence: str
    where: str = ""
    because: tuple[Conflict, ...] = ()

"""The answer: one chosen set, what else was considered, and the proof if it was built."""

from __future__ import annotations

import dataclasses

from resolver.core.candidate import Relaxation, Scored
from resolver.core.project import Project
from resolver.core.proof import Proof
from resolver.core.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RankerInfo:
    """Which ranker decided: its version and what it was trained on ("1,204 outcomes up to 2026-11-22")."""

    version: str = ""
    trained_on: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What `resolve` answers: the chosen set first, its runners-up, and everything the renderers need.

    `base_image` is a tag, with a digest where a registry told it; `extra_index` an index that some pins come
    from beside pip's own; `system_packages` Debian package names, sorted; `warnings` sentences for the person;
    `would_break` sentences about what plain `pip install -r` would have done; `decided` sentences on the edges that other sets lost by;
    `changes` sentences on what would change the choice (with --explain); `kept` a sentence on the versions of a former answer, "" where
    there was none or the best set has them anyway;
    `considered` counts distinct candidates; `tried` are the
    resolutions whose proofs failed beside this one (--attempts).
    """

    project: Project
    target: Target
    chosen: Scored
    others: tuple[Scored, ...] = ()
    considered: int = 0
    base_image: str = ""
    extra_index: str = ""
    system_packages: tuple[str, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    warnings: tuple[str, ...] = ()
    would_break: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    kept: str = ""
    ranker: RankerInfo = RankerInfo()
    snapshot: str = ""
    proof: Proof | None = None
    tried: tuple[Resolution, ...] = ()

"""The answer that a folder holds already."""

from __future__ import annotations

import dataclasses

from resolver.core.package import Pin
from resolver.core.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What `resolve` answered before: the target it answered for and the versions that it locked."""

    target: Target
    pins: tuple[Pin, ...]

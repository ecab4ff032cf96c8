"""Walk lines for tests, as inside_walk.py writes them."""

from __future__ import annotations

import json
from typing import Any


def line(name: str, version: str, names: dict[str, str], **more: Any) -> str:
    """One walk; modules on disk are those with names unless `modules` says otherwise."""
    row: dict[str, Any] = {
        "name": name, "version": version, "python": "3.7", "modules": sorted(names), "names": names, "alias": {}, "classes": {},
        "takes": {}, "needed": {}, "pb2": False, "static": False, "failed": "",
    }  # fmt: skip
    row.update(more)
    return json.dumps(row, separators=(",", ":"), sort_keys=True)

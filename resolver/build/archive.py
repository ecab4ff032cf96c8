"""Files into a container and out of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def archive(folder: str, files: Mapping[str, bytes]) -> bytes:
    """A tar archive, for the parent of `folder`, of one folder that anybody may write to: the image's user need not be root."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        entry = tarfile.TarInfo(Path(folder).name)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o777
        made.addfile(entry)
        for name, content in files.items():
            file = tarfile.TarInfo(f"{entry.name}/{name}")
            file.size, file.mode = len(content), 0o644
            made.addfile(file, io.BytesIO(content))
    return stream.getvalue()


def fetch(container: Any, path: str, limit: int) -> str:
    """The beginning of one file of a container; "" when it is not there."""
    from docker.errors import NotFound

    try:
        chunks, _ = container.get_archive(path)
    except NotFound:
        return ""
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as found:
        for entry in found:
            if entry.isfile() and (stream := found.extractfile(entry)):
                return stream.read(limit).decode("utf-8", "replace")
    return ""

"""Puts rendered texts into a folder: all of them or none, and never over a file that somebody else wrote."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from resolver.core.errors import ResolverError

MARKER = "Written by resolver; a file without this line is never overwritten unless --force is given."
"""First line of every text file written, after "# "; in JSON the value of "generator"."""

_LOOKED_AT = 4096


def write_files(folder: Path, texts: Mapping[str, str], *, force: bool = False) -> list[Path]:
    """Write `texts` {file name: text} into `folder` (made when missing) and return the paths, in the given order.

    Every file appears whole or not at all, and if one cannot be written none is changed. Raises ResolverError with a hint when
    a file of that name was not written by us (unless `force`), the folder is read-only or the disk is full.
    """
    paths = {name: folder / name for name in texts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(paths.values(), force=force)
        _write(paths, texts)
    except OSError as problem:
        raise _told(problem, folder) from problem
    return list(paths.values())


def is_ours(path: Path) -> bool:
    """Whether we wrote this file: its head carries the marker. An unreadable file is not ours."""
    try:
        with path.open("rb") as file:
            return MARKER.encode() in file.read(_LOOKED_AT)
    except OSError:
        return False


def _refuse_foreign(paths: Iterable[Path], *, force: bool) -> None:
    for path in paths:
        if path.is_dir():
            raise ResolverError(f"{path} is a folder where a file is to be written", hint="move it away, or choose --output DIR")
        if not force and os.path.lexists(path) and not is_ours(path):
            raise ResolverError(
                f"{path} exists and was not written by resolver", hint="--force overwrites it; --output DIR writes elsewhere"
            )


def _write(paths: Mapping[str, Path], texts: Mapping[str, str]) -> None:
    """Prepare every file beside its place, then swap them in one after the other; undo the swaps if one fails."""
    with contextlib.ExitStack() as undo:
        ready = [(_prepared(paths[name], texts[name], undo), paths[name]) for name in texts]
        kept = [(_backup(path, undo), path) for _, path in ready]
        with contextlib.ExitStack() as swaps:
            for (fresh, path), (backup, _) in zip(ready, kept, strict=True):
                # Registered first: an interrupt may come right after the swap.
                swaps.callback(_restore, backup, path, fresh)
                fresh.replace(path)
            swaps.pop_all()
    for folder in {path.parent for path in paths.values()}:
        _sync_folder(folder)


def _prepared(path: Path, text: str, undo: contextlib.ExitStack) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    fresh = Path(name)
    undo.callback(fresh.unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    umask = os.umask(0)
    os.umask(umask)
    fresh.chmod(0o666 & ~umask)
    return fresh


def _backup(path: Path, undo: contextlib.ExitStack) -> Path | None:
    if not os.path.lexists(path):
        return None
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old")
    os.close(descriptor)
    old = Path(name)
    undo.callback(old.unlink, missing_ok=True)
    old.unlink()
    shutil.copy2(path, old, follow_symlinks=False)
    return old


def _restore(backup: Path | None, path: Path, fresh: Path) -> None:
    if fresh.exists():  # this one was never swapped in
        return
    if backup is None:
        path.unlink(missing_ok=True)
    else:
        backup.replace(path)


def _sync_folder(folder: Path) -> None:
    # Some file systems cannot sync a folder; the files themselves are on disk by then.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _told(problem: OSError, folder: Path) -> ResolverError:
    where = problem.filename or folder
    hints = {
        errno.EACCES: "make the folder writable, or choose --output DIR",
        errno.EPERM: "make the folder writable, or choose --output DIR",
        errno.EROFS: "the file system is read-only; choose --output DIR",
        errno.ENOSPC: "the disk is full; nothing was changed",
        errno.EDQUOT: "the quota is used up; nothing was changed",
        errno.ENOTDIR: "--output must be a folder",
        errno.EEXIST: "--output must be a folder",
    }
    hint = hints.get(problem.errno or 0, "nothing was changed")
    return ResolverError(f"cannot write to {folder}: {problem.strerror or problem} ({where})", hint=hint)

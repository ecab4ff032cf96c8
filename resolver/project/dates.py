"""When a project was last worked on: the date of its last commit, else that of its newest source."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath

from resolver.project.files import Tree
from resolver.project.git_objects import UnreadableRepository, head_commit
from resolver.project.reading import Reading

_COMMITTER = re.compile(rb"^committer .*> (\d{1,12}) [+-]\d{4}$", re.MULTILINE)
_REFLOG = re.compile(rb"> (\d{1,12}) [+-]\d{4}\tcommit[ (:]")
_OLDEST = date(2005, 1, 1)
_FRESH = timedelta(days=7)


def read_dates(tree: Tree, today: date | None = None) -> Reading:
    """At most one dated sign: the last commit of a repository at the root, else the newest source's change when no repository is
    around. A change within the last week is no sign (a copy made today), nor is a date before 2005 or in the future.
    """
    today = today or datetime.now(UTC).date()
    found = last_commit(tree.root) if (tree.root / ".git").exists() else None
    if found and _OLDEST <= found <= today + timedelta(days=1):
        return Reading(dates=((found, "last commit"),))
    if _under_git(tree.root):
        return Reading()
    newest = max((day for path in tree.sources if (day := _changed(tree.root, path))), default=None)
    if newest and _OLDEST <= newest <= today - _FRESH:
        return Reading(dates=((newest, "newest source file"),))
    return Reading()


def last_commit(work_tree: Path) -> date | None:
    """The committer's date (UTC) of HEAD, from the object itself or from the log of local commits; None when neither can be read."""
    try:
        stamp = _COMMITTER.search(head_commit(work_tree).split(b"\n\n", 1)[0])
        return _day(stamp[1]) if stamp else None
    except UnreadableRepository:
        return _last_logged(work_tree / ".git" / "logs" / "HEAD")


def _last_logged(log: Path) -> date | None:
    # Only lines of local commits: a clone's line bears the date of cloning.
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - 65_536))
            stamps = _REFLOG.findall(stream.read(65_536))
    except (OSError, ValueError):
        return None
    return _day(stamps[-1]) if stamps else None


def _day(stamp: bytes) -> date | None:
    try:
        return datetime.fromtimestamp(int(stamp), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


def _changed(root: Path, path: PurePosixPath) -> date | None:
    try:
        return datetime.fromtimestamp((root / path).stat().st_mtime, UTC).date()
    except (OSError, ValueError, OverflowError):
        return None


def _under_git(root: Path) -> bool:
    resolved = root.resolve()
    return any((folder / ".git").exists() for folder in (resolved, *resolved.parents))

"""When a project was last worked on: commits that changed its code, runs of its notebooks, else the change of its newest source."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath

from resolver.core.signs import Sign, SignKind
from resolver.project.files import Tree
from resolver.project.git_objects import UnreadableRepository, head_commit, last_change
from resolver.project.reading import Reading
from resolver.project.text import read_head

MAX_NOTEBOOKS = 20
MAX_NOTEBOOK_BYTES = 10_000_000

_COMMITTER = re.compile(rb"^committer .*> (\d{1,12}) [+-]\d{4}$", re.MULTILINE)
_REFLOG = re.compile(rb"> (\d{1,12}) [+-]\d{4}\tcommit[ (:]")
_STAMPED = re.compile(rb'"timestamp":\s*(1\d{9})\d{3}\b')
"""Milliseconds, as Colab writes them of each cell's run."""
_TIMED = re.compile(rb'"(?:start_time|end_time)":\s*"(20\d\d-\d\d-\d\d)[T "]')
"""As papermill and the ExecuteTime extension write them."""
_CODE = re.compile(r"\.(?:py|pyx|ipynb)$|^(?:.*requirements.*\.(?:txt|in)|pyproject\.toml|setup\.cfg|Pipfile|environment.*\.ya?ml)$")
_OLDEST = date(2005, 1, 1)
_FRESH = timedelta(days=7)


def read_dates(tree: Tree, today: date | None = None) -> Reading:
    """The dated signs of a project: of a repository at the root the last commit, and the last one that changed code where that is another;
    runs of notebooks; the newest source's change when no repository is around.

    A change within the last week is no sign (a copy made today), nor is a date before 2005 or in the future.
    """
    today = today or datetime.now(UTC).date()
    signs = [*_commits(tree.root), *_runs(tree)]
    if not _under_git(tree.root):
        newest = max((day for path in tree.sources if (day := _changed(tree.root, path))), default=None)
        signs += [Sign(newest, "newest source file", SignKind.FILE)] if newest and newest <= today - _FRESH else []
    return Reading(dates=tuple(sign for sign in signs if _OLDEST <= sign.day <= today + timedelta(days=1)))


def _commits(root: Path) -> Iterator[Sign]:
    if not (root / ".git").exists():
        return
    last = last_commit(root)
    if last:
        yield Sign(last, "last commit", SignKind.COMMIT)
        changed = last_code_commit(root)
        if changed and changed != last:
            yield Sign(changed, "last commit that changed code", SignKind.SOURCE)


def _runs(tree: Tree) -> Iterator[Sign]:
    """The last run of each notebook that tells it."""
    for path in tree.notebooks[:MAX_NOTEBOOKS]:
        try:
            raw = read_head(tree.root / path, MAX_NOTEBOOK_BYTES)
        except (OSError, ValueError):
            continue
        days = [day for stamp in _STAMPED.findall(raw) if (day := _day(stamp))]
        days += [date.fromisoformat(text.decode("ascii")) for text in _TIMED.findall(raw) if _is_day(text)]
        if days:
            yield Sign(max(days), f"{path} was run", SignKind.RUN)


def _is_day(text: bytes) -> bool:
    try:
        date.fromisoformat(text.decode("ascii"))
    except ValueError:
        return False
    return True


def last_code_commit(work_tree: Path) -> date | None:
    """The committer's date (UTC) of the last commit that changed sources, notebooks or declared needs; None when that cannot be told."""
    try:
        stamp = _COMMITTER.search(last_change(work_tree, lambda name: bool(_CODE.search(name))).split(b"\n\n", 1)[0])
    except UnreadableRepository:
        return None
    return _day(stamp[1]) if stamp else None


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
        if not log.is_file():
            return None  # a pipe would never end
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

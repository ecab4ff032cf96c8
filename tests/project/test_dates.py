from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.project.dates import last_commit, read_dates
from resolver.project.files import walk
from resolver.project.git_objects import UnreadableRepository, head_commit

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git makes the repositories these tests read")
TODAY = date(2026, 1, 1)


def git(folder: Path, *words: str, day: str = "2020-07-30") -> str:
    stamp = f"{day}T12:00:00Z"
    env = {**os.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "gc.auto=0"]
    return subprocess.run(["git", "-C", str(folder), *who, *words], check=True, env=env, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    git(folder, "init", "-q")
    for number in range(12):
        (folder / "app.py").write_text(f"x = {number}\n")
        git(folder, "add", "-A")
        git(
            folder,
            "commit",
            "-q",
            "-m",
            f"change {number} " + "with the same long text in every message " * 30,
            day=f"2019-{number % 12 + 1:02d}-15",
        )
    return folder


def copied(history: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(history, tmp_path / "copy"))


def test_loose_object(history: Path) -> None:
    assert last_commit(history) == date(2019, 12, 15)


def test_every_commit_of_a_pack_deltas_included(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    git(folder, "gc", "-q", "--aggressive")
    git(folder, "pack-refs", "--all")
    assert last_commit(folder) == date(2019, 12, 15)
    chains = git(folder, "verify-pack", "-v", *map(str, (folder / ".git/objects/pack").glob("*.idx")))
    assert "chain length" in chains
    for commit in git(folder, "rev-list", "HEAD").split():
        (folder / ".git" / "HEAD").write_text(commit + "\n")
        assert head_commit(folder).decode().rstrip("\n") == git(folder, "cat-file", "commit", commit).rstrip("\n")


def test_worktree_follows_its_pointer(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    git(folder, "worktree", "add", "-q", str(tmp_path / "tree"), "HEAD~3")
    assert last_commit(tmp_path / "tree") == date(2019, 9, 15)


def test_the_log_of_local_commits_is_the_fallback(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    shutil.rmtree(folder / ".git" / "objects")
    assert last_commit(folder) == date(2019, 12, 15)
    (folder / ".git/logs/HEAD").write_text("0 1 a <a@b> 1700000000 +0000\tclone: from somewhere\n")
    assert last_commit(folder) is None


def test_the_commit_is_the_only_sign(history: Path) -> None:
    assert read_dates(walk(history), TODAY).dates == ((date(2019, 12, 15), "last commit"),)


@pytest.mark.parametrize(("day", "counts"), [("2018-03-01", True), ("2025-12-31", False), ("1999-01-01", False), ("2030-01-01", False)])
def test_without_a_repository_the_newest_source_counts_unless_fresh(tmp_path: Path, day: str, counts: bool) -> None:
    source = tmp_path / "app.py"
    source.write_text("x = 1\n")
    stamp = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    os.utime(source, (stamp, stamp))
    expected = ((date.fromisoformat(day), "newest source file"),) if counts else ()
    assert read_dates(walk(tmp_path), TODAY).dates == expected


def test_a_folder_inside_a_repository_has_no_date_of_its_own(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path) / "sub"
    folder.mkdir()
    (folder / "app.py").write_text("x\n")
    os.utime(folder / "app.py", (1e9, 1e9 + 3e8))
    assert read_dates(walk(folder), TODAY).dates == ()


@pytest.fixture(scope="module")
def packed(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(history, tmp_path_factory.mktemp("packed") / "x"))
    git(folder, "gc", "-q", "--aggressive")
    git(folder, "pack-refs", "--all")
    return folder


@settings(max_examples=40, deadline=None)
@given(raw=st.binary(max_size=60), at=st.integers(0, 400), kind=st.sampled_from(["idx", "pack", "HEAD", "packed-refs"]))
def test_a_spoilt_repository_is_unreadable_or_read(
    packed: Path, tmp_path_factory: pytest.TempPathFactory, raw: bytes, at: int, kind: str
) -> None:
    folder = Path(shutil.copytree(packed, tmp_path_factory.mktemp("spoilt") / "x"))
    paths = list((folder / ".git").rglob(f"*.{kind}")) or [folder / ".git" / kind]
    whole = paths[0].read_bytes()
    paths[0].chmod(0o644)
    paths[0].write_bytes(whole[:at] + raw + whole[at + len(raw) :])
    started = time.process_time()
    with contextlib.suppress(UnreadableRepository):
        head_commit(folder)
    assert time.process_time() - started < 2

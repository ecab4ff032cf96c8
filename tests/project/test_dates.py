from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.signs import Sign, SignKind
from resolver.project.dates import last_code_commit, last_commit, read_dates
from resolver.project.files import walk
from resolver.project.git_objects import MAX_READS, UnreadableRepository, head_commit, last_change

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


def test_a_mode_alone_is_no_change_and_half_a_tree_is_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for day, mode in (("2019-01-15", 0o644), ("2019-02-15", 0o755)):
        (tmp_path / "app.py").write_text("import flask\n")
        (tmp_path / "app.py").chmod(mode)
        (tmp_path / f"{mode}.md").touch()
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", day, day=day)
    assert last_commit(tmp_path) == date(2019, 2, 15)
    assert last_code_commit(tmp_path) == date(2019, 1, 15)
    tree = git(tmp_path, "rev-parse", "HEAD^{tree}").strip()
    loose = tmp_path / ".git" / "objects" / tree[:2] / tree[2:]
    whole = zlib.decompress(loose.read_bytes())
    loose.chmod(0o644)
    loose.write_bytes(zlib.compress(whole[:-1]))
    assert last_code_commit(tmp_path) is None


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
    assert read_dates(walk(history), TODAY).dates == (Sign(date(2019, 12, 15), "last commit"),)


def test_a_later_commit_that_touches_no_code_is_told_apart(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    for number in range(3):
        (folder / "README.md").write_text(f"words {number}\n")
        (folder / "docs").mkdir(exist_ok=True)
        (folder / "docs" / "more.md").write_text(f"words {number}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "words", day="2023-05-01")
    expected = (
        Sign(date(2023, 5, 1), "last commit"),
        Sign(date(2019, 12, 15), "last commit that changed code", SignKind.SOURCE),
    )
    assert read_dates(walk(folder), TODAY).dates == expected
    git(folder, "gc", "-q", "--aggressive")
    assert read_dates(walk(folder), TODAY).dates == expected
    (folder / "lib" / "deep").mkdir(parents=True)
    (folder / "lib" / "deep" / "x.py").write_text("x = 1\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "code", day="2024-01-01")
    assert read_dates(walk(folder), TODAY).dates == (Sign(date(2024, 1, 1), "last commit"),)


def test_a_shallow_clone_tells_of_its_one_commit_only(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    (folder / "README.md").write_text("words\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "words", day="2023-05-01")
    git(folder, "clone", "-q", "--depth", "1", f"file://{folder}", str(tmp_path / "shallow"))
    assert read_dates(walk(tmp_path / "shallow"), TODAY).dates == (Sign(date(2023, 5, 1), "last commit"),)


def test_a_long_history_without_code_ends_in_time(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD").strip()
    parts = []
    for number in range(MAX_READS // 2 + 500):
        start = f"commit refs/heads/main\ncommitter a <a@b> {1_500_000_000 + number} +0000\ndata 1\nx\n"
        parts.append(start + (f"from {head}\n" if not number else "") + f"M 100644 inline readme\ndata 5\n{number:05d}\n")
    subprocess.run(["git", "-C", str(tmp_path), "fast-import", "--quiet", "--force"], input="".join(parts).encode(), check=True)
    started = time.process_time()
    with pytest.raises(UnreadableRepository, match="objects"):
        last_change(tmp_path, lambda name: name.endswith(".py"))
    assert time.process_time() - started < 5


def test_nothing_that_the_configuration_names_runs(history: Path, tmp_path: Path) -> None:
    folder = copied(history, tmp_path)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    with (folder / ".git/config").open("a") as stream:
        stream.write(f"[log]\n showSignature = true\n[gpg]\n program = {trap}\n[core]\n sshCommand = {trap}\n fsmonitor = {trap}\n")
    assert [sign.day for sign in read_dates(walk(folder), TODAY).dates] == [date(2019, 12, 15)]
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ('{"executionInfo": {"timestamp": 1609459200000, "status": "ok"}}', date(2021, 1, 1)),
        ('{"papermill": {"start_time": "2020-03-04T10:11:12.5"}}', date(2020, 3, 4)),
        ('{"ExecuteTime": {"end_time": "2018-05-06T10:11:12.5Z", "start_time": "2018-05-05T10:11:12.5Z"}}', date(2018, 5, 6)),
        ('{"ExecuteTime": {"end_time": "2018-99-99T10:11:12.5Z"}}', None),
        ('{"executionInfo": {"timestamp": 9999999999999}}', None),
    ],
)
def test_runs_of_notebooks_are_signs(tmp_path: Path, metadata: str, expected: date | None) -> None:
    (tmp_path / "train.ipynb").write_text('{"cells": [{"metadata": ' + metadata + "}]}")
    signs = read_dates(walk(tmp_path), TODAY).dates
    assert signs == ((Sign(expected, "train.ipynb was run", SignKind.RUN),) if expected else ())


@pytest.mark.parametrize(("day", "counts"), [("2018-03-01", True), ("2025-12-31", False), ("1999-01-01", False), ("2030-01-01", False)])
def test_without_a_repository_the_newest_source_counts_unless_fresh(tmp_path: Path, day: str, counts: bool) -> None:
    source = tmp_path / "app.py"
    source.write_text("x = 1\n")
    stamp = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    os.utime(source, (stamp, stamp))
    expected = (Sign(date.fromisoformat(day), "newest source file", SignKind.FILE),) if counts else ()
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

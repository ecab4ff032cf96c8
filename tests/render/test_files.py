from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from resolver.core.errors import ResolverError
from resolver.render.files import MARKER, is_ours, write_files
from resolver.render.report import ReportRenderer
from tests.render.recorded import FLASK_37, resolution

OURS = {"Dockerfile": f"# {MARKER}\nFROM x\n", "requirements.lock": f"# {MARKER}\na==1\n"}


def listing(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_writes_all_with_normal_permissions_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "deep"
    assert write_files(folder, OURS) == [folder / name for name in OURS]
    assert listing(folder) == OURS
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((folder / "Dockerfile").stat().st_mode) == 0o666 & ~umask


def test_our_own_files_are_replaced(tmp_path: Path) -> None:
    write_files(tmp_path, OURS)
    newer = {name: text + "more\n" for name, text in OURS.items()}
    write_files(tmp_path, newer)
    assert listing(tmp_path) == newer


def test_a_report_is_recognised_as_ours(tmp_path: Path) -> None:
    write_files(tmp_path, {"resolution.json": ReportRenderer().render(resolution(FLASK_37))})
    assert is_ours(tmp_path / "resolution.json")


def test_a_foreign_file_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("mine\n")
    with pytest.raises(ResolverError, match=r"requirements\.lock") as caught:
        write_files(tmp_path, OURS)
    assert "--force" in caught.value.hint
    assert listing(tmp_path) == {"requirements.lock": "mine\n"}
    write_files(tmp_path, OURS, force=True)
    assert listing(tmp_path) == OURS


def test_a_dangling_link_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ResolverError):
        write_files(tmp_path, OURS)


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Dockerfile").symlink_to(outside)
    write_files(folder, OURS, force=True)
    assert outside.read_text() == "precious"
    assert listing(folder) == OURS


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").mkdir()
    with pytest.raises(ResolverError, match="folder"):
        write_files(tmp_path, OURS, force=True)


def test_output_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ResolverError) as caught:
        write_files(tmp_path / "out", OURS)
    assert caught.value.hint == "--output must be a folder"


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    folder = Path("/proc/self") if os.geteuid() == 0 else tmp_path  # root may write anywhere but in /proc
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
    with pytest.raises(ResolverError) as caught:
        write_files(folder, OURS)
    assert caught.value.hint


@pytest.mark.parametrize("broken_at", [1, 2])
@pytest.mark.parametrize("before", [{}, OURS])
def test_a_failure_half_way_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_at: int, before: dict[str, str]
) -> None:
    if before:
        write_files(tmp_path, before)
    calls = 0
    real = Path.replace

    def failing(self: Path, target: Path) -> Path:
        nonlocal calls
        if self.suffix == ".tmp":
            calls += 1
            if calls == broken_at:
                raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(ResolverError) as caught:
        write_files(tmp_path, {name: text + "newer\n" for name, text in OURS.items()})
    assert "full" in caught.value.hint
    assert listing(tmp_path) == before


@pytest.mark.parametrize("broken_at", [1, 2])
def test_an_interrupt_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_at: int) -> None:
    write_files(tmp_path, OURS)
    calls = 0

    def interrupted(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == broken_at:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {name: text + "newer\n" for name, text in OURS.items()})
    assert listing(tmp_path) == OURS


@pytest.mark.skipif(not Path("/dev/full").exists() or os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        write_files(small, OURS)
        with pytest.raises(ResolverError) as caught:
            write_files(small, {"Dockerfile": OURS["Dockerfile"] + "newer", "requirements.lock": "x" * 200_000})
        assert "full" in caught.value.hint
        assert listing(small) == OURS
    finally:
        subprocess.run(["umount", str(small)], check=True)

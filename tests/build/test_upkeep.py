import threading
import time
from pathlib import Path

import pytest

from resolver.build import upkeep
from resolver.core.errors import EngineUnavailable


def test_room_is_made_only_when_the_disk_runs_short(monkeypatch):
    trimmed = []
    monkeypatch.setattr(upkeep, "trim", lambda *_a, keep_gb, **_k: trimmed.append(keep_gb) or "40000 MB before, x")
    for free, expected in ((50e9, []), (4e9, [1e6, 24.0])):
        monkeypatch.setattr(upkeep.host, "disk_free", lambda f=free: int(f))
        monkeypatch.setattr(upkeep, "_last_look", [-100.0])
        upkeep.make_room(Path("docker"), reserve_gb=10, cache_id="c", python="3.8")
        assert trimmed == expected
    upkeep.make_room(Path("docker"), reserve_gb=10, cache_id="c", python="3.8")  # looked a moment ago
    assert trimmed == [1e6, 24.0]


def test_trimming_waits_for_running_cells_and_keeps_new_ones_out(tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep.tempfile, "gettempdir", lambda: str(tmp_path))
    told = []
    inside, leave = threading.Event(), threading.Event()

    def cell(name: str) -> None:
        with upkeep.cell_user("c"):
            told.append(f"{name} runs")
            inside.set()
            assert leave.wait(10)
        told.append(f"{name} ends")

    def trimmer() -> None:
        with upkeep._sole_user("c"):
            told.append("trims")

    first, other = (threading.Thread(target=cell, args=(n,)) for n in ("first", "other"))
    first.start()
    assert inside.wait(10)
    other.start()  # cells run side by side
    for _ in range(100):
        if "other runs" in told:
            break
        time.sleep(0.02)
    trimming = threading.Thread(target=trimmer)
    trimming.start()
    time.sleep(0.3)
    late = threading.Thread(target=cell, args=("late",))
    late.start()
    time.sleep(0.3)
    assert told == ["first runs", "other runs"]
    leave.set()
    for thread in (first, other, trimming, late):
        thread.join(10)
    assert told.index("trims") < told.index("late runs")
    assert told.index("trims") >= 2


@pytest.mark.parametrize(("cache", "python"), [("a b", "3.8"), ("x\nRUN id", "3.8"), ("c", "3.8\nRUN id")])
def test_nothing_odd_reaches_the_build(cache, python):
    with pytest.raises(ValueError, match="cache name"):
        upkeep.trim(Path("docker"), keep_gb=1, cache_id=cache, python=python)


def test_a_prune_drops_the_folders_of_cells_and_bounds_the_layers(tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep, "trim", lambda *_a, keep_gb, **_k: f"{keep_gb:.0f} GB kept")
    engine = tmp_path / "docker"
    engine.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/told\necho "Total reclaimed space: 2GB"\n')
    engine.chmod(0o755)
    assert upkeep.prune(20, command=engine) == "wheels: 20 GB kept; layers: Total reclaimed space: 2GB"
    start = "builder prune -f --filter type="
    assert (tmp_path / "told").read_text() == f"{start}source.local --keep-storage 0\n{start}regular --keep-storage 4000MB\n"
    engine.write_text("#!/bin/sh\necho no such thing\nexit 1\n")
    monkeypatch.setattr(upkeep.host, "engine_version", lambda: "1")
    with pytest.raises(EngineUnavailable, match="cannot prune the build cache: no such thing"):
        upkeep.prune(20, command=engine)

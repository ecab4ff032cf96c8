"""The scripts that look after the shared wheels, run under the interpreters there are."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resolver.build import probe
from tests.build.test_inside_probe import PYTHONS


@pytest.fixture(params=PYTHONS)
def python(request) -> Path:
    return PYTHONS[request.param]


def run(python: Path, folder: Path, name: str, *arguments: object) -> str:
    script = folder / name
    script.write_text(probe.source(name))
    done = subprocess.run([str(python), str(script), *map(str, arguments)], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def test_bytecode_travels_from_one_environment_to_the_next(python, tmp_path):
    cache, store, site = tmp_path / "cache", tmp_path / "cache" / "bytecode", tmp_path / "site"
    wheel = cache / "archive-v0" / "abc" / "low"
    wheel.mkdir(parents=True)
    (wheel / "__init__.py").write_text("value = 1\n")

    def install(folder: Path) -> None:
        (folder / "low").mkdir(parents=True)
        (folder / "low" / "__init__.py").symlink_to(wheel / "__init__.py")
        (folder / "own.py").write_text("")

    def load(folder: Path) -> None:
        code = f"import sys; sys.path.insert(0, {str(folder)!r}); import low, own"
        subprocess.run([str(python), "-c", code], check=True, env={"PATH": "/usr/bin"})

    install(site)
    load(site)
    run(python, tmp_path, "inside_bytecode.py", "keep", cache, store, site)
    kept = list(store.rglob("*.pyc"))
    assert [p.name.split(".")[0] for p in kept] == ["__init__"]  # own.py is no link into the cache
    before = kept[0].stat().st_mtime_ns
    os.utime(cache / "archive-v0" / "abc", (1, 1))
    again = tmp_path / "again"
    install(again)
    run(python, tmp_path, "inside_bytecode.py", "restore", cache, store, again)
    (linked,) = (again / "low" / "__pycache__").iterdir()
    assert linked.is_symlink()
    assert (cache / "archive-v0" / "abc").stat().st_mtime > 1  # marked as used
    load(again)
    assert linked.is_symlink()  # Python found it good: it did not write its own
    assert kept[0].stat().st_mtime_ns == before
    assert not list(wheel.glob("__pycache__"))  # uv counts the files of a wheel


def test_trimming_takes_the_longest_unused_first(python, tmp_path):
    shelf = tmp_path / "archive-v0"
    now = time.time()
    for name, megabytes, age in (("old", 20, 9000), ("older-small", 1, 9999), ("new", 20, 10), ("middle", 20, 5000)):
        (shelf / name / "inner").mkdir(parents=True)
        (shelf / name / "inner" / "file").write_bytes(os.urandom(megabytes << 20))
        os.utime(shelf / name, (now - age, now - age))
    (tmp_path / "bytecode" / "archive-v0" / "old").mkdir(parents=True)
    told = json.loads(run(python, tmp_path, "inside_trim.py", tmp_path, 45, 1200))
    assert told["removed"] == 1
    assert sorted(p.name for p in shelf.iterdir()) == ["middle", "new", "older-small"]
    assert not (tmp_path / "bytecode" / "archive-v0" / "old").exists()
    told = json.loads(run(python, tmp_path, "inside_trim.py", tmp_path, 0, 1200))
    assert sorted(p.name for p in shelf.iterdir()) == ["new", "older-small"]  # may be in use; not worth it
    assert told["removed"] == 1


def test_sources_and_the_leavings_of_killed_builds_do_not_pile_up(python, tmp_path):
    shelf = tmp_path / "sdists-v11"
    built, failed, running = (shelf / "pypi" / "low" / version / "revision" for version in ("1.0", "2.0", "3.0"))
    for revision in (built, failed, running):
        (revision / "src").mkdir(parents=True)
        (revision / "src" / "setup.py").write_text("")
    (built / "low-1.0-py3-none-any.whl").write_text("")
    killed = shelf / ".tmpXY"
    killed.mkdir()
    (tmp_path / "bytecode" / "archive-v0" / "gone").mkdir(parents=True)
    for old in (built, failed, killed):
        os.utime(old, (1, 1))
    run(python, tmp_path, "inside_trim.py", tmp_path, 100, 0)
    assert [p.name for p in built.iterdir()] == ["low-1.0-py3-none-any.whl"]
    assert not (failed / "src").exists()
    assert not killed.exists()
    assert (running / "src" / "setup.py").exists()  # a build of now
    assert not (tmp_path / "bytecode" / "archive-v0" / "gone").exists()


def test_trimming_an_empty_cache(tmp_path):
    assert json.loads(run(Path(sys.executable), tmp_path, "inside_trim.py", tmp_path, 1, 0)) == {
        "before_mb": 0,
        "after_mb": 0,
        "removed": 0,
    }


def test_a_wheel_is_measured_once(python, tmp_path):
    wheel = tmp_path / "archive-v0" / "abc"
    wheel.mkdir(parents=True)
    (wheel / "file").write_bytes(os.urandom(20 << 20))
    first = json.loads(run(python, tmp_path, "inside_trim.py", tmp_path, 100, 0))
    (wheel / "file").write_bytes(b"")  # nobody does that; it shows that the folder is not walked again
    assert json.loads(run(python, tmp_path, "inside_trim.py", tmp_path, 100, 0)) == first
    assert first["before_mb"] == 20
    (tmp_path / "sizes.json").write_text("damaged")
    assert json.loads(run(python, tmp_path, "inside_trim.py", tmp_path, 100, 0))["before_mb"] == 0

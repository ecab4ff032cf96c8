import json
import os
from pathlib import Path

import pytest

from resolver.core.errors import ProjectError
from resolver.core.package import Pin
from resolver.core.target import Accelerator, Target
from resolver.render.files import MARKER
from resolver.render.former import MOST_BYTES, former
from resolver.render.lock import LockRenderer
from resolver.render.report import ReportRenderer
from tests.render.recorded import FLASK_37, resolution

GPU = Accelerator(kind="cuda", driver="535", gpu="h100")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    asked = resolution(FLASK_37, accelerator=GPU)
    (tmp_path / "resolution.json").write_text(ReportRenderer().render(asked))
    (tmp_path / "requirements.lock").write_text(LockRenderer().render(asked))
    return tmp_path


def change(folder: Path, **changed: object) -> None:
    told = json.loads((folder / "resolution.json").read_text())
    (folder / "resolution.json").write_text(json.dumps({**told, **changed}))


def test_what_was_written_is_read_back(folder: Path) -> None:
    found = former(folder)
    assert found is not None
    assert found.target == Target(python="3.7", accelerator=GPU)
    assert found.pins == tuple(sorted(Pin(*pin.split("==")) for pin in FLASK_37))


def test_the_lock_is_what_counts_for_versions(folder: Path) -> None:
    lock = folder / "requirements.lock"
    lock.write_text(lock.read_text().replace("click==7.1.2", "Click==7.1.1"))
    assert ("click", "7.1.1") in former(folder).pins


@pytest.mark.parametrize("name", ["resolution.json", "requirements.lock"])
def test_a_missing_file_or_somebody_else_s_is_no_answer(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace(MARKER, "mine"))
    assert former(folder) is None
    (folder / name).unlink()
    assert former(folder) is None
    os.mkfifo(folder / name)  # nobody will ever write to it
    assert former(folder) is None


def test_a_set_whose_build_failed_is_not_kept(folder: Path) -> None:
    change(folder, proof={"verdict": "pass"})
    assert former(folder) is not None
    change(folder, proof={"verdict": "fail"})
    assert former(folder) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"python": "2.7"}, {"python": ["3.7"]}, {"platform": "vax"}, {"accelerator": None}, {"accelerator": {"kind": 7}},
        {"accelerator": {"kind": "x" * 99}}, {"proof": "yes"},
    ],
)  # fmt: skip
def test_a_target_that_is_none_is_damage(folder: Path, changed: dict[str, object]) -> None:
    change(folder, **changed)
    with pytest.raises(ProjectError, match=r"resolution\.json: damaged"):
        former(folder)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]", "\xff", '{"a": 1' + "0" * 10_000 + "}", " " * (MOST_BYTES + 1)])
def test_a_report_that_is_none_is_damage(folder: Path, text: str) -> None:
    (folder / "resolution.json").write_bytes(f'{{"generator": "{MARKER}"}}\n'.encode() + text.encode("latin-1"))
    with pytest.raises(ProjectError, match=r"resolution\.json: damaged") as told:
        former(folder)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "line",
    [
        "flask>=1", "flask", "flask==1,==2", "flask==not a version", "flask==1.*", "-e .\nflask @ https://example.org/x", "<<<<<<< HEAD",
        "../../etc==1", "import os", "flask===1", "a" * 10_000 + "==1", "flask==" + "1" * 5_000, "\n".join(f"p{n}==1" for n in range(3000)),
    ],
)  # fmt: skip
def test_a_lock_that_is_none_is_damage(folder: Path, line: str) -> None:
    (folder / "requirements.lock").write_text(f"# {MARKER}\n{line}\n")
    with pytest.raises(ProjectError, match=r"requirements\.lock: damaged"):
        former(folder)

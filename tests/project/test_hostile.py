"""Every reader on bytes that mean harm or are broken: a value or a clear error, in bounded time and memory.

Each reading happens in a child under limits of the kernel's (`confined`). RESOLVER_FUZZ=500 asks for so many examples of each file
instead of a few (the rest of the suite stays as it is).
"""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import resolver.project
from resolver.core.errors import ResolverError
from resolver.core.project import Project
from resolver.core.reporter import Reporter
from resolver.project import (
    files,
)
from resolver.project.files import walk
from resolver.project.read import read_project
from tests.project.confined import SECONDS, Ended, confined
from tests.project.hostile import MAKERS
from tests.project.readers import INNER, READERS, clear
from tests.project.samples import SAMPLES, TEXT_SAMPLES

FEW = 5
EXAMPLES = int(os.environ.get("RESOLVER_FUZZ", FEW))
PUMPED = 200_000
"""Bytes of a text that repeats itself: what takes time with their square takes minutes."""


def test_every_reader_is_among_them() -> None:
    found = set()
    for info in pkgutil.iter_modules(resolver.project.__path__):
        if not info.name.startswith("inside_"):
            module = import_module(f"resolver.project.{info.name}")
            own = (name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
            found |= {f"{info.name}.{name}" for name in own if name.startswith("read_")}
    assert found - {"read.read_project"} == (READERS.keys() | INNER) - {"git_objects"}


def owners(root: str) -> list[str]:
    return [root] if root in ("flask", "torch", "numpy") else []


def read(folder: Path) -> Project | None:
    """The project, or None when a clear error told why there is none; everything in it must be fit to be written down."""
    try:
        project = read_project(folder, owners=owners, reporter=Reporter())
    except ResolverError:
        return None
    for need in (*project.needs, *project.evidence.hearsay):
        assert Requirement(need.requirement).specifier.contains("1.0") in (True, False)
    for bound in project.evidence.bounds:
        assert SpecifierSet(bound.specifier).contains("3.8") in (True, False)
    assert not any("\n" in shown for need in project.needs for shown in (need.requirement, need.url, need.origin.path))
    return project


def read_all(folder: Path, names: frozenset[str] | None = None) -> list[str]:
    """Every reader for itself, then the whole project; its notes."""
    tree = walk(folder)
    for name, reader in READERS.items():
        if names is None or name in names:
            clear(lambda reader=reader: reader(tree))  # type: ignore[misc]
    return notes_of(read(folder))


def notes_of(project: Project | None) -> list[str]:
    return list(project.evidence.notes) if project else []


def fine(ended: Ended) -> None:
    assert not ended.fault, ended.fault


# --- broken files


def _written(folder: Path, name: str, raw: bytes) -> None:
    for other in {"app.py", name} | ({each for each in SAMPLES if each.startswith(".git/")} if name.startswith(".git/") else set()):
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / other).write_bytes(SAMPLES[other])
    (folder / name).write_bytes(raw)


_TOKENS = [
    b"(",
    b"[",
    b"{",
    b"'",
    b'"""',
    b"\\\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b";",
    b"==",
    b"9" * 5_000,
    b"\xed\xa0\x80",
    b"*a",
    b"&a ",
    b"<<: *a",
    b"\x7f\xff\xff\xff",
    b"\xff" * 8,
    b"\n" * 50,
    b"-r requirements.txt\n",
    b"../" * 50,
    b"a" * 300,
    b"\r",
    b"\x1b[0m",
    b"{{",
    b"}}",
    b"%s",
    b"\\u0000",
    b"\xc2\xa0",
    b"#",
    b"@",
]


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """A sample of which a part is gone, doubled, or replaced by something else; or bytes of no sense."""
    if draw(st.integers(0, 7)) == 0:
        return draw(st.binary(max_size=300))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        stop = draw(st.integers(start, min(len(whole), start + 30)))
        inserted = draw(st.binary(max_size=9) | st.sampled_from(_TOKENS) | st.just(whole[start:stop] * 3))
        whole = whole[:start] + inserted + whole[stop:]
    return whole


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_spoilt_file_gives_a_project_or_an_error(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=spoilt(SAMPLES[name]))
    def run(raw: bytes) -> None:
        folder = tmp_path_factory.mktemp("spoilt")
        _written(folder, name, raw)
        read_all(folder)

    fine(confined(run, seconds=60 + EXAMPLES))


_UNITS = [
    " ",
    "\xa0",
    "\t",
    "\f",
    "\n",
    "\r",
    "(",
    "[",
    "{",
    "<",
    "'",
    '"',
    "`",
    "#",
    "-",
    "=",
    ":",
    ",",
    ".",
    "?",
    "!",
    "\\",
    "\\\n",
    "a",
    "1",
    "$",
    "|",
    "*",
    "/",
    "@",
    ";",
    "&",
    "_",
    "^",
    "~",
    "%",
    "a=",
    "<!--",
    "[](",
    "![",
    "a ",
    "1.",
    "- ",
    "a,",
    "a.",
    "# ",
    "install ",
    "`install",
    "--a ",
    "://",
    "(a",
    "-1",
    "==1 ",
    "a\n",
    "a: ",
    "[a",
    "a;",
    "a==1\n",
    "\n\n[",
]


@pytest.mark.parametrize("name", sorted(TEXT_SAMPLES))
def test_a_file_that_repeats_itself_is_read_in_time(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    whole = TEXT_SAMPLES[name]

    @settings(max_examples=max(2, EXAMPLES // 3), deadline=None, suppress_health_check=list(HealthCheck))
    @given(at=st.integers(0, len(whole)), unit=st.sampled_from(_UNITS), end=st.sampled_from(["", "x", "!", "\n"]))
    def run(at: int, unit: str, end: str) -> None:
        folder = tmp_path_factory.mktemp("pumped")
        most = PUMPED // len(unit.encode())
        _written(folder, name, (whole[:at] + unit * (most - len(whole)) + end + whole[at:]).encode())
        fine(confined(lambda: read(folder)))

    run()


# --- hostile files and trees


@pytest.mark.parametrize("name", MAKERS)
def test_a_hostile_folder_is_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "app.py").write_text("import flask\n")
    MAKERS[name](tmp_path)
    monkeypatch.setattr(files, "MAX_ENTRIES", 1_600)
    ended = confined(
        lambda: notes_of(read(tmp_path)) if EXAMPLES == FEW else read_all(tmp_path), seconds=SECONDS * (1 + EXAMPLES // FEW // 3)
    )
    fine(ended)
    for told in TOLD.get(name, ()):
        assert any(told in note for note in ended.value), ended.value


TOLD: dict[str, tuple[str, ...]] = {
    "numbers": ("requirements.txt:1: 'a==9999", "has a number of more than 50 digits; ignored"),
    "deep TOML": ("pyproject.toml is not valid TOML",),
    "keys of many parts": ("pyproject.toml has a key of more than 100 parts", "Pipfile has a key of more than 100 parts"),
    "deep YAML": ("environment.yml is not valid YAML; left out",),
    "deep JSON": ("nb.ipynb: not a notebook; left out", "Pipfile.lock is no lock file"),
    "deep Python": ("too deeply", "too many nested"),
    "aliases that multiply": ("environment.yml is not valid YAML; left out",),
    "lists of needs": ("only the first 5,000 of 9,000 needs were read", "setup.cfg: only the first 5,000", "Pipfile: only the first 5,000"),
    "a list of conda's": ("environment.yml: only the first 5,000 of 45,000 needs were read",),
    "one line": ("requirements.txt:1: longer than 20,000 characters; left out",),
    "many requirement files": ("only the first 20000 lines were read", "is not read: more than 20000 lines already"),
    "requirement files in a row": ("files nested deeper than 20 are not followed",),
    "many names": ("more notes are left out",),
    "a dense notebook": ("nb.ipynb: only 0 of 1 code cells were read (1 MB)",),
    "many entries": ("more than 1,600 files and folders; the rest was not looked at",),
    "20 GB": (
        "requirements.txt is larger than 5 MB; left out",
        "m.py: ",
        "nb.ipynb is larger than 20 MB; left out",
        "setup.py is larger than 1 MB",
    ),
    "model files": ("not a readable artifact",),
    "bytes that are no text": ("pyproject.toml is not a text file; left out",),
}
"""What the notes must say was not read, and why."""


def test_a_long_line_hides_none_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("a==1," * 980_000 + "\nnumpy==1.19.5\n")
    project = read(tmp_path)
    assert project is not None
    assert "numpy==1.19.5" in [need.requirement for need in project.needs]
    assert any("requirements.txt:1: longer than" in note for note in project.evidence.notes)

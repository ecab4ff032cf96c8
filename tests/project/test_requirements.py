from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from resolver.core.errors import ProjectError
from resolver.core.package import normalize
from resolver.project.lenient import lenient_specifier, parse
from resolver.project.requirements import logical_lines, read_lines, read_requirements


def texts(reading: object) -> list[str]:
    return [need.requirement for need in reading.needs]  # type: ignore[attr-defined]


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("numpy==1.15.*", "numpy==1.15.*"),
        ("opencv_python==4.3.0.36", "opencv-python==4.3.0.36"),
        ("foo[B, a]>=1,<2 ; python_version<'3.8'", 'foo[a,b]<2,>=1 ; python_version < "3.8"'),
        ("foo (>=1.2)", "foo>=1.2"),
        ("pillow >=1.0,", "pillow>=1.0"),
        ("keras=1.0", "keras==1.0"),
        ("keras=>1.0", "keras>=1.0"),
        ("numpy   1.15.4", "numpy==1.15.4"),
        ("torch==1.12.1+cu113", "torch==1.12.1"),
        ("numpy=1.19.2=py37h54aff64_0", "numpy==1.19.2"),
        ("attrs @ file:///tmp/build/attrs", "attrs"),
        ("numpy @ file:///croot/numpy-1.24.3-cp39-cp39-linux_x86_64.whl", "numpy==1.24.3"),
        ("torch @ https://host/whl/torch-1.12.1%2Bcu113-cp37-cp37m-linux_x86_64.whl", "torch==1.12.1"),
        ("sklearn==0.0", "scikit-learn"),
        ("pytorch==1.4.0", "torch==1.4.0"),
        ("tensorflow-gpu", "tensorflow-gpu<2.12"),
        ("tensorflow-gpu==1.14.0", "tensorflow-gpu==1.14.0"),
        ("tensorflow-gpu>=2.13", "tensorflow>=2.13"),
        ("dataclasses==0.8", 'dataclasses ; python_version < "3.7"'),
        ("pytz>=2011k", "pytz"),
        ("foo ^1.2.3", "foo<2,>=1.2.3"),
        ("foo ^0.2.3", "foo<0.3,>=0.2.3"),
        ("foo ~1.2", "foo<1.3,>=1.2"),
        ("foo ^1.0 || ^2.0", "foo>=1.0"),
        ("foo==1 ; nonsense", "foo==1"),
    ],
)
def test_lines_as_people_write_them(line: str, text: str) -> None:
    assert parse(line).text == text


@pytest.mark.parametrize(
    "line", ["pkg-resources==0.0.0", "os", "argparse", "<html>", "This is prose, not a requirement", "@@", "libgcc-ng=9.1=h1", ""]
)
def test_lines_that_are_no_requirements_are_left_out_and_told(line: str) -> None:
    parsed = parse(line)
    assert parsed.name == ""
    assert parsed.remarks


def test_everything_pip_accepts(tmp_path: Path) -> None:
    write(tmp_path, "common/base.txt", "scipy>=1\n-r ../requirements.txt\n")
    write(tmp_path, "limits.txt", "protobuf<3.21\n")
    main = write(
        tmp_path,
        "requirements.txt",
        "# head\n--index-url https://user:secret@host/simple?token=abc\n-f https://host/links\n-r common/base.txt\n-c limits.txt\n"
        "numpy==1.15.4 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nflask[async]  # why\n"
        "-e git+https://token@host/a/b.git@main#egg=segmentation_models-1.0\nhttps://host/torch-1.0.0-cp36-cp36m-linux_x86_64.whl\n-e .\n"
        "-r missing.txt\npython>=3.6\n",
    )
    reading = read_requirements(main, tmp_path)
    assert texts(reading) == ["scipy>=1", "protobuf<3.21", "numpy==1.15.4", "flask[async]", "segmentation-models", "torch==1.0.0"]
    assert [need.constraint for need in reading.needs] == [False, True, False, False, False, False]
    assert [need.strength for need in reading.needs] == [2, 2, 3, 2, 2, 3]
    assert [str(need.origin) for need in reading.needs][:3] == ["common/base.txt:1", "limits.txt:1", "requirements.txt:6"]
    assert reading.needs[4].url == "git+https://host/a/b.git@main"
    assert [bound.specifier for bound in reading.bounds] == [">=3.6"]
    told = "\n".join(reading.notes)
    assert "secret" not in told
    assert "token" not in told
    assert "requirements.txt:2: option --index-url https://host/simple is ignored" in told
    assert "requirements.txt:13: " in told
    assert "missing.txt" in told


@pytest.mark.parametrize(
    "raw",
    [
        codecs.BOM_UTF8 + b"numpy==1.0\r\nflask\r\n",
        codecs.BOM_UTF16_LE + "numpy==1.0\r\nflask\r\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "numpy==1.0\nflask\n".encode("utf-16-be"),
        "numpy==1.0\r\nflask\r\n".encode("utf-16-le"),
        b"numpy==1.0 # caf\xe9\nflask",
        b"numpy==1.0\rflask\r",
    ],
)
def test_encodings(tmp_path: Path, raw: bytes) -> None:
    assert texts(read_requirements(write(tmp_path, "requirements.txt", raw), tmp_path)) == ["numpy==1.0", "flask"]


@pytest.mark.parametrize("raw", [b"\x7fELF\x02\x01\x01" + bytes(100), b"PK\x03\x04\x00\x00", b"\x89HDF\r\n\x1a\n\0\0\0", b"a" * 5_000_001])
def test_binary_and_huge_files_are_refused_with_a_hint(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(ProjectError) as caught:
        read_requirements(write(tmp_path, "requirements.txt", raw), tmp_path)
    assert caught.value.hint


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(ProjectError):
            read_requirements(path, tmp_path)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab \\#\n"), max_size=40))
def test_logical_lines_are_those_of_pip(text: str) -> None:
    req_file = pytest.importorskip("pip._internal.req.req_file")
    assert logical_lines(text) == [(number, line) for number, line in req_file.preprocess(text)]


def test_an_interpreter_written_as_a_requirement() -> None:
    reading = read_lines("python=3.7.4\npython 3.8\nPython>=3.6,<3.9\n", "x")
    assert [bound.specifier for bound in reading.bounds] == ["==3.7.*", "==3.8.*", "<3.9,>=3.6"]
    assert reading.needs == ()


names = st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True)
clauses = st.builds(
    lambda op, a, b: f"{op}{a}.{b}", st.sampled_from(["==", ">=", "<=", "<", ">", "!=", "~="]), st.integers(0, 20), st.integers(0, 20)
)


@settings(deadline=None)
@given(names.map(lambda name: "x" + name), st.lists(clauses, max_size=3))
def test_valid_requirements_keep_their_meaning(name: str, specifiers: list[str]) -> None:
    parsed = parse(name + ",".join(specifiers))
    requirement = Requirement(parsed.text)
    assert requirement.name == normalize(name)
    assert requirement.specifier == SpecifierSet(",".join(specifiers))
    assert parsed.remarks == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_line_gives_a_valid_requirement_or_none(line: str) -> None:
    parsed = parse(line)
    if parsed.name:
        assert normalize(Requirement(parsed.text).name) == parsed.name
    SpecifierSet(lenient_specifier(line, []))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_file_gives_needs_or_a_project_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        reading = read_requirements(write(folder, "requirements.txt", raw), folder)
    except ProjectError:
        pass
    else:
        for need in reading.needs:
            Requirement(need.requirement)

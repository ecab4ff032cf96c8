from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from resolver.index.parse import declared, read_metadata, read_python, read_requirement, read_requires_txt


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("numpy", "numpy"),
        ("NumPy (>=1.16)", "numpy>=1.16"),
        ("pytz>=2011k", "pytz"),
        ("pytz (>=2011k,<2020)", "pytz<2020"),
        ("foo>=1.*", "foo>=1"),
        ("foo==1.0.*", "foo==1.0.*"),
        ("foo>=1.0,", "foo>=1.0"),
        ("foo>=1.0<2", "foo<2,>=1.0"),
        ("foo (1.5)", "foo==1.5"),
        ("foo=>1", "foo>=1"),
        ("foo~>1.2", "foo~=1.2"),
        ("foo~=2", "foo>=2"),
        ("foo>='1.0'", "foo>=1.0"),
        ("foo>=1.0.", "foo>=1.0"),
        ("typing_extensions[a_B]>=4; python_version<'3.8'", 'typing-extensions[a-b]>=4; python_version < "3.8"'),
        ("enum34; python_version < 3.4", 'enum34; python_version < "3.4"'),
        ("x; extra == 'My_Extra'", 'x; extra == "my-extra"'),
        ("x  >=  1 , < 2 ;", "x<2,>=1"),
    ],
)
def test_old_spellings_are_read_as_their_time_meant_them(text, wanted):
    assert read_requirement(text)[0] == wanted


@pytest.mark.parametrize(
    "text",
    ["", "-e .", "foo >= ", "foo bar", "foo; python_version ~ 3", "a @ file:///tmp/a.whl", "a; os_name === 'posix'", "x" * 5000, "[x]"],
)
def test_hopeless_text_is_left_out_with_a_note(text):
    requirement, note = read_requirement(text)
    assert requirement == ""
    assert note


def test_what_is_lost_is_told():
    assert "2011k" in read_requirement("pytz>=2011k")[1]
    assert read_requirement("numpy>=1")[1] == ""


@given(
    st.text(max_size=200)
    | st.from_regex(r"[a-z]{1,4} ?\(?[<>=~!]{1,3}[0-9a-z.*]{0,8},?[<>=]{0,2}[0-9.]{0,4}\)?(;.{0,30})?", fullmatch=True)
)
def test_any_text_gives_a_requirement_or_a_note(text):
    requirement, note = read_requirement(text)
    assert requirement or note
    if requirement:
        assert str(Requirement(requirement))


_versions = st.from_regex(r"(0|[1-9][0-9]?)(\.(0|[1-9][0-9]?)){0,2}((a|b|rc)[0-9])?", fullmatch=True)
_clauses = st.lists(st.tuples(st.sampled_from([">=", "<", "!=", "=="]), _versions), max_size=3)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,6}[a-z0-9]", fullmatch=True), _clauses, st.sampled_from(["", 'python_version < "3.8"', 'extra == "b"'])
)
def test_a_valid_requirement_keeps_its_meaning(name, clauses, marker):
    text = name + ",".join(op + version for op, version in clauses) + (f"; {marker}" if marker else "")
    read, note = read_requirement(text)
    assert not note
    before, after = Requirement(text), Requirement(read)
    assert after.specifier == before.specifier
    assert str(after.marker) == str(before.marker)
    assert read_requirement(read) == (read, "")


@given(st.text(max_size=60) | st.none())
def test_requires_python_never_raises_and_is_valid(text):
    assert SpecifierSet(read_python(text)) is not None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(">=3.6.*", ">=3.6"), (">=2.7, !=3.0.*", "!=3.0.*,>=2.7"), ("3.6", "==3.6"), ("~=3.5", "~=3.5"), ("UNKNOWN", ""), (None, "")],
)
def test_requires_python_of_any_age(text, wanted):
    assert read_python(text) == wanted


def test_metadata_reads_headers_only():
    text = (
        "Metadata-Version: 2.1\r\nRequires-Dist: b (>=1)\r\nRequires-Dist: c; extra == 'd'\r\nProvides-Extra: D\r\n\r\nRequires-Dist: e\n"
    )
    found, complete = read_metadata(text)
    assert found.requires == ("b>=1", 'c; extra == "d"')
    assert found.extras == ("d",)
    assert complete


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("Metadata-Version: 1.1\n", False),
        ("Metadata-Version: 2.2\n", True),
        ("Metadata-Version: 2.2\nDynamic: Requires-Dist\n", False),
        ("Metadata-Version: 1.2\nRequires-Dist: a\n", True),
        ("", False),
    ],
)
def test_only_some_metadata_is_complete(text, complete):
    assert read_metadata(text)[1] is complete


@given(st.text(max_size=300))
def test_metadata_and_requires_txt_never_raise(text):
    assert read_metadata(text)[0].extras is not None
    assert read_requires_txt(text).requires is not None


def test_requires_txt_sections_become_markers():
    found = read_requires_txt("a>=1\n\n[:python_version<'3']\nb\n\n[x]\nc\n\n[x:sys_platform=='linux']\nd; python_version>'3'\n")
    assert found.requires == (
        "a>=1",
        'b; python_version < "3"',
        'c; extra == "x"',
        'd; python_version > "3" and sys_platform == "linux" and extra == "x"',
    )
    assert found.extras == ("x",)


def test_duplicates_are_dropped_in_order():
    assert declared(["b", "a", "B"]).requires == ("b", "a")

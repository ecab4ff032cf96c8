"""Requirement strings, markers and versions of all times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from resolver.core.target import Target
from resolver.solve.requirement import marker_holds, parse_requirement, parse_specifier, parse_version

PY37 = Target(python="3.7")


@pytest.mark.parametrize(
    ("text", "name", "extras", "specifier", "exact", "pre"),
    [
        ("Flask_RESTful[Async,docs]>=0.3", "flask-restful", ("async", "docs"), ">=0.3", False, False),
        ("p==1.0", "p", (), "==1.0", True, False),
        ("p==1.*", "p", (), "==1.*", False, False),
        ("p===weird", "p", (), "===weird", True, False),
        ("p>=2.0rc1", "p", (), ">=2.0rc1", False, True),
        ("p!=2.0rc1", "p", (), "!=2.0rc1", False, False),
        ("p>=3.6.*", "p", (), ">=3.6", False, False),
    ],
)
def test_pieces(text, name, extras, specifier, exact, pre):
    found = parse_requirement(text)
    assert found is not None
    assert (found.name, found.extras, found.specifier, found.exact, found.pre) == (name, extras, specifier, exact, pre)


@given(st.text(max_size=40))
def test_never_raises_and_accepts_what_packaging_accepts(text):
    parse_specifier(text)
    parse_version(text)
    marker_holds(text, PY37)
    found = parse_requirement(text)
    try:
        Requirement(text)
    except InvalidRequirement:
        return
    assert found is not None


@pytest.mark.parametrize(
    ("marker", "python", "extra", "holds"),
    [
        ("", "3.6", "", True),
        ("python_version < '3.10'", "3.9", "", True),
        ("python_version < '3.10'", "3.11", "", False),
        ("python_full_version >= '3.7.1'", "3.7", "", True),
        ("platform_system == 'Darwin' or sys_platform == 'win32'", "3.7", "", False),
        ("platform_machine == 'x86_64' and implementation_name == 'cpython'", "3.7", "", True),
        ("extra == 'test'", "3.7", "", False),
        ("extra == 'test'", "3.7", "test", True),
        ("gibberish ==", "3.7", "", True),
    ],
)
def test_markers(marker, python, extra, holds):
    assert marker_holds(marker, Target(python=python), extra) is holds

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.package import NormalizedName
from resolver.index.pages import group, read_page

BASE = "http://127.0.0.1/simple/demo/"
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)
_keys = st.sampled_from(["filename", "url", "hashes", "size", "upload-time", "yanked", "requires-python", "core-metadata"])


@given(st.lists(st.dictionaries(_keys, _values, max_size=8), max_size=4))
def test_entries_of_any_shape_are_read_or_refused(entries):
    with contextlib.suppress(ValueError):
        group(NormalizedName("demo"), read_page(json.dumps({"files": entries}).encode(), "application/json", BASE))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_html_is_read(body):
    with contextlib.suppress(ValueError):
        assert isinstance(read_page(body, "text/html", BASE), list)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"files": 3}', b"\xff"])
def test_what_is_no_page_is_refused(body):
    with pytest.raises(ValueError):
        read_page(body, "application/vnd.pypi.simple.v1+json", BASE)


def test_html_attributes_and_base():
    html = (
        '<base href="http://127.0.0.1/f/"><a href="demo-1.0%2Bcpu-py3-none-any.whl#sha256=AB" data-requires-python="&gt;=3.6"'
        ' data-core-metadata="true" data-yanked="bad">x</a><a>no address</a>'
    )
    (listed,) = read_page(html.encode(), "text/html; charset=utf-8", BASE)
    assert listed.url == "http://127.0.0.1/f/demo-1.0%2Bcpu-py3-none-any.whl"
    assert listed.filename == "demo-1.0+cpu-py3-none-any.whl"
    assert (listed.sha256, listed.requires_python, listed.metadata, listed.yanked) == ("AB", ">=3.6", True, True)


def test_spellings_of_one_version_are_one_release_and_twins_are_dropped():
    names = ["demo-1.0-py3-none-any.whl", "demo-1.0.0.tar.gz", "demo-1.0-py3-none-any.whl"]
    page = json.dumps({"files": [{"filename": name, "url": name} for name in names]}).encode()
    releases, sources = group(NormalizedName("demo"), read_page(page, "application/json", BASE))
    assert [(each.version, len(each.files)) for each in releases] == [("1.0", 2)]
    assert sources["1.0"].files[0].filename.endswith(".whl")

import gzip
import json
from pathlib import Path

import pytest

from resolver.build import libraries
from resolver.core.errors import ResolverError
from resolver.core.outcome import LibraryNeed

BUNDLED = Path(__file__).parents[2] / "data" / "bundled" / "debian.json.gz"


@pytest.fixture(scope="module")
def table():
    return libraries.load(BUNDLED)


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libGL.so.1", "libgl1"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libSM.so.6", "libsm6"),
        ("libXext.so.6", "libxext6"),
        ("libXrender.so.1", "libxrender1"),
        ("libgomp.so.1", "libgomp1"),
        ("libsndfile.so.1", "libsndfile1"),
        ("libxcb.so.1", "libxcb1"),
        ("libEGL.so.1", "libegl1"),
        ("libusb-1.0.so.0", "libusb-1.0-0"),
        ("libtbb.so.12", "libtbb12"),
    ],
)
def test_libraries_that_deep_learning_wheels_ask_for(table, soname, package):
    assert libraries.system_packages([soname], table) == ((package,), ())


def test_what_the_base_has_and_what_cuda_brings_is_left_out(table):
    assert "libz.so.1" in table.base
    assert libraries.system_packages(["libz.so.1", "libcuda.so.1", "libcudart.so.10.1", "libcudnn.so.7"], table) == ((), ())
    assert libraries.system_packages(["libtorch_cpu.so", "libc10.so", "libtensorflow_framework.so.2"], table) == ((), ())


def test_unknown_ones_are_told_and_everything_is_sorted_and_once(table):
    packages, unknown = libraries.system_packages(["libzzz.so.9", "libXext.so.6", "libGL.so.1", "libGL.so.1", "libaaa.so.1"], table)
    assert packages == ("libgl1", "libxext6")
    assert unknown == ("libaaa.so.1", "libzzz.so.9")


def test_missing_ones_of_an_outcome():
    needs = [
        LibraryNeed(distribution=d, soname=s, found=f)
        for d, s, f in (("a", "y", False), ("b", "x", False), ("c", "x", False), ("d", "z", True))
    ]
    assert libraries.missing(needs) == ("x", "y")


@pytest.mark.parametrize(
    "content", [None, b"", b"no gzip", gzip.compress(b"[]"), gzip.compress(json.dumps({"suite": "x"}).encode()), gzip.compress(b"{}")[:-9]]
)
def test_a_missing_or_damaged_table_is_an_error_with_a_hint(tmp_path, content):
    path = tmp_path / "debian.json.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ResolverError) as caught:
        libraries.load(path)
    assert caught.value.hint

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.index.filenames import linux_tags, read_filename


@pytest.mark.parametrize(
    ("filename", "project", "version", "tags"),
    [
        ("numpy-1.16.4-cp37-cp37m-manylinux1_x86_64.whl", "numpy", "1.16.4", ("cp37-cp37m-manylinux1_x86_64",)),
        ("six-1.12.0-py2.py3-none-any.whl", "six", "1.12.0", ("py3-none-any",)),
        ("cv-4.5-cp36-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", "cv", "4.5",
         ("cp36-abi3-manylinux2014_x86_64", "cp36-abi3-manylinux_2_17_x86_64")),
        ("a_b-1.0-1-cp313-cp313-manylinux_2_28_x86_64.whl", "a-b", "1.0", ("cp313-cp313-manylinux_2_28_x86_64",)),
        ("x-1.0rc1-cp310-cp310-linux_x86_64.whl", "x", "1.0rc1", ("cp310-cp310-linux_x86_64",)),
        ("old_abi-1.0-cp34-abi3-manylinux1_x86_64.whl", "old-abi", "1.0", ("cp34-abi3-manylinux1_x86_64",)),
    ],
)  # fmt: skip
def test_linux_wheels_are_read(filename, project, version, tags):
    named = read_filename(filename, project)
    assert (named.version, named.kind, named.tags) == (version, "wheel", tags)


@pytest.mark.parametrize(
    "filename",
    [
        "numpy-1.16.4-cp37-cp37m-win_amd64.whl",
        "numpy-1.16.4-cp37-cp37m-macosx_10_9_x86_64.whl",
        "numpy-1.16.4-cp37-cp37m-manylinux2014_aarch64.whl",
        "numpy-1.16.4-cp37-cp37m-musllinux_1_1_x86_64.whl",
        "numpy-1.16.4-cp35-cp35m-manylinux1_x86_64.whl",
        "numpy-1.16.4-cp314-cp314-manylinux1_x86_64.whl",
        "numpy-1.16.4-cp313-cp313t-manylinux_2_27_x86_64.whl",
        "numpy-1.16.4-pp37-pypy37_pp73-manylinux1_x86_64.whl",
        "numpy-1.16.4-py2-none-any.whl",
        "numpy-2004d-py3-none-any.whl",
        "other-1.0-py3-none-any.whl",
        "numpy-1.0.egg",
        "numpy-1.0.win32.exe",
        "numpy-1.0-beta-thing.tar.gz",
        "numpy-1.0.rpm",
        "",
        ".whl",
    ],
)
def test_what_no_machine_of_ours_installs_is_skipped(filename):
    assert read_filename(filename, "numpy") is None


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("PyYAML-5.1.tar.gz", "pyyaml", "5.1"),
        ("scikit-learn-0.19.zip", "scikit-learn", "0.19"),
        ("zope.interface-4.1.tar.bz2", "zope-interface", "4.1"),
        ("foo-1.0-beta1.tar.gz", "foo", "1.0b1"),
        ("py-cpuinfo-3.2.tar.gz", "py-cpuinfo", "3.2"),
    ],
)
def test_sdists_are_read(filename, project, version):
    named = read_filename(filename, project)
    assert (named.version, named.kind, named.tags) == (version, "sdist", ())


@given(st.text(max_size=80), st.text(max_size=20))
def test_no_file_name_raises(filename, project):
    read_filename(filename, project)
    read_filename(f"{filename}.whl", project)
    read_filename(f"{filename}.tar.gz", project)
    linux_tags(filename)


def test_each_machine_reads_its_own_wheels_and_those_of_all():
    arm, everywhere = "numpy-1.26.4-cp39-cp39-manylinux2014_aarch64.whl", "six-1.12.0-py2.py3-none-any.whl"
    assert read_filename(arm, "numpy") is None
    assert read_filename(arm, "numpy", "aarch64").tags == ("cp39-cp39-manylinux2014_aarch64",)
    assert read_filename(arm.replace("aarch64", "x86_64"), "numpy", "aarch64") is None
    assert read_filename(everywhere, "six", "aarch64") == read_filename(everywhere, "six")

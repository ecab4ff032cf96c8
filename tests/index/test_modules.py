from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.index.modules import read_listing


def test_packages_modules_and_extensions():
    names, marks = read_listing(
        ["cv2/__init__.py", "cv2/cv2.cpython-37m-x86_64-linux-gnu.so", "six.py", "_x.abi3.so", "cv2.libs/libz.so.1", "a-1.dist-info/RECORD"]
    )
    assert names == ("_x", "cv2", "six")
    assert marks == {"compiled"}


def test_shared_namespaces_take_two_levels():
    names, marks = read_listing(
        ["google/protobuf/__init__.py", "google/protobuf/any_pb2.py", "google/__init__.py", "mpl_toolkits/mplot3d/axes.py"]
    )
    assert names == ("google.protobuf", "mpl_toolkits.mplot3d")
    assert marks == {"pb2"}


def test_tests_and_folders_of_files_are_no_modules():
    assert read_listing(["keras/__init__.py", "docs/__init__.py", "tests/__init__.py", "keras/data.csv", "assets/x.txt"])[0] == ("keras",)


def test_installed_below_purelib():
    assert read_listing(["tf-1.data/purelib/tensorflow/__init__.py", "tf-1.data/scripts/run.py"])[0] == ("tensorflow",)


@given(st.lists(st.text(max_size=40), max_size=10))
def test_no_listing_raises(members):
    names, _ = read_listing(members)
    assert all(part.isidentifier() for name in names for part in name.split("."))

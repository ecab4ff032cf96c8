import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from resolver.core.native import (
    BUILD,
    BUILT,
    LINKED,
    OPENED,
    PACKAGE_OF,
    PROGRAMS,
    RENAMED,
    asked_packages,
    build_packages,
    is_named,
    linked_packages,
    run_packages,
)
from resolver.core.package import Pin, normalize

TABLES = (BUILD, BUILT, LINKED, OPENED)


def test_names_are_canonical_and_lists_sorted():
    for table in TABLES:
        assert list(table) == [normalize(name.partition("<")[0]) + name[len(name.partition("<")[0]) :] for name in table]
        for packages in table.values():
            assert packages
            assert list(packages) == sorted(packages)


def test_what_links_to_something_is_built_against_it():
    assert set(BUILT) - set(BUILD) <= {"scikit-learn"}


def test_packages_of_several_distributions_come_once_and_sorted():
    assert build_packages(["pillow", "dlib", "flask", "onnx"])[:2] == ("cmake", "libfreetype6-dev")
    pins = [Pin(normalize("pytesseract"), "0.3"), Pin(normalize("flask"), "1.0")]
    assert run_packages(pins, ["h5py", "tables"]) == ("libhdf5-103-1", "libhdf5-hl-100", "liblzo2-2", "tesseract-ocr")
    assert run_packages(pins[1:]) == ()


def test_a_key_may_bound_the_versions():
    assert run_packages([Pin(normalize("streamlit"), "0.52.1")]) == ("dbus",)
    assert run_packages([Pin(normalize("streamlit"), "1.25.0")]) == ()


def test_programs_come_out_of_known_packages():
    assert set(PACKAGE_OF.values()) <= PROGRAMS


def test_what_long_wheels_link_to_and_which_names_are_in_the_tables():
    assert linked_packages(["numpy", "paddlepaddle"]) == ("libgomp1",)
    assert [is_named(name) for name in ("paddlepaddle", "graphviz", "lightgbm", "numpy")] == [True, True, True, False]
    assert all(is_named(Requirement(name).name) for table in (OPENED, BUILT, LINKED) for name in table)


def test_what_a_project_asks_for_itself():
    asked = [
        ("ffmpeg", "D:1"),
        ("libgl1-mesa-glx", "D:1"),
        ("build-essential", "D:2"),
        ("odd", "D:3"),
        ("python3-pip", "D:3"),
        ("libx-dev", "D:4"),
    ]
    assert asked_packages(asked, {"libgl1"}) == (("ffmpeg", "libgl1"), ("D:3: the system package odd is not taken over",))


@pytest.mark.network
@pytest.mark.skipif(not shutil.which("apt-cache"), reason="no apt-cache on this machine")
def test_every_package_exists_in_bookworm():
    system = Path("/etc/os-release").read_text()
    names = sorted({*PROGRAMS, *RENAMED.values(), *(package for table in TABLES for packages in table.values() for package in packages)})
    told = subprocess.run(["apt-cache", "show", "--no-all-versions", *names], capture_output=True, text=True, check=False).stdout
    found = {line.split()[1] for line in told.splitlines() if line.startswith("Package: ")}
    if "VERSION_CODENAME=bookworm" not in system or "swig" not in found:
        pytest.skip("the package lists of this machine are empty or of another Debian")
    assert [name for name in names if name not in found] == []

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.index.sdist import read_sdist, sdist_modules
from tests.index.server import sdist

OLD = "Metadata-Version: 1.1\nName: a\nVersion: 1\n"


def read(files, form="tar.gz"):
    hosted = sdist("a", "1", files, form=form)
    return read_sdist(hosted.body, hosted.filename)


@pytest.mark.parametrize("form", ["tar.gz", "zip", "tar.bz2"])
def test_the_records_of_setuptools_are_believed(form):
    found = read({"PKG-INFO": OLD, "a.egg-info/requires.txt": "six\n[x]\ny\n", "a.egg-info/SOURCES.txt": "", "setup.py": "1/0"}, form)
    assert found.requires == ("six", 'y; extra == "x"')
    assert found.extras == ("x",)


def test_no_requires_txt_beside_records_means_no_requirements():
    assert read({"PKG-INFO": OLD, "a.egg-info/SOURCES.txt": "setup.py", "setup.py": "setup(install_requires=compute())"}).requires == ()


def test_modern_pkg_info_is_complete():
    assert read({"PKG-INFO": "Metadata-Version: 2.2\nRequires-Dist: b\nRequires-Python: >=3.6\n"}).requires == ("b",)


def test_literals_of_setup_py():
    text = "from setuptools import setup\nNEEDS = ['numpy>=1.9', 'six']\nsetup(name='a', install_requires=NEEDS, python_requires='>=3.5')"
    found = read({"PKG-INFO": OLD, "setup.py": text})
    assert (found.requires, found.requires_python) == (("numpy>=1.9", "six"), ">=3.5")


@pytest.mark.parametrize(
    "text",
    [
        "setup(install_requires=open('r').read())",
        "setup(**options)",
        "print 'two'",
        "setup(install_requires=[x for x in y])",
        "nothing = 1",
    ],
)
def test_what_is_computed_is_unreadable(text):
    assert read({"PKG-INFO": OLD, "setup.py": text}) is None


def test_setup_py_never_runs(tmp_path):
    mark = tmp_path / "ran"
    read({"setup.py": f"open({str(mark)!r}, 'w')\nsetup(install_requires=[])"})
    assert not mark.exists()


def test_setup_cfg_and_pyproject():
    assert read({"setup.cfg": "[options]\ninstall_requires =\n  six\n  numpy>=1\n"}).requires == ("six", "numpy>=1")
    assert read({"pyproject.toml": "[project]\nname='a'\ndependencies=['six']\nrequires-python='>=3.8'"}).requires_python == ">=3.8"
    assert read({"pyproject.toml": "[project]\nname='a'\ndynamic=['dependencies']"}) is None


@given(st.binary(max_size=300), st.sampled_from(["a-1.tar.gz", "a-1.zip", "a-1.tar.bz2"]))
def test_damaged_archives_are_unreadable(body, filename):
    assert read_sdist(body, filename) is None


@given(
    st.fixed_dictionaries({}, optional={name: st.text(max_size=200) for name in ("setup.py", "setup.cfg", "pyproject.toml", "PKG-INFO")})
)
def test_no_content_raises(files):
    read(files, "zip")


def test_a_truncated_archive_is_unreadable():
    hosted = sdist("a", "1", {"setup.py": "x" * 5000})
    assert read_sdist(hosted.body[: len(hosted.body) // 2], hosted.filename) is None


@pytest.mark.parametrize("form", ["tar.gz", "zip"])
def test_the_import_names_that_setuptools_recorded(form):
    def modules(files):
        hosted = sdist("a", "1", files, form=form)
        return sdist_modules(hosted.body, hosted.filename)

    assert modules({"PKG-INFO": OLD, "a.egg-info/top_level.txt": "lasagne\nnot-a-name\n_c\n"}) == ("_c", "lasagne")
    assert modules({"PKG-INFO": OLD}) == ()
    assert sdist_modules(b"no archive", f"x-1.{form}") == ()

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.errors import UnknownPackage
from resolver.core.package import DistFile, NormalizedName, Pin, Release
from resolver.index.namesakes import apart_by_one, namesake

FILE = DistFile(filename="x-1.whl", kind="wheel")


class Shelf:
    def __init__(self, *, modules: tuple[str, ...] = (), count: int = 1, year: int = 2024) -> None:
        self._modules, self._count, self._year = modules, count, year

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        if name == "missing":
            raise UnknownPackage("none")
        day = datetime(self._year, 1, 1, tzinfo=UTC)
        return [Release(pin=Pin(name, str(n)), files=(FILE,), uploaded=day, modules=self._modules) for n in range(self._count, 0, -1)]

    def exact(self, name: NormalizedName, version: str) -> Release | None:
        return next(each for each in self.releases(name) if each.version == version)


def near(name: str) -> list[str]:
    return ["requests", "numpy"]


def test_a_distribution_with_the_module_is_taken() -> None:
    assert namesake("torch_thing", Shelf(modules=("torch_thing",)), near) == ("torch-thing",)


@pytest.mark.parametrize(
    ("root", "shelf"),
    [
        ("missing", Shelf()),
        ("ab", Shelf(modules=("ab",))),
        ("a.b", Shelf(modules=("a",))),
        ("thing", Shelf(modules=("other",))),
        ("thing", Shelf(count=2)),
        ("reqeusts", Shelf(modules=("reqeusts",))),
        ("request", Shelf(modules=("request",), count=20, year=2026)),
        ("numpyy", Shelf(modules=("numpyy",), count=3, year=2015)),
    ],
)
def test_what_cannot_be_meant_is_not(root: str, shelf: Shelf) -> None:
    assert namesake(root, shelf, near) == ()


def test_without_a_list_of_modules_several_releases_are_asked_for() -> None:
    assert namesake("thing", Shelf(count=3), near) == ("thing",)
    assert namesake("thing", Shelf(count=1), lambda name: [name]) == ("thing",)  # a known one


def test_a_long_established_look_alike_is_itself() -> None:
    assert namesake("request", Shelf(modules=("request",), count=20, year=2015), near) == ("request",)


@given(st.text("abc", max_size=6), st.integers(0, 6), st.sampled_from("abcx"))
def test_one_change_is_one_change(word: str, at: int, letter: str) -> None:
    changed = word[:at] + letter + word[at:]
    assert apart_by_one(word, changed)
    assert not apart_by_one(word, word)
    assert not apart_by_one(word, changed + "yy")


def test_what_cannot_be_read_is_taken_when_it_is_old_and_often_released() -> None:
    class Unreadable(Shelf):
        def exact(self, name: NormalizedName, version: str) -> Release | None:
            return None

    assert namesake("thing", Unreadable(count=10, year=2015), near) == ("thing",)
    assert namesake("thing", Unreadable(count=9, year=2015), near) == ()
    assert namesake("thing", Unreadable(count=10, year=2026), near) == ()


def test_a_module_whose_letters_changed_case_is_the_same_distribution() -> None:
    assert namesake("DBThings", Shelf(modules=("dbthings",)), near) == ("dbthings",)

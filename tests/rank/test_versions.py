from hypothesis import given
from hypothesis import strategies as st

from resolver.rank.versions import is_final, near, numbers, python_satisfies, satisfies


def test_numbers_of_usual_and_odd_versions():
    assert numbers("2.10.1") == (2, 10, 1)
    assert numbers("v1.4") == (1, 4, 0)
    assert numbers("1.0.post2+cu118") == (1, 0, 0)
    assert numbers("1!2.0") == (1002, 0, 0)
    assert numbers("garbage") == (0, 0, 0)


def test_pre_releases_are_not_final():
    assert is_final("1.2.3")
    assert is_final("2021.4.1")
    assert is_final("1.0.post1")
    assert is_final("1.13.0+cu117")
    assert not any(is_final(text) for text in ("1.0rc1", "2.0b3", "1.0.dev5", "3.0a1", "1.0-rc.2"))


def test_python_bounds_hold_for_any_patch_release():
    assert python_satisfies("3.7", ">=3.7.1") is True
    assert python_satisfies("3.10", "<3.10") is False
    assert python_satisfies("3.8", "<=3.8") is True
    assert python_satisfies("3.9", "!=3.9.0,>=3.6") is True
    assert python_satisfies("3.9", "nonsense") is None


@given(st.text(max_size=30))
def test_any_text_is_read_without_raising(text):
    assert len(numbers(text)) == 3
    assert near(text).count(".") == 1
    assert satisfies(text, ">=1") in (True, False, None)
    assert satisfies("1.0", text) in (True, False, None)


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_numbers_round_trip(major, minor, micro):
    assert numbers(f"{major}.{minor}.{micro}") == (major, minor, micro)

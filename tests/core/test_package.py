import pytest

from resolver.core.package import oldest_minor


@pytest.mark.parametrize(
    ("interpreters", "minor"),
    [
        ("cp36", 6),
        ("cp35.cp36.cp37.cp38", 5),
        ("cp38.cp39", 8),
        ("cp310", 10),
        ("cp3", 0),
        ("py37", None),
        ("cp2", None),
        ("", None),
        ("cp3x", None),
    ],
)
def test_the_oldest_interpreter_of_a_wheel(interpreters, minor):
    assert oldest_minor(interpreters) == minor

import pytest

from resolver.core.unattached import is_taken_off

KEPT = ("2.2.0", "2.2.0rc1", "2.3.4", "no version")
TAKEN_OFF = ("1.4.0", "1.14.0", "1.15.5", "2.0.4", "2.1.4", "2.4.0", "2.19.0")


@pytest.mark.parametrize(("version", "off"), [*((one, False) for one in KEPT), *((one, True) for one in TAKEN_OFF)])
def test_tensorflow_keeps_its_parts_in_a_few_series_only(version: str, off: bool) -> None:
    assert is_taken_off("tensorflow.python", version) is off
    assert is_taken_off("tensorflow.core", version) is off


def test_other_names_are_left_alone() -> None:
    assert not is_taken_off("tensorflow.python.ops", "1.14.0")
    assert not is_taken_off("tensorflow", "1.14.0")
    assert not is_taken_off("torch.python", "1.14.0")

import pytest

from resolver.core.package import NormalizedName, Pin
from resolver.core.twins import wants_graphics


@pytest.mark.parametrize(
    ("name", "version", "wants"),
    [
        ("tensorflow-gpu", "1.13.2", True),
        ("tensorflow-gpu", "1.15.0", False),
        ("tensorflow", "1.5.0", False),
        ("cupy-cuda12x", "12.3.0", True),
        ("cupy-cuda12x", "13.0.0", False),
        ("mxnet-cu101", "1.9.0", True),
        ("nvidia-cublas-cu12", "12.1.3", False),
        ("tensorflow-gpu", "no version", False),
    ],
)
def test_what_is_linked_to_cuda_wants_a_graphics_card(name, version, wants):
    assert wants_graphics(Pin(NormalizedName(name), version)) is wants

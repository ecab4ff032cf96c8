import json

import pytest

from resolver.core import cuda
from resolver.core.cuda_builds import CudaBuilds, Grade
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Accelerator
from resolver.settings import bundled


def card(**words: str) -> Accelerator:
    return Accelerator(kind="cuda", **words)


@pytest.fixture(scope="module")
def builds() -> CudaBuilds:
    return CudaBuilds(json.loads(bundled("cuda.json").read_text()))


def release(name: str, version: str, *requires: str) -> Release:
    return Release(pin=Pin(normalize(name), version), requires=requires)


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("nvidia-cudnn-cu11", "8.6.0.163", (11,)),
        ("nvidia-cuda-runtime-cu12", "12.4.127", (12, 4)),
        ("nvidia-cublas", "13.0.2.14", (13,)),
        ("nvidia-cufft", "12.0.0.61", (13,)),
        ("cuda-toolkit", "13.0.2", (13, 0)),
        ("mxnet-cu102", "1.9", (10, 2)),
        ("mxnet-cu92mkl", "1.5", (9, 2)),
        ("cupy-cuda110", "8", (11, 0)),
        ("cupy-cuda12x", "13", (12,)),
        ("jax-cuda12-plugin", "0.5", (12,)),
        ("numpy", "2.0", ()),
        ("pycuda", "2024.1", ()),
    ],
)
def test_what_a_name_says_of_its_cuda(name, version, found):
    assert cuda.named(name, version) == found


@pytest.mark.parametrize(
    ("driver", "needed", "runs"),
    [
        ("535", (12, 8), True), ("535.104.05", (13,), False), ("580", (13, 2), True), ("525", (12,), True), ("470", (12,), False),
        ("470", (11, 8), True), ("450", (11,), True), ("440", (11,), False), ("440", (10, 2), True), ("418", (10, 2), False),
        ("418", (10, 1), True), ("", (13,), True), ("390", (9, 0), True), ("390", (9, 2), False),
    ],
)  # fmt: skip
def test_a_driver_runs_what_its_branch_is_for(driver, needed, runs):
    assert cuda.runs(card(driver=driver), needed) is runs


def test_the_asked_for_cuda_decides_beside_the_driver():
    assert cuda.runs(card(runtime="12.4"), (12,))
    assert not cuda.runs(card(runtime="11"), (12, 1))


@pytest.mark.parametrize(
    ("gpu", "needed", "compiles"),
    [
        ("h100", (11, 7), False), ("h100", (11, 8), True), ("9.0", (12,), True), ("a100", (10, 2), False), ("a100", (11, 0), True),
        ("b200", (12, 6), False), ("b200", (12, 8), True), ("rtx5090", (13,), True), ("l4", (11, 7), False), ("t4", (10, 0), True),
        ("v100", (9, 0), True), ("h100", (11,), True), ("h100", (10,), False),
    ],
)  # fmt: skip
def test_a_card_wants_a_toolkit_that_knows_it(gpu, needed, compiles):
    assert cuda.compiles_for(needed, gpu) is compiles


def test_a_card_runs_binaries_of_its_major_and_older_ptx():
    stated = ("sm_60", "sm_70", "compute_80")
    assert cuda.covers(stated, "h100")
    assert cuda.covers(("sm_80",), "a10")
    assert not cuda.covers(("sm_60", "sm_70"), "h100")
    assert not cuda.covers(("sm_90",), "a100")


def test_wheels_come_from_sonames_and_what_no_wheel_brings_is_told():
    needs = ("libcudart.so.11.0", "libcublasLt.so.11", "libcufft.so.10", "libcudnn.so.8", "libcurand.so.10")
    wheels, without = cuda.wheels_for(needs, cudnn="8.6")
    assert wheels == (
        "nvidia-cublas-cu11", "nvidia-cuda-runtime-cu11", "nvidia-cudnn-cu11>=8.6,<9", "nvidia-cufft-cu11", "nvidia-curand-cu11",
    )  # fmt: skip
    assert without == ()
    assert cuda.wheels_for(["libcudart.so.10.1", "libcudnn.so.7"]) == ((), ("libcudart.so.10.1", "libcudnn.so.7"))
    assert cuda.wheels_for(["libcublas.so.11", "libcusolver.so.10"])[1] == ("libcusolver.so.10",)
    assert cuda.wheels_for(["libcublas.so.13", "libcufft.so.12", "libcudnn.so.9"])[0] == (
        "nvidia-cublas>=13,<14", "nvidia-cudnn-cu13>=9,<10", "nvidia-cufft>=12,<13",
    )  # fmt: skip


def test_tensorflow_gets_wheels_from_2_5_on_and_its_own_extra_from_2_14_on(builds):
    asked = list(builds.companions(release("tensorflow", "2.10.0"), card()))
    assert "nvidia-cudnn-cu11>=8.1,<9" in asked
    assert "nvidia-cusolver-cu11" in asked
    assert "nvidia-cuda-nvcc-cu11" in asked
    assert "nvidia-cudnn-cu11>=8.6,<9" in list(builds.companions(release("tensorflow", "2.13.1"), card()))
    assert list(builds.companions(release("tensorflow", "2.4.1"), card())) == []
    new = release("tensorflow", "2.18.0", 'nvidia-cudnn-cu12<10,>=9.3; extra == "and-cuda"')
    assert list(builds.companions(new, card())) == []
    assert builds.extras(new, card()) == ("and-cuda",)


def test_a_release_is_graded_by_driver_card_and_what_it_was_built_for(builds):
    assert builds.grade("tensorflow", "2.10.0", card(driver="535")) is Grade.FINE
    assert builds.grade("tensorflow", "2.10.0", card(driver="440")) is Grade.OUT
    assert builds.grade("tensorflow", "1.15.5", card(driver="535")) is Grade.PROCESSOR
    assert builds.grade("tensorflow", "1.14.0", card(driver="535")) is Grade.PROCESSOR
    assert builds.grade("onnxruntime-gpu", "1.31.1", card(driver="535")) is Grade.OUT
    assert builds.grade("onnxruntime-gpu", "1.31.1", card(driver="580")) is Grade.FINE
    assert builds.grade("torch", "1.12.1", card(gpu="a100")) is Grade.OUT
    assert builds.grade("torch", "1.12.1", card(gpu="t4")) is Grade.FINE
    assert builds.grade("torch", "2.0.1", card(gpu="h100")) is Grade.OUT
    assert builds.grade("torch", "2.1.2", card(gpu="h100")) is Grade.FINE
    assert builds.grade("tensorflow", "2.10.0", card(gpu="h100")) is Grade.FINE  # PTX for 8.0
    assert builds.grade("numpy", "2.0", card(driver="440", gpu="h100")) is Grade.FINE


def test_a_minor_version_speaks_for_its_patches_and_for_newer_ones_only(builds):
    assert builds.runtime("torch", "2.6.1") == (12, 4)
    assert builds.runtime("torch", "99.0") == builds.runtime("torch", "2.15.0")
    assert builds.build("torch", "0.4.1") is None
    assert builds.build("torch", "not a version") is None


def test_jax_takes_the_newest_cuda_that_the_driver_runs(builds):
    jax = release("jax", "0.7.0", 'x; extra == "cuda12"', 'y; extra == "cuda13"')
    assert builds.extras(jax, card(driver="535")) == ("cuda12",)
    assert builds.extras(jax, card(driver="580")) == ("cuda13",)
    assert builds.extras(jax, card(driver="580", runtime="12")) == ("cuda12",)
    assert builds.extras(release("jax", "0.6.0", 'x; extra == "cuda12"'), card(driver="580")) == ("cuda12",)


@pytest.mark.parametrize("version", ["1.11.1", "1.18.1", "1.20.2", "1.31.1"])
def test_onnxruntime_is_given_the_runtime_library_too(version):
    """Its name begins like that of the driver's own, libcuda.so, which no wheel brings: it was once left out with it."""
    table = CudaBuilds(json.loads(bundled("cuda.json").read_text()))
    build = table.build("onnxruntime-gpu", version)
    assert build
    assert any(need.startswith("libcudart.so.") for need in build.needs)
    assert any(wheel.startswith("nvidia-cuda-runtime") for wheel in cuda.wheels_for(build.needs)[0])


def test_the_linker_of_pinned_cuda_12_libraries_is_of_their_minor_at_least() -> None:
    marker = '; platform_system == "Linux" and platform_machine == "x86_64"'
    requires = (f"nvidia-cuda-runtime-cu12==12.1.105 {marker}", f"nvidia-cusparse-cu12==12.1.0.106 {marker}", "numpy")
    assert cuda.jit_linker(requires) == (f"nvidia-nvjitlink-cu12>=12.1 {marker}",)
    assert cuda.jit_linker(("nvidia-cuda-runtime-cu12 (==12.1.105)",)) == ("nvidia-nvjitlink-cu12>=12.1",)
    assert cuda.jit_linker((*requires, "nvidia-nvjitlink-cu12==12.4.127")) == (), "it says so itself"
    assert cuda.jit_linker(("nvidia-cuda-runtime-cu11==11.7.99", "nvidia-cuda-runtime-cu12>=12")) == ()

"""Which CUDA a driver runs, a graphics card wants, and NVIDIA's wheels bring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from resolver.core.target import Accelerator

Runtime = tuple[int, ...]
"""A CUDA version as numbers: (11, 8), or (12,) where only the major is known."""

DRIVERS: tuple[tuple[Runtime, int], ...] = (
    ((13,), 580), ((12,), 525), ((11,), 450), ((10, 2), 440), ((10, 1), 418), ((10,), 410),
    ((9, 2), 396), ((9, 1), 390), ((9,), 384), ((8,), 375),
)  # fmt: skip
"""The oldest driver branch for Linux that runs each CUDA, newest first.

From 11 on a driver of the branch runs every minor of the major (minor-version compatibility); before, each minor wants its own. Source:
NVIDIA, CUDA Toolkit Release Notes, tables "CUDA Toolkit and Minimum Required Driver Version for CUDA Minor Version Compatibility" and
"CUDA Toolkit and Corresponding Driver Versions".
"""

CARDS: Mapping[str, str] = {
    "p100": "6.0", "p4": "6.1", "p40": "6.1", "gtx1080": "6.1", "v100": "7.0", "t4": "7.5", "rtx2080": "7.5", "rtx6000": "7.5",
    "a100": "8.0", "a30": "8.0", "a2": "8.6", "a10": "8.6", "a10g": "8.6", "a16": "8.6", "a40": "8.6", "a6000": "8.6", "rtx3090": "8.6",
    "l4": "8.9", "l40": "8.9", "l40s": "8.9", "rtx4090": "8.9", "h100": "9.0", "h200": "9.0", "gh200": "9.0",
    "b200": "10.0", "gb200": "10.0", "b300": "10.3", "rtx5090": "12.0", "rtxpro6000": "12.0",
}  # fmt: skip
"""Card -> compute capability (NVIDIA, "CUDA GPU Compute Capability")."""

_TOOLKITS: tuple[tuple[Runtime, Runtime], ...] = (
    ((12, 0), (12, 8)), ((10, 3), (12, 9)), ((10, 0), (12, 8)), ((8, 9), (11, 8)), ((8, 6), (11, 1)), ((8, 0), (11, 0)),
    ((7, 5), (10, 0)), ((7, 0), (9, 0)), ((6, 0), (8, 0)),
)  # fmt: skip
"""Compute capability -> the first toolkit that compiles for it (NVIDIA, CUDA Toolkit Release Notes, "New Features"); 9.0 came with 8.9."""

_FAMILIES = {
    "cublas": "nvidia-cublas", "cublasLt": "nvidia-cublas", "nvblas": "nvidia-cublas", "cudart": "nvidia-cuda-runtime",
    "cudnn": "nvidia-cudnn", "cufft": "nvidia-cufft", "cufftw": "nvidia-cufft", "cupti": "nvidia-cuda-cupti", "curand": "nvidia-curand",
    "cusolver": "nvidia-cusolver", "cusolverMg": "nvidia-cusolver", "cusparse": "nvidia-cusparse", "nccl": "nvidia-nccl",
    "nvJitLink": "nvidia-nvjitlink", "nvToolsExt": "nvidia-nvtx", "nvjpeg": "nvidia-nvjpeg", "nvrtc": "nvidia-cuda-nvrtc",
}  # fmt: skip
"""Library -> the stem of the wheel that brings it; the CUDA major is the end of the wheel's name ("-cu12")."""
_OWN_NUMBERS = {"nvidia-cudnn", "nvidia-nccl"}
"""Their versions count on their own, and keep the "-cu13" that the others dropped with CUDA 13."""

_SONAME = re.compile(r"lib([A-Za-z]+?)(?:_\w+)?\.so\.(\d+)(?:\.\d+)*")
_WHEEL = re.compile(r"nvidia-.*-cu(\d+)|.*[a-z]-?cu(?:da)?(\d+)x?(?:mkl|-.*)?")
_PLAIN = re.compile(r"nvidia-(cublas|cuda-(cupti|nvrtc|nvcc|runtime|cccl|crt)|npp|nvjitlink|nvjpeg|nvtx|nvvm)")
_PLAIN_13 = re.compile(r"nvidia-(cufft|cufile|curand|cusolver|cusparse)")
"""Since CUDA 13 the names say nothing; those of the second kind have version numbers of their own."""
_WITH_RUNTIME = re.compile(r"(nvidia-cuda-runtime|cuda-toolkit)(-cu\d+)?")
_PINNED_RUNTIME = re.compile(r"nvidia-cuda-runtime-cu12 *\(?== *(12\.\d+)(?:\.\d+)*\)?( *;.*)?")


def runtime(text: str) -> Runtime:
    """ "12.4" as (12, 4); () for what is no version."""
    found = re.match(r"\d+(\.\d+)?", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def named(name: str, version: str) -> Runtime:
    """The CUDA that a name says (mxnet-cu102, cupy-cuda12x, nvidia-cudnn-cu11), or an unsuffixed wheel of NVIDIA's; () for none.

    Minor versions are known of the runtime's own wheels, and of the old names.
    """
    if _WITH_RUNTIME.fullmatch(name):
        return runtime(version)
    if _PLAIN.fullmatch(name):
        return runtime(version)[:1]
    if _PLAIN_13.fullmatch(name):
        return (13,)
    match = _WHEEL.fullmatch(name)
    if not match:
        return ()
    digits = match[1] or match[2]
    if len(digits) == 3:
        return int(digits[:2]), int(digits[2])
    if int(digits) >= 80:  # cu92: nobody has seen CUDA 92
        return int(digits[0]), int(digits[1])
    return (int(digits),) if len(digits) == 2 else ()


def is_nvidia(name: str) -> bool:
    """Whether it is a wheel that brings CUDA itself."""
    return name.startswith("nvidia-") or name == "cuda-toolkit"


def runs(accelerator: Accelerator, needed: Runtime) -> bool:
    """Whether the driver runs software built for that CUDA, and it is the one asked for; what nobody knows passes."""
    asked = runtime(accelerator.runtime)
    if not needed:
        return True
    if asked and asked[0] != needed[0]:
        return False
    driver = accelerator.driver.partition(".")[0]
    return not driver.isdigit() or int(driver) >= next((least for first, least in DRIVERS if needed[: len(first)] >= first), 0)


def compiles_for(needed: Runtime, card: str) -> bool:
    """Whether a toolkit of that version has kernels for the card (a name of CARDS or a capability); with a major alone it may."""
    capability = runtime(CARDS.get(card, card))
    first = next((toolkit for least, toolkit in _TOOLKITS if capability >= least), ())
    return not needed or needed >= first[: len(needed)]


def covers(capabilities: Iterable[str], card: str) -> bool:
    """Whether code compiled for these ("sm_70", "compute_80") runs on the card: a binary of its own major, or PTX not newer than it."""
    wanted = runtime(CARDS.get(card, card))
    for text in capabilities:
        kind, _, digits = text.partition("_")
        has = (int(digits[:-1]), int(digits[-1])) if digits.isdigit() else ()
        if has and has <= wanted and (kind == "compute" or has[0] == wanted[0]):
            return True
    return False


def wheels_for(sonames: Iterable[str], cudnn: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The requirements on NVIDIA's wheels that bring these libraries, and the libraries that no wheel brings; sorted.

    The CUDA major is that of libcudart or libcublas among them. There are wheels from CUDA 11.1 on: those of 11 are named like the last
    minor's libraries, and CUDA 11.0 had an older libcusolver. `cudnn` is the least version of cuDNN.
    """
    read = {soname: found for soname in sonames if (found := _SONAME.fullmatch(soname))}
    major = max((int(f[2]) for f in read.values() if f[1] in ("cudart", "cublas", "cublasLt")), default=0)
    asked: set[str] = set()
    without: set[str] = set()
    for soname, match in read.items():
        stem = _FAMILIES.get(match[1], "")
        if not stem:
            continue  # what nobody is known to bring is optional wherever it was seen (cuTENSOR)
        if major < 11 or (match[1] == "cusolver" and int(match[2]) == 10):
            without.add(soname)
        elif stem in _OWN_NUMBERS:
            least = cudnn if stem == "nvidia-cudnn" and cudnn.startswith(f"{match[2]}.") else match[2]
            asked.add(f"{stem}-cu{major}>={least},<{int(match[2]) + 1}")
        elif major < 13:
            asked.add(f"{stem}-cu{major}")
        else:
            asked.add(f"{stem}>={match[2]},<{int(match[2]) + 1}")
    return tuple(sorted(asked)), tuple(sorted(without))


def jit_linker(requires: Iterable[str]) -> tuple[str, ...]:
    """The requirement on the linker that the CUDA 12 libraries which a release pins are linked to, where its metadata leaves that open.

    libcusparse and libcusolver of CUDA 12.1 take a symbol of that minor's libnvJitLink, and their wheels ask for any version of it; later
    ones of the major keep the symbol. PyTorch 2.1 to 2.3 pin the runtime and not the linker.
    """
    texts = tuple(requires)
    if any(text.startswith("nvidia-nvjitlink") for text in texts):
        return ()
    pinned = (match for text in texts if (match := _PINNED_RUNTIME.fullmatch(text)))
    return tuple(f"nvidia-nvjitlink-cu12>={match[1]}{match[2] or ''}" for match in pinned)


def opened_by_tensorflow(cuda: str) -> tuple[str, ...]:
    """The libraries that a TensorFlow built for this CUDA opens by name: no ELF header tells of them.

    The list is that of its `dso_loader`: when one lacks at start it stays on the CPU. Library versions are CUDA's own: libcufft of CUDA 11
    is called 10, libcurand has stayed at 10.
    """
    major, minor = (*runtime(cuda), 0)[:2]
    if major == 10:
        return ("libcudart.so.10.0" if minor == 0 else f"libcudart.so.10.{minor}", "libcublas.so.10", "libcudnn.so.7")
    solver = 10 if (major, minor) == (11, 0) else 11
    cudart = "libcudart.so.11.0" if major == 11 else f"libcudart.so.{major}"
    fft = 10 if major == 11 else 11
    names = {"cublas": major, "cublasLt": major, "cufft": fft, "curand": 10, "cusolver": solver, "cusparse": major, "cudnn": 8}
    return (cudart, *(f"lib{name}.so.{number}" for name, number in names.items()))

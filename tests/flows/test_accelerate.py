from pathlib import Path

import pytest

from resolver.core.candidate import Candidate
from resolver.core.cuda_builds import CudaBuilds
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Accelerator, Target
from resolver.flows.accelerate import advice, fitted

HERE = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=3)
CUDA = Accelerator(kind="cuda")


def project(line: str) -> Project:
    return Project(root=Path(), needs=(Need(requirement=line, origin=HERE),))


@pytest.mark.parametrize(
    ("line", "cpu", "cuda"),
    [
        ("tensorflow-gpu==1.15.0", "tensorflow==1.15.0", "tensorflow==1.15.0"),
        ("mxnet-cu92mkl>=1.3", "mxnet>=1.3", "mxnet-cu92mkl>=1.3"),
        ("Onnxruntime_GPU", "onnxruntime", "Onnxruntime_GPU"),
        ("tensorflow-gpu==1.14.0", "tensorflow==1.14.0", "tensorflow-gpu==1.14.0"),
        ("tensorflow-gpu==2.10.1", "tensorflow==2.10.1", "tensorflow==2.10.1"),
        ("tensorflow-gpu<2", "tensorflow<2", "tensorflow-gpu<2"),
        ("tensorflow-gpu", "tensorflow", "tensorflow"),
        ("tensorflow-cpu==2.10.1", "tensorflow-cpu==2.10.1", "tensorflow==2.10.1"),
        ("onnxruntime>=1.10", "onnxruntime>=1.10", "onnxruntime-gpu>=1.10"),
        ("tensorflow-macos==2.9", "tensorflow==2.9", "tensorflow==2.9"),
        ("torch==1.0", "torch==1.0", "torch==1.0"),
        ("tensorflow-gpu-thing", "tensorflow-gpu-thing", "tensorflow-gpu-thing"),
        ("cupy>=13", "cupy-cuda12x>=13", "cupy-cuda12x>=13"),
    ],
)
def test_twins_of_what_the_target_cannot_run(line, cpu, cuda):
    assert fitted(project(line), Accelerator()).needs[0].requirement == cpu
    assert fitted(project(line), CUDA).needs[0].requirement == cuda


def test_an_exchange_is_told_with_its_line_and_nothing_else_is():
    assert fitted(project("tensorflow-gpu==1.15.0"), Accelerator()).evidence.notes == (
        "requirements.txt:3: 'tensorflow==1.15.0' is taken for 'tensorflow-gpu==1.15.0': the target has no graphics card",
    )
    plain = project("torch")
    assert fitted(plain, Accelerator()) is plain


def test_a_set_for_a_card_tells_what_will_not_use_it():
    builds = CudaBuilds({"tensorflow": {"1.14.0": {}, "1.15.5": {"cuda": "10.0"}, "2.10.1": {"cuda": "11.2"}}})

    def told(version: str, accelerator: Accelerator) -> str:
        releases = (Release(pin=Pin(normalize("tensorflow"), version)),)
        return "\n".join(advice(Candidate(target=Target(python="3.7", accelerator=accelerator), releases=releases), builds))

    assert "tensorflow 1.14.0 is a build without CUDA: it will run on the processor" in told("1.14.0", CUDA)
    assert "tensorflow 1.15.0 wants CUDA 10.0, which no wheel brings" in told("1.15.0", CUDA)
    assert "processor" not in told("2.10.0", CUDA)
    assert "no graphics card was asked" in told("2.10.0", CUDA)
    assert told("1.15.0", Accelerator()) == ""


def test_a_platform_that_nothing_was_built_on_is_said_to_be_unproven():
    target = Target(python="3.9", platform="linux_aarch64")
    (sentence,) = advice(Candidate(target=target, releases=()), CudaBuilds())
    assert "nothing was ever built for linux_aarch64" in sentence

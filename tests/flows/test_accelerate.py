from pathlib import Path

import pytest

from resolver.core.project import Need, Origin, OriginKind, Project
from resolver.core.target import Accelerator
from resolver.flows.accelerate import fitted

HERE = Origin(kind=OriginKind.DECLARED, path="requirements.txt", line=3)
CUDA = Accelerator(kind="cuda")


def project(line: str) -> Project:
    return Project(root=Path(), needs=(Need(requirement=line, origin=HERE),))


@pytest.mark.parametrize(
    ("line", "cpu", "cuda"),
    [
        ("tensorflow-gpu==1.15.0", "tensorflow==1.15.0", "tensorflow-gpu==1.15.0"),
        ("mxnet-cu92mkl>=1.3", "mxnet>=1.3", "mxnet-cu92mkl>=1.3"),
        ("Onnxruntime_GPU", "onnxruntime", "Onnxruntime_GPU"),
        ("tensorflow-macos==2.9", "tensorflow==2.9", "tensorflow==2.9"),
        ("torch==1.0", "torch==1.0", "torch==1.0"),
        ("tensorflow-gpu-thing", "tensorflow-gpu-thing", "tensorflow-gpu-thing"),
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

"""What real failing builds said (tests/build/logs, each made by really building the set) and what is to be made of it."""

import json
from pathlib import Path

import pytest

from resolver.build import probe
from resolver.build.diagnose import item_failure, owner_of_module
from resolver.build.probe import Frame, Item, Raised, Report
from resolver.build.verdict import Left, judge
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.target import Target

LOGS = sorted((Path(__file__).parent / "logs").glob("*.json"))


def judged(path: Path) -> tuple[Outcome, dict]:
    told = json.loads(path.read_text())
    pins = tuple(sorted(Pin(normalize(p.split("==")[0]), p.split("==")[1]) for p in told["pins"]))
    asked = Probe(imports=tuple(told["imports"]), names=tuple(told["names"]), distributions=tuple(told["distributions"]))
    spec = BuildSpec(target=Target(python=told["python"]), pins=pins, probe=asked)
    lines = "\n".join(json.dumps(row) for row in told["probe"])
    left = Left(install_code=told["install_code"], install_log=told["install_log"], probe_lines=lines)
    return judge(spec, left, executor="docker", seconds=1.0), told["expected"]


def test_there_are_logs():
    assert len(LOGS) >= 25


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_real_failures(path):
    outcome, expected = judged(path)
    assert outcome.verdict is Verdict.FAIL
    assert outcome.failure == expected["class"], outcome.message
    assert outcome.message
    assert "\n" not in outcome.message
    edges = {(e.importer.name, e.provider.name) for e in outcome.culprits}
    if expected["importer"]:
        assert (expected["importer"], expected["provider"]) in edges
    for edge in outcome.culprits:
        assert edge.provider in outcome.spec.pins or edge.provider.name in ("python", "setuptools")
    assert not set(outcome.culprits) & set(outcome.working)


REPORT = Report(
    python="3.8.18",
    installed={"user": "1.0", "torch": "1.4.0", "numpy": "1.24.0", "starlette": "0.1", "fastapi": "0.2", "flash-attn": "2"},
    roots={"user": "user", "torch": "torch", "numpy": "numpy", "starlette": "starlette", "fastapi": "fastapi", "flash_attn": "flash-attn"},
)


def failed(kind: str, message: str, owner: str = "user", **fields) -> Item:
    error = Raised(type=kind, message=message, frames=(Frame("/x.py", 1, "f", owner),), **fields)
    return Item(kind="import", what="import user", ok=False, errors=(error,))


@pytest.mark.parametrize(
    ("kind", "message", "failure", "provider"),
    [
        ("AttributeError", "module 'numpy' has no attribute 'bool'.\n`np.bool` was a deprecated alias", FailureClass.REMOVED_API, "numpy"),
        ("ImportError", "/x/user.so: undefined symbol: _ZN3c105ErrorC2E", FailureClass.ABI, "torch"),
        ("ImportError", "/x/user.so: undefined symbol: PyUnicode_Foo", FailureClass.ABI, "python"),
        ("ImportError", "libcublas.so.10.0: cannot open shared object file: No such file", FailureClass.WRONG_CUDA, ""),
        ("OSError", "libcudart.so.11.0: cannot open shared object file: No such file", FailureClass.WRONG_CUDA, ""),
        ("ImportError", "libGL.so.1: cannot open shared object file: No such file", FailureClass.MISSING_LIBRARY, ""),
        ("OSError", "/lib/libm.so.6: version `GLIBC_2.38' not found (required by x)", FailureClass.MISSING_LIBRARY, ""),
        ("RuntimeError", "operator torchvision::nms does not exist", FailureClass.ABI, "torch"),
        ("RuntimeError", "module compiled against API version 0x10 but this version of numpy is 0xe", FailureClass.ABI, "numpy"),
        ("RuntimeError", "Numpy is not available", FailureClass.ABI, "numpy"),
        ("ModuleNotFoundError", "No module named 'torch._six'", FailureClass.REMOVED_API, "torch"),
        ("ModuleNotFoundError", "No module named 'imp'", FailureClass.REMOVED_API, "python"),
        ("ModuleNotFoundError", "No module named 'absent'", FailureClass.MISSING_MODULE, ""),
        ("MemoryError", "", FailureClass.MEMORY, ""),
        ("Timeout", "no answer in time", FailureClass.TIMEOUT, ""),
        ("Killed", "the process was killed", FailureClass.MEMORY, ""),
        ("Signal", "the process died with signal 4", FailureClass.CRASH, ""),
        ("RuntimeError", "CUDA error: no kernel image is available for execution on the device", FailureClass.WRONG_CUDA, ""),
        ("ValueError", "numpy.ufunc size changed, may indicate binary incompatibility", FailureClass.ABI, "numpy"),
        (
            "ImportError",
            "torch>=2.0 is required for a normal functioning of this module, but found torch==1.4.0.",
            FailureClass.CONFLICT,
            "torch",
        ),
        ("TypeError", "type 'typing.TypeVar' is not an acceptable base type", FailureClass.REMOVED_API, "python"),
        ("TypeError", "an integer is required (got type bytes)", FailureClass.REMOVED_API, "python"),
        ("AlreadyExistsError", "Another metric with the same name already exists.", FailureClass.CONFLICT, ""),
        ("PackageNotFoundError", "The 'absent' distribution was not found and is required", FailureClass.MISSING_MODULE, ""),
        ("ImportError", "The plotly.plotly module is deprecated,", FailureClass.REMOVED_API, ""),
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'sudo'", FailureClass.MISSING_LIBRARY, ""),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/data/model.h5'", FailureClass.UNKNOWN, ""),
        ("ValueError", "a riddle", FailureClass.UNKNOWN, ""),
    ],
)
def test_known_messages(kind, message, failure, provider):
    told = item_failure(failed(kind, message), REPORT)
    assert told.failure is failure
    assert [e.provider.name for e in told.culprits] == ([provider] if provider else [])
    assert told.message.startswith(kind if kind != "Signal" else "Signal")


def test_import_from_in_old_interpreters_is_read_from_the_line():
    item = failed("ImportError", "cannot import name 'gone'", code="from torch.utils import gone")
    assert [e.provider for e in item_failure(item, REPORT).culprits] == [Pin("torch", "1.4.0")]


def test_collisions_among_servers_have_their_own_class():
    item = failed("ImportError", "cannot import name 'x' from 'starlette.y' (/z)", owner="fastapi")
    assert item_failure(item, REPORT).failure is FailureClass.SERVER_COLLISION


def test_the_cause_decides_when_the_outer_exception_says_nothing():
    inner = Raised(type="ImportError", message="numpy.core.multiarray failed to import", frames=(Frame("/x.py", 1, "f", "user"),))
    outer = Raised(type="RuntimeError", message="could not load me", frames=(Frame("/y.py", 1, "g", ""),))
    told = item_failure(Item(kind="import", what="x", ok=False, errors=(outer, inner)), REPORT)
    assert told.failure is FailureClass.ABI
    assert [(e.importer.name, e.provider.name) for e in told.culprits] == [("user", "numpy")]


def test_owner_of_a_module():
    assert owner_of_module("torch.nn.functional", REPORT) == "torch"
    assert owner_of_module("distutils.util", REPORT) == "python"
    assert owner_of_module("json", REPORT) == "python"
    assert owner_of_module("who.knows", REPORT) == ""


def test_a_void_report_is_not_a_label():
    spec = BuildSpec(target=Target(python="3.8"), pins=())
    assert judge(spec, Left(install_code=0), executor="x", seconds=1).verdict is Verdict.VOID
    assert probe.read("").python == ""

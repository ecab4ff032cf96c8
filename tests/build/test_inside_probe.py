"""The probe for real: under every interpreter there is, in made-up environments."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.build import host, probe
from resolver.build.diagnose import item_failure
from resolver.core.outcome import FailureClass
from resolver.core.package import Pin


def chosen() -> dict[str, Path]:
    """The running interpreter, and the oldest and the newest there is: what lies between differs from neither."""
    found = {**host.interpreters(), f"3.{sys.version_info.minor}": Path(sys.executable)}
    order = sorted(found, key=lambda v: int(v.split(".")[1]))
    return {v: found[v] for v in order if v in (order[0], order[-1], f"3.{sys.version_info.minor}")}


PYTHONS = chosen()


@pytest.fixture(params=PYTHONS)
def python(request) -> Path:
    return PYTHONS[request.param]


class Environment:
    """A folder of made-up distributions and a probe that sees it."""

    def __init__(self, root: Path) -> None:
        self.site = root / "site-packages"
        self.site.mkdir()
        self.root = root
        for name in probe.SCRIPTS:
            (root / name).write_text(probe.source(name))

    def add(self, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()) -> None:
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires), "", "Name: not-this"]
        (info / "METADATA").write_text("\n".join(lines))
        for path, text in files.items():
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(text)
        (info / "RECORD").write_text("".join(f"{p},sha256=x,1\n" for p in files) + f"../../../bin/{name},,\n")

    def run(self, python: Path, **asked) -> probe.Report:
        spec = {"item_seconds": 60, "total_seconds": 90, "memory_mb": 2000, "forward": False, "folders": [str(self.site)], **asked}
        (self.root / "spec.json").write_text(json.dumps(spec))
        result = self.root / "out.jsonl"
        result.unlink(missing_ok=True)
        command = [str(python), str(self.root / "inside_probe.py"), str(self.root / "spec.json"), str(result)]
        subprocess.run(command, check=True, timeout=120, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.site)}, cwd=self.root)
        return probe.read(result.read_text())


@pytest.fixture
def environment(tmp_path) -> Environment:
    return Environment(tmp_path)


def shown(report: probe.Report) -> list[tuple[str, str, bool]]:
    return [(i.kind, i.what, i.ok) for i in report.items if i.what in WANTED or i.kind in ("import", "name")]


WANTED = {"low", "mid", "top"}


def test_tries_everything_in_order_and_tells_the_edges(environment, python):
    environment.add("low", "1.0", {"low/__init__.py": "value = 1\n"})
    environment.add("mid", "2.0", {"mid/__init__.py": "import low\n", "mid/tests/__init__.py": ""}, ("low>=1", 'other; extra == "x"'))
    environment.add("top", "3.0", {"top.py": "from mid import low\n"}, ("mid",))
    report = environment.run(python, imports=["import top as t"], names=["top.low.value", "os.path"], distributions=["Top"])
    assert report.finished
    assert shown(report)[:4] == [
        ("import", "import top as t", True),
        ("name", "top.low.value", True),
        ("name", "os.path", True),
        ("distribution", "top", True),
    ]
    assert {("mid", "low"), ("top", "mid")} <= set(report.working)
    assert report.installed["mid"] == "2.0"
    assert report.roots["low"] == "low"


def test_names_the_edge_of_a_removed_name(environment, python):
    environment.add("low", "2.0", {"low/__init__.py": ""})
    environment.add("mid", "1.0", {"mid/__init__.py": "from .inner import x\n", "mid/inner.py": "from low import gone as x\n"}, ("low",))
    environment.add("top", "1.0", {"top/__init__.py": "import mid\n"}, ("mid",))
    report = environment.run(python, imports=["import top"])
    (failed,) = report.failed("import")
    told = item_failure(failed, report)
    assert told.failure is FailureClass.REMOVED_API
    assert [(e.importer, e.provider) for e in told.culprits] == [(Pin("mid", "1.0"), Pin("low", "2.0"))]
    assert "gone" in told.message
    assert ("mid", "low") not in report.working
    assert [i.what for i in report.failed("rest")] == ["mid", "top"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import low\nlow.gone()\n", FailureClass.REMOVED_API),
        ("import low\nlow.call(1, new=2)\n", FailureClass.REMOVED_API),
        ("import low\nlow.Thing().gone\n", FailureClass.REMOVED_API),
        ("import low.inner\n", FailureClass.REMOVED_API),
        ("import low\nlow.refuse()\n", FailureClass.UNKNOWN),
    ],
)
def test_names_the_provider_of_what_is_missing_or_refuses(environment, python, body, kind):
    low = "class Thing(object):\n    pass\n\n\ndef call(x):\n    pass\n\n\ndef refuse():\n    raise RuntimeError('I do not like you')\n"
    environment.add("low", "2.0", {"low/__init__.py": low})
    environment.add("mid", "1.0", {"mid/__init__.py": body}, ("low",))
    report = environment.run(python, distributions=["mid"])
    (failed,) = report.failed("distribution")
    told = item_failure(failed, report)
    assert told.failure is kind
    assert [(e.importer.name, e.provider.name) for e in told.culprits] == [("mid", "low")], failed


def test_blames_the_interpreter_for_syntax(environment, python):
    environment.add("old", "1.0", {"old/__init__.py": "from . import bad\n", "old/bad.py": "print 'no'\n"})
    report = environment.run(python, distributions=["old"])
    told = item_failure(report.failed("distribution")[0], report)
    assert told.failure is FailureClass.SYNTAX
    assert [(e.importer.name, e.provider.name) for e in told.culprits] == [("old", "python")]


def test_a_crash_is_blamed_on_its_item_and_the_rest_goes_on(environment, python):
    environment.add("bad", "1.0", {"bad/__init__.py": "import ctypes\nctypes.string_at(0)\n"})
    environment.add("low", "1.0", {"low.py": ""})
    report = environment.run(
        python, imports=["import low", "import bad", "import os; os._exit(7)", "raise SystemExit(3)", "import json"], distributions=["low"]
    )
    assert report.finished
    assert [i.what for i in report.failed("import")] == ["import bad", "import os; os._exit(7)", "raise SystemExit(3)"]
    classes = [item_failure(i, report).failure for i in report.failed("import")]
    assert classes[:2] == [FailureClass.CRASH, FailureClass.CRASH]
    crash = report.failed("import")[0].errors[0]
    assert crash.frames[-2].owner == "bad" or crash.frames[-1].owner == "bad"


def test_gives_up_on_crashing_for_ever(environment, python):
    report = environment.run(python, imports=[f"import os; os._exit({n + 1})" for n in range(20)])
    assert not report.finished
    assert len(report.failed("import")) == 7


def test_silence_and_memory_are_limited(environment):
    statements = ["import time; time.sleep(60)", "x = bytearray(600 << 20); import time; time.sleep(5)"]
    report = environment.run(Path(sys.executable), imports=statements, item_seconds=3, memory_mb=300)
    assert [item_failure(i, report).failure for i in report.failed("import")] == [FailureClass.TIMEOUT, FailureClass.MEMORY]


def test_children_of_the_tried_code_do_not_stay(environment):
    report = environment.run(
        Path(sys.executable),
        imports=["import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(77)'])"],
    )
    assert report.finished
    listed = subprocess.run(["ps", "-wweo", "stat,args"], capture_output=True, text=True, check=True).stdout
    assert not any("time.sleep(77)" in line and "Popen" not in line and not line.startswith("Z") for line in listed.splitlines())


def test_direct_needs_that_are_not_there_fail(environment):
    report = environment.run(Path(sys.executable), distributions=["absent"])
    assert [i.what for i in report.failed("distribution")] == ["absent"]


def test_output_of_the_tried_code_cannot_forge_results(environment):
    statement = 'print(\'{"kind": "end", "item": "name", "what": "forged", "ok": true}\')'
    report = environment.run(Path(sys.executable), imports=[statement], names=["nope.nope"])
    assert [(i.kind, i.ok) for i in report.items if i.kind in ("import", "name")] == [("import", True), ("name", False)]


def test_namespace_packages_are_imported_by_their_parts(environment, python):
    environment.add("protoish", "3.0", {"shared/protoish/__init__.py": "", "shared/protoish/inner.py": ""})
    environment.add("otherish", "1.0", {"shared/otherish/__init__.py": "from shared import protoish\n"}, ("protoish",))
    report = environment.run(python, distributions=["otherish"])
    assert report.failed("distribution") == ()
    assert report.roots["shared.otherish"] == "otherish"
    assert ("otherish", "protoish") in report.working


def test_library_needs_are_read_from_the_binaries(environment):
    import _ctypes

    source = Path(_ctypes.__file__)
    environment.add("binary", "1.0", {"binary/__init__.py": ""})
    (environment.site / "binary" / source.name).write_bytes(source.read_bytes())
    record = environment.site / "binary-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + f"binary/{source.name},,\n")
    report = environment.run(Path(sys.executable))
    needs = {n.soname: n.found for n in report.libraries if n.distribution == "binary"}
    assert any(s.startswith("libffi.so") for s in needs)
    assert "libc.so.6" not in needs


def elf(*needed: str) -> bytes:
    """The least that a loader's tool reads as a 64-bit library: one segment, one dynamic table with these DT_NEEDED entries."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in needed)
    at, entries = 1, []
    for name in needed:
        entries.append(struct.pack("<qQ", 1, at))
        at += len(name) + 1
    first = 64 + 2 * 56
    entries += [struct.pack("<qQ", 5, first), struct.pack("<qQ", 10, len(strings)), struct.pack("<qQ", 0, 0)]
    dynamic = b"".join(entries)
    total = first + len(strings) + len(dynamic)
    head = struct.pack("<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, total, total, 4096)
    return head + load + struct.pack("<IIQQQQQQ", 2, 4, first + len(strings), 0, 0, len(dynamic), len(dynamic), 8) + strings + dynamic


def test_cuda_libraries_are_loaded_for_a_card_only(environment, python):
    environment.add("framework", "1.0", {"framework/__init__.py": "", "framework/core.so": ""})
    environment.add("nvidia-cudnn-cu12", "9.1", {"nvidia/cudnn/lib/libcudnn_ops.so.9": ""})
    (environment.site / "framework/core.so").write_bytes(elf("libcublas.so.12", "libcuda.so.1", "libz.so.1"))
    report = environment.run(python, distributions=["framework"])
    assert not [item for item in report.items if item.kind == "library"]
    report = environment.run(python, distributions=["framework"], cuda=True)
    loaded = {item.what: item for item in report.items if item.kind == "library"}
    assert set(loaded) == {"framework: libcublas.so.12", "nvidia-cudnn-cu12: libcudnn_ops.so.9"}
    lacking = loaded["framework: libcublas.so.12"]
    assert not lacking.ok
    assert item_failure(lacking, report).failure is FailureClass.WRONG_CUDA


def test_a_library_that_lacks_the_driver_alone_is_fine(environment, python):
    environment.add("nvidia-cudnn-cu12", "9.1", {"nvidia/cudnn/lib/libcudnn_ops.so.9": ""})
    script = environment.root / "inside_libraries.py"
    missing = "raise OSError('libcuda.so.1: cannot open shared object file')"
    script.write_text(script.read_text().replace("ctypes.CDLL(own or soname)", missing))
    report = environment.run(python, cuda=True)
    assert [item.ok for item in report.items if item.kind == "library"] == [True]


def test_a_framework_without_cuda_where_cuda_was_asked_falls_back_and_is_told(environment, python):
    code = {
        "torch": "class version:\n    cuda = None\n",
        "onnxruntime": "def get_available_providers():\n    return ['CUDAExecutionProvider']\n",
    }
    for name, text in code.items():
        environment.add(name, "1.0", {f"{name}/__init__.py": text})
    environment.add("jax", "0.5", {"jax/__init__.py": ""})
    environment.add("jax-cuda12-plugin", "0.5", {"jax_cuda12_plugin/__init__.py": ""})
    report = environment.run(python, imports=["import torch"], cuda=True)
    tried = {item.what: item for item in report.items if item.kind == "cuda"}
    assert {what: item.ok for what, item in tried.items()} == {"torch": False, "jax": True, "onnxruntime": True}
    told = item_failure(tried["torch"], report)
    assert (told.failure, told.message) == (
        FailureClass.CPU_FALLBACK,
        "CpuFallback: torch 1.0 is a build without CUDA: it runs on the processor",
    )
    assert not [item for item in environment.run(python, imports=["import torch"]).items if item.kind == "cuda"]
